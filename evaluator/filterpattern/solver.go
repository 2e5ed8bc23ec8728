package filterpattern

import (
	"fmt"
	"slices"
)

// solver is a question under one reading.
type solver struct {
	q        *Question
	r        reading
	p        *problem
	required []*formula
	deployed []*formula
	scope    *formula
	except   []*formula
	all      [][]class // by variable: its candidates
	reason   string    // why something was left undecided
}

func newSolver(q Question, r reading, b *budget) *solver {
	s := &solver{q: &q, r: r, p: newProblem(b, q.memory)}
	for _, p := range q.Required {
		s.required = append(s.required, s.p.formula(p.program(r), p))
	}
	if q.Scope != nil {
		s.scope = s.p.formula(q.Scope.program(r), q.Scope)
	}
	for _, p := range q.Except {
		s.except = append(s.except, s.p.formula(p.program(r), p))
	}
	for _, p := range q.Deployed {
		s.deployed = append(s.deployed, s.p.formula(p.program(q.deployedReading(r)), p))
	}
	s.prepare()
	return s
}

// prepare works out what each variable can be.
func (s *solver) prepare() {
	s.p.relate()
	for i := range s.p.vars {
		v := &s.p.vars[i]
		switch v.name {
		case "$.eventName":
			s.p.event = i
		case "$.eventSource":
			s.p.source = i
		}
	}
	s.all = make([][]class, len(s.p.vars))
	for i := range s.p.vars {
		s.p.vars[i].bounded = s.bounded(i)
	}
	if s.p.event >= 0 { // first: the sources depend on the names
		s.all[s.p.event] = s.p.candidates(&s.p.vars[s.p.event], s.seeds(s.p.event))
	}
	for i := range s.p.vars {
		if i != s.p.event {
			s.all[i] = s.p.candidates(&s.p.vars[i], s.seeds(i))
		}
	}
}

// bounded tells whether every required pattern asks of the variable to be one of the texts that it names: then no other
// text matters.
func (s *solver) bounded(v int) bool {
	for _, f := range s.required {
		if !f.bounds(&s.p.vars[v], v) {
			return false
		}
	}
	return s.p.vars[v].kind == pathVar
}

func (f *formula) bounds(v *variable, index int) bool {
	bounds := func(kid *formula) bool { return kid.bounds(v, index) }
	switch f.op {
	case fAtom:
		if f.v != index || v.kind != pathVar {
			return false
		}
		a := v.atoms[f.atom]
		return a.op == opEqual && a.kind == textValue && a.text.kind == exactly
	case fAnd:
		return slices.ContainsFunc(f.kids, bounds)
	case fOr:
		return len(f.kids) > 0 && !slices.ContainsFunc(f.kids, func(kid *formula) bool { return !bounds(kid) })
	}
	return f.fixed == No
}

// decide tries the strongest assumptions first: what is missed under them is missed. What is covered is then tried
// under weaker ones.
func (s *solver) decide() Decision {
	if s.p.budget.left < 0 { // it ended while the question was laid out, which is not whole then
		return Decision{Reason: overdrawn}
	}
	if e, ok := s.missedByAll(); ok {
		d := Decision{Answer: Missed, Assumes: EventSource, whole: true, gaps: []*Event{e}}
		d.shows(e)
		return d
	}
	var missed, unknown *Decision
	var gaps []*Event
	for i := range s.required {
		d := s.one(i, EventSource)
		d.Required = i
		switch d.Answer {
		case Covered:
			d.Assumes = s.weakest(i)
			return d
		case Missed:
			gaps = append(gaps, d.event)
			if missed == nil {
				missed = &d
			}
		default:
			if unknown == nil {
				unknown = &d
			}
		}
	}
	if unknown != nil {
		return *unknown
	}
	missed.gaps = gaps
	return *missed
}

// missedByAll looks for one event that proves all alternatives missed at once.
func (s *solver) missedByAll() (*Event, bool) {
	if len(s.required) == 1 {
		return nil, false
	}
	out, event := s.find(&formula{op: fAnd, kids: s.required}, s.q.Required, EventSource)
	return event, out == Missed
}

