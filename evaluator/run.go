package evaluator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Options is how snapshots are evaluated. Only Benchmark is needed.
type Options struct {
	Benchmark  *Benchmark
	Controls   []string       // slugs or the edition's ids; all if empty
	Level      int            // only controls up to this level; all if 0
	Parameters map[string]any // data.parameters; max_events is 1 unless it says otherwise
	AsOf       time.Time      // each snapshot's own collected_at if zero
	Waivers    *Waivers
	Tool       report.Tool
	Timeout    time.Duration // of one control in one account; none if 0
	Memory     int64         // bytes by which judging one may make the heap grow; any number if 0

	NoRecords bool                                  // leave out of the report what the snapshots say at the findings' pointers
	Print     func(file string, n int, text string) // what print() says; forgotten if nil
	Coverage  *Coverage                             // notes what was evaluated, if not nil
	Profile   *Profile                              // notes how long it took, if not nil
}

// plan is what is the same for all accounts that are judged with the same options.
type plan struct {
	engine  *Engine
	options Options
	rows    []row
	data    ast.Object // but for as_of
	waivers *Waivers   // of which nothing was used yet
	notes   []string
	// constants are what is found once for all accounts; nil where there is only one.
	constants *constants
}

// run is one evaluation of several accounts, which are all in memory.
type run struct {
	*plan
	subjects  []*subject
	byAccount map[string]*subject
	watching  map[string][]string // by account: the others whose alarms watch its metrics
}

// row is one line of the report: an edition's control and the policy that judges it, nil for a human.
type row struct {
	Row
	section string
	policy  *policy
}

// keepWithin is the number of accounts whose decoded documents are kept.
const keepWithin = 64

// Evaluate judges the snapshots. The report has a row for each control of the edition in each account, whatever its status;
// there is no report with a hole: a policy that gives no verdict is a row of status unknown, and in Policies.Errors. The error may be a
// StuckError, after which the process must end. All snapshots are in memory at once; a Fleet holds only those that are being judged.
func (e *Engine) Evaluate(ctx context.Context, inputs []Input, o Options) (*report.Report, error) {
	r, err := e.newRun(inputs, o)
	if err != nil {
		return nil, err
	}
	tally := &Tally{}
	accounts := []report.Account{}
	var latest time.Time
	for _, s := range r.subjects {
		v := r.visit(s, nil)
		if len(r.subjects) > 1 {
			v.others = r
		}
		j, err := v.judge(ctx)
		if err != nil {
			return nil, err
		}
		if len(r.subjects) > keepWithin {
			s.release()
		}
		tally.Add(j)
		accounts = append(accounts, j.Account)
		if at := r.clock(s); at.After(latest) {
			latest = at
		}
	}
	rep := r.head(tally, latest)
	rep.Accounts = accounts
	return rep, nil
}

// newPlan is what can be found out before any snapshot is read.
func (e *Engine) newPlan(o Options) (*plan, error) {
	p := &plan{engine: e, options: o, waivers: o.Waivers.fresh()}
	all, err := e.rowsOf(o)
	if err != nil {
		return nil, err
	}
	p.notes = slices.Concat(e.notes, e.unread(o.Parameters, all))
	if err := p.waivers.find(o.Benchmark, all, e.controls); err != nil {
		return nil, err
	}
	if p.rows, err = chosen(all, o); err != nil {
		return nil, err
	}
	p.data, err = e.dataOf(o, p.rows)
	return p, err
}

func (e *Engine) newRun(inputs []Input, o Options) (*run, error) {
	if len(inputs) == 0 {
		return nil, errors.New("evaluate: no snapshots")
	}
	p, err := e.newPlan(o)
	if err != nil {
		return nil, err
	}
	if len(inputs) > 1 {
		p.constants = newConstants(e)
	}
	r := &run{plan: p, byAccount: map[string]*subject{}, watching: map[string][]string{}}
	for _, in := range inputs {
		s, err := newSubject(in)
		if err != nil {
			return nil, err
		}
		if twin := r.byAccount[s.account]; twin != nil {
			return nil, twins(s.account, twin.Name, in.Name)
		}
		r.byAccount[s.account] = s
		r.subjects = append(r.subjects, s)
		for _, other := range watchedBy(in.Snapshot) {
			r.watching[other] = append(r.watching[other], s.account)
		}
		if len(inputs) > keepWithin {
			s.release()
		}
	}
	slices.SortFunc(r.subjects, func(a, b *subject) int { return strings.Compare(a.account, b.account) })
	return r, nil
}

