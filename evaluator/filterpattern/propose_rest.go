package filterpattern

import "errors"

// Remainder is what a second filter has to catch.
type Remainder struct {
	// Patterns catch together what is required and no deployed pattern catches; none if nothing is missing. More than one only
	// where one would be longer than MaxLength.
	Patterns []*Pattern
	// Missing are the parts of the required pattern that they are for, each by what tells it from the others.
	Missing []string
	// Twice says that some events are also matched by a deployed pattern, and so counted twice where both filters feed one
	// metric.
	Twice bool
	// Assumes is the weakest level of assumptions under which all that is required is caught.
	Assumes Assumption
}

// Rest makes the pattern for a second filter beside the deployed ones, that catches what they miss of the required one and as
// little as can be of what they catch. What is returned was proven by Covers.
func Rest(q Question) (*Remainder, error) {
	if len(q.Required) == 0 {
		return nil, ErrNothingRequired
	}
	var best *Remainder
	var failure error
	for _, r := range q.Required {
		one := q
		one.Required = []*Pattern{r}
		rest, err := one.rest()
		switch {
		case err != nil && failure == nil:
			failure = err
		case err == nil && (best == nil || rest.less(best)):
			best = rest
		}
	}
	if best == nil {
		return nil, failure
	}
	return best, nil
}

// less tells whether a remainder is preferable: it needs fewer or shorter patterns.
func (r *Remainder) less(other *Remainder) bool {
	if len(r.Patterns) != len(other.Patterns) {
		return len(r.Patterns) < len(other.Patterns)
	}
	length := 0
	for i, p := range r.Patterns {
		length += len(p.text) - len(other.Patterns[i].text)
	}
	return length < 0
}

// rest is Rest for a question with one required pattern.
func (q *Question) rest() (*Remainder, error) {
	gap := q.lacking()
	r := &Remainder{Missing: gap.labels}
	if len(gap.parts) == 0 {
		d := Covers(*q)
		r.Assumes = d.Assumes
		return r, d.unproven(q.Required[0])
	}
	if gap.parts[0] == nil { // terms and the like are taken as they are
		r.Patterns, r.Twice = q.Required, true
		d := Covers(*q.with(q.Required[0]))
		r.Assumes = d.Assumes
		return r, d.unproven(q.Required[0])
	}
	missing := gap.node(q.Required[0])
	overlapping := q.overlapping(missing)
	r.Twice = len(overlapping) > 0
	if exact, d := q.exactly(missing, overlapping); exact != nil {
		r.Patterns, r.Twice, r.Assumes = []*Pattern{exact}, false, d.Assumes
		return r, nil
	}
	patterns, err := fitted(missing, gap.parts)
	if err != nil {
		return nil, err
	}
	all := *q
	all.Deployed = append(patterns, q.Deployed...)
	d := Covers(all)
	r.Patterns, r.Assumes = patterns, d.Assumes
	return r, d.unproven(patterns[0])
}

// fitted is an expression as one pattern, or its parts as several.
func fitted(whole *node, parts []*node) ([]*Pattern, error) {
	p, err := patternOf(whole)
	var long *TooLong
	if err == nil {
		return []*Pattern{p}, nil
	}
	if !errors.As(err, &long) || len(parts) < 2 {
		return nil, err
	}
	half := len(parts) / 2
	var out []*Pattern
	for _, some := range [][]*node{parts[:half], parts[half:]} {
		patterns, err := fitted(Simplify(fromNode(join(opOr, some))).Pattern.json, some)
		if err != nil {
			return nil, err
		}
		out = append(out, patterns...)
	}
	return out, nil
}

// overlapping are the deployed patterns that may match some of what is missing.
func (q *Question) overlapping(missing *node) []*Pattern {
	var out []*Pattern
	for _, p := range distinctPatterns(q.Deployed) {
		apart := Question{Required: []*Pattern{fromNode(missing)}, Scope: p}
		if Covers(apart).Answer != Covered {
			out = append(out, p)
		}
	}
	return out
}

// maxComplement is how many conditions the patterns may have whose events are left out of a remainder.
const maxComplement = 150

// exactly is a pattern of what is missing without what the overlapping patterns catch of it; nil if that cannot be said.
func (q *Question) exactly(missing *node, overlapping []*Pattern) (*Pattern, Decision) {
	kids := []*node{missing}
	conditions := 0
	for _, p := range overlapping {
		p.json.walk(func(*condition) { conditions++ })
		opposite := p.json.complement()
		if opposite == nil || conditions > maxComplement {
			return nil, Decision{}
		}
		kids = append(kids, opposite)
	}
	short := simplify(fromNode(join(opAnd, kids)), CloudTrail)
	p, err := Parse(short.Pattern.text)
	if err != nil || short.Reason != "" {
		return nil, Decision{}
	}
	d := Covers(*q.with(p))
	if d.Answer != Covered || len(q.overlapping(p.json)) > 0 {
		return nil, Decision{}
	}
	return p, d
}

// complement is an expression that holds for the records that n does not hold for, given that its fields are texts, booleans
// or missing; nil if there is none.
func (n *node) complement() *node {
	if n == nil {
		return nil
	}
	if n.op == opCond {
		return n.cond.complement()
	}
	out := make([]*node, len(n.kids))
	for i, kid := range n.kids {
		if out[i] = kid.complement(); out[i] == nil {
			return nil
		}
	}
	if n.op == opAnd {
		return join(opOr, out)
	}
	return join(opAnd, out)
}

func (c *condition) complement() *node {
	opposite := c.opposite()
	if opposite == nil {
		return nil
	}
	if c.op == opNotExists {
		return &node{cond: opposite}
	}
	return join(opOr, []*node{{cond: opposite}, {cond: &condition{sel: c.sel, op: opNotExists}}})
}
