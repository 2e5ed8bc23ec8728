package filterpattern

import (
	"slices"
	"strings"
)

// Simplified is a pattern beside the shortest one that was found to catch the same events.
type Simplified struct {
	// Pattern matches what the original does, whatever the events hold and however AWS reads what it does not document. It is
	// the original where nothing could be made shorter. It was proven by Covers, both ways.
	Pattern *Pattern
	// Steps are what was done, in order; none where only the spelling became shorter.
	Steps []Step
	// Reason says why there may be a shorter form all the same; empty where the search was complete.
	Reason string
}

// Step is one thing that was done to a pattern to make it shorter.
type Step struct {
	Action string `json:"action"` // "dropped", "joined" or "replaced"
	Part   string `json:"part"`   // the part of the pattern as it was
	Why    string `json:"why"`    // in words, behind "because" or a colon
}

const (
	simplifyRounds = 4                   // one that finds something is followed by another
	simplifyBudget = decisionBudget / 2  // of one round: a quarter of a second
	questionBudget = simplifyBudget / 16 // of one question of a round
	questionSetUp  = 2000                // steps that any question costs at least
	longCost       = 4                   // steps that a character past MaxLength costs in a question
	factorBudget   = 1 << 20             // members that one round looks at for what they share: more than there are within MaxLength
	overlong       = "the search for a shorter form went past its budget"
)

// Simplify looks for a shorter pattern that catches exactly the same events: without alternatives that others catch,
// conditions that others imply, exclusions that exclude nothing and contradictions, and with common conditions asked once. What
// cannot be decided stays. The result is never longer, and simplifying it again gives the same.
func Simplify(p *Pattern) Simplified { return simplify(p, AnyJSON) }

// simplify is Simplify where the messages are known to keep to a level of assumptions.
func simplify(p *Pattern, level Assumption) Simplified {
	if p.doubts&doubtDepth != 0 {
		return Simplified{Pattern: p, Reason: "AWS does not document " + p.Doubts()[0]}
	}
	out := Simplified{Pattern: p}
	for range simplifyRounds {
		s := &simplifier{level: level, left: simplifyBudget}
		shorter, reason := s.round(out.Pattern)
		if shorter != nil && !equivalent(p, shorter, level) {
			return Simplified{Pattern: p, Reason: "a shorter form could not be proven to catch the same events"}
		}
		out.Reason = reason
		if shorter == nil {
			return out
		}
		out.Pattern, out.Steps = shorter, append(out.Steps, s.steps...)
	}
	return Simplified{Pattern: p, Reason: overlong}
}

// round looks once for a shorter form; nil if there is none. The reason says why there may be one all the same.
func (s *simplifier) round(p *Pattern) (shorter *Pattern, reason string) {
	switch p.form {
	case JSON:
		shorter = s.shorten(p)
	case Terms:
		shorter = s.shortenTerms(p)
	case Space:
		return nil, "a space-delimited pattern sees a JSON record as its writer spaced it"
	}
	if s.left < 0 || s.shares > factorBudget {
		reason = overlong
	}
	if shorter == nil || len(shorter.text) >= len(p.text) {
		return nil, reason
	}
	return shorter, reason
}

// equivalent tells whether each of two patterns covers the other under no more assumptions than the level.
func equivalent(a, b *Pattern, level Assumption) bool {
	return covers(a, b, level) && covers(b, a, level)
}

func covers(required, deployed *Pattern, level Assumption) bool {
	d := Covers(Question{Required: []*Pattern{required}, Deployed: []*Pattern{deployed}})
	return d.Answer == Covered && d.Assumes <= level
}

// Compact is the canonical text without the spaces that nothing needs; it is never longer than what was parsed.
func (p *Pattern) Compact() string { return p.print("") }

// simplifier looks for a shorter form.
type simplifier struct {
	level  Assumption
	left   int // of the budget
	shares int // members looked at for what they share
	steps  []Step
}