// twins refuses two snapshots of one account: which of them is to be judged, nobody said.
func twins(account, first, second string) error {
	return &InputError{
		File: second, Problem: fmt.Sprintf("account %s: is in %s already", account, first),
		Hint: "evaluate one snapshot of an account at a time",
	}
}

// find is another account of the run, which stays in memory from then on.
func (r *run) find(_ context.Context, account string) (*subject, error) {
	s := r.byAccount[account]
	if s != nil {
		s.pin()
	}
	return s, nil
}

func (r *run) watchers(account string) []string { return r.watching[account] }

// clock is the time at which the account is judged.
func (p *plan) clock(s *subject) time.Time {
	if !p.options.AsOf.IsZero() {
		return p.options.AsOf
	}
	return s.Snapshot.CollectedAt.Time
}

// head is the report but for its accounts.
func (p *plan) head(t *Tally, asOf time.Time) *report.Report {
	e, b := p.engine, p.options.Benchmark
	decided := p.waivers.decisions()
	merge(decided, t.Decisions)
	return &report.Report{
		Schema:    report.SchemaName,
		Tool:      p.options.Tool,
		AsOf:      timeText(asOf),
		Benchmark: report.Benchmark{ID: b.ID, Title: b.Title, Version: b.Version},
		Policies:  report.Policies{Digest: e.digest(b), Sources: slices.Clone(e.origins), Errors: e.policyErrors(t.Errors)},
		Summary:   t.Summary,
		Notes:     append(append([]string{}, p.notes...), leftovers(decided, asOf)...),
		Unread:    sortedUnread(t.Unread),
		Accounts:  []report.Account{},
	}
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// question is what the controls are asked about one account.
type question struct {
	input    *ast.Term
	facts    *judgement
	cache    topdown.VirtualCache
	watching onlookers
	hand     *hand       // asks, and keeps it within limits; nil if there are none
	brake    *brake      // stops it
	deaf     func() bool // makes the brake heed the context no more
	overran  *bool       // set where a control took more than the limits: of all questions about the account
}

// question is about one account, until it rests. The hand does what is asked.
func (p *plan) question(ctx context.Context, s *subject, fragments []*fragment, by *hand) *question {
	stops := new(brake)
	return &question{
		ast.NewTerm(inputOf(s, fragments)), &judgement{p.factsAt(p.clock(s))}, p.cache(), p.options.watching(),
		by, stops, context.AfterFunc(ctx, stops.Cancel), new(bool),
	}
}

// rest ends what was made for the account.
func (q *question) rest() { q.deaf() }

// answer is what one control says, however long it takes.
func (q *question) answer(ctx context.Context, p *policy) (verdict, error) {
	said, err := p.query.ask(ctx, q, q.watching)
	if err != nil {
		return verdict{}, p.failure(ctx, err)
	}
	if said == nil {
		return verdict{}, p.wordless(fmt.Sprintf("gives no verdict: %s.%s is undefined for this snapshot", p.Package, p.shape.rule()),
			"a verdict must always be defined: add `default verdict := {\"status\": \"unknown\", ...}` or cover every case")
	}
	v, err := readVerdict(p.shape, said)
	if err != nil {
		return v, p.wordless(fmt.Sprintf("gives no verdict: %v", err), "")
	}
	return v, nil
}

// failure says where in the policy an evaluation went wrong.
func (p *policy) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("control %s: evaluate: %w", p.Slug, context.Cause(ctx))
	}
	e := p.wordless(fmt.Sprintf("evaluate: %v", err), "")
	var at *topdown.Error
	if errors.As(err, &at) && at.Location != nil {
		e.File, e.Line = cmp.Or(at.Location.File, p.File), at.Location.Row
		e.Problem = fmt.Sprintf("control %s: evaluate: %s", p.Slug, at.Message)
	}
	return e
}

// digest is sha256 over the edition and all policy files, each with its path and length, in the order of their paths; those of
// the user's second source and later ones with its place, too.
func (e *Engine) digest(b *Benchmark) string { return digestOf(b, e.files) }

// digestOf is that of some files, and of an edition unless that is nil.
func digestOf(b *Benchmark, all []policyFile) string {
	files := slices.Clone(all)
	slices.SortStableFunc(files, func(a, b policyFile) int { return strings.Compare(a.path, b.path) })
	sum := sha256.New()
	if b != nil {
		hashPart(sum, b.text)
	}
	for _, f := range files {
		hashPart(sum, []byte(f.path))
		hashPart(sum, f.text)
		if f.place > 0 {
			hashPart(sum, binary.BigEndian.AppendUint64(nil, uint64(f.place)))
		}
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

func hashPart(sum hash.Hash, part []byte) {
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
	sum.Write(part)
}
