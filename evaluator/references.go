package evaluator

import (
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reference is what a module names under `data`, as far as its name is fixed, and where.
type reference struct {
	ref  ast.Ref
	line int
	open bool // it goes on by a name that is not fixed: it takes what there is
}

// meets tells whether the reference may lead to something of the package.
func (r reference) meets(pkg ast.Ref) bool { return within(r.ref, pkg) }

// names tells that the reference leads to the package itself, or to something of it: not that it only gathers what lies beside it.
func (r reference) names(pkg ast.Ref) bool { return r.meets(pkg) && !(r.open && len(r.ref) < len(pkg)) }

// within tells that one of the two lies in the other.
func within(a, b ast.Ref) bool { return a.HasPrefix(b) || b.HasPrefix(a) }

// referencesOf is what a module that is parsed, but not compiled, refers to under `data`, in the order of the text.
func referencesOf(m *ast.Module) []reference {
	aliases := map[ast.Var]ast.Ref{"data": ast.DefaultRootRef}
	for _, i := range m.Imports {
		if to, ok := i.Path.Value.(ast.Ref); ok && to.HasPrefix(ast.DefaultRootRef) {
			aliases[i.Name()] = to
		}
	}
	var all []reference
	take := func(head ast.Value, rest ast.Ref, at *ast.Location) {
		name, ok := head.(ast.Var)
		to := aliases[name]
		if !ok || to == nil {
			return
		}
		full := to.Concat(rest)
		r := reference{ref: full.StringPrefix()}
		r.open = len(r.ref) < len(full)
		if at != nil {
			r.line = at.Row
		}
		all = append(all, r)
	}
	var visitor *ast.GenericVisitor
	visitor = ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Import, *ast.Package:
			return true
		case *ast.Term:
			switch value := x.Value.(type) {
			case ast.Var:
				take(value, nil, x.Location)
			case ast.Ref:
				take(value[0].Value, value[1:], x.Location)
				if _, plain := value[0].Value.(ast.Var); !plain {
					visitor.Walk(value[0])
				}
				for _, part := range value[1:] {
					visitor.Walk(part)
				}
				return true
			}
		}
		return false
	})
	visitor.Walk(m)
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
