package filterpattern

import "strings"

// Weakening is a pattern that matches fewer events than the one it was made from, and what was done to it.
type Weakening struct {
	What    string // "without $.eventName = CreateTrail"
	Pattern *Pattern
}

// Weaker are patterns that match less than a JSON pattern does by one condition: one alternative left out of each "or", and each
// condition of an "and" turned into its opposite. Patterns of other forms have none.
func (p *Pattern) Weaker() []Weakening {
	var all []Weakening
	if p.form != JSON {
		return nil
	}
	weaken(p.json, func(what string, left *node) {
		text := (&Pattern{form: JSON, json: left}).canonical()
		if weaker, err := Parse(text); err == nil { // the opposite of a condition may be too long
			all = append(all, Weakening{what, weaker})
		}
	})
	return all
}

// weaken calls made with each weaker form of an expression, from left to right.
func weaken(n *node, made func(what string, left *node)) {
	if n.op == opCond {
		return
	}
	for i, kid := range n.kids {
		switch {
		case n.op == opOr:
			made("without "+kid.text(), n.with(i, nil))
		case kid.op == opCond:
			if opposite := kid.cond.opposite(); opposite != nil {
				made("with "+opposite.String(), n.with(i, &node{cond: opposite}))
			}
		}
		weaken(kid, func(what string, left *node) { made(what, n.with(i, left)) })
	}
}

// text is the expression as a pattern would write it.
func (n *node) text() string {
	var b strings.Builder
	n.print(&b, " ", "$")
	return b.String()
}

// with is a copy of an expression with another member, or without it.
func (n *node) with(i int, member *node) *node {
	var kids []*node
	for j, kid := range n.kids {
		switch {
		case j != i:
			kids = append(kids, kid)
		case member != nil:
			kids = append(kids, member)
		}
	}
	return join(n.op, kids)
}

// opposite is the condition that holds where this one does not, on a field that is there; nil for one that has none.
func (c *condition) opposite() *condition {
	opposites := map[condOp]condOp{
		opEqual: opNotEqual, opNotEqual: opEqual, opLess: opGreaterEqual, opGreaterEqual: opLess, opGreater: opLessEqual,
		opLessEqual: opGreater, opIsTrue: opIsFalse, opIsFalse: opIsTrue,
	}
	if op, ok := opposites[c.op]; ok {
		return &condition{sel: c.sel, op: op, val: c.val}
	}
	if c.op == opNotExists {
		return &condition{sel: c.sel, op: opEqual, val: value{kind: textValue, text: "*"}}
	}
	return nil
}
