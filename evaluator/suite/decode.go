package suite

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// Parse reads a suite; file is its name in errors. Everything that is wrong is in the error, an Unexpected. A case that expects
// nothing is read: running it is an error, and an update writes what it should expect.
func Parse(file string, text []byte) (*Suite, error) {
	s := &Suite{File: file, text: text, tree: &yaml.Node{}, places: map[string]int{}}
	d := &decoder{file: file}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(s.tree); {
	case errors.Is(err, io.EOF):
		return nil, Unexpected{{File: file, Problem: "read: the file is empty", Hint: "a suite has cases: each a snapshot or sample, and expect"}}
	case err != nil:
		return nil, Unexpected{yamlError(file, err)}
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		d.wrong(s.tree, "", "read: more than one YAML document")
	}
	if left := mostNodes; !within(s.tree, &left) {
		return nil, Unexpected{{File: file, Problem: "read: its aliases make it endless", Hint: "let no anchor hold an alias of itself"}}
	}
	d.suite(s, s.tree.Content[0])
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b *evaluator.InputError) int { return cmp.Compare(a.Line, b.Line) })
		return nil, d.problems
	}
	return s, nil
}

// mostNodes is how large a suite may be, every alias counted as what it stands for.
const mostNodes = 1 << 20

// within tells that the node with all beneath it is not larger than left, and takes it off.
func within(node *yaml.Node, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	if node.Kind == yaml.AliasNode {
		return within(node.Alias, left)
	}
	for _, child := range node.Content {
		if !within(child, left) {
			return false
		}
	}
	return true
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

func yamlError(file string, err error) *evaluator.InputError {
	e := &evaluator.InputError{File: file, Problem: "read: " + strings.TrimPrefix(err.Error(), "yaml: "), Hint: "it is no YAML"}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Problem = "read: " + m[2]
	}
	return e
}

// decoder reads the nodes of a suite and collects what is wrong with them.
type decoder struct {
	file     string
	problems Unexpected
}

func (d *decoder) wrong(at *yaml.Node, hint, format string, args ...any) {
	d.problems = append(d.problems, &evaluator.InputError{File: d.file, Line: at.Line, Problem: fmt.Sprintf(format, args...), Hint: hint})
}

// field is what is done with the value of one key.
type field struct {
	name string
	read func(*yaml.Node)
}

// fields reads a mapping: a key that is none of the fields, or is there twice, is wrong.
func (d *decoder) fields(of string, node *yaml.Node, known ...field) {
	var names []string
	for _, f := range known {
		names = append(names, f.name)
	}
	d.pairs(of, node, func(key, value *yaml.Node) {
		i := slices.Index(names, key.Value)
		if i < 0 {
			hint := of + " has " + strings.Join(names, ", ")
			if near := evaluator.Nearest(key.Value, names); near != "" {
				hint = "did you mean " + near + "? " + hint
			}
			d.wrong(key, hint, "%s: unknown field %s", of, key.Value)
			return
		}
		known[i].read(value)
	})
}

// pairs calls f with the keys and values of a mapping; a key that is there twice is wrong.
func (d *decoder) pairs(of string, node *yaml.Node, f func(key, value *yaml.Node)) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.MappingNode {
		d.wrong(node, "", "%s: is %s, not a mapping", of, kindOf(node))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if first, twice := seen[key.Value]; twice {
			d.wrong(key, fmt.Sprintf("the first is in line %d", first), "%s: %s is there twice", of, key.Value)
			continue
		}
		seen[key.Value] = key.Line
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		f(key, value)
	}
}

// items calls f with the members of a list.
func (d *decoder) items(of string, node *yaml.Node, f func(*yaml.Node)) {
	if node.Kind != yaml.SequenceNode {
		d.wrong(node, "", "%s: is %s, not a list", of, kindOf(node))
		return
	}
	for _, item := range node.Content {
		if item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		f(item)
	}
}

// oneOrMore calls f with a text, or with each of a list of texts.
func (d *decoder) oneOrMore(of string, node *yaml.Node, f func(text string, line int)) {
	if node.Kind == yaml.ScalarNode {
		f(d.text(of, node), node.Line)
		return
	}
	d.items(of, node, func(item *yaml.Node) { f(d.text(of, item), item.Line) })
}

func (d *decoder) text(of string, node *yaml.Node) string {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" || strings.TrimSpace(node.Value) == "" {
		d.wrong(node, "", "%s: is %s, not a text", of, kindOf(node))
		return ""
	}
	return node.Value
}

