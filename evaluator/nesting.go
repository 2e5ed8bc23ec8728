package evaluator

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

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
	var within func(outer any, depth int)
	within = func(outer any, depth int) {
		ast.NewGenericVisitor(func(x any) bool {
			term, ok := x.(*ast.Term)
			switch {
			case !ok || x == outer || !isComprehension(term.Value):
				return false
			case depth < deepestNested:
				within(term, depth+1)
			case len(problems) == 0:
				problems = PolicyErrors{{
					File: file, Line: term.Location.Row, Problem: fmt.Sprintf("more than %d comprehensions lie in each other", deepestNested),
					Hint: "give the inner ones names of their own",
				}}
			}
			return true
		}).Walk(outer)
	}
	within(module, 0)
	return problems
}

func isComprehension(v ast.Value) bool {
	switch v.(type) {
	case *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension, *ast.TemplateString:
		return true
	}
	return false
}

// elsewhere says which schemas of METADATA lie in another file: the compiler would read it, wherever it lies.
func elsewhere(file string, module *ast.Module) PolicyErrors {
	var problems PolicyErrors
	for _, a := range module.Annotations {
		for _, s := range a.Schemas {
			if s.Definition == nil {
				continue
			}
			if ref := reachesOut(*s.Definition); ref != "" {
				problems = append(problems, &PolicyError{
					File: file, Line: a.Location.Row, Problem: fmt.Sprintf("METADATA schemas: %s lies elsewhere, and a policy may not reach files or the network", ref),
					Hint: "write the schema out; a $ref begins with #",
				})
			}
		}
	}
	return problems
}

// reachesOut is the first name in a schema that leads out of it, "" if none does.
func reachesOut(schema any) string {
	switch schema := schema.(type) {
	case map[string]any:
		for _, key := range sortedKeys(schema) {
			text, _ := schema[key].(string)
			if slices.Contains([]string{"$ref", "$id", "id"}, key) && text != "" && !strings.HasPrefix(text, "#") {
				return key + ": " + text
			}
			if found := reachesOut(schema[key]); found != "" {
				return found
			}
		}
	case []any:
		for _, each := range schema {
			if found := reachesOut(each); found != "" {
				return found
			}
		}
	}
	return ""
}
