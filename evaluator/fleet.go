package evaluator

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// Fleet judges any number of accounts one by one: only those that are being judged are in memory, and the few to which many
// others point. It says of each account what Engine.Evaluate says of it, given the same neighbours. It is safe for concurrent use.
type Fleet struct {
	*plan
	open  Open
	shelf *shelf
	alone sync.RWMutex // held by one that must not be disturbed
	busy  atomic.Int32
}

// Open reads the snapshot that a card is of. It is called again whenever the snapshot is needed, also from several goroutines. A
// snapshot that can be had but not be used is an error of the package snapshots, as snapshots.Read gives it: nobody's links lead there.
// One that is not what the card was made of is a ChangedError: neither it nor those whose links lead there are judged. Any other error ends the judging.
type Open func(context.Context, Card) (*snapshots.Snapshot, error)

// Judged is what was concluded of one account. It can be kept as JSON and be read again.
type Judged struct {
	Account   report.Account       `json:"account"`
	Errors    []report.PolicyError `json:"errors,omitempty"`    // of the policies that gave no verdict here
	Decisions []report.Decision    `json:"decisions,omitempty"` // what came here of each entry of the waivers file
	// Printed is what the policies printed, where Options.Print is set: it is the caller's to show, in the order that it wants.
	Printed []Printed `json:"-"`
}

// Printed is a call of print() in a policy.
type Printed struct {
	File string
	Line int
	Text string
}

// Fleet makes ready to judge with these options, of which only Benchmark is needed.
func (e *Engine) Fleet(o Options, open Open) (*Fleet, error) {
	p, err := e.newPlan(o)
	if err != nil {
		return nil, err
	}
	p.constants = newConstants(e)
	return &Fleet{plan: p, open: open, shelf: newShelf(open, shelfBytes)}, nil
}

// Judge asks every control about the account of a card. Its neighbours are those it may point to, at the time that the caller
// means; nil if it stands alone. A snapshot that cannot be used is an *UnreadError, and no reason to stop; a StuckError is
// one to end the process.
func (f *Fleet) Judge(ctx context.Context, card Card, among Neighbours) (*Judged, error) {
	snapshot, err := f.open(ctx, card)
	if err != nil {
		return nil, unreadOr(card, err)
	}
	if snapshot.Account.ID != card.Account {
		return nil, unreadOr(card, otherAccount(card, snapshot))
	}
	s, err := newSubject(Input{Name: card.Name, Snapshot: snapshot})
	if err != nil {
		return nil, unreadOr(card, err)
	}
	var others surroundings
	if among != nil {
		others = &around{f.shelf, among}
	}
	j, err := f.judge(ctx, s, others)
	if err != nil {
		return nil, unreadOr(card, err) // a neighbour that changed
	}
	return j, nil
}

func otherAccount(card Card, snapshot *snapshots.Snapshot) error {
	return &ChangedError{card.Name, fmt.Sprintf("it is of account %s now, and was of %s", snapshot.Account.ID, card.Account)}
}

// judge judges beside others. What took more time or memory than it may is judged again with nobody beside it, who could be
// what took so much: so many accounts at once give the verdicts of one at a time.
func (f *Fleet) judge(ctx context.Context, s *subject, others surroundings) (*Judged, error) {
	j, again, err := f.beside(ctx, s, others)
	if err != nil || !again {
		return j, err
	}
	f.alone.Lock()
	defer f.alone.Unlock()
	j, _, err = f.quietly(ctx, s, others)
	return j, err
}

func (f *Fleet) beside(ctx context.Context, s *subject, others surroundings) (j *Judged, again bool, err error) {
	f.alone.RLock()
	defer f.alone.RUnlock()
	crowded := f.busy.Add(1) > 1
	j, overran, err := f.quietly(ctx, s, others)
	crowded = f.busy.Add(-1) > 0 || crowded
	return j, overran && crowded, err
}

// quietly keeps what is printed: what many print at once, nobody can read.
func (f *Fleet) quietly(ctx context.Context, s *subject, others surroundings) (j *Judged, overran bool, err error) {
	p := *f.plan
	var printed []Printed
	if p.options.Print != nil {
		p.options.Print = func(file string, n int, text string) { printed = append(printed, Printed{file, n, text}) }
	}
	v := p.visit(s, others)
	if j, err = v.judge(ctx); err != nil {
		return nil, false, err
	}
	j.Printed = printed
	return j, v.overran, nil
}

// Head is the report of what was judged, but for its accounts. The time is that of the report: the latest collected_at, unless the
// options say otherwise.
func (f *Fleet) Head(t *Tally, latest time.Time) *report.Report {
	if !f.options.AsOf.IsZero() {
		latest = f.options.AsOf
	}
	return f.head(t, latest)
}

// Tally sums up what was judged. The order in which things are added does not matter, and accounts are not kept.
type Tally struct {
	Summary   report.Summary
	Errors    []report.PolicyError
	Decisions []report.Decision
	Unread    []report.Unread
}

// Add counts one account more.
func (t *Tally) Add(j *Judged) {
	for _, status := range report.Statuses {
		t.Summary.AddN(status, j.Account.Summary.Count(status))
	}
	t.Errors = append(t.Errors, j.Errors...)
	if t.Decisions == nil {
		t.Decisions = slices.Clone(j.Decisions)
		return
	}
	merge(t.Decisions, j.Decisions)
}

// AddUnread counts a snapshot that could not be read.
func (t *Tally) AddUnread(u report.Unread) { t.Unread = append(t.Unread, u) }