func (d *decoder) textTo(of string, into *string) func(*yaml.Node) {
	return func(node *yaml.Node) { *into = d.text(of, node) }
}

func kindOf(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		return "a list"
	case node.Tag == "!!null" || node.Value == "":
		return "empty"
	}
	return strconv.Quote(node.Value)
}

func (d *decoder) suite(s *Suite, root *yaml.Node) {
	at := func(what string, read func(*yaml.Node)) field {
		return field{what, func(node *yaml.Node) { s.places[what] = node.Line; read(node) }}
	}
	cases := root
	d.fields("suite", root,
		at("name", d.textTo("name", &s.Name)),
		at("benchmark", d.textTo("benchmark", &s.Benchmark)),
		at("parameters", func(node *yaml.Node) { s.Parameters = d.parameters(node) }),
		at("waivers", d.textTo("waivers", &s.Waivers)),
		at("as_of", func(node *yaml.Node) { s.AsOf = d.time(node) }),
		at("policies", func(node *yaml.Node) {
			d.oneOrMore("policies", node, func(text string, _ int) { s.Policies = append(s.Policies, text) })
		}),
		at("cases", func(node *yaml.Node) {
			cases = node
			d.items("cases", node, func(item *yaml.Node) { s.Cases = append(s.Cases, d.oneCase(item)) })
		}),
	)
	if len(s.Cases) == 0 && len(d.problems) == 0 {
		d.wrong(cases, "write cases: [{name: ..., sample: compliant, expect: {root-usage: pass}}]", "suite: has no cases")
	}
	seen := map[string]int{}
	for _, c := range s.Cases {
		if first := seen[c.Name]; first > 0 && c.Name != "" {
			d.wrong(c.node, fmt.Sprintf("the first is in line %d", first), "case %s: the name is there twice", c.Name)
		}
		seen[c.Name] = c.Line
	}
}

func (d *decoder) parameters(node *yaml.Node) map[string]any {
	text, err := yaml.Marshal(node)
	if err != nil {
		d.wrong(node, "", "parameters: %v", err)
		return nil
	}
	parameters, err := evaluator.ParseParameters(d.file, text)
	var input *evaluator.InputError
	switch {
	case errors.As(err, &input):
		d.wrong(node, input.Hint, "parameters: %s", input.Problem)
	case err != nil:
		d.wrong(node, "", "parameters: %v", err)
	}
	return parameters
}

func (d *decoder) time(node *yaml.Node) time.Time {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, node.Value); err == nil {
			return t.UTC()
		}
	}
	d.wrong(node, "write 2026-01-05T10:00:00Z or 2026-01-05", "as_of: %s is not a time", kindOf(node))
	return time.Time{}
}

func (d *decoder) oneCase(node *yaml.Node) *Case {
	c := &Case{Line: node.Line, node: node}
	of := "case"
	before := len(d.problems)
	reference := func(sample bool) func(*yaml.Node) {
		return func(node *yaml.Node) {
			d.oneOrMore(of, node, func(text string, line int) { c.Inputs = append(c.Inputs, Reference{text, sample, line}) })
		}
	}
	d.fields(of, node,
		field{"name", d.textTo("case: name", &c.Name)},
		field{"snapshot", reference(false)},
		field{"sample", reference(true)},
		field{"patch", func(node *yaml.Node) {
			d.items("patch", node, func(item *yaml.Node) { c.Patch = append(c.Patch, d.operation(item)) })
		}},
		field{"expect", func(node *yaml.Node) {
			c.expect = node
			if node.Tag == "!!null" {
				return
			}
			d.pairs("expect", node, func(key, value *yaml.Node) { c.Expect = append(c.Expect, d.expectation(key, value)) })
		}},
		field{"rest", func(node *yaml.Node) {
			if node.Kind != yaml.SequenceNode {
				c.Rest = []report.Status{d.status("rest", node)}
				return
			}
			d.items("rest", node, func(item *yaml.Node) { c.Rest = append(c.Rest, d.status("rest", item)) })
		}},
	)
	if len(d.problems) > before {
		return c
	}
	if c.Name == "" {
		d.wrong(node, "a case needs name, snapshot or sample, and expect", "case: has no name")
	}
	if len(c.Inputs) == 0 {
		d.wrong(node, "add snapshot: FILE, or sample: NAME (cistern evaluate --sample list names them)", "case %s: has no snapshot and no sample", c.Name)
	}
	return c
}

