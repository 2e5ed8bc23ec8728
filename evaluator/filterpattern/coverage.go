package filterpattern

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Question asks whether everything that a control wants noticed is noticed.
type Question struct {
	// Required are the patterns that would do: covering any one of them suffices.
	Required []*Pattern
	// Deployed are the patterns in force; what any of them matches is noticed.
	Deployed []*Pattern
	// Scope limits which events are meant; nil means all.
	Scope *Pattern
	// Except are patterns of events that are knowingly left out.
	Except []*Pattern
	// InForce says that AWS is known to have accepted the deployed patterns, because they were read back from it. It
	// rules out the readings by which AWS would have refused them.
	InForce bool
}

// Answer is what Covers concludes. The zero value is Undecided.
type Answer uint8

// The answers.
const (
	Undecided Answer = iota
	Covered          // every event that the required pattern matches is matched by a deployed one
	Missed           // there is an event that the required pattern matches and no deployed one does
)

// String is "unknown", "covers" or "misses".
func (a Answer) String() string { return [...]string{"unknown", "covers", "misses"}[a] }

// Decision is an answer with its proof.
type Decision struct {
	Answer Answer
	// Required is the index of the required pattern that is covered, or that came closest.
	Required int
	// Assumes is the weakest level of assumptions under which the answer holds. For Missed it is the strongest level: the
	// event keeps to all assumptions.
	Assumes Assumption
	// Event is a CloudTrail record that nobody would be told of; only with Missed.
	Event json.RawMessage
	// Reason says what stands in the way of an answer; only with Undecided.
	Reason string
}

// decisionBudget bounds one decision to about a second on a slow machine.
const decisionBudget = 40_000_000

// Covers decides the question. Its time and memory are bounded: what would take longer is Undecided.
func Covers(q Question) Decision {
	if len(q.Required) == 0 {
		return Decision{Reason: "nothing is required"}
	}
	b := &budget{left: decisionBudget}
	near, far := q.closest()
	for {
		d := q.decide(near, b)
		if d.Answer != Missed {
			return d
		}
		// The gap is one of the nearest patterns alone. A pattern further off that closes it joins them.
		var closing []*Pattern
		closing, far = q.closing(far, d.Event)
		if len(closing) == 0 {
			return d
		}
		near = append(near, closing...)
	}
}

// fewPatterns is how many deployed patterns are laid out at first. Covering with fewer is covering with all; a gap is
// always held against all.
const fewPatterns = 64

// closest cuts the deployed patterns into those that share the most values with the required ones, and the others, each
// without repetitions and in their order.
func (q *Question) closest() (near, far []*Pattern) {
	seen := map[string]bool{}
	var distinct []*Pattern
	for _, p := range q.Deployed {
		if text := p.String(); !seen[text] {
			seen[text] = true
			distinct = append(distinct, p)
		}
	}
	if len(distinct) <= fewPatterns {
		return distinct, nil
	}
	wanted := map[string]bool{}
	for _, p := range q.Required {
		p.conditions(func(c *condition) { wanted[c.sel.String()+c.val.text] = true })
	}
	score := make(map[*Pattern]int, len(distinct))
	for _, p := range distinct {
		p.conditions(func(c *condition) {
			if wanted[c.sel.String()+c.val.text] {
				score[p]++
			}
		})
	}
	slices.SortStableFunc(distinct, func(a, b *Pattern) int { return score[b] - score[a] })
	return distinct[:fewPatterns], distinct[fewPatterns:]
}

// maxClosing is how many patterns that close a gap are laid out at once.
const maxClosing = 16

// closing takes patterns that match the event, or might, out of far.
func (q *Question) closing(far []*Pattern, event json.RawMessage) (closing, rest []*Pattern) {
	if len(far) == 0 {
		return nil, nil
	}
	e := NewEvent(event)
	for _, p := range far {
		if len(closing) < maxClosing && q.matches(p, e) != No {
			closing = append(closing, p)
			continue
		}
		rest = append(rest, p)
	}
	return closing, rest
}

// decide answers for some of the deployed patterns under every reading.
func (q *Question) decide(deployed []*Pattern, b *budget) Decision {
	part := *q
	part.Deployed = deployed
	var last Decision
	for i, r := range part.readings() {
		d := newSolver(part, r, b).decide()
		switch {
		case d.Answer == Undecided:
			return d
		case d.Answer == Missed && part.proves(d.Event):
			return d
		case i == 0:
			last = d
		case d.Answer != last.Answer:
			return part.undocumented()
		case d.Answer == Covered:
			last.Assumes = max(last.Assumes, d.Assumes)
			last.Required = min(last.Required, d.Required)
		}
	}
	if last.Answer == Missed { // each reading misses an event, but no event is missed under all of them
		return part.undocumented()
	}
	return last
}

