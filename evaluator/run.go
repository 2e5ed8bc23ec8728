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
	"github.com/open-policy-agent/opa/v1/rego"
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

// run is one evaluation of several accounts.
type run struct {
	engine    *Engine
	options   Options
	rows      []row
	data      ast.Object // but for as_of
	waivers   *Waivers
	notes     []string
	subjects  []*subject
	byAccount map[string]*subject
	watchers  map[string][]string // by account: those whose alarms watch its metrics
	faults    []report.PolicyError
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
// StuckError, after which the process must end.
func (e *Engine) Evaluate(ctx context.Context, inputs []Input, o Options) (*report.Report, error) {
	r, err := e.newRun(inputs, o)
	if err != nil {
		return nil, err
	}
	rep := &report.Report{
		Schema:    report.SchemaName,
		Tool:      o.Tool,
		Benchmark: report.Benchmark{ID: o.Benchmark.ID, Title: o.Benchmark.Title, Version: o.Benchmark.Version},
		Policies:  report.Policies{Digest: e.digest(o.Benchmark), Sources: slices.Clone(e.origins)},
		Notes:     append([]string{}, r.notes...),
		Accounts:  []report.Account{},
	}
	var latest time.Time
	for _, s := range r.subjects {
		account, err := r.judge(ctx, s)
		if err != nil {
			return nil, err
		}
		rep.Accounts = append(rep.Accounts, account)
		for _, result := range account.Results {
			rep.Summary.Add(result.Status)
		}
		if at := r.clock(s); at.After(latest) {
			latest = at
		}
	}
	rep.Policies.Errors = r.policyErrors()
	rep.AsOf = timeText(latest)
	rep.Notes = append(rep.Notes, r.waivers.leftover(latest)...)
	return rep, nil
}

func (e *Engine) newRun(inputs []Input, o Options) (*run, error) {
	if len(inputs) == 0 {
		return nil, errors.New("evaluate: no snapshots")
	}
	r := &run{engine: e, options: o, waivers: o.Waivers.fresh(), byAccount: map[string]*subject{}, watchers: map[string][]string{}}
	all, err := e.rowsOf(o)
	if err != nil {
		return nil, err
	}
	r.notes = slices.Concat(e.notes, e.unread(o.Parameters, all))
	if err := r.waivers.find(o.Benchmark, all, e.controls); err != nil {
		return nil, err
	}
	if r.rows, err = chosen(all, o); err != nil {
		return nil, err
	}
	if r.data, err = e.dataOf(o, r.rows); err != nil {
		return nil, err
	}
	for _, in := range inputs {
		s, err := newSubject(in)
		if err != nil {
			return nil, err
		}
		if twin := r.byAccount[s.account]; twin != nil {
			return nil, &InputError{
				File: in.Name, Problem: fmt.Sprintf("account %s: is in %s already", s.account, twin.Name),
				Hint: "evaluate one snapshot of an account at a time",
			}
		}
		r.byAccount[s.account] = s
		r.subjects = append(r.subjects, s)
		if len(inputs) > 1 {
			r.findWatched(s)
		}
		if len(inputs) > keepWithin {
			s.release()
		}
	}
	slices.SortFunc(r.subjects, func(a, b *subject) int { return strings.Compare(a.account, b.account) })
	return r, nil
}

// findWatched notes whose metrics the account's alarms watch: in a monitoring account, those of others.
func (r *run) findWatched(s *subject) {
	seen := map[string]bool{}
	eachAt(s.document(), alarmsWay, func(_ int, alarm ast.Value) {
		for _, m := range metricsOf(s.account, alarm) {
			if !seen[m.account] {
				seen[m.account] = true
				r.watchers[m.account] = append(r.watchers[m.account], s.account)
			}
		}
	})
}

// clock is the time at which the account is judged.
func (r *run) clock(s *subject) time.Time {
	if !r.options.AsOf.IsZero() {
		return r.options.AsOf
	}
	return s.Snapshot.CollectedAt.Time
}

func timeText(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// judge asks every control about one account. They share one cache of rules, so that what the library finds is found once.
func (r *run) judge(ctx context.Context, s *subject) (report.Account, error) {
	account := accountOf(s)
	fragments := r.link(s)
	asked := r.question(s, fragments)
	others := r.excepting(s, asked)
	for _, row := range r.rows {
		result := resultOf(row, r.options.Parameters)
		if result.Status != report.Manual && len(row.policy.faults) == 0 {
			v, err := asked.ask(ctx, row.policy)
			if err == nil {
				v, result.Exceptions, err = others.ask(ctx, row, v)
			}
			switch {
			case err == nil:
				result.fill(v.doubted(row.policy.reads.lacks(s.Snapshot, fragments)), fragments)
			case !r.failed(s, row.policy, result, err):
				return account, fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		r.waivers.apply(s.account, r.clock(s), &result.Result)
		r.waivers.attest(s.account, r.clock(s), row.OtherWays == nil || *row.OtherWays, &result.Result)
		account.Summary.Add(result.Status)
		account.Results = append(account.Results, result.Result)
	}
	account.Records = r.recordsOf(s, account.Results)
	if len(r.subjects) > keepWithin {
		s.release()
	}
	return account, nil
}

// question is what the controls are asked about one account.
type question struct {
	input    ast.Value
	data     judgement
	cache    topdown.VirtualCache
	watching []rego.EvalOption
	limits   limits
}

func (r *run) question(s *subject, fragments []*fragment) *question {
	return &question{inputOf(s, fragments), judgement{r.factsAt(r.clock(s))}, topdown.NewVirtualCache(), r.options.watching(), limits{time: r.options.Timeout, memory: r.options.Memory}}
}

// answer is what one control says, however long it takes.
func (q *question) answer(ctx context.Context, p *policy) (verdict, error) {
	results, err := p.query.Eval(ctx, append([]rego.EvalOption{
		rego.EvalParsedInput(q.input),
		rego.EvalTransaction(q.data),
		rego.EvalVirtualCache(q.cache),
		rego.EvalSortSets(true),
	}, q.watching...)...)
	if err != nil {
		return verdict{}, p.failure(ctx, err)
	}
	if len(results) == 0 {
		return verdict{}, p.wordless(fmt.Sprintf("gives no verdict: %s.%s is undefined for this snapshot", p.Package, p.shape.rule()),
			"a verdict must always be defined: add `default verdict := {\"status\": \"unknown\", ...}` or cover every case")
	}
	v, err := readVerdict(p.shape, results[0].Expressions[0].Value)
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
