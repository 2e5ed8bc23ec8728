package filterpattern

import (
	"strings"
)

// patterns calls f for every pattern of the question.
func (q *Question) patterns(f func(p *Pattern, deployed bool)) {
	for _, p := range q.Required {
		f(p, false)
	}
	for _, p := range q.Deployed {
		f(p, true)
	}
	for _, p := range q.Except {
		f(p, false)
	}
	if q.Scope != nil {
		f(q.Scope, false)
	}
}

// readings are the ways to read the question's patterns.
func (q *Question) readings() []reading {
	var d doubts
	q.patterns(func(p *Pattern, deployed bool) { d |= q.doubts(p, deployed) })
	return d.readings()
}

// doubts of a pattern, less those that its being in force rules out.
func (q *Question) doubts(p *Pattern, deployed bool) doubts {
	if deployed && q.InForce {
		return p.doubts &^ refusals
	}
	return p.doubts
}

func (q *Question) doubt() string {
	var d doubts
	q.patterns(func(p *Pattern, deployed bool) { d |= q.doubts(p, deployed) })
	for _, known := range doubtText {
		if d&known.doubt != 0 {
			return known.text
		}
	}
	return ""
}

// proves holds the decision's event against the patterns themselves: the required pattern matches it, it is in scope and
// not excepted, and no deployed pattern matches it, whatever the reading.
func (q *Question) proves(d Decision) bool {
	e := d.read()
	for i, p := range q.Required {
		if (d.whole || i == d.Required) && p.MatchEvent(e) != Yes {
			return false
		}
	}
	return q.means(e) && q.silent(e)
}

// deployedReading is a reading as it goes for deployed patterns: AWS did not refuse what it has in force.
func (q *Question) deployedReading(r reading) reading {
	if q.InForce {
		r.refused = 0
	}
	return r
}

// means tells whether the event is in scope and not excepted.
func (q *Question) means(e *Event) bool {
	for _, p := range q.Except {
		if p.MatchEvent(e) != No {
			return false
		}
	}
	return q.Scope == nil || q.Scope.MatchEvent(e) == Yes
}

// silent tells whether surely no deployed pattern matches the event.
func (q *Question) silent(e *Event) bool {
	for _, p := range q.Deployed {
		if q.matches(p, e) != No {
			return false
		}
	}
	return true
}

// matchesRecord is the truth of a space-form pattern for any JSON object, however its writer spaced it: the first word
// starts with a brace, and nothing else is known.
func (p *Pattern) matchesRecord() Truth {
	answer := Yes
	for i, f := range p.programs[0].fields {
		switch {
		case f.name == ellipsis:
			if len(p.fields) == 1 { // it asks for nothing
				return Yes
			}
			return min(answer, Unknown)
		case f.root == nil || i > 0:
			answer = min(answer, Unknown)
		default:
			answer = min(answer, f.root.eval((*atom).holdsBrace))
		}
	}
	return answer
}

// holdsBrace is the truth of a comparison for some text that starts with a brace.
func (a *atom) holdsBrace() Truth {
	never := a.kind == numberValue
	switch a.text.kind {
	case exactly:
		never = !strings.HasPrefix(a.text.literal, "{")
	case glob:
		never = a.text.parts[0] != "" && !strings.HasPrefix(a.text.parts[0], "{")
	}
	switch {
	case never && a.op == opNotEqual:
		return Yes
	case never:
		return No
	}
	return Unknown
}

// matches is MatchEvent for a deployed pattern.
func (q *Question) matches(p *Pattern, e *Event) Truth {
	switch {
	case p.form == Space:
		return p.matchesRecord()
	case !q.InForce:
		return p.MatchEvent(e)
	}
	first := true
	answer := Unknown
	for i := range p.programs {
		if p.programs[i].reading.refused != 0 {
			continue
		}
		t := p.programs[i].match(e)
		if !first && t != answer {
			return Unknown
		}
		answer, first = t, false
	}
	return answer
}

func (q *Question) opaque() string {
	reason := ""
	q.patterns(func(p *Pattern, _ bool) {
		switch {
		case reason != "":
		case p.opaque() != "":
			reason = p.opaque()
		case p.form == Space && len(p.fields) > 0:
			reason = "a space-delimited pattern sees a JSON record as its writer spaced it"
		}
	})
	return reason
}
