package fakeaws

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// request is one call as the server understood it.
type request struct {
	Call
	server    *Server
	world     *world
	account   *holding
	session   *session // nil for an account's own access key
	service   *service
	operation *operation
	params    params
	offset    int // of the first item of the page
}

// refusal is an answer that is an error.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

// params are the parameters of a call: what JSON holds, or texts.
type params map[string]any

func (p params) text(name string) string {
	text, _ := p[name].(string)
	return text
}

func (p params) flag(name string, unset bool) bool {
	switch value := p[name].(type) {
	case bool:
		return value
	case string:
		return value == "true"
	}
	return unset
}

// number is a parameter that is a number, 0 if it is not there.
func (p params) number(name string) int {
	switch value := p[name].(type) {
	case float64:
		return int(value)
	case string:
		n, _ := strconv.Atoi(value)
		return n
	}
	return 0
}

// list is a parameter that is a list, nil if it is not there.
func (p params) list(name string) []string {
	if items, ok := p[name].([]any); ok {
		list := make([]string, 0, len(items))
		for _, item := range items {
			text, _ := item.(string)
			list = append(list, text)
		}
		return list
	}
	var list []string
	for i := 1; ; i++ {
		text, ok := p[name+"."+strconv.Itoa(i)].(string)
		if !ok {
			return list
		}
		list = append(list, text)
	}
}

// read understands a request. What it cannot understand, or must not answer, is a refusal; the call is then known as
// far as it was read.
func (s *Server) read(w *world, in *http.Request) (*request, error) {
	r := &request{server: s, world: w, service: &service{protocol: json11}, operation: &operation{}}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return r, &refusal{400, "IncompleteBody", err.Error()}
	}
	key, scope, region, ok := credential(in.Header.Get("Authorization"))
	r.Region = region
	if i := slices.IndexFunc(services, func(known service) bool { return known.scope == scope }); i >= 0 {
		r.service = &services[i]
	}
	r.Service = r.service.name
	if !ok {
		return r, &refusal{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	}
	if err := r.name(in, body); err != nil {
		return r, err
	}
	if err := r.authenticate(key, in.Header.Get("X-Amz-Security-Token")); err != nil {
		return r, err
	}
	return r, r.understand()
}

// credential is the access key of a signature, and its service and region.
func credential(authorization string) (key, scope, region string, ok bool) {
	_, rest, _ := strings.Cut(authorization, "Credential=")
	rest, _, _ = strings.Cut(rest, ",")
	parts := strings.Split(strings.TrimSpace(rest), "/")
	if len(parts) != 5 {
		return "", "", "", false
	}
	return parts[0], parts[3], parts[2], true
}

// name finds the operation and the parameters.
func (r *request) name(in *http.Request, body []byte) error {
	var name string
	r.params = params{}
	switch r.service.protocol {
	case json10, json11:
		target := in.Header.Get("X-Amz-Target")
		name = target[strings.LastIndexByte(target, '.')+1:]
	case restJSON:
		name = in.Method + " " + in.URL.Path
		r.form(in.URL.Query())
	case query, ec2Query:
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return &refusal{400, "MalformedQueryString", err.Error()}
		}
		name = form.Get("Action")
		form.Del("Action")
		form.Del("Version")
		r.form(form)
		body = nil
	}
	r.operation = r.server.operations[r.service.name+" "+name]
	if r.operation == nil {
		r.operation = &operation{name: name, cli: name}
		r.Operation = name
		return &refusal{404, "UnknownOperationException", "no operation " + strconv.Quote(name) + " of service " + strconv.Quote(r.service.name)}
	}
	r.Operation = r.operation.cli
	if len(body) > 2 { // more than {}
		if err := json.Unmarshal(body, &r.params); err != nil {
			return &refusal{400, "SerializationException", err.Error()}
		}
	}
	return nil
}

func (r *request) form(values url.Values) {
	for name, value := range values {
		r.params[name] = value[0]
	}
}

// understand looks at the parameters: the page, the resource, and that there are no others.
func (r *request) understand() error {
	o := r.operation
	token, _ := r.params[o.token].(string)
	delete(r.params, o.token)
	r.Resource = r.params.text(o.about)
	if len(r.params) > 0 {
		text, err := json.Marshal(r.params)
		if err != nil {
			return err
		}
		r.Params = string(text)
	}
	for name := range r.params {
		bare, _, _ := strings.Cut(name, ".")
		if bare != o.about && bare != o.size && !slices.Contains(o.knows, bare) {
			return &refusal{400, r.service.badParameter, "the parameter " + name + " is not known here"}
		}
	}
	if token == "" {
		return nil
	}
	page, offset, ok := r.untoken(token)
	if !ok {
		return &refusal{400, r.service.badToken, "The token " + token + " is not one of this call"}
	}
	r.Page, r.offset = page, offset
	return nil
}
