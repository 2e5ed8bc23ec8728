package evaluator

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// at is the value below v at the way of names, nil if it is not there.
func at(v ast.Value, way ...*ast.Term) ast.Value {
	for _, name := range way {
		object, ok := v.(ast.Object)
		if !ok {
			return nil
		}
		term := object.Get(name)
		if term == nil {
			return nil
		}
		v = term.Value
	}
	return v
}

// textAt is the text below v, "" if it is not there or no text.
func textAt(v ast.Value, way ...*ast.Term) string {
	text, _ := at(v, way...).(ast.String)
	return string(text)
}

// listAt is the list below v, nil if it is not there.
func listAt(v ast.Value, way ...*ast.Term) *ast.Array {
	list, _ := at(v, way...).(*ast.Array)
	return list
}

// eachAt calls f with the members of the list below v.
func eachAt(v ast.Value, way []*ast.Term, f func(i int, member ast.Value)) {
	list := listAt(v, way...)
	if list == nil {
		return
	}
	for i := range list.Len() {
		f(i, list.Elem(i).Value)
	}
}

// terms are names as OPA compares them, made once.
func terms(names ...string) []*ast.Term {
	all := make([]*ast.Term, len(names))
	for i, name := range names {
		all[i] = ast.InternedTerm(name)
	}
	return all
}

// arn is the parts of an Amazon resource name that say where the resource is.
type arn struct{ service, region, account, resource string }

// parseARN reads arn:partition:service:region:account:resource; the zero arn if text is none.
func parseARN(text string) arn {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return arn{}
	}
	return arn{parts[2], parts[3], parts[4], parts[5]}
}

// logGroup is the group's name in `log-group:NAME:*`.
func (a arn) logGroup() string {
	name, ok := strings.CutPrefix(a.resource, "log-group:")
	if a.service != "logs" || !ok {
		return ""
	}
	return strings.TrimSuffix(name, ":*")
}
