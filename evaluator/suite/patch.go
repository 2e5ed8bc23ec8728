package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// patchError is an operation that cannot be done, and why.
type patchError struct {
	line          int
	problem, hint string
}

func (e *patchError) Error() string { return e.problem }

// patch does the operations of RFC 6902 on a JSON document, one after the other.
func patch(text []byte, operations []Operation) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	for _, o := range operations {
		changed, err := o.apply(document)
		if err != nil {
			err.line = o.Line
			err.problem = fmt.Sprintf("patch: %s %s: %s", o.Op, o.Path, err.problem)
			return nil, err
		}
		document = changed
	}
	return json.Marshal(document)
}

func (o Operation) apply(document any) (any, *patchError) {
	way, from := steps(o.Path), steps(o.From)
	switch o.Op {
	case "add":
		return add(document, way, copied(o.Value))
	case "remove":
		return remove(document, way)
	case "replace":
		if _, err := find(document, way); err != nil {
			return nil, err
		}
		return set(document, way, copied(o.Value))
	case "move", "copy":
		value, err := find(document, from)
		if err != nil {
			return nil, err
		}
		if o.Op == "copy" {
			return add(document, way, copied(value))
		}
		if strings.HasPrefix(o.Path+"/", o.From+"/") && o.Path != o.From {
			return nil, &patchError{problem: "a value cannot move into itself"}
		}
		if document, err = remove(document, from); err != nil {
			return nil, err
		}
		return add(document, way, value)
	}
	value, err := find(document, way) // test
	if err == nil && !reflect.DeepEqual(plain(value), plain(o.Value)) {
		err = &patchError{problem: fmt.Sprintf("is %s, not %s", shown(value), shown(o.Value))}
	}
	return document, err
}

// strangeField is a field that the operations have added and that no snapshot has: no policy reads it, so that the case would show nothing.
func strangeField(before, after []byte, operations []Operation) error {
	known := map[string]int{}
	for _, p := range snapshots.Validate(before) {
		known[p.Expected+p.Got]++
	}
	for _, p := range snapshots.Validate(after) {
		if known[p.Expected+p.Got]--; known[p.Expected+p.Got] >= 0 || p.Severity != snapshots.Doubtful || !strings.HasPrefix(p.Got, `"`) {
			continue
		}
		name := p.Pointer[strings.LastIndex(p.Pointer, "/")+1:]
		if !strings.HasPrefix(p.Got, strconv.Quote(name)+", which") {
			continue
		}
		line := operations[len(operations)-1].Line
		for _, o := range operations {
			if p.Pointer == o.Path || strings.HasPrefix(p.Pointer, o.Path+"/") {
				line = o.Line
			}
		}
		hint := p.Hint
		if hint == "" {
			hint = "docs/snapshot.md lists the fields, and cistern snapshot schema prints them"
		}
		return &patchError{line, fmt.Sprintf("patch: %s: no snapshot has a field %s there", p.Pointer, strconv.Quote(name)), hint}
	}
	return nil
}

// steps are the parts of a JSON pointer, RFC 6901.
func steps(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer[1:], "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
	}
	return parts
}

