package evaluator

import (
	"bytes"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	deepestText   = 500 // of OPA's parser, which counts up to 12 for a call within a call
	deepestNested = 8   // OPA's compiler takes three times as long for each comprehension more
)

// tooDeep refuses a text that is nested deeper than the compiler can take, nil if it is not.
func tooDeep(file string, text []byte, version ast.RegoVersion) error {
	_, _, errs := ast.NewParser().
		WithFilename(file).
		WithReader(bytes.NewReader(text)).
		WithRegoVersion(version).
		WithMaxRecursionDepth(deepestText).
		Parse()
	for _, err := range errs {
		if err.Message == ast.ErrMaxParsingRecursionDepthExceeded.Error() {
			return PolicyErrors{{File: file, Line: err.Location.Row, Problem: "is nested too deep", Hint: "give the parts names of their own"}}
		}
	}
	return nil
}

// nested says where comprehensions, or texts with parts to fill in, lie in each other deeper than the compiler can take.
func nested(file string, module *ast.Module) PolicyErrors {
	var problems PolicyErrors
	depth := 0
	isDeeper := func(x any) bool {
		switch x.(type) {
		case *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.TemplateString:
			return true
		}
		return false
	}
	line := 0
	before := func(x any) bool {
		if t, ok := x.(*ast.Term); ok && t.Location != nil {
			line = t.Location.Row
		}
		if isDeeper(x) {
			depth++
		}
		if depth <= deepestNested || len(problems) > 0 {
			return false
		}
		problems = append(problems, &PolicyError{
			File: file, Line: line, Problem: fmt.Sprintf("more than %d comprehensions lie in each other", deepestNested), Hint: "give the inner ones names of their own",
		})
		return false
	}
	after := func(x any) {
		if isDeeper(x) {
			depth--
		}
	}
	ast.NewBeforeAfterVisitor(before, after).Walk(module)
	return problems
}
