package evaluator

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

var (
	pathType = types.NewAny(types.S, types.NewArray(nil, types.S))

	groupType = types.NewFunction(
		types.Args(
			types.Named("records", types.NewArray(nil, types.A)),
			types.Named("fields", types.NewArray(nil, pathType)).Description("names, or paths as lists of names")),
		types.Named("places", types.NewObject(nil, types.NewDynamicProperty(types.NewArray(nil, types.A), types.NewArray(nil, types.N)))).
			Description("the places of the records in their list, by the list of their values; null for a field that a record lacks"))
)

// group finds the places of records by what some of their fields hold, in one pass: what a rule would do with a comprehension over all
// records within another over all of them, and OPA with an index that it makes anew for each query.
func group(records, fields *ast.Term) (*ast.Term, error) {
	list, ok := records.Value.(*ast.Array)
	if !ok {
		return nil, fmt.Errorf("records is not a list")
	}
	paths, err := pathsOf(fields)
	if err != nil {
		return nil, err
	}
	var keys [][]*ast.Term
	var places [][]*ast.Term
	known := map[string]int{}
	var text []byte
	key := make([]*ast.Term, len(paths))
	for i := range list.Len() {
		text = text[:0]
		for j, path := range paths {
			key[j] = list.Elem(i)
			for _, name := range path {
				key[j] = below(key[j], name)
			}
			text = appendKey(text, key[j].Value)
		}
		at, ok := known[string(text)]
		if !ok {
			at = len(keys)
			known[string(text)] = at
			keys, places = append(keys, slices.Clone(key)), append(places, nil)
		}
		places[at] = append(places[at], ast.InternedTerm(i))
	}
	pairs := make([][2]*ast.Term, len(keys))
	for i, key := range keys {
		pairs[i] = [2]*ast.Term{ast.ArrayTerm(key...), ast.ArrayTerm(places[i]...)}
	}
	return ast.ObjectTerm(pairs...), nil
}

// below is what an object has of that name, null if there is none.
func below(term, name *ast.Term) *ast.Term {
	if object, ok := term.Value.(ast.Object); ok {
		if value := object.Get(name); value != nil {
			return value
		}
	}
	return ast.InternedNullTerm
}

// appendKey adds a value so that different values are different bytes.
func appendKey(text []byte, value ast.Value) []byte {
	switch v := value.(type) {
	case ast.String:
		return appendText(text, string(v))
	case *ast.Array:
		text = append(strconv.AppendInt(append(text, 'a'), int64(v.Len()), 10), ':')
		for i := range v.Len() {
			text = appendKey(text, v.Elem(i).Value)
		}
		return text
	}
	return appendText(append(text, 'v'), value.String())
}

func appendText(text []byte, s string) []byte {
	return append(append(strconv.AppendInt(text, int64(len(s)), 10), ':'), s...)
}

func pathsOf(fields *ast.Term) ([][]*ast.Term, error) {
	list, ok := fields.Value.(*ast.Array)
	if !ok {
		return nil, fmt.Errorf("fields is not a list")
	}
	var paths [][]*ast.Term
	for i := range list.Len() {
		switch field := list.Elem(i); v := field.Value.(type) {
		case ast.String:
			paths = append(paths, []*ast.Term{field})
		case *ast.Array:
			var path []*ast.Term
			v.Foreach(func(name *ast.Term) { path = append(path, name) })
			paths = append(paths, path)
		default:
			return nil, fmt.Errorf("fields: %v is neither a name nor a list of names", field)
		}
	}
	return paths, nil
}
