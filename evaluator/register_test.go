package evaluator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator"
)

func TestBuiltins(t *testing.T) {
	calls := map[string]func([]*ast.Term) (*ast.Term, error){}
	for _, f := range evaluator.Builtins() {
		calls[f.Decl.Name] = f.Call
	}
	for _, c := range []struct{ name, arguments, want string }{
		{"cwl.parse", `["{ $.a = 1 }"]`, `"valid": true`},
		{"cwl.parse", `[1]`, "error: pattern is not a text"},
		{"cwl.matches", `["{ $.a = 1 }", {"a": 1}]`, "true"},
		{"cwl.matches", `[null, {}]`, "error: pattern is not a text"},
		{"cwl.covers", `[{"required": ["{ $.a = 1 }"], "deployed": ["{ $.a = * }"]}]`, `"answer": "covers"`},
		{"cwl.covers", `[7]`, "error: question is not an object"},
	} {
		t.Run(c.name+c.arguments, func(t *testing.T) {
			var arguments []*ast.Term
			ast.MustParseTerm(c.arguments).Value.(*ast.Array).Foreach(func(each *ast.Term) { arguments = append(arguments, each) })
			answer, err := calls[c.name](arguments)
			got := ""
			if err != nil {
				got = "error: " + err.Error()
			} else {
				got = answer.String()
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestInputSchema(t *testing.T) {
	text, err := evaluator.InputSchema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cloudtrail", "linked"} {
		if schema.Properties[name] == nil {
			t.Errorf("properties: got no %s, want it", name)
		}
	}
}

func TestDefaultData(t *testing.T) {
	data, err := evaluator.DefaultData()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"benchmark", "parameters", "as_of"} {
		if data[name] == nil {
			t.Errorf("default data: got no %s, want it", name)
		}
	}
}
