package evaluator

import (
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"gopkg.in/yaml.v3"
)

// ParseParameters reads data.parameters, YAML or JSON: what an organisation says of itself, such as how many events may pass
// before an alarm rings, or who should be subscribed. file is its name in errors.
func ParseParameters(file string, text []byte) (map[string]any, error) {
	var parameters map[string]any
	if err := decodeYAML(file, text, &parameters); err != nil {
		return nil, err
	}
	wrong := func(name, problem, hint string) error {
		var tree yaml.Node
		if err := yaml.Unmarshal(text, &tree); err != nil {
			return yamlError(file, err)
		}
		return &InputError{File: file, Line: lineOf(&tree, name), Problem: name + ": " + problem, Hint: hint}
	}
	if most, ok := parameters["max_events"]; ok {
		if n, ok := most.(int); !ok || n < 1 {
			return nil, wrong("max_events", fmt.Sprintf("is %v, not a number from 1", most), "")
		}
	}
	if who, ok := parameters["subscribers"]; ok {
		if one, ok := who.(string); ok {
			who = []any{one}
			parameters["subscribers"] = who
		}
		list, ok := who.([]any)
		if !ok || slices.ContainsFunc(list, func(each any) bool { _, ok := each.(string); return !ok }) {
			return nil, wrong("subscribers", "is not a list of endpoints", `write ["security@example.com", "+15550100"], numbers in quotes`)
		}
	}
	return parameters, nil
}

// readParameters is the parameters that the policies or the edition's rows may ask for; all tells that a policy of the user's
// own may ask for any.
func (e *Engine) readParameters(rows []row) (names []string, all bool) {
	known := map[string]bool{"max_events": true, "subscribers": true}
	for _, r := range rows {
		for _, need := range r.Needs {
			known[need] = true
		}
	}
	parameters := ast.MustParseRef("data.parameters")
	for file, module := range e.compiler.Modules {
		for _, rule := range module.Rules {
			ast.WalkRefs(rule, func(ref ast.Ref) bool {
				if !ref.HasPrefix(parameters) {
					return false
				}
				if len(ref) > len(parameters) {
					if name, ok := ref[len(parameters)].Value.(ast.String); ok {
						known[string(name)] = true
						return false
					}
				}
				all = all || e.own[file]
				return false
			})
		}
	}
	return slices.Sorted(maps.Keys(known)), all
}

// unread says which parameters no policy asks for: most are misspelt.
func (e *Engine) unread(parameters map[string]any, rows []row) []string {
	if len(parameters) == 0 {
		return nil
	}
	names, all := e.readParameters(rows)
	if all {
		return nil
	}
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if slices.Contains(names, name) {
			continue
		}
		note := fmt.Sprintf("parameter %s: no policy reads it", name)
		if near := nearest(name, names); near != "" {
			note += "; did you mean " + near + "?"
		}
		notes = append(notes, note)
	}
	return notes
}
