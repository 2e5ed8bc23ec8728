package filterpattern

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest says how close the deployed patterns come to covering, in words that a person can use.
type Nearest struct {
	// Caught and Missed are the parts of the required pattern, in its order, each by what tells it from the others: the
	// event's name where it has one.
	Caught, Missed []string
	// ExcludedBy are the conditions of deployed patterns that keep the missed event out though others of the same
	// pattern hold for it.
	ExcludedBy []string
}

// String is the summary: "4 of 5: StopLogging is missed".
func (n *Nearest) String() string {
	total := len(n.Caught) + len(n.Missed)
	if total == 0 {
		return "the event is missed"
	}
	verb := "are"
	if len(n.Missed) == 1 {
		verb = "is"
	}
	missed := n.Missed
	more := ""
	const shown = 5
	if len(missed) > shown {
		more = fmt.Sprintf(" and %d more", len(missed)-shown)
		missed = missed[:shown]
	}
	text := fmt.Sprintf("%d of %d: %s%s %s missed", len(n.Caught), total, strings.Join(missed, ", "), more, verb)
	if len(n.Caught) == 0 && total > 1 {
		text = fmt.Sprintf("none of %d is caught", total)
	}
	if total == 1 {
		text = missed[0] + " is missed"
	}
	if len(n.ExcludedBy) > 0 {
		text += ", excluded by " + strings.Join(n.ExcludedBy, ", ")
	}
	return text
}

// maxParts is how many parts of a required pattern are told apart.
const maxParts = 64

// Explain works out how close the deployed patterns come. The decision must be that of Covers for the question, and
// Missed.
func Explain(q Question, d Decision) *Nearest {
	near, far := q.closest()
	e := d.read()
	n := &Nearest{ExcludedBy: excluding(near, e)}
	parts := q.memory.partsOf(q.Required[min(d.Required, len(q.Required)-1)])
	if len(parts) == 0 {
		return n
	}
	b := &budget{left: decisionBudget}
	exact := q.exact()
	for i := range parts {
		p := &parts[i]
		if p.pattern.MatchEvent(e) == Yes { // the event at hand proves it
			n.Missed = append(n.Missed, p.label)
			continue
		}
		one := q
		one.Required = []*Pattern{p.pattern}
		answer := Undecided
		if exact {
			answer = one.answerTouching(near, far, e)
		}
		if answer == Undecided {
			answer = one.coversWith(near, far, b).Answer
		}
		switch answer {
		case Covered:
			n.Caught = append(n.Caught, p.label)
		case Missed:
			n.Missed = append(n.Missed, p.label)
		default: // to count parts of which one is unknown would mislead
			return &Nearest{ExcludedBy: n.ExcludedBy}
		}
	}
	return n
}

// partBudget bounds the search for one part among the patterns that touch it, which are few.
const partBudget = decisionBudget / maxParts

// answerTouching answers a question by the patterns alone that touch what is required: the others cannot cover it. The event is one
// that the patterns miss.
func (q *Question) answerTouching(near, far []*Pattern, e *Event) Answer {
	few := *q
	few.Deployed = Touching(q.Required, slices.Concat(near, far))
	switch {
	case few.plainly():
		return Covered
	case few.missesLike(e):
		return Missed
	}
	return q.memory.answer(&few, func() Answer { return few.covers(&budget{left: partBudget}).Answer })
}

// part is one of the alternatives of a required pattern, and what tells it from the others.
type part struct {
	pattern *Pattern
	label   string
}

// parts takes a required pattern apart; none if it has too many.
func (p *Pattern) parts() []part {
	nodes := alternatives(p.json)
	if p.form != JSON || len(nodes) > maxParts {
		return nil
	}
	parts := make([]part, len(nodes))
	for i, label := range labels(nodes) {
		parts[i] = part{fromNode(nodes[i]), label}
	}
	return parts
}

// fromNode makes a pattern of a part of another.
func fromNode(n *node) *Pattern {
	p := &Pattern{form: JSON, json: n}
	p.compile(0)
	return p
}

// alternatives takes a pattern apart at its || as far as that leaves a conjunction of conditions in each part, the
// same events in all of them together, and not more than maxParts of them; nil if that cannot be.
func alternatives(n *node) []*node {
	if n == nil {
		return nil
	}
	if n.op == opCond {
		return []*node{n}
	}
	if n.op == opOr {
		var out []*node
		for _, kid := range n.kids {
			out = append(out, alternatives(kid)...)
			if len(out) > maxParts {
				return out
			}
		}
		return out
	}
	out := [][]*node{nil}
	for _, kid := range n.kids {
		var next [][]*node
		for _, alternative := range alternatives(kid) {
			for _, before := range out {
				next = append(next, append(slices.Clone(before), alternative))
			}
			if len(next) > maxParts {
				return make([]*node, maxParts+1)
			}
		}
		out = next
	}
	parts := make([]*node, len(out))
	for i, kids := range out {
		parts[i] = join(opAnd, kids)
	}
	return parts
}

// labels name each part by the event name it asks for, or else by the conditions that not all parts share.
func labels(parts []*node) []string {
	count := map[string]int{}
	for _, part := range parts {
		seen := map[string]bool{}
		part.walk(func(c *condition) {
			if text := c.String(); !seen[text] {
				seen[text] = true
				count[text]++
			}
		})
	}
	names := map[string]int{}
	out := make([]string, len(parts))
	for i, part := range parts {
		name := ""
		part.walk(func(c *condition) {
			if c.sel.String() == "$.eventName" && c.op == opEqual && count[c.String()] < len(parts) {
				name = c.val.text
			}
		})
		out[i] = name
		names[name]++
	}
	for i, part := range parts {
		if out[i] != "" && names[out[i]] == 1 {
			continue
		}
		var own []string
		part.walk(func(c *condition) {
			if text := c.String(); count[text] < len(parts) || len(parts) == 1 {
				own = append(own, text)
			}
		})
		out[i] = strings.Join(own, " && ")
	}
	return out
}

// maxExcluding is how many excluding conditions are named.
const maxExcluding = 5

// excluding are the conditions of deployed patterns that alone keep the event out of a conjunction that else holds in
// part.
func excluding(deployed []*Pattern, e *Event) []string {
	var out []string
	for _, p := range deployed {
		if p.form != JSON || e.root == nil {
			continue
		}
		for _, text := range blame(p.programs[0].root, e.root) {
			if !slices.Contains(out, text) && len(out) < maxExcluding {
				out = append(out, text)
			}
		}
	}
	return out
}

// blame is the conditions for which a test does not hold: the false parts of a conjunction of which other parts hold.
func blame(t *test, root map[string]any) []string {
	of := func(a *atom) Truth { return a.eval(root) }
	switch t.op {
	case opOr:
		var least []string
		for _, kid := range t.kids {
			if b := blame(kid, root); b != nil && (least == nil || len(b) < len(least)) {
				least = b
			}
		}
		return least
	case opAnd:
		var out []string
		holding := 0
		for _, kid := range t.kids {
			if kid.eval(of) == Yes {
				holding++
				continue
			}
			if kid.op == opCond {
				out = append(out, kid.atom.label)
			} else if inner := blame(kid, root); inner != nil {
				out = append(out, inner...)
			} else {
				return nil // a list of alternatives none of which is meant: nothing excludes the event, it is not asked for
			}
		}
		if holding == 0 {
			return nil
		}
		return out
	}
	return nil
}
