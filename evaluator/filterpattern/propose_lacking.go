package filterpattern

import "slices"

// lack is what of a required pattern no pattern in force is known to catch.
type lack struct {
	parts  []*node // nil in it: a required pattern that cannot be taken apart
	labels []string
	whole  bool // all parts are missing
}

// lacking takes the only required pattern apart and keeps what is missed, or may be.
func (q *Question) lacking() *lack {
	required := q.Required[0]
	parts := alternatives(required.json)
	if required.form != JSON || len(parts) > maxParts {
		parts = []*node{required.json}
	}
	names := []string{required.text}
	if required.form == JSON {
		names = labels(parts)
	}
	gap := &lack{}
	b := &budget{left: decisionBudget} // for all parts; those for which nothing is left count as missing
	for i, part := range parts {
		one := *q
		if part != nil {
			one.Required = []*Pattern{fromNode(part)}
		}
		if one.covers(b).Answer != Covered {
			gap.parts = append(gap.parts, part)
			gap.labels = append(gap.labels, names[i])
		}
	}
	gap.whole = len(gap.parts) == len(parts)
	return gap
}

// node is what is missing as one expression, as short as it can be said; required is what it is missing of.
func (g *lack) node(required *Pattern) *node {
	whole := required
	if !g.whole {
		whole = fromNode(join(opOr, g.parts))
	}
	return Simplify(whole).Pattern.json
}

// excluding are the conditions of the deployed pattern without which it would catch some of what is missing, in those of its
// conjunctions that ask for the missing events otherwise. That it asks for other names than the missing ones is none of them.
func (q *Question) excluding(deployed *Pattern, gap *lack) []string {
	var out []string
	for _, part := range gap.parts[:min(len(gap.parts), maxExcluding)] {
		missing := fromNode(part)
		deployed.json.loosen(func(excluding, others, loose *node) {
			text := excluding.text()
			if len(out) == maxExcluding || !excluding.besides(equalities(part)) || slices.Contains(out, text) || !missing.asksFor(others) {
				return
			}
			one := *q.with(deployed)
			one.Required = []*Pattern{fromNode(join(opAnd, []*node{part, loose}))}
			if Covers(one).Answer == Missed {
				out = append(out, text)
			}
		})
	}
	return out
}

// loosen calls made with each member of a conjunction, the other members, and the whole expression without it.
func (n *node) loosen(made func(member, others, loose *node)) {
	for i, kid := range n.kids {
		if n.op == opAnd {
			made(kid, n.with(i, nil), n.with(i, nil))
		}
		kid.loosen(func(member, others, loose *node) { made(member, others, n.with(i, loose)) })
	}
}

// asksFor tells whether the pattern implies one of the members of a conjunction.
func (p *Pattern) asksFor(members *node) bool {
	all := []*node{members}
	if members.op == opAnd {
		all = members.kids
	}
	return slices.ContainsFunc(all, func(member *node) bool { return covers(p, fromNode(member), EventSource) })
}

// besides tells whether the expression speaks of other selectors than the conditions do.
func (n *node) besides(conditions []*condition) bool {
	other := false
	n.walk(func(c *condition) {
		other = other || !slices.ContainsFunc(conditions, func(own *condition) bool { return slices.Equal(own.sel, c.sel) })
	})
	return other
}

// maxLists is how many lists of a pattern on one field are tried.
const maxLists = 16

// inserted are the deployed pattern with the missing values in each of its lists that they could belong to, those that
// catch nothing else besides.
func (q *Question) inserted(deployed *Pattern, gap *lack) []*node {
	var out []*node
	for _, sel := range gap.selectors() {
		values := gap.values(sel)
		lists := deployed.json.grow(sel, values)
		for _, grown := range lists[:min(len(lists), maxLists)] {
			more := Question{Required: []*Pattern{fromNode(grown)}, Deployed: []*Pattern{deployed, q.Required[0]}, InForce: q.InForce}
			if Covers(more).Answer == Covered {
				out = append(out, grown)
			}
		}
	}
	return out
}

// beside are the deployed pattern with what is missing as an alternative, and the same with some of it in its own lists.
func (q *Question) beside(deployed *Pattern, gap *lack) []*node {
	missing := gap.node(q.Required[0])
	plain := Simplify(fromNode(join(opOr, []*node{deployed.json, missing}))).Pattern.json
	out := []*node{plain}
	for _, grown := range q.inserted(deployed, gap) {
		left := q.with(fromNode(grown)).lacking()
		if len(left.parts) == 0 || len(left.parts) == len(gap.parts) {
			continue
		}
		out = append(out, Simplify(fromNode(join(opOr, []*node{grown, left.node(q.Required[0])}))).Pattern.json)
	}
	return out
}

// selectors are those that every missing part asks for one text of.
func (g *lack) selectors() []selector {
	var out []selector
	if len(g.parts) == 0 {
		return nil
	}
	for _, c := range equalities(g.parts[0]) {
		everywhere := true
		for _, part := range g.parts {
			everywhere = everywhere && slices.ContainsFunc(equalities(part), func(other *condition) bool { return slices.Equal(other.sel, c.sel) })
		}
		if everywhere && !slices.ContainsFunc(out, func(sel selector) bool { return slices.Equal(sel, c.sel) }) {
			out = append(out, c.sel)
		}
	}
	return out
}

// values are the distinct conditions that the missing parts ask of a selector.
func (g *lack) values(sel selector) []*node {
	var out []*node
	seen := map[string]bool{}
	for _, part := range g.parts {
		for _, c := range equalities(part) {
			if text := c.String(); slices.Equal(c.sel, sel) && !seen[text] {
				seen[text] = true
				out = append(out, &node{cond: c})
			}
		}
	}
	return out
}

// equalities are the conditions of a conjunction that ask for a text.
func equalities(part *node) []*condition {
	var out []*condition
	part.walk(func(c *condition) {
		if c.isName() {
			out = append(out, c)
		}
	})
	return out
}

// isName tells whether a condition asks for a text.
func (c *condition) isName() bool { return c.op == opEqual && c.val.kind == textValue }

// grow is the expression with more values in each of its lists on a selector: behind the last value of a disjunction, or
// beside a value that stands alone.
func (n *node) grow(sel selector, values []*node) []*node {
	lists := func(kid *node) bool { return kid.op == opCond && kid.cond.isName() && slices.Equal(kid.cond.sel, sel) }
	if n.op == opCond {
		if !lists(n) {
			return nil
		}
		return []*node{join(opOr, append([]*node{n}, values...))}
	}
	var out []*node
	if n.op == opOr {
		last := -1
		for i, kid := range n.kids {
			if lists(kid) {
				last = i
			}
		}
		if last >= 0 {
			out = append(out, join(opOr, slices.Insert(slices.Clone(n.kids), last+1, values...)))
		}
	}
	for i, kid := range n.kids {
		if n.op == opOr && kid.op == opCond {
			continue // a value of the list above
		}
		for _, grown := range kid.grow(sel, values) {
			out = append(out, n.with(i, grown))
		}
	}
	return out
}
