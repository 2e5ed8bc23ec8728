package filterpattern

import (
	"cmp"
	"slices"
	"strings"
)

// prune leaves out the members of a part that change nothing where it stands, the longest first and of equal ones the last.
func (s *simplifier) prune(at spot) *node {
	if at.node.op == opCond || s.left < 0 {
		return at.node
	}
	for _, i := range at.node.longestFirst() {
		if !s.idle(at, i) {
			continue
		}
		s.note("dropped", at.node.kids[i].text(), s.why(at, i))
		at.node = at.node.with(i, nil)
		return s.prune(at)
	}
	for i, kid := range at.node.kids {
		if inner := s.prune(at.member(i)); inner != kid {
			at.node = at.node.with(i, inner)
			return s.prune(at)
		}
	}
	return at.node
}

// longestFirst are the numbers of the members, the longest first, of equal ones the last.
func (n *node) longestFirst() []int {
	order := make([]int, len(n.kids))
	size := make([]int, len(n.kids))
	for i, kid := range n.kids {
		order[i], size[i] = i, len(kid.text())
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(size[b]-size[a], b-a) })
	return order
}

// idle tells whether the pattern is the same without a member.
func (s *simplifier) idle(at spot, i int) bool {
	rest := at.node.with(i, nil)
	for j, other := range at.node.kids { // where it is one other condition that decides, that is soon seen
		stronger, weaker := at.node.kids[i], other
		if at.node.op == opAnd {
			stronger, weaker = other, at.node.kids[i]
		}
		if j != i && stronger.comparable(weaker) && s.implies(stronger, weaker) {
			return true
		}
	}
	if at.node.op == opOr { // what only it catches must be caught without it
		return s.implies(at.in(at.node.kids[i]), at.rebuild(rest))
	}
	return s.implies(at.in(rest), at.rebuild(at.node), at.node.kids[i].against()...) // what it alone keeps out must be caught with it
}

// against are conditions that hold for events which the expression does not hold for.
func (n *node) against() []*condition {
	var out []*condition
	n.walk(func(c *condition) {
		if opposite := c.opposite(); opposite != nil {
			out = append(out, opposite)
		}
	})
	return out
}

// comparable tells whether two different conditions are on one field and do not each name a text of its own.
func (n *node) comparable(other *node) bool {
	if n.op != opCond || other.op != opCond || !slices.Equal(n.cond.sel, other.cond.sel) {
		return false
	}
	return n.cond.op != other.cond.op || !n.cond.isPlain() || !other.cond.isPlain()
}