func (s *simplifier) note(action, part, why string) {
	s.steps = append(s.steps, Step{Action: action, Part: part, Why: why})
}

// shorten rewrites a JSON pattern until nothing more can be done; nil if what came of it is no pattern.
func (s *simplifier) shorten(p *Pattern) *Pattern {
	whole := func(n *node) *node { return n }
	n := p.json
	for before := ""; before != n.text() && s.left >= 0; {
		before = n.text()
		n = s.factor(n)
		n = s.prune(spot{node: n, rebuild: whole})
		n = s.widen(spot{node: n, rebuild: whole})
		n = s.distribute(spot{node: n, rebuild: whole})
	}
	out, err := ParseLong((&Pattern{form: JSON, json: n}).canonical())
	if err != nil {
		return nil
	}
	return out
}

// spot is a part of a pattern in its place.
type spot struct {
	node    *node
	context []*node           // what must hold beside it: the other members of every "and" that it stands in
	rebuild func(*node) *node // the whole pattern with something else in its place
}

// member is the place of a member.
func (at spot) member(i int) spot {
	inner := spot{node: at.node.kids[i], context: at.context}
	if at.node.op == opAnd {
		inner.context = append(inner.context[:len(inner.context):len(inner.context)], at.node.with(i, nil))
	}
	inner.rebuild = func(n *node) *node { return at.rebuild(at.node.with(i, n)) }
	return inner
}

// in is an expression together with all that must hold beside it.
func (at spot) in(n *node) *node {
	return join(opAnd, append(at.context[:len(at.context):len(at.context)], n))
}

// implies tells whether surely all that a matches is matched by b; a nil b matches nothing. The hints are values to look
// for a difference with.
func (s *simplifier) implies(a, b *node, hints ...*condition) bool {
	if s.left < 0 {
		return false
	}
	q := Question{Required: []*Pattern{fromNode(a)}}
	s.charge(q.Required[0])
	if b != nil {
		q.Deployed = []*Pattern{fromNode(b)}
		s.charge(q.Deployed[0])
		if q.Required[0].text == q.Deployed[0].text {
			return true
		}
		if s.level == AnyJSON && differ(q.Required[0], q.Deployed[0], hints) {
			return false
		}
	}
	for _, r := range q.readings() {
		if s.left < 0 {
			return false
		}
		one := &budget{left: min(questionBudget, s.left)}
		before := one.left
		answer := Undecided
		if solver := newSolver(q, r, one); one.left >= 0 {
			answer, _ = solver.find(solver.required[0], q.Required, s.level)
		}
		s.left -= before - one.left + questionSetUp
		if answer != Covered {
			return false
		}
	}
	return true
}

// charge takes what it costs to set up a pattern that is longer than AWS takes; questionSetUp holds that of all others.
func (s *simplifier) charge(p *Pattern) { s.left -= longCost * max(0, len(p.text)-MaxLength) }

// differ tells whether a simple event shows that a does not imply b: one with the values of the hints and else those that
// a names. It saves the search most questions.
func differ(a, b *Pattern, hints []*condition) bool {
	var event any = map[string]any{}
	var placed []selector
	set := func(c *condition) {
		if c.op > opNotEqual || c.sel.hasWildcard() || slices.ContainsFunc(placed, func(sel selector) bool { return slices.Equal(sel, c.sel) }) {
			return
		}
		text := strings.ReplaceAll(c.val.text, "*", "")
		if c.op == opNotEqual {
			text += "-"
		}
		placed = append(placed, c.sel)
		if next, ok := place(event, c.sel, &class{shape: str, text: text}); ok {
			event = next
		}
	}
	for _, hint := range hints {
		set(hint)
	}
	a.json.walk(set)
	root, ok := event.(map[string]any)
	if !ok {
		return false
	}
	holds := func(p *Pattern) Truth { return p.programs[0].root.eval(func(a *atom) Truth { return a.eval(root) }) }
	return holds(a) == Yes && holds(b) == No
}
