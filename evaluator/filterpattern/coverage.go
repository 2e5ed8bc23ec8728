package filterpattern

import (
	"encoding/json"
	"slices"
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

	memory *Memory
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

	event *Event   // as it was read
	whole bool     // the event proves every required pattern missed, not just one
	gaps  []*Event // an event for each required pattern missed, or one for all
}

// shows makes e the event of the decision, if there is one.
func (d *Decision) shows(e *Event) {
	if e != nil {
		d.event, d.Event = e, json.RawMessage(e.message)
	}
}

// read is the event of the decision.
func (d *Decision) read() *Event {
	if d.event != nil && d.event.message == string(d.Event) {
		return d.event
	}
	return NewEvent(d.Event)
}

// decisionBudget bounds one decision to about half a second and 150 MB.
const decisionBudget = 25_000_000

// Covers decides the question. Its time and memory are bounded: what would take longer is Undecided.
func Covers(q Question) Decision {
	return q.covers(&budget{left: decisionBudget})
}

func (q *Question) covers(b *budget) Decision {
	if len(q.Required) == 0 {
		return Decision{Reason: "nothing is required"}
	}
	near, far := q.closest()
	return q.coversWith(near, far, b)
}

func (q *Question) coversWith(near, far []*Pattern, b *budget) Decision {
	for i, r := range q.Required { // a pattern covers itself, whatever it means
		for _, p := range q.Deployed {
			if p.text == r.text {
				return Decision{Answer: Covered, Required: i}
			}
		}
	}
	if q.plainly() && q.exact() {
		return Decision{Answer: Covered}
	}
	return q.search(near, far, b)
}

// search decides by looking for an event that is missed.
func (q *Question) search(near, far []*Pattern, b *budget) Decision {
	d := q.rounds(near, far, b)
	if d.Answer == Undecided && len(q.Deployed) > 1 {
		return q.alone(near, far, d)
	}
	return d
}

// rounds decides for the nearest patterns, and for more of them as far as those matter.
func (q *Question) rounds(near, far []*Pattern, b *budget) Decision {
	for more := fewClosing; ; more *= 2 {
		d := q.decide(near, b)
		if d.Answer == Covered || len(far) == 0 || b.left < 0 {
			return d
		}
		// A gap is one of the nearest patterns alone, and so is a doubt. A pattern further off that closes it joins them.
		var joining []*Pattern
		if d.Answer == Undecided {
			n := min(len(near)+more, len(far))
			joining, far = far[:n:n], far[n:]
		}
		for _, event := range d.gaps {
			var closing []*Pattern
			closing, far = q.closing(far, event, more)
			joining = append(joining, closing...)
		}
		if len(joining) == 0 {
			return d
		}
		near = append(slices.Clip(near), joining...)
	}
}

// alone looks for one deployed pattern that covers by itself what could not be decided for all of them together.
func (q *Question) alone(near, far []*Pattern, undecided Decision) Decision {
	const setUp = 2000 // steps that any decision costs at least
	all := &budget{left: decisionBudget / 2}
	for _, p := range slices.Concat(near, far) {
		share := min(all.left, decisionBudget/16)
		one := &budget{left: share}
		if d := q.decide([]*Pattern{p}, one); d.Answer == Covered {
			return d
		}
		if !all.spend(setUp + share - one.left) {
			break
		}
	}
	return undecided
}

// fewPatterns is how many deployed patterns are laid out at first. Covering with fewer is covering with all; a gap is
// always held against all.
const fewPatterns = 64

// closest cuts the deployed patterns into those that share the most values with the required ones, and the others, each
// without repetitions and in their order.
func (q *Question) closest() (near, far []*Pattern) {
	distinct := distinctPatterns(q.Deployed)
	if len(distinct) <= fewPatterns {
		return distinct, nil
	}
	wanted := map[string]bool{}
	for _, p := range q.Required {
		for _, ask := range p.asks {
			wanted[ask] = true
		}
	}
	score := make(map[*Pattern]int, len(distinct))
	for _, p := range distinct {
		for _, ask := range p.asks {
			if wanted[ask] {
				score[p]++
			}
		}
	}
	slices.SortStableFunc(distinct, func(a, b *Pattern) int { return score[b] - score[a] })
	return distinct[:fewPatterns], distinct[fewPatterns:]
}

// distinctPatterns leaves out all but the first of equal patterns.
func distinctPatterns(patterns []*Pattern) []*Pattern {
	seen := make(map[string]bool, len(patterns))
	var distinct []*Pattern
	for _, p := range patterns {
		if !seen[p.text] {
			seen[p.text] = true
			distinct = append(distinct, p)
		}
	}
	return distinct
}

// fewClosing is how many patterns that close a gap are laid out in the first round.
const fewClosing = 16

// closing takes up to limit patterns that match the event, or might, out of far.
func (q *Question) closing(far []*Pattern, e *Event, limit int) (closing, rest []*Pattern) {
	if len(far) == 0 {
		return nil, nil
	}
	for _, p := range far {
		if len(closing) < limit && q.matches(p, e) != No {
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
		case d.whole && part.proves(d):
			return d
		case i == 0:
			last = d
		case d.Answer != last.Answer:
			return part.undocumented()
		case d.Answer == Covered:
			last.Assumes = max(last.Assumes, d.Assumes)
			if d.Required != last.Required && len(part.Required) > 1 {
				return part.eachCovered(b, last)
			}
		}
	}
	if last.Answer == Missed && !part.proves(last) { // each reading misses an event, but not the same
		return part.undocumented()
	}
	return last
}

// eachCovered is for a question that is covered under every reading, but not by the same required pattern first: it looks
// for one that is covered under all of them.
func (q *Question) eachCovered(b *budget, first Decision) Decision {
	for i := range q.Required {
		one := *q
		one.Required = q.Required[i : i+1]
		if d := one.decide(q.Deployed, b); d.Answer == Covered {
			d.Required = i
			return d
		}
	}
	return Decision{Answer: Undecided, Required: first.Required, Reason: "which required pattern is covered depends on a point that AWS does not document: " + q.doubt()}
}

func (q *Question) undocumented() Decision {
	return Decision{Reason: "it depends on a point that AWS does not document: " + q.doubt()}
}

// vacuityBudget bounds the questions of MatchesNothing and MatchesEverything, which are asked of many patterns.
const vacuityBudget = decisionBudget / 32

// MatchesNothing tells whether no CloudTrail record can match the pattern: Yes, No or Unknown.
func (p *Pattern) MatchesNothing() Truth {
	q := Question{Required: []*Pattern{p}}
	return q.covers(&budget{left: vacuityBudget}).asTruth()
}

// MatchesEverything tells whether every CloudTrail record matches the pattern: Yes, No or Unknown.
func (p *Pattern) MatchesEverything() Truth {
	everything, err := Parse("")
	if err != nil {
		return Unknown
	}
	q := Question{Required: []*Pattern{everything}, Deployed: []*Pattern{p}}
	return q.covers(&budget{left: vacuityBudget}).asTruth()
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
