package snapshots

import (
	"slices"
	"strings"
)

// The kinds of change of records that are known from a report alone, which holds only those that its findings cite.
const (
	Cited   ChangeKind = "cited"
	Uncited ChangeKind = "uncited"
)

// DiffRecords compares records of decoded JSON, by the JSON pointers at which they stood: as Diff does, but for those that only one side
// has. What differs without counting is left out. A pointer may begin with an account's id and a #.
func DiffRecords(from, to map[string]any) []Change {
	old, now := byList(from), byList(to)
	names := map[string]bool{}
	for list := range old {
		names[list] = true
	}
	for list := range now {
		names[list] = true
	}
	var found []Change
	for _, key := range sortedKeys(names) {
		list := key[strings.LastIndexByte(key, '#')+1:]
		for _, p := range pairs(list, old[key], now[key]) {
			if c, differs := p.cited(list); differs {
				found = append(found, c)
			}
		}
	}
	return found
}

func (p pair) cited(list string) (Change, bool) {
	c := Change{Kind: Changed, List: list}
	for _, e := range []*entry{p.old, p.new} {
		if e != nil {
			c.Name, c.Region = Name(list, e.fields), textIn(e.fields, "region")
		}
	}
	if p.old == nil {
		c.Kind, c.To = Cited, p.new.pointer
		return c, true
	}
	c.From = p.old.pointer
	if p.new == nil {
		c.Kind = Uncited
		return c, true
	}
	c.To = p.new.pointer
	c.Fields = slices.DeleteFunc(Fields(p.old.fields, p.new.fields), func(f FieldChange) bool { return passing(list, f.Path) })
	return c, len(c.Fields) > 0
}

// byList are the records of known lists, in the order of their pointers.
func byList(records map[string]any) map[string][]entry {
	found := map[string][]entry{}
	for _, pointer := range sortedKeys(records) {
		fields, ok := records[pointer].(map[string]any)
		end := strings.LastIndexByte(pointer, '/')
		if !ok || end < 0 {
			continue
		}
		list := pointer[:end]
		if slices.ContainsFunc(Lists(), func(l List) bool { return l.Pointer == list[strings.LastIndexByte(list, '#')+1:] }) {
			found[list] = append(found[list], entry{pointer, fields})
		}
	}
	return found
}
