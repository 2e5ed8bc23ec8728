package evaluator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/types"
)

// misspelling is a field that a rule names of a value that was handed to it, and that no value has which was.
type misspelling struct {
	*PolicyError
	right bool // one has it, or may have
}

// spell looks a field up in the schema of the snapshot, where the compiler cannot: it does not know what a function is handed.
func (s *scope) spell(held flows, part *ast.Term, ref ast.Ref) {
	name, ok := part.Value.(ast.String)
	if !ok || len(held) == 0 || part.Location == nil {
		return
	}
	key := fmt.Sprintf("%s:%d:%d %s", part.Location.File, part.Location.Row, part.Location.Col, name)
	found := s.misspelt[key]
	if found == nil {
		found = &misspelling{}
		s.misspelt[key] = found
	}
	for _, each := range slices.SortedFunc(maps.Keys(held), func(a, b flow) int { return strings.Compare(a.way+a.within, b.way+b.within) }) {
		kind := s.kindAt(each)
		if kind == nil || types.Select(kind, string(name)) != nil {
			found.right = true
			return
		}
		if found.PolicyError == nil {
			found.PolicyError = &PolicyError{File: part.Location.File, Line: part.Location.Row}
			found.Problem, found.Hint = explainRef(&ast.RefErrInvalidDetail{Ref: refOf(each.way).Append(part), Pos: strings.Count(each.way, "/") + 1, OneOf: namesIn(kind)})
			found.Problem += fmt.Sprintf(" (%s)", s.written(ref, part))
		}
	}
}

// written is a reference up to a part of it, by the names that its author gave.
func (s *scope) written(ref ast.Ref, part *ast.Term) string {
	upTo := ref.Copy()
	for i := range ref {
		if ref[i] == part {
			upTo = upTo[:i+1]
			break
		}
	}
	if v, ok := upTo[0].Value.(ast.Var); ok && s.compiler.RewrittenVars[v] != "" {
		upTo[0] = ast.NewTerm(s.compiler.RewrittenVars[v])
	}
	return readable(upTo)
}

// kindAt is the type of a part of the snapshot, nil if that is not known.
func (s *scope) kindAt(f flow) types.Type {
	if f.within != "" || f.way != whole && !strings.HasPrefix(f.way, whole+"/") {
		return nil
	}
	kind := s.compiler.TypeEnv.GetByValue(ast.InputRootRef)
	for _, part := range strings.Split(f.way, "/")[1:] {
		switch {
		case kind == nil:
			return nil
		case part == anyKey:
			kind = types.Values(kind)
		default:
			kind = types.Select(kind, part)
		}
	}
	return kind
}

func refOf(way string) ast.Ref {
	ref := ast.InputRootRef.Copy()
	for _, part := range strings.Split(way, "/")[1:] {
		if part == anyKey {
			ref = ref.Append(ast.VarTerm("_"))
			continue
		}
		ref = ref.Append(ast.StringTerm(part))
	}
	return ref
}

// namesIn are the names of an object's fields.
func namesIn(kind types.Type) []ast.Value {
	var all []ast.Value
	switch t := kind.(type) {
	case *types.Object:
		for _, p := range t.StaticProperties() {
			if name, ok := p.Key.(string); ok {
				all = append(all, ast.String(name))
			}
		}
	case types.Any:
		for _, each := range t {
			all = append(all, namesIn(each)...)
		}
	}
	return all
}

// misspellings are the fields that no value has.
func (r *reader) misspellings() PolicyErrors {
	var all PolicyErrors
	for _, key := range slices.Sorted(maps.Keys(r.misspelt)) {
		if m := r.misspelt[key]; !m.right && m.PolicyError != nil {
			all = append(all, m.PolicyError)
		}
	}
	return all
}