// pointerTo is the JSON pointer of the steps.
func pointerTo(way []string) string {
	var b strings.Builder
	for _, step := range way {
		b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

func find(value any, way []string) (any, *patchError) {
	for i, step := range way {
		switch parent := value.(type) {
		case map[string]any:
			member, ok := parent[step]
			if !ok {
				return nil, missing(way[:i], step, parent)
			}
			value = member
		case []any:
			n, err := index(way[:i], step, len(parent))
			if err != nil {
				return nil, err
			}
			value = parent[n]
		default:
			return nil, &patchError{problem: fmt.Sprintf("%s is %s: nothing is in it", pointerTo(way[:i]), shown(value))}
		}
	}
	return value, nil
}

func missing(way []string, name string, in map[string]any) *patchError {
	names := slices.Sorted(maps.Keys(in))
	where := pointerTo(way)
	if where == "" {
		where = "the snapshot"
	}
	err := &patchError{problem: fmt.Sprintf("%s has no %s", where, name), hint: where + " has " + strings.Join(names, ", ")}
	if near := evaluator.Nearest(name, names); near != "" {
		err.hint = "did you mean " + near + "? " + err.hint
	}
	return err
}

// index is the place in a list that holds so many.
func index(way []string, step string, length int) (int, *patchError) {
	n, err := strconv.Atoi(step)
	if err != nil || n < 0 || strconv.Itoa(n) != step {
		return 0, &patchError{problem: fmt.Sprintf("%s is a list, and %s is no place in it", pointerTo(way), step), hint: "count from 0; - appends (add only)"}
	}
	if n >= length {
		return 0, &patchError{
			problem: fmt.Sprintf("%s has no item %d", pointerTo(way), n),
			hint:    fmt.Sprintf("it has %d, counted from 0 in the order of cistern snapshot canonical", length),
		}
	}
	return n, nil
}

// set puts the value where something is.
func set(document any, way []string, value any) (any, *patchError) {
	if len(way) == 0 {
		return value, nil
	}
	above, last := way[:len(way)-1], way[len(way)-1]
	parent, err := find(document, above)
	if err != nil {
		return nil, err
	}
	switch parent := parent.(type) {
	case map[string]any:
		parent[last] = value
		return document, nil
	case []any:
		n, err := index(above, last, len(parent))
		if err != nil {
			return nil, err
		}
		parent[n] = value
		return document, nil
	}
	return nil, &patchError{problem: fmt.Sprintf("%s is %s: nothing is in it", pointerTo(above), shown(parent))}
}

// add puts the value in: into a list before the item of that place.
func add(document any, way []string, value any) (any, *patchError) {
	if len(way) == 0 {
		return value, nil
	}
	above, last := way[:len(way)-1], way[len(way)-1]
	parent, err := find(document, above)
	if err != nil {
		return nil, err
	}
	list, ok := parent.([]any)
	if !ok {
		return set(document, way, value)
	}
	n := len(list)
	if last != "-" {
		if n, err = index(above, last, len(list)+1); err != nil {
			return nil, err
		}
	}
	return set(document, above, slices.Insert(slices.Clone(list), n, value))
}

func remove(document any, way []string) (any, *patchError) {
	if _, err := find(document, way); err != nil {
		return nil, err
	}
	if len(way) == 0 {
		return nil, &patchError{problem: "the whole snapshot cannot be removed"}
	}
	above, last := way[:len(way)-1], way[len(way)-1]
	parent, _ := find(document, above)
	if object, ok := parent.(map[string]any); ok {
		delete(object, last)
		return document, nil
	}
	list := parent.([]any)
	n, err := index(above, last, len(list))
	if err != nil {
		return nil, err
	}
	return set(document, above, slices.Delete(slices.Clone(list), n, n+1))
}

// copied is the value again, so that changing one does not change the other.
func copied(value any) any {
	switch value := value.(type) {
	case map[string]any:
		again := make(map[string]any, len(value))
		for name, member := range value {
			again[name] = copied(member)
		}
		return again
	case []any:
		again := make([]any, len(value))
		for i, item := range value {
			again[i] = copied(item)
		}
		return again
	}
	return value
}

// plain is the value with its numbers compared as numbers: 1 is 1.0.
func plain(value any) any {
	switch value := value.(type) {
	case json.Number:
		if f, err := value.Float64(); err == nil {
			return f
		}
	case int:
		return float64(value)
	case map[string]any:
		again := map[string]any{}
		for name, member := range value {
			again[name] = plain(member)
		}
		return again
	case []any:
		again := []any{}
		for _, item := range value {
			again = append(again, plain(item))
		}
		return again
	}
	return value
}

// shown is a value as JSON, cut where it is long.
func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if runes := []rune(string(text)); len(runes) > 80 {
		return string(runes[:77]) + "..."
	}
	return string(text)
}
