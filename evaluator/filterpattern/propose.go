package filterpattern

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNotJSON is a deployed pattern of another form than JSON, which nothing can be added to.
var ErrNotJSON = errors.New("only a pattern in the JSON form can be extended")

// ErrNothingRequired is a question without a required pattern.
var ErrNothingRequired = errors.New("nothing is required")

// TooLong is a pattern that would be needed and that AWS would not take.
type TooLong struct {
	Length int // its characters
}

func (e *TooLong) Error() string {
	return fmt.Sprintf("the pattern would have %d characters, and AWS takes %d", e.Length, MaxLength)
}

// Unproven is a pattern that was made but could not be proven to catch what it should.
type Unproven struct {
	Pattern *Pattern
	Reason  string // as in Decision
}

func (e *Unproven) Error() string {
	return "it could not be proven that the new pattern catches all it should: " + e.Reason
}

// Propose is the shortest pattern that catches exactly what one of the required ones does, no more and no less. Each of them
// would do; of equally short ones the first is taken.
func Propose(required ...*Pattern) (*Pattern, error) {
	var best *Pattern
	for _, p := range required {
		if short := Simplify(p).Pattern; best == nil || len(short.text) < len(best.text) {
			best = short
		}
	}
	if best == nil {
		return nil, ErrNothingRequired
	}
	return best, nil
}

// Extension is a deployed pattern with what it lacked.
type Extension struct {
	// Pattern matches all that the deployed one does and all that is required; within MaxLength.
	Pattern *Pattern
	// Added are the parts of the required pattern that were missing, each by what tells it from the others; none if nothing was,
	// and Pattern is the deployed one then.
	Added []string
	// Excluding are the conditions of the deployed pattern that kept required events out. They go on applying to what else it
	// catches, and are gone where there is nothing else.
	Excluding []string
	// Assumes is the weakest level of assumptions under which all that is required is caught.
	Assumes Assumption
}

// Extend makes the shortest pattern that goes on catching all that the deployed one does and catches what is required and no
// pattern in force catches. The question says what is required, and which patterns besides the deployed one are in force.
// Names that are missing go into the pattern's own list of names if they can stand there, so that whoever wrote it knows it
// again; else what is missing becomes an alternative to the whole. What is returned was proven by Covers.
func Extend(deployed *Pattern, q Question) (*Extension, error) {
	if len(q.Required) == 0 {
		return nil, ErrNothingRequired
	}
	if deployed.form != JSON {
		return nil, ErrNotJSON
	}
	var best *Extension
	var failure error
	for _, r := range q.Required {
		one := q
		one.Required = []*Pattern{r}
		e, err := one.extend(deployed)
		switch {
		case err != nil && failure == nil:
			failure = err
		case err == nil && (best == nil || len(e.Pattern.text) < len(best.Pattern.text)):
			best = e
		}
	}
	if best == nil {
		return nil, failure
	}
	return best, nil
}

// extend is Extend for a question with one required pattern.
func (q *Question) extend(deployed *Pattern) (*Extension, error) {
	gap := q.with(deployed).lacking()
	e := &Extension{Pattern: deployed, Added: gap.labels}
	if len(gap.parts) == 0 {
		d := Covers(*q.with(deployed))
		e.Assumes = d.Assumes
		return e, d.unproven(deployed)
	}
	if gap.parts[0] == nil {
		return nil, ErrNotJSON
	}
	e.Excluding = q.excluding(deployed, gap)
	var failure error
	for _, n := range q.inserted(deployed, gap) {
		p, d, err := q.fitting(deployed, n)
		if err == nil && (e.Pattern == deployed || len(p.text) < len(e.Pattern.text)) {
			e.Pattern, e.Assumes = p, d.Assumes
		}
	}
	if e.Pattern != deployed {
		return e, nil
	}
	for _, n := range q.beside(deployed, gap) {
		p, d, err := q.fitting(deployed, n)
		switch {
		case err != nil && failure == nil:
			failure = err
		case err == nil && (e.Pattern == deployed || len(p.text) < len(e.Pattern.text)):
			e.Pattern, e.Assumes = p, d.Assumes
		}
	}
	if e.Pattern == deployed {
		return nil, failure
	}
	return e, nil
}

// with is the question with one more pattern in force.
func (q *Question) with(p *Pattern) *Question {
	more := *q
	more.Deployed = append(slices.Clip(slices.Clone(q.Deployed)), p)
	return &more
}

// unproven is the error of a decision that is not Covered.
func (d *Decision) unproven(p *Pattern) error {
	switch d.Answer {
	case Covered:
		return nil
	case Missed:
		return &Unproven{Pattern: p, Reason: "it misses the event " + string(d.Event)}
	}
	return &Unproven{Pattern: p, Reason: d.Reason}
}

// fitting makes a pattern of an expression, a shorter one if it is too long, and proves it.
func (q *Question) fitting(deployed *Pattern, n *node) (*Pattern, Decision, error) {
	p, err := patternOf(n)
	if err != nil {
		return nil, Decision{}, err
	}
	kept := Covers(Question{Required: []*Pattern{deployed}, Deployed: []*Pattern{p}})
	if err := kept.unproven(p); err != nil {
		return nil, kept, err
	}
	d := Covers(*q.with(p))
	return p, d, d.unproven(p)
}

// patternOf is an expression as a pattern that AWS takes.
func patternOf(n *node) (*Pattern, error) {
	whole := fromNode(n)
	p, err := Parse(whole.text)
	if err == nil {
		return p, nil
	}
	short := Simplify(whole).Pattern
	if p, err = Parse(short.text); err == nil {
		return p, nil
	}
	var syntax *SyntaxError
	if errors.As(err, &syntax) && syntax.Kind == ErrLength {
		return nil, &TooLong{Length: len([]rune(short.text))}
	}
	return nil, err
}
