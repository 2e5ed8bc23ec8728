package evaluator

import (
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Builtin is one function that policies have besides OPA's own.
type Builtin struct {
	Decl *ast.Builtin                                   // its name, types and description
	Call func(arguments []*ast.Term) (*ast.Term, error) // as many as Decl says; safe for concurrent use
}

// Builtins are the functions of the filter-pattern language, for a program that runs policies on an OPA of its own. An engine
// brings its own, so that nobody who judges snapshots needs them.
func Builtins() []Builtin { return newBuiltins().table() }

// InputSchema is the JSON Schema of what a policy sees as input, as a compiler takes it: the snapshot's, and `linked`, the
// fragments of other accounts' snapshots.
func InputSchema() ([]byte, error) {
	schema, err := inputSchema()
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(schema, "", "  ")
	return append(text, '\n'), err
}

// DefaultData is what policies find under `data` where nobody says otherwise, and unit tests do: no edition, the default
// parameters, a fixed clock.
func DefaultData() (map[string]any, error) {
	value, err := ast.JSON(defaultFacts())
	if err != nil {
		return nil, err
	}
	return value.(map[string]any), nil
}