func (q *Question) undocumented() Decision {
	return Decision{Reason: "it depends on a point that AWS does not document: " + q.doubt()}
}

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

// proves holds an event against the patterns themselves: some required pattern matches it, it is in scope and not
// excepted, and no deployed pattern matches it, whatever the reading.
func (q *Question) proves(message []byte) bool {
	e := NewEvent(message)
	wanted := No
	for _, p := range q.Required {
		wanted = max(wanted, p.MatchEvent(e))
	}
	return wanted == Yes && q.means(e) && q.silent(e)
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

// MatchesNothing tells whether no CloudTrail record can match the pattern: Yes, No or Unknown.
func (p *Pattern) MatchesNothing() Truth {
	d := Covers(Question{Required: []*Pattern{p}})
	return d.asTruth()
}

// MatchesEverything tells whether every CloudTrail record matches the pattern: Yes, No or Unknown.
func (p *Pattern) MatchesEverything() Truth {
	everything, err := Parse("")
	if err != nil {
		return Unknown
	}
	d := Covers(Question{Required: []*Pattern{everything}, Deployed: []*Pattern{p}})
	return d.asTruth()
}

func (d Decision) asTruth() Truth {
	switch d.Answer {
	case Covered:
		return Yes
	case Missed:
		return No
	}
	return Unknown
}

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
	s := &solver{q: &q, r: r, p: newProblem(b)}
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
		read := r
		if q.InForce {
			read.refused = 0
		}
		s.deployed = append(s.deployed, s.p.formula(p.program(read), p))
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
	for i := range s.p.vars {
		v := &s.p.vars[i]
		s.all = append(s.all, s.p.candidates(v, s.seeds(i)))
	}
}

// decide tries the strongest assumptions first: what is missed under them is missed. What is covered is then tried
// under weaker ones.
func (s *solver) decide() Decision {
	if event, ok := s.missedByAll(); ok {
		return Decision{Answer: Missed, Assumes: EventSource, Event: event}
	}
	var missed, unknown *Decision
	for i := range s.required {
		d := s.one(i, EventSource)
		d.Required = i
		switch d.Answer {
		case Covered:
			d.Assumes = s.weakest(i)
			return d
		case Missed:
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
	return *missed
}

// missedByAll looks for one event that proves all alternatives missed at once.
func (s *solver) missedByAll() (json.RawMessage, bool) {
	if len(s.required) == 1 {
		return nil, false
	}
	out, event := s.find(&formula{op: fAnd, kids: s.required}, EventSource)
	return event, out == Missed
}

func (s *solver) one(i int, level Assumption) Decision {
	answer, event := s.find(s.required[i], level)
	d := Decision{Answer: answer, Assumes: level, Event: event}
	if answer == Undecided {
		d.Reason = s.reason
	}
	return d
}

// weakest is the weakest level under which the required pattern is still covered.
func (s *solver) weakest(i int) Assumption {
	for level := AnyJSON; level < EventSource; level++ {
		if answer, _ := s.find(s.required[i], level); answer == Covered {
			return level
		}
	}
	return EventSource
}

// find looks for an event that the required formula matches and no deployed pattern does.
func (s *solver) find(required *formula, level Assumption) (Answer, json.RawMessage) {
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
		var event json.RawMessage
		search.accept = func(assigned []*class) bool {
			if level != EventSource {
				return true // a weaker level is only asked whether it covers
			}
			event = s.witness(assigned, insight)
			return event != nil
		}
		if search.run() {
			return Missed, event
		}
		if search.inexact {
			answer = Undecided
			s.reason = "a possible gap could not be shown as an event"
			if search.overdrew {
				s.reason = fmt.Sprintf("the search went past its budget of %d steps", decisionBudget)
			}
			if opaque := s.q.opaque(); opaque != "" {
				s.reason = "the meaning of a deployed pattern is not known: " + opaque
			}
		}
	}
	return answer, nil
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

// narrow sets every variable's domain for a level.
func (s *solver) narrow(level Assumption, insight bool) {
	for i := range s.p.vars {
		v := &s.p.vars[i]
		allow := shape(anyShape)
		if level >= CloudTrail && v.kind == pathVar {
			allow = allowed(v.sel, insight)
		}
		tag := func(*class) string { return "" }
		if level == EventSource && (i == s.p.event || i == s.p.source) {
			tag = func(c *class) string {
				if c.shape != str {
					return ""
				}
				if i == s.p.event && c.lone {
					return onlySource[c.text]
				}
				return c.text
			}
		}
		v.narrow(s.all[i], allow, tag)
	}
}
