package filterpattern

import (
	"maps"
	"slices"
)

// This file answers without a search where the texts of the patterns show the answer.

// alternative is the conditions that one part of a pattern asks for together, by their texts.
type alternative struct {
	asks []string // sorted, each once
	mask uint64   // of all of them
}

// askedBy is what each alternative of a JSON expression asks for; nil if there are too many.
func askedBy(n *node) []alternative {
	parts := alternatives(n)
	if len(parts) > maxParts {
		return nil
	}
	all := make([]alternative, len(parts))
	for i, part := range parts {
		a := &all[i]
		part.walk(func(c *condition) {
			text := c.String()
			a.asks = append(a.asks, text)
			a.mask |= bit(text)
		})
		slices.Sort(a.asks)
		a.asks = slices.Compact(a.asks)
	}
	return all
}

// asksAll tells whether a asks for all that b asks for, so that whatever satisfies a satisfies b.
func (a *alternative) asksAll(b *alternative) bool {
	if b.mask&^a.mask != 0 || len(b.asks) > len(a.asks) {
		return false
	}
	i := 0
	for _, text := range b.asks {
		for i < len(a.asks) && a.asks[i] < text {
			i++
		}
		if i == len(a.asks) || a.asks[i] != text {
			return false
		}
	}
	return true
}

// plainly tells whether each alternative of the first required pattern asks for all that some deployed pattern asks for. Then it is
// covered, whatever the conditions mean and whatever is assumed. Patterns with doubtful points are left to the search.
func (q *Question) plainly() bool {
	required := q.Required[0].alternatives
	return len(required) > 0 && !slices.ContainsFunc(required, func(r alternative) bool {
		return !slices.ContainsFunc(q.Deployed, func(p *Pattern) bool {
			return slices.ContainsFunc(p.alternatives, func(d alternative) bool { return r.asksAll(&d) })
		})
	})
}

// exact tells whether the search tells apart all values that the question's patterns speak of. Then it finds what is plain, too.
func (q *Question) exact() bool {
	exact := true
	q.patterns(func(p *Pattern, _ bool) { exact = exact && p.exact })
	return exact
}

// isExact tells whether the classes of values that the condition tells apart can be listed.
func (c *condition) isExact() bool {
	return c.val.kind != numberValue && (c.val.re == nil || c.val.re.opaque == "") && !c.sel.hasWildcard()
}

// missesLike tells whether a record that is like the event but for its name and source proves the required pattern missed. The event
// keeps to all assumptions.
func (q *Question) missesLike(e *Event) bool {
	_, named := e.root["eventName"].(string)
	_, sent := e.root["eventSource"].(string)
	if !named || !sent { // an Insights event
		return false
	}
	like := &Event{root: maps.Clone(e.root)}
	for i, field := range telling {
		if wanted := &q.Required[0].tells[i]; wanted.bound {
			like.root[field] = wanted.texts[0]
		}
	}
	if name, ok := like.root["eventName"].(string); ok && onlySource[name] != "" {
		like.root["eventSource"] = onlySource[name]
	}
	return q.Required[0].MatchEvent(like) == Yes && q.means(like) && q.silent(like)
}
