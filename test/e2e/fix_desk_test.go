//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// desk stands before a front for one caller. It writes down what is asked, lets mail subscriptions wait until somebody confirms them, as AWS
// does and the emulator does not, and puts right how the emulator replaces things:
//
//   - a metric filter that is put again replaces the one of its name; the emulator adds one beside it
//   - event selectors replace advanced ones, and the other way round; the emulator keeps both
//   - the actions of an alarm can be enabled; the emulator does not know the call, so that the alarm is put again with them
type desk struct {
	url     string
	next    string // where calls go
	mu      sync.Mutex
	heard   []request
	waiting []string // the endpoints that have not confirmed
	classic bool     // the selectors that were put last
	alarms  []request
}

// request is a call as it came.
type request struct {
	action string
	method string
	target string // path and query
	header http.Header
	body   []byte
}

// changes tells whether a call is more than a question.
func (a request) changes() bool {
	if a.action == "" { // of S3, which has no names for calls
		return a.method != http.MethodGet && a.method != http.MethodHead
	}
	for _, question := range []string{"Get", "List", "Describe", "AssumeRole"} {
		if strings.HasPrefix(a.action, question) {
			return false
		}
	}
	return true
}

func (f *front) desk(t *testing.T) *desk {
	t.Helper()
	d := &desk{next: f.url, classic: true}
	server := httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a := request{actionOf(r, body), r.Method, r.URL.RequestURI(), r.Header.Clone(), body}
	d.mu.Lock()
	d.heard = append(d.heard, a)
	if a.action == "PutMetricAlarm" {
		d.alarms = append(d.alarms, a)
	}
	d.mu.Unlock()
	switch a.action {
	case "PutMetricFilter":
		d.forget(a)
	case "EnableAlarmActions":
		a = d.enabled(a)
	}
	said, err := a.to(d.next)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	answer := d.correct(a, said.answer)
	for name, values := range said.header {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(said.code)
	w.Write(answer)
}

// actionOf is the name of a call, whatever the service's protocol.
func actionOf(r *http.Request, body []byte) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	if _, action, found := strings.Cut(r.URL.Path, "/operation/"); found {
		return action
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return form.Get("Action")
}

// answer is what came back.
type answer struct {
	code   int
	header http.Header
	answer []byte
}

// to makes the call.
func (a request) to(server string) (answer, error) {
	out, err := http.NewRequest(a.method, server+a.target, bytes.NewReader(a.body))
	if err != nil {
		return answer{}, err
	}
	out.Header = a.header.Clone()
	out.Header.Del("Accept-Encoding")
	response, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, body}, err
}

// forget deletes the metric filter that a call would put again.
func (d *desk) forget(a request) {
	var put struct {
		LogGroupName string `json:"logGroupName"`
		FilterName   string `json:"filterName"`
	}
	if json.Unmarshal(a.body, &put) != nil {
		return
	}
	a.header = a.header.Clone()
	a.header.Set("X-Amz-Target", "Logs_20140328.DeleteMetricFilter")
	a.body, _ = json.Marshal(put)
	_, _ = a.to(d.next) // there may be none
}

// disabled are the spellings of an alarm without its actions, and enabled those with, in the protocols of CloudWatch.
var disabled = strings.NewReplacer("ActionsEnabled=false", "ActionsEnabled=true", `"ActionsEnabled": false`, `"ActionsEnabled": true`,
	`"ActionsEnabled":false`, `"ActionsEnabled":true`, "ActionsEnabled\xf4", "ActionsEnabled\xf5")

// enabled is the call that put the alarm whose actions are to be enabled, with them.
func (d *desk) enabled(a request) request {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, put := range slices.Backward(d.alarms) {
		with := disabled.Replace(string(put.body))
		named := func(name string) bool {
			return bytes.Contains(a.body, []byte(name)) && bytes.Contains(put.body, []byte(name))
		}
		if with != string(put.body) && (named(root) || named("nacl-changes")) {
			put.header, put.body = put.header.Clone(), []byte(with)
			return put
		}
	}
	return a
}

// member is one subscription in an answer of SNS.
var member = regexp.MustCompile(`(?s)<member>.*?</member>`)

// correct replaces what the emulator says where it is wrong.
func (d *desk) correct(a request, said []byte) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	form, _ := url.ParseQuery(string(a.body))
	switch a.action {
	case "Subscribe":
		if strings.HasPrefix(form.Get("Protocol"), "email") {
			d.waiting = append(d.waiting, form.Get("Endpoint"))
		}
	case "PutEventSelectors":
		d.classic = bytes.Contains(a.body, []byte(`"EventSelectors"`))
	case "GetEventSelectors":
		other := "EventSelectors"
		if d.classic {
			other = "AdvancedEventSelectors"
		}
		var both map[string]any
		if json.Unmarshal(said, &both) == nil && both["EventSelectors"] != nil && both["AdvancedEventSelectors"] != nil {
			delete(both, other)
			said, _ = json.Marshal(both)
		}
	case "ListSubscriptionsByTopic", "ListSubscriptions":
		return member.ReplaceAllFunc(said, d.pending)
	}
	return said
}

// pending hides the ARN of a subscription that was not confirmed.
func (d *desk) pending(one []byte) []byte {
	waits := func(endpoint string) bool { return bytes.Contains(one, []byte("<Endpoint>"+endpoint+"</Endpoint>")) }
	if !slices.ContainsFunc(d.waiting, waits) {
		return one
	}
	before, rest, _ := bytes.Cut(one, []byte("<SubscriptionArn>"))
	_, after, _ := bytes.Cut(rest, []byte("</SubscriptionArn>"))
	return slices.Concat(before, []byte("<SubscriptionArn>PendingConfirmation</SubscriptionArn>"), after)
}

// confirm does what the mail asks of whoever gets it.
func (d *desk) confirm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting = nil
}

// changed are the calls since the last time that were no questions, by name.
func (d *desk) changed() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	for _, a := range d.heard {
		if a.changes() {
			names = append(names, strings.TrimSpace(a.method+" "+a.action+" "+a.target))
		}
	}
	d.heard = nil
	return names
}

// questions is how many calls there were since changed was asked.
func (d *desk) questions() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.heard)
}

// replay makes the calls of one account again in another, straight at the emulator: it takes a twentieth of the AWS CLI's time.
func (d *desk) replay(t *testing.T, from, to caller) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.heard {
		a.header = a.header.Clone()
		a.header.Set("Authorization", strings.ReplaceAll(a.header.Get("Authorization"), from.key, to.key))
		a.header.Set("X-Amz-Security-Token", to.token)
		a.target = strings.ReplaceAll(a.target, from.account, to.account)
		a.body = bytes.ReplaceAll(a.body, []byte(from.account), []byte(to.account))
		said, err := a.to(d.next)
		if err != nil || said.code >= 300 {
			t.Fatalf("%s %s again in account %s: got %d %s (%v)", a.action, a.target, to.account, said.code, said.answer, err)
		}
	}
}
