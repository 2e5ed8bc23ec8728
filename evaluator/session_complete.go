package evaluator

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Complete is what a word may become: a path below input, by the snapshot's schema, or below data, a name that the session has, a
// builtin. An index, as in trails[0], leads to a list's members.
func (s *Session) Complete(word string) []string {
	var all []string
	take := func(names []string, before string) {
		for _, name := range names {
			if strings.HasPrefix(before+name, word) && identifier.MatchString(name) {
				all = append(all, before+name)
			}
		}
	}
	dot := strings.LastIndexByte(word, '.')
	if dot < 0 {
		take(s.names(), "")
	} else {
		steps := strings.Split(indexes.ReplaceAllString(word[:dot], ".[]"), ".")
		take(s.below(steps), word[:dot+1])
	}
	if word != "" {
		for _, name := range builtinNames() {
			if strings.HasPrefix(name, word) && !strings.HasPrefix(name, "internal.") {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	indexes    = regexp.MustCompile(`\[[^][]*\]`)
)

// names are the words that a path may begin with.
func (s *Session) names() []string {
	all := []string{"data", "input"}
	for _, d := range s.defined {
		all = append(all, d.name)
	}
	for _, i := range s.imports {
		all = append(all, string(i.Name()))
	}
	return all
}

// below are the names that follow a path's steps; [] is a step to a member.
func (s *Session) below(steps []string) []string {
	if steps[0] == "input" {
		schema, err := inputSchema()
		if err != nil {
			return nil
		}
		return fieldsBelow(schema, steps[1:])
	}
	way := ast.Ref{ast.DefaultRootDocument}
	if steps[0] != "data" {
		k := slices.IndexFunc(s.imports, func(i *ast.Import) bool { return string(i.Name()) == steps[0] })
		if k < 0 {
			return nil
		}
		way, _ = s.imports[k].Path.Value.(ast.Ref)
	}
	for _, step := range steps[1:] {
		way = append(slices.Clip(way), ast.StringTerm(step))
	}
	var all []string
	for _, m := range s.modules {
		switch {
		case m.Package.Path.Equal(way):
			for _, r := range m.Rules {
				all = append(all, string(r.Head.Ref()[0].Value.(ast.Var)))
			}
		case m.Package.Path.HasPrefix(way):
			name, _ := m.Package.Path[len(way)].Value.(ast.String)
			all = append(all, string(name))
		}
	}
	if object, ok := at(s.data, way[1:]...).(ast.Object); ok {
		object.Foreach(func(key, _ *ast.Term) {
			if name, ok := key.Value.(ast.String); ok {
				all = append(all, string(name))
			}
		})
	}
	return all
}

// fieldsBelow are the fields that a JSON Schema has there.
func fieldsBelow(root any, steps []string) []string {
	node := root
	for _, step := range steps {
		here := dereferenced(root, node)
		if step == "[]" {
			node = here["items"]
			continue
		}
		properties, _ := here["properties"].(map[string]any)
		node = properties[step]
	}
	properties, _ := dereferenced(root, node)["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

// dereferenced is a schema, or the one that it refers to in the same document.
func dereferenced(root, node any) map[string]any {
	object, _ := node.(map[string]any)
	for range 8 {
		to, ok := object["$ref"].(string)
		if !ok {
			break
		}
		var found any = root
		for _, name := range strings.Split(strings.TrimPrefix(to, "#/"), "/") {
			within, _ := found.(map[string]any)
			found = within[name]
		}
		object, _ = found.(map[string]any)
	}
	return object
}