// isPlain tells whether a condition compares with one text, however it is read.
func (c *condition) isPlain() bool {
	return c.op <= opNotEqual && c.val.kind == textValue && !strings.ContainsAny(c.val.text, `*\`)
}

// why says in words why a member could go.
func (s *simplifier) why(at spot, i int) string {
	kid := at.node.kids[i]
	others := slices.Delete(slices.Clone(at.node.kids), i, i+1)
	if at.node.op == opOr {
		if s.implies(at.in(kid), nil) {
			return "it can never hold there"
		}
		for _, other := range others {
			if s.implies(at.in(kid), other) {
				return other.text() + " already catches it"
			}
		}
		return "the other alternatives already catch it"
	}
	for _, outer := range at.context {
		if outer.op == opAnd {
			others = append(others, outer.kids...)
			continue
		}
		others = append(others, outer)
	}
	for _, other := range others {
		if s.implies(other, kid) {
			return other.text() + " implies it"
		}
	}
	if kid.op == opCond && (kid.cond.op == opNotEqual || kid.cond.op == opNotExists) {
		return "it excludes nothing that the rest lets through"
	}
	return "it follows from the rest of the pattern"
}

// widen replaces alternatives on one field that together only ask for it to be there by = *.
func (s *simplifier) widen(at spot) *node {
	for i, kid := range at.node.kids {
		if inner := s.widen(at.member(i)); inner != kid {
			at.node = at.node.with(i, inner)
			return s.widen(at)
		}
	}
	if at.node.op != opOr {
		return at.node
	}
	for _, kid := range at.node.kids {
		if kid.op != opCond || kid.cond.op != opNotEqual || s.left < 0 {
			continue
		}
		there := &node{cond: &condition{sel: kid.cond.sel, val: value{kind: textValue, text: "*"}}}
		wide := at.node.replaceOn(kid.cond.sel, there)
		if len(wide.text()) < len(at.node.text()) && s.implies(at.in(wide), at.rebuild(at.node)) && s.implies(at.in(at.node), at.rebuild(wide)) {
			s.note("replaced", at.node.on(kid.cond.sel).text(), there.text()+" asks the same: any text or number")
			at.node = wide
			return s.widen(at)
		}
	}
	return at.node
}

// on is what of a disjunction compares the selector with = or !=.
func (n *node) on(sel selector) *node {
	var kids []*node
	for _, kid := range n.kids {
		if kid.compares(sel) {
			kids = append(kids, kid)
		}
	}
	return join(n.op, kids)
}

func (n *node) compares(sel selector) bool {
	return n.op == opCond && slices.Equal(n.cond.sel, sel) && n.cond.op <= opNotEqual
}

// replaceOn is a disjunction with one member in place of all that compare the selector with = or !=.
func (n *node) replaceOn(sel selector, member *node) *node {
	var kids []*node
	for _, kid := range n.kids {
		switch {
		case !kid.compares(sel):
			kids = append(kids, kid)
		case member != nil:
			kids = append(kids, member)
			member = nil
		}
	}
	return join(n.op, kids)
}

// maxDistributed is how many conditions an "and" may have that is tried as an "or".
const maxDistributed = 12

// distribute tries a && (b || c) as a && b || a && c, where that has a form that is shorter than both.
func (s *simplifier) distribute(at spot) *node {
	for i, kid := range at.node.kids {
		if inner := s.distribute(at.member(i)); inner != kid {
			at.node = at.node.with(i, inner)
			return at.node
		}
	}
	conditions := 0
	at.node.walk(func(*condition) { conditions++ })
	if at.node.op != opAnd || conditions > maxDistributed {
		return at.node
	}
	for i, kid := range at.node.kids {
		if kid.op != opOr || s.left < 0 {
			continue
		}
		trial := &simplifier{level: s.level, left: s.left}
		spread := at.node.spread(i)
		if at.accepts(spread) {
			spread = trial.factor(trial.prune(spot{node: spread, context: at.context, rebuild: at.rebuild}))
		}
		s.left = trial.left
		if len(at.rebuild(spread).text()) < len(at.rebuild(at.node).text()) {
			s.note("replaced", at.node.text(), spread.text()+" catches the same")
			return spread
		}
	}
	return at.node
}

// accepts tells whether AWS would take the pattern with something else in this place.
func (at spot) accepts(n *node) bool {
	wildcards, regexes := 0, 0
	at.rebuild(n).walk(func(c *condition) {
		if c.sel.hasWildcard() {
			wildcards++
		}
		if c.val.kind == regexValue {
			regexes++
		}
	})
	return wildcards <= maxWildcardSelectors && regexes <= maxRegexes
}

// spread multiplies a conjunction out at one of its members, which is a disjunction.
func (n *node) spread(i int) *node {
	var kids []*node
	for _, alternative := range n.kids[i].kids {
		kids = append(kids, n.with(i, alternative))
	}
	return join(opOr, kids)
}

// shortenTerms leaves out words that others of the pattern hold or imply.
func (s *simplifier) shortenTerms(p *Pattern) *Pattern {
	kept := slices.Clone(p.terms)
	for i := len(kept) - 1; i >= 0; i-- {
		others := slices.Delete(slices.Clone(kept), i, i+1)
		for _, other := range others {
			if why := kept[i].idleBeside(other); why != "" {
				s.note("dropped", kept[i].String(), why)
				kept = others
				break
			}
		}
	}
	out, err := ParseLong((&Pattern{form: Terms, terms: kept}).canonical())
	if err != nil {
		return nil
	}
	return out
}

func (t term) String() string {
	var b strings.Builder
	t.print(&b)
	return b.String()
}

// idleBeside says why a term says nothing beside another one; empty if it does.
func (t term) idleBeside(other term) string {
	escaped := strings.Contains(t.text+other.text, `\`)
	switch {
	case t == other:
		return "it is there twice"
	case t.sign == '?' && other.sign != '?':
		return "optional words do not count beside others"
	case escaped || t.sign != other.sign:
		return ""
	case t.sign == 0 && strings.Contains(other.text, t.text):
		return other.String() + " holds it"
	case t.sign != 0 && strings.Contains(t.text, other.text):
		return other.String() + " is part of it"
	}
	return ""
}
