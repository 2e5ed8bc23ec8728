package evaluator

import (
	"bytes"

	"github.com/open-policy-agent/opa/v1/ast"
)

// decode reads JSON as the value that OPA computes with.
func decode(text []byte) (ast.Value, error) {
	return ast.ValueFromReader(bytes.NewReader(text))
}

// defaultFacts is what `data` holds when nobody says otherwise.
func defaultFacts() ast.Object {
	return ast.MustParseTerm(`{
		"benchmark": {"patterns": {}, "notes": {}},
		"parameters": {"max_events": 1},
		"as_of": "2026-01-01T00:00:00Z"
	}`).Value.(ast.Object)
}
