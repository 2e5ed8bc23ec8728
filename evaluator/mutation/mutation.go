// Package mutation tests policies: it breaks snapshots whose controls pass, one fact at a time, and asks which of the broken ones
// no control notices. Harmless changes must change nothing.
package mutation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// ErrNothingPasses is what Test answers where there is nothing to break.
var ErrNothingPasses = errors.New("mutate: no control passes")

// Options is how policies are tested. Only Evaluate.Benchmark is needed.
type Options struct {
	Evaluate evaluator.Options
	Run      *regexp.Regexp // only mutants whose name it finds; all if nil
	Workers  int            // GOMAXPROCS if 0
}

// control is one passing control of one account, and what its verdict rests on.
type control struct {
	key      key
	points   map[place]bool
	chain    bool     // the verdict rests on metric filters
	patterns []string // any of which the control accepts
}

// key names a control of the edition in one account.
type key struct{ account, id, slug string }

// place is a record of one of the snapshots.
type place struct {
	input   int
	pointer string
}

// mutant is one change and those who should notice it.
type mutant struct {
	operator *operator
	change   change
	name     string
	expected []key
	near     []key // controls that rest on a record that is changed
}

// tester is what the mutants of one run share.
type tester struct {
	engine   *evaluator.Engine
	options  Options
	inputs   []evaluator.Input
	texts    [][]byte // the snapshots in canonical form
	before   map[key]report.Status
	controls []*control
	covering map[coverQuestion]bool // what needs has answered
	due      []key                  // a control for each mutant that it should notice
}

// Test breaks the snapshots and says who noticed.
func Test(ctx context.Context, engine *evaluator.Engine, inputs []evaluator.Input, o Options) (*Result, error) {
	t := &tester{engine: engine, options: o, covering: map[coverQuestion]bool{}}
	if err := t.read(inputs); err != nil {
		return nil, err
	}
	rep, err := engine.Evaluate(ctx, t.inputs, o.Evaluate)
	if err == nil {
		err = evaluator.Unjudged(rep)
	}
	if err != nil {
		return nil, err
	}
	if err := t.learn(ctx, rep); err != nil {
		return nil, err
	}
	mutants, err := t.mutants()
	if err != nil {
		return nil, err
	}
	outcomes, err := t.runAll(ctx, mutants)
	if err != nil {
		return nil, err
	}
	return t.result(rep, outcomes), nil
}

// read brings the snapshots into canonical form, whose pointers findings speak.
func (t *tester) read(inputs []evaluator.Input) error {
	for _, in := range inputs {
		text, err := in.Snapshot.Canonical()
		if err != nil {
			return fmt.Errorf("%s: write in canonical form: %w", in.Name, err)
		}
		t.texts = append(t.texts, text)
		t.inputs = append(t.inputs, evaluator.Input{Name: in.Name})
		if t.inputs[len(t.inputs)-1].Snapshot, err = t.fresh(len(t.inputs) - 1); err != nil {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
	}
	return nil
}

// fresh is a copy of a snapshot that may be changed.
func (t *tester) fresh(input int) (*snapshots.Snapshot, error) {
	return snapshots.Read(bytes.NewReader(t.texts[input]))
}

// mutants are all that the tables of operators make of the snapshots, in their order.
func (t *tester) mutants() ([]*mutant, error) {
	var all []*mutant
	seen := map[string]int{}
	for i := range operators {
		for input := range t.inputs {
			made, err := t.made(&operators[i], input)
			if err != nil {
				return nil, err
			}
			for _, m := range made {
				if seen[m.name]++; seen[m.name] > 1 {
					m.name = fmt.Sprintf("%s (%d)", m.name, seen[m.name])
				}
				if t.options.Run == nil || t.options.Run.MatchString(m.name) {
					all = append(all, m)
				}
			}
		}
	}
	for _, m := range all {
		t.expect(m)
	}
	return all, nil
}

// made are the mutants that one operator makes of one snapshot.
func (t *tester) made(op *operator, input int) ([]*mutant, error) {
	a := &account{tester: t, input: input, snapshot: t.inputs[input].Snapshot}
	var all []*mutant
	for _, c := range op.changes(a) {
		m := &mutant{operator: op, change: c, name: op.name}
		if c.what != "" {
			m.name = c.what
		}
		if c.record != "" {
			m.name = c.record + ": " + m.name
		}
		if len(t.inputs) > 1 {
			m.name = a.snapshot.Account.ID + " " + m.name
		}
		all = append(all, m)
	}
	return all, a.err
}

// runAll judges the mutants, several at a time.
func (t *tester) runAll(ctx context.Context, mutants []*mutant) ([]Mutant, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	workers := t.options.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	outcomes := make([]Mutant, len(mutants))
	next := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				outcome, err := t.judge(ctx, mutants[i])
				if err != nil {
					cancel(err)
				}
				outcomes[i] = outcome
			}
		})
	}
	for i := range mutants {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	all.Wait()
	return outcomes, context.Cause(ctx)
}

// judge evaluates one mutant. A breaking one is asked only of the controls that passed.
func (t *tester) judge(ctx context.Context, m *mutant) (Mutant, error) {
	inputs := slices.Clone(t.inputs)
	changed, err := t.fresh(m.change.input)
	if err != nil {
		return Mutant{}, err
	}
	inputs[m.change.input].Snapshot = m.change.apply(changed)
	o := t.options.Evaluate
	if !m.operator.harmless {
		o.Controls = t.passing()
	}
	rep, err := t.engine.Evaluate(ctx, inputs, o)
	if err == nil {
		err = evaluator.Unjudged(rep)
	}
	if err != nil {
		return Mutant{}, fmt.Errorf("mutant %q: %w", m.name, err)
	}
	return t.compare(m, statuses(rep)), nil
}

func (t *tester) passing() []string {
	var ids []string
	for _, c := range t.controls {
		if !slices.Contains(ids, c.key.id) {
			ids = append(ids, c.key.id)
		}
	}
	return ids
}

func statuses(rep *report.Report) map[key]report.Status {
	all := map[key]report.Status{}
	for _, a := range rep.Accounts {
		for _, r := range a.Results {
			all[key{a.Account, r.ID, r.Control}] = r.Status
		}
	}
	return all
}
