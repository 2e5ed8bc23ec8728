package filterpattern

import (
	"regexp"
	"slices"
)

// Touching leaves out the deployed patterns that surely match no event which a required one matches, because they ask for other names or
// services: what is left covers what all of them cover. It only looks at the texts, so that it costs nothing beside a decision, and keeps
// what it cannot tell apart.
func Touching(required, deployed []*Pattern) []*Pattern {
	return slices.DeleteFunc(slices.Clone(deployed), func(d *Pattern) bool {
		return !slices.ContainsFunc(required, func(r *Pattern) bool { return !apart(r, d) })
	})
}

// telling are the fields by which patterns are told apart: of every record, and always one text.
var telling = [...]string{"$.eventName", "$.eventSource"}

func apart(a, b *Pattern) bool {
	if a.form != JSON || b.form != JSON {
		return false
	}
	return slices.ContainsFunc(telling[:], func(field string) bool {
		as, ok := a.json.only(field)
		bs, also := b.json.only(field)
		return ok && also && !slices.ContainsFunc(as, func(text string) bool { return slices.Contains(bs, text) })
	})
}

// plainText is a value that is the same under every reading of a pattern.
var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]*$`)

// only is the texts of which a field must have one where the expression holds; false if there is no such list.
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
	if c.op != opEqual || c.val.kind != textValue || c.sel.String() != field || !plainText.MatchString(c.val.text) {
		return nil, false
	}
	return []string{c.val.text}, true
}