func (s *solver) one(i int, level Assumption) Decision {
	answer, e := s.find(s.required[i], s.q.Required[i:i+1], level)
	d := Decision{Answer: answer, Assumes: level, whole: len(s.required) == 1}
	d.shows(e)
	if answer == Undecided {
		d.Reason = s.reason
	}
	return d
}

// weakest is the weakest level under which the required pattern is still covered.
func (s *solver) weakest(i int) Assumption {
	for level := AnyJSON; level < EventSource; level++ {
		if answer, _ := s.find(s.required[i], nil, level); answer == Covered {
			return level
		}
	}
	return EventSource
}

// find looks for an event that the required formula, laid out from the required patterns, matches and no deployed pattern
// does.
func (s *solver) find(required *formula, patterns []*Pattern, level Assumption) (Answer, *Event) {
	constraints := []constraint{{required, Yes}}
	if s.scope != nil {
		constraints = append(constraints, constraint{s.scope, Yes})
	}
	leading := len(constraints)
	for _, f := range s.except {
		constraints = append(constraints, constraint{f, No})
	}
	for _, f := range s.deployed {
		constraints = append(constraints, constraint{f, No})
	}
	answer := Covered
	for _, insight := range []bool{false, true} {
		if insight && level == AnyJSON {
			break
		}
		s.narrow(level, insight)
		search := newSearch(s.p, constraints, leading, level == EventSource)
		var event *Event
		search.accept = func(assigned []*class) bool {
			if level != EventSource {
				return true // a weaker level is only asked whether it covers
			}
			event = s.witness(assigned, patterns, insight)
			return event != nil
		}
		if search.run() {
			return Missed, event
		}
		if search.inexact {
			answer = Undecided
			s.reason = "a possible gap could not be shown as an event"
			if search.overdrew {
				s.reason = overdrawn
			}
			if opaque := s.q.opaque(); opaque != "" {
				s.reason = "the meaning of a deployed pattern is not known: " + opaque
			}
		}
	}
	return answer, nil
}

var overdrawn = fmt.Sprintf("the search went past its budget of %d steps", decisionBudget)

// inRecord leaves out what no CloudTrail record has: an object without members and, for an Insights event, other types
// than its own.
func inRecord(v *variable, candidates []class, insight bool) []class {
	own, typed := insightTypes[v.name]
	parent := shape(anyShape)
	populated := false
	if v.kind == wildcardVar {
		at := slices.IndexFunc(v.sel, func(st step) bool { return st.kind == stepWildcard })
		if at > 0 {
			parent = allowed(v.sel[:at], insight)
		}
		// The record itself and userIdentity are never empty.
		populated = at == 0 && len(v.sel) == 1 || len(v.sel) == 2 && v.sel[:at].String() == "$.userIdentity"
	}
	return slices.DeleteFunc(slices.Clone(candidates), func(c class) bool {
		switch {
		case v.kind != wildcardVar:
			return insight && typed && c.text != own && !c.vague
		case c.shape == missing:
			return parent&missing == 0
		case c.vague:
			return parent&^missing == 0
		case len(c.members) == 0:
			return populated || parent&^missing == 0
		}
		return parent&container == 0
	})
}

// narrow sets every variable's domain for a level.
func (s *solver) narrow(level Assumption, insight bool) {
	for i := range s.p.vars {
		v := &s.p.vars[i]
		allow := shape(anyShape)
		if level >= CloudTrail && v.kind == pathVar {
			allow = allowed(v.sel, insight)
		}
		tag := func(*class) string { return "" }
		if level == EventSource && i == s.p.event {
			tag = func(c *class) string { return c.source }
		}
		if level == EventSource && i == s.p.source {
			tag = func(c *class) string { return c.text }
		}
		candidates := s.all[i]
		if level >= CloudTrail {
			candidates = inRecord(v, candidates, insight)
		}
		v.narrow(candidates, allow, tag)
	}
}
