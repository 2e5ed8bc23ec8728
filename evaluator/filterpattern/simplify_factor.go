package filterpattern

import (
	"fmt"
	"slices"
)

// factor asks what several alternatives have in common once, where that is shorter, and likewise for what the members of an
// "and" have in common: s && a || s && b is s && (a || b). It needs no proof.
func (s *simplifier) factor(n *node) *node {
	if n.op == opCond {
		return n
	}
	kids := make([]*node, len(n.kids))
	for i, kid := range n.kids {
		kids[i] = s.factor(kid)
	}
	n = join(n.op, kids)
	if n.op == opCond {
		return n
	}
	var best *sharing
	for _, common := range n.shared() {
		if s.shares += len(n.kids); s.shares > factorBudget {
			break
		}
		if try := n.takeOut(common); len(try.result.text()) < len(n.text()) && (best == nil || len(try.result.text()) < len(best.result.text())) {
			best = try
		}
	}
	if best == nil {
		return n
	}
	for _, part := range best.absorbed {
		why := best.common.text() + beside[n.op]
		if part.text() == best.common.text() {
			why = "it is there twice"
		}
		s.note("dropped", part.text(), why)
	}
	if best.asked > 1 {
		s.note("joined", best.common.text(), fmt.Sprintf("it is asked once for %d alternatives", best.asked))
	}
	return s.factor(best.result)
}

var beside = [...]string{opAnd: " implies it", opOr: " already catches it"}

// sharing is what becomes of a part when what some members have in common is taken out of them.
type sharing struct {
	result   *node
	common   *node
	absorbed []*node // members that have nothing besides what another one consists of
	asked    int     // how many members share it, without those
}

// factors are what a member of n consists of: of a disjunction's member, its conjuncts; and the reverse.
func (n *node) factors(i int) []*node {
	kid := n.kids[i]
	if kid.op == opCond || kid.op == n.op {
		return []*node{kid}
	}
	return kid.kids
}

// shared are the texts of the factors that several members have, in the order in which they come.
func (n *node) shared() []string {
	count := map[string]int{}
	var order []string
	for i := range n.kids {
		seen := map[string]bool{}
		for _, f := range n.factors(i) {
			text := f.text()
			if seen[text] {
				continue
			}
			seen[text] = true
			if count[text]++; count[text] == 2 {
				order = append(order, text)
			}
		}
	}
	return order
}

// takeOut takes a factor, and all others that the same members share, out of them.
func (n *node) takeOut(text string) *sharing {
	var group []int
	var common map[string]bool
	for i := range n.kids {
		own := map[string]bool{}
		for _, f := range n.factors(i) {
			own[f.text()] = true
		}
		if !own[text] {
			continue
		}
		group = append(group, i)
		for other := range common {
			if !own[other] {
				delete(common, other)
			}
		}
		if common == nil {
			common = own
		}
	}
	inner := opAnd
	if n.op == opAnd {
		inner = opOr
	}
	out := &sharing{}
	var rests, bare []*node
	for _, i := range group {
		if rest := n.rest(i, common); len(rest) > 0 {
			rests = append(rests, join(inner, rest))
		} else {
			bare = append(bare, n.kids[i])
		}
	}
	first := n.factors(group[0])
	var kept []*node
	for _, f := range first {
		if text := f.text(); common[text] {
			kept = append(kept, f)
			delete(common, text)
		}
	}
	out.common = join(inner, kept)
	replaced := out.common
	if len(bare) > 0 {
		out.absorbed = append(bare[1:], n.wholes(group, bare[0])...)
	} else {
		out.asked = len(group)
		parts := append(kept, join(n.op, rests))
		if first[0].text() != kept[0].text() { // what is common stands behind: it stays there
			parts = append([]*node{join(n.op, rests)}, kept...)
		}
		replaced = join(inner, parts)
	}
	out.result = n.replaceGroup(group, replaced)
	return out
}

// rest is the factors of a member besides the common ones.
func (n *node) rest(i int, common map[string]bool) []*node {
	var rest []*node
	for _, f := range n.factors(i) {
		if !common[f.text()] {
			rest = append(rest, f)
		}
	}
	return rest
}

// wholes are the members of a group that are longer than the bare one.
func (n *node) wholes(group []int, bare *node) []*node {
	var out []*node
	for _, i := range group {
		if len(n.factors(i)) > len(factorsOf(bare, n.op)) {
			out = append(out, n.kids[i])
		}
	}
	return out
}

func factorsOf(kid *node, op nodeOp) []*node {
	return (&node{op: op, kids: []*node{kid}}).factors(0)
}

// replaceGroup puts one member in the place of several.
func (n *node) replaceGroup(group []int, member *node) *node {
	var kids []*node
	for i, kid := range n.kids {
		switch {
		case i == group[0]:
			kids = append(kids, member)
		case !slices.Contains(group, i):
			kids = append(kids, kid)
		}
	}
	return join(n.op, kids)
}