func (d *decoder) status(of string, node *yaml.Node) report.Status {
	var names []string
	for _, status := range report.Statuses {
		if node.Kind == yaml.ScalarNode && node.Value == string(status) {
			return status
		}
		names = append(names, string(status))
	}
	hint := "one of " + strings.Join(names, ", ")
	if near := evaluator.Nearest(node.Value, names); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	d.wrong(node, hint, "%s: %s is no status", of, kindOf(node))
	return ""
}

func (d *decoder) expectation(key, value *yaml.Node) *Expectation {
	e := &Expectation{Control: key.Value, Line: key.Line, key: key, value: value}
	if account, control, ok := strings.Cut(key.Value, "/"); ok {
		e.Account, e.Control = account, control
	}
	of := "expect " + key.Value
	if value.Kind != yaml.MappingNode {
		e.Status = d.status(of, value)
		return e
	}
	stated := false
	d.fields(of, value,
		field{"status", func(node *yaml.Node) { e.Status = d.status(of, node); stated = true }},
		field{"link", func(node *yaml.Node) { e.Link = d.link(of, node) }},
		field{"message", d.textTo(of+": message", &e.Message)},
	)
	if !stated {
		d.wrong(key, "write {status: fail, link: pattern}", "%s: has no status", of)
	}
	return e
}

func (d *decoder) link(of string, node *yaml.Node) string {
	text := d.text(of+": link", node)
	if text == "" || slices.Contains(report.Chain[:], text) {
		return text
	}
	hint := "one of " + strings.Join(report.Chain[:], ", ")
	if near := evaluator.Nearest(text, report.Chain[:]); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	d.wrong(node, hint, "%s: there is no link %s", of, text)
	return text
}

// operations are those of RFC 6902, and which other fields each needs.
var operations = []struct {
	name        string
	value, from bool
}{{"add", true, false}, {"remove", false, false}, {"replace", true, false}, {"move", false, true}, {"copy", false, true}, {"test", true, false}}

func (d *decoder) operation(node *yaml.Node) Operation {
	o := Operation{Line: node.Line}
	given := map[string]bool{}
	take := func(name string, read func(*yaml.Node)) field {
		return field{name, func(node *yaml.Node) { given[name] = true; read(node) }}
	}
	before := len(d.problems)
	d.fields("patch", node,
		take("op", d.textTo("patch: op", &o.Op)),
		take("path", func(node *yaml.Node) { o.Path = node.Value }),
		take("from", func(node *yaml.Node) { o.From = node.Value }),
		take("value", func(node *yaml.Node) { o.Value = d.value(node) }),
	)
	if len(d.problems) > before {
		return o
	}
	var names []string
	for _, known := range operations {
		names = append(names, known.name)
		if known.name != o.Op {
			continue
		}
		for name, needed := range map[string]bool{"path": true, "value": known.value, "from": known.from} {
			switch {
			case needed && !given[name]:
				d.wrong(node, "", "patch: %s has no %s", o.Op, name)
			case !needed && given[name]:
				d.wrong(node, "", "patch: %s takes no %s", o.Op, name)
			}
		}
		for _, pointer := range []string{o.Path, o.From} {
			if pointer != "" && !strings.HasPrefix(pointer, "/") {
				d.wrong(node, "write it as /cloudwatch/alarms/0/ActionsEnabled", "patch: %s is no JSON pointer", pointer)
			}
		}
		return o
	}
	d.wrong(node, "one of "+strings.Join(names, ", "), "patch: there is no op %q", o.Op)
	return o
}

// value is a node as JSON would have it: a date is a text.
func (d *decoder) value(node *yaml.Node) any {
	switch node.Kind {
	case yaml.AliasNode:
		return d.value(node.Alias)
	case yaml.MappingNode:
		object := map[string]any{}
		d.pairs("value", node, func(key, value *yaml.Node) { object[key.Value] = d.value(value) })
		return object
	case yaml.SequenceNode:
		list := []any{}
		d.items("value", node, func(item *yaml.Node) { list = append(list, d.value(item)) })
		return list
	}
	var value any
	switch node.Tag {
	case "!!int", "!!float":
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value)
		}
		fallthrough
	case "!!bool", "!!null":
		if err := node.Decode(&value); err != nil {
			d.wrong(node, "", "value: %v", err)
		}
		return value
	}
	return node.Value
}
