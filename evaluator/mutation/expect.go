package mutation

import (
	"context"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// audience are the controls that should notice what an operator does to a record that they rest on.
type audience struct {
	chain bool     // those that follow the chain from a trail through metric filters
	one   []string // these, for which one trail suffices
	every []string // these, which ask something of every trail, or of no trail
}

// learn keeps what the report of the whole snapshots says: who passes, and on what that rests.
func (t *tester) learn(ctx context.Context, rep *report.Report) error {
	t.before = statuses(rep)
	accepted, err := t.accepted(ctx)
	if err != nil {
		return err
	}
	for _, a := range rep.Accounts {
		for _, r := range a.Results {
			if r.Status == report.Pass {
				k := key{a.Account, r.ID, r.Control}
				t.controls = append(t.controls, t.passed(k, r.Findings, accepted))
			}
		}
	}
	if len(t.controls) == 0 {
		return ErrNothingPasses
	}
	return nil
}

func (t *tester) passed(k key, findings []report.Finding, accepted map[string][]string) *control {
	c := &control{key: k, points: map[place]bool{}, patterns: accepted[k.slug]}
	for _, f := range findings {
		for _, pointer := range f.Pointers {
			at := t.placeOf(k.account, pointer)
			c.points[at] = true
			c.chain = c.chain || strings.HasPrefix(at.pointer, "/logs/metric_filters/")
		}
	}
	return c
}

// placeOf is the record that a pointer means in the report of an account: 444455556666#/sns/topics/0 is another account's.
func (t *tester) placeOf(account, pointer string) place {
	if owner, path, foreign := strings.Cut(pointer, "#"); foreign {
		account, pointer = owner, path
	}
	at := func(in evaluator.Input) bool { return in.Snapshot.Account.ID == account }
	return place{slices.IndexFunc(t.inputs, at), pointer}
}

// accepted are the patterns of every control, the edition's before the policy's own.
func (t *tester) accepted(ctx context.Context) (map[string][]string, error) {
	all := map[string][]string{}
	controls, err := t.engine.Controls(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range controls {
		all[c.Slug] = c.Patterns
	}
	for _, section := range t.options.Evaluate.Benchmark.Sections {
		for _, row := range section.Controls {
			if len(row.Patterns) > 0 {
				all[row.Control] = row.Patterns
			}
		}
	}
	return all, nil
}

// expect finds the controls that should notice a mutant, and those that may.
func (t *tester) expect(m *mutant) {
	if m.operator.harmless {
		return
	}
	for _, c := range t.controls {
		if !c.restsOn(m.change) {
			continue
		}
		m.near = append(m.near, c.key)
		if m.operator.evidence && t.copied(m.change) {
			continue
		}
		if m.operator.noticedBy.of(c, t.rivals(m.change)) && (m.change.matters == nil || m.change.matters(c)) {
			m.expected = append(m.expected, c.key)
			t.due = append(t.due, c.key)
		}
	}
}

// expectedOf is how many mutants a control should notice.
func (t *tester) expectedOf(k key) int {
	n := 0
	for _, due := range t.due {
		if due == k {
			n++
		}
	}
	return n
}

func (c *control) restsOn(change change) bool {
	return slices.ContainsFunc(change.pointers, func(pointer string) bool { return c.points[place{change.input, pointer}] })
}

// of tells whether a control is one of the audience; where there are rivals, one trail that is broken may not matter.
func (a audience) of(c *control, rivals bool) bool {
	return slices.Contains(a.every, c.key.slug) || !rivals && (a.chain && c.chain || slices.Contains(a.one, c.key.slug))
}

// rivals tells whether a change is to one trail and there are others of every region that may stand in for it.
func (t *tester) rivals(c change) bool {
	changed := 0
	for _, pointer := range c.pointers {
		if find(t, trails, place{c.input, pointer}) != nil {
			changed++
		}
	}
	if changed != 1 {
		return false
	}
	found := map[string]bool{}
	for _, in := range t.inputs {
		for _, trail := range in.Snapshot.CloudTrail.Trails {
			if trail.IsMultiRegionTrail != nil && *trail.IsMultiRegionTrail {
				found[trail.TrailARN] = true
			}
		}
	}
	return len(found) > 1
}

// copied tells whether a change is to trails that another account shows too: what one account does not say of them, the other may.
func (t *tester) copied(c change) bool {
	for _, pointer := range c.pointers {
		trail := find(t, trails, place{c.input, pointer})
		for i, in := range t.inputs {
			same := func(other snapshots.Trail) bool { return trail != nil && other.TrailARN == trail.TrailARN }
			if i != c.input && slices.ContainsFunc(in.Snapshot.CloudTrail.Trails, same) {
				return true
			}
		}
	}
	return false
}

// coverQuestion is a question about the filters of one log group.
type coverQuestion struct {
	slug, left string
	filter     place
}

// needs tells whether a control would miss an event if a filter caught only what is left (nothing, if that is nil): an event that the
// filter caught before, and that no other one of the log group catches.
func (t *tester) needs(c *control, at place, left *filterpattern.Pattern) bool {
	asked := coverQuestion{slug: c.key.slug, filter: at}
	var deployed []*filterpattern.Pattern
	if left != nil {
		asked.left = left.String()
		deployed = append(deployed, left)
	}
	if known, ok := t.covering[asked]; ok {
		return known
	}
	filter := find(t, filters, at)
	before, err := filterpattern.Parse(value(filter.FilterPattern))
	if err != nil {
		return false
	}
	for i := range t.inputs[at.input].Snapshot.Logs.MetricFilters {
		other := &t.inputs[at.input].Snapshot.Logs.MetricFilters[i]
		if other == filter || other.Region != filter.Region || other.LogGroupName != filter.LogGroupName {
			continue
		}
		if p, err := filterpattern.Parse(value(other.FilterPattern)); err == nil {
			deployed = append(deployed, p)
		}
	}
	d := filterpattern.Covers(filterpattern.Question{Required: filterpattern.ParseValid(c.patterns), Deployed: deployed, Scope: before, InForce: true})
	t.covering[asked] = d.Answer == filterpattern.Missed
	return t.covering[asked]
}

// value is what p points to; the zero value where that is absent.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
