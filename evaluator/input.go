package evaluator

import "github.com/open-policy-agent/opa/v1/ast"

// inputOf is what the policies see as `input`: the snapshot, and the fragments of other accounts as `linked`.
func inputOf(s *subject, fragments []*fragment) ast.Value {
	linked := make([]*ast.Term, len(fragments))
	for i, f := range fragments {
		linked[i] = f.term()
	}
	input := ast.NewObject()
	if document, ok := s.document().(ast.Object); ok {
		document.Foreach(input.Insert)
	}
	input.Insert(kLinked, ast.ArrayTerm(linked...))
	return input
}

// defaultFacts is what `data` holds when nobody says otherwise.
func defaultFacts() ast.Object {
	return ast.MustParseTerm(`{
		"benchmark": {"patterns": {}, "notes": {}},
		"parameters": {"max_events": 1},
		"as_of": "2026-01-01T00:00:00Z"
	}`).Value.(ast.Object)
}
