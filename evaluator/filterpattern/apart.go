package filterpattern

import (
	"slices"
	"strings"
)

// Touching leaves out the deployed patterns that surely match no event which a required one matches, because they ask for other names or
// services: what is left covers what all of them cover.
func Touching(required, deployed []*Pattern) []*Pattern {
	return slices.DeleteFunc(slices.Clone(deployed), func(d *Pattern) bool { return !d.Touches(required) })
}

// Touches tells whether the pattern may match an event that one of the others matches. It only looks at the texts, so that it costs
// nothing beside a decision, and keeps what it cannot tell apart.
func (p *Pattern) Touches(others []*Pattern) bool {
	return slices.ContainsFunc(others, func(other *Pattern) bool { return !apart(p, other) })
}

// telling are the fields by which patterns are told apart: of every record, and always one text.
var telling = [...]string{"eventName", "eventSource"}

// apart tells whether surely no event matches both patterns.
func apart(a, b *Pattern) bool {
	for i := range telling {
		if a.tells[i].disjoint(&b.tells[i]) {
			return true
		}
	}
	return false
}

// oneOf is a list of texts of which a field must have one. Without it, the field may have any.
type oneOf struct {
	bound bool
	texts []string // sorted
	mask  uint64   // of all texts
}

// tells is what a JSON pattern asks of the fields by which patterns are told apart.
func (n *node) tells() (all [len(telling)]oneOf) {
	for i, field := range telling {
		texts, bound := n.only(field)
		if !bound {
			continue
		}
		texts = slices.Clone(texts)
		slices.Sort(texts)
		all[i] = oneOf{bound: true, texts: slices.Compact(texts)}
		for _, text := range texts {
			all[i].mask |= bit(text)
		}
	}
	return all
}

// bit is one of 64 for a text, so that most lists of other texts differ in their bits.
func bit(text string) uint64 {
	hash := uint64(14695981039346656037) // FNV-1a
	for i := range len(text) {
		hash = (hash ^ uint64(text[i])) * 1099511628211
	}
	return 1 << (hash >> 58)
}

// disjoint tells whether no text is in both lists.
func (o *oneOf) disjoint(other *oneOf) bool {
	if !o.bound || !other.bound {
		return false
	}
	if o.mask&other.mask == 0 {
		return true
	}
	for i, j := 0, 0; i < len(o.texts) && j < len(other.texts); {
		switch c := strings.Compare(o.texts[i], other.texts[j]); {
		case c == 0:
			return false
		case c < 0:
			i++
		default:
			j++
		}
	}
	return true
}

// only is the texts of which a field of the record must have one where the expression holds; false if there is no such list.
func (n *node) only(field string) (texts []string, ok bool) {
	switch n.op {
	case opAnd:
		for _, kid := range n.kids {
			if more, bound := kid.only(field); bound && (!ok || len(more) < len(texts)) {
				texts, ok = more, true
			}
		}
		return texts, ok
	case opOr:
		for _, kid := range n.kids {
			more, bound := kid.only(field)
			if !bound {
				return nil, false
			}
			texts = append(texts, more...)
		}
		return texts, true
	}
	c := n.cond
	if c.op != opEqual || c.val.kind != textValue || len(c.sel) != 1 || c.sel[0].kind != stepKey || c.sel[0].key != field || !isPlainText(c.val.text) {
		return nil, false
	}
	return []string{c.val.text}, true
}

// isPlainText tells whether a value is the same under every reading of a pattern.
func isPlainText(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '.' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
