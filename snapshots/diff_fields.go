package snapshots

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// FieldChange is one field that differs.
type FieldChange struct {
	// Path is where the field is: names joined by dots, and [] for the one item of a list that differs.
	Path string `json:"path"`
	// From and To are what it was and what it is; absent where it is.
	From json.RawMessage `json:"from,omitempty"`
	To   json.RawMessage `json:"to,omitempty"`
	// Removed and Added are the items that only one of two lists has.
	Removed []json.RawMessage `json:"removed,omitempty"`
	Added   []json.RawMessage `json:"added,omitempty"`
	// Unread is "from" or "to" where the field is absent for it was not read.
	Unread string `json:"unread,omitempty"`
}

// missing is the value of a field that is not there.
type missing struct{}

func orMissing(fields map[string]any, name string) any {
	if value, ok := fields[name]; ok {
		return value
	}
	return missing{}
}

// Fields is what differs between two objects of decoded JSON, in the order of the paths. The order of lists does not count.
func Fields(from, to map[string]any) []FieldChange {
	var found []FieldChange
	objects(&found, "", from, to)
	return found
}

func objects(found *[]FieldChange, path string, from, to map[string]any) {
	for _, name := range sortedKeys(union(from, to)) {
		values(found, joined(path, name), orMissing(from, name), orMissing(to, name))
	}
}

func joined(path, name string) string {
	plain := func(r rune) bool {
		return r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !plain(r) }) {
		name = strconv.Quote(name)
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

func values(found *[]FieldChange, path string, from, to any) {
	if equal(from, to) {
		return
	}
	switch old := from.(type) {
	case map[string]any:
		if now, ok := to.(map[string]any); ok {
			objects(found, path, old, now)
			return
		}
	case []any:
		if now, ok := to.([]any); ok {
			lists(found, path, old, now)
			return
		}
	}
	*found = append(*found, FieldChange{Path: path, From: rawOf(from), To: rawOf(to)})
}

// lists compares two lists as what they are, sets: one object each that the other has not is one that changed.
func lists(found *[]FieldChange, path string, from, to []any) {
	removed, added := onlyIn(from, to), onlyIn(to, from)
	if len(removed) == 0 && len(added) == 0 {
		return
	}
	if len(removed) == 1 && len(added) == 1 {
		old, wasObject := removed[0].(map[string]any)
		now, isObject := added[0].(map[string]any)
		if wasObject && isObject {
			objects(found, path+"[]", old, now)
			return
		}
	}
	change := FieldChange{Path: path, From: rawOf(from), To: rawOf(to)}
	for _, item := range removed {
		change.Removed = append(change.Removed, rawOf(item))
	}
	for _, item := range added {
		change.Added = append(change.Added, rawOf(item))
	}
	*found = append(*found, change)
}

// onlyIn are the items that others lacks, as often as it lacks them.
func onlyIn(items, others []any) []any {
	count := map[string]int{}
	for _, item := range others {
		count[sortedText(item)]++
	}
	var only []any
	for _, item := range items {
		text := sortedText(item)
		if count[text] > 0 {
			count[text]--
			continue
		}
		only = append(only, item)
	}
	slices.SortFunc(only, func(a, b any) int { return strings.Compare(sortedText(a), sortedText(b)) })
	return only
}

// sortedText is a value in one form, whatever the order of its lists.
func sortedText(value any) string {
	e := &encoder{}
	if err := e.raw(rawOf(value), 0); err != nil {
		return string(rawOf(value))
	}
	return string(e.out)
}

// rawOf is a decoded value as JSON; nil for what is missing.
func rawOf(value any) json.RawMessage {
	if _, none := value.(missing); none {
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil // decoded JSON can be written
	}
	return bytes.TrimSpace(b.Bytes())
}
