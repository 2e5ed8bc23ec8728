package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// Options is how tests are run.
type Options struct {
	Sources  []evaluator.Source                             // the policies that are always there
	Sample   func(name string) (*snapshots.Snapshot, error) // an embedded snapshot
	Run      *regexp.Regexp                                 // only tests of whose name it finds a part; all if nil
	Tool     report.Tool
	Coverage *evaluator.Coverage // notes which lines of policies were evaluated, if not nil
	Profile  *evaluator.Profile  // notes how long they took, if not nil
	Timeout  time.Duration       // of one case; none if 0
	Parallel int                 // as many cases at a time; as there are processors if 0
}

// Run judges the cases of the suites, several at a time; the results are in the order of the suites and cases.
func Run(ctx context.Context, suites []*Suite, o Options) ([]Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r := &runner{Options: o, engines: map[string]*evaluator.Engine{}, stop: stop}
	var all []*Result
	var tasks []func()
	for _, s := range suites {
		cases := s.chosen(o.Run)
		if len(cases) == 0 {
			continue
		}
		set, broken, err := r.prepare(ctx, s)
		if err != nil {
			return nil, err
		}
		for i := range broken {
			all = append(all, &broken[i])
		}
		for _, c := range cases {
			if set == nil {
				break
			}
			result := &Result{Suite: s.title(), Name: c.Name, File: s.File, Line: c.Line, of: c}
			all = append(all, result)
			tasks = append(tasks, func() { set.within(ctx, c, result) })
		}
	}
	parallel(o.Parallel, tasks)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("test: %w", context.Cause(ctx))
	}
	var results []Result
	for _, result := range all {
		results = append(results, *result)
	}
	return results, nil
}

// parallel does the tasks, n at a time, or as many as there are processors.
func parallel(n int, tasks []func()) {
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	next := make(chan func())
	var workers sync.WaitGroup
	for range min(n, len(tasks)) {
		workers.Go(func() {
			for task := range next {
				task()
			}
		})
	}
	for _, task := range tasks {
		next <- task
	}
	close(next)
	workers.Wait()
}

// title is the suite's name, or that of its file.
func (s *Suite) title() string {
	if s.Name != "" {
		return s.Name
	}
	name := strings.TrimSuffix(filepath.Base(s.File), filepath.Ext(s.File))
	return strings.TrimSuffix(name, "_suite")
}

// chosen is the cases that run matches by "suite/case".
func (s *Suite) chosen(run *regexp.Regexp) []*Case {
	var cases []*Case
	for _, c := range s.Cases {
		if run == nil || run.MatchString(s.title()+"/"+c.Name) {
			cases = append(cases, c)
		}
	}
	return cases
}

type runner struct {
	Options
	engines map[string]*evaluator.Engine // by the folders of policies
	stop    context.CancelCauseFunc      // ends the run of them all
}

// What judging one control may take; the options' limit of a case takes the place of that of time.
const (
	mostTime   = time.Minute
	mostMemory = 2 << 30
)

// setting is what the cases of one suite share.
type setting struct {
	*runner
	suite   *Suite
	engine  *evaluator.Engine
	options evaluator.Options
}

// prepare compiles the suite's policies and reads what it names. Without a setting the cases cannot be run, and the results say why.
func (r *runner) prepare(ctx context.Context, s *Suite) (*setting, []Result, error) {
	cannot := func(what string, err error) []Result {
		e := s.problem(s.places[what], err)
		return []Result{{Suite: s.title(), Name: what, File: e.File, Line: e.Line, Outcome: Error, Problem: e.Problem, Hint: e.Hint}}
	}
	sources := slices.Clone(r.Sources)
	for _, folder := range s.Policies {
		folder = s.beside(folder)
		source, err := evaluator.OpenSource(folder, evaluator.Verification{})
		if err != nil {
			return nil, cannot("policies", err), nil
		}
		sources = append(sources, source)
	}
	for _, source := range sources[len(r.Sources):] {
		if err := r.Coverage.Add(source); err != nil {
			return nil, cannot("policies", err), nil
		}
	}
	var names []string
	for _, source := range sources {
		names = append(names, source.Name)
	}
	key := strings.Join(names, "\n")
	engine, known := r.engines[key]
	var broken []Result
	if !known {
		var err error
		if engine, broken, err = compile(ctx, len(r.Sources), sources); err != nil {
			var input *evaluator.InputError
			if errors.As(err, &input) {
				return nil, cannot("policies", err), nil
			}
			return nil, nil, err
		}
		r.engines[key] = engine
	}
	if engine == nil {
		return nil, broken, nil
	}
	o := evaluator.Options{Parameters: s.Parameters, AsOf: s.AsOf, Tool: r.Tool, NoRecords: true, Coverage: r.Coverage, Profile: r.Profile, Memory: mostMemory}
	if r.Timeout <= 0 {
		o.Timeout = mostTime
	}
	var err error
	if o.Benchmark, err = s.edition(sources); err != nil {
		return nil, append(broken, cannot("benchmark", err)...), nil
	}
	if s.Waivers != "" {
		file := s.beside(s.Waivers)
		text, err := os.ReadFile(file)
		if err == nil {
			o.Waivers, err = evaluator.ParseWaivers(file, text)
		}
		if err == nil {
			err = engine.CheckWaivers(ctx, o)
		}
		if err != nil {
			return nil, append(broken, cannot("waivers", err)...), nil
		}
	}
	return &setting{r, s, engine, o}, broken, nil
}

// beside is a path that the suite names, as seen from here.
func (s *Suite) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(s.File), name)
}

// edition is the benchmark that the suite names: an id, or a file.
func (s *Suite) edition(sources []evaluator.Source) (*evaluator.Benchmark, error) {
	all, err := evaluator.Benchmarks(sources)
	if err != nil {
		return nil, err
	}
	b, err := evaluator.FindBenchmark(all, s.Benchmark)
	if err == nil {
		return b, nil
	}
	file := s.beside(s.Benchmark)
	text, failed := os.ReadFile(file)
	switch {
	case s.Benchmark != "" && failed == nil:
		b, err := evaluator.ParseBenchmark(file, text)
		if err == nil {
			b.Among(all)
		}
		return b, err
	case s.Benchmark != "" && !errors.Is(failed, fs.ErrNotExist):
		return nil, failed
	}
	return nil, err
}

// problem is an error as one of the suite, at that line, unless it names another file and its line itself.
func (s *Suite) problem(line int, err error) *evaluator.InputError {
	e := &evaluator.InputError{File: s.File, Line: line, Problem: err.Error(), Hint: snapshots.HintOf(err)}
	var input *evaluator.InputError
	var path *fs.PathError
	switch {
	case errors.As(err, &input) && input.Line > 0:
		return input
	case errors.As(err, &input):
		e.Hint = input.Hint
	case errors.As(err, &path):
		e.Problem = fmt.Sprintf("%s: %s: %v", path.Path, path.Op, path.Err)
		if errors.Is(err, fs.ErrNotExist) {
			e.Hint = "paths are as seen from the suite's folder"
		}
	}
	return e
}

// run judges one case and writes what came of it.
func (t *setting) run(ctx context.Context, c *Case, result *Result) {
	fail := func(outcome Outcome, e *evaluator.InputError) {
		result.Outcome, result.File, result.Line, result.Problem, result.Hint = outcome, e.File, e.Line, e.Problem, e.Hint
	}
	inputs, problem := t.read(c)
	if problem != nil {
		fail(Error, problem)
		return
	}
	accounts, wordless, err := t.judge(ctx, inputs, result)
	if errors.As(err, new(*evaluator.StuckError)) {
		t.stop(err) // which goes on, and must not take the others' time
	}
	if err != nil {
		fail(Error, t.suite.problem(c.Line, err))
		return
	}
	result.seen = accounts
	if problem := t.unknown(c, accounts, wordless); problem != nil {
		fail(Error, problem)
		return
	}
	if len(c.Expect) == 0 && len(c.Rest) == 0 {
		fail(Fail, &evaluator.InputError{
			File: t.suite.File, Line: c.Line, Problem: "the case expects nothing",
			Hint: "add expect: {root-usage: pass}, or rest: pass; --update writes what is seen now",
		})
		return
	}
	for i, d := range wordless {
		wordless[i].Line = c.lineOf(d.Control)
	}
	result.Differences = append(wordless, c.compare(accounts)...)
	result.Outcome = Pass
	if len(result.Differences) > 0 {
		result.Outcome = Fail
	}
}

// read is the snapshots of a case, the first one patched.
func (t *setting) read(c *Case) ([]evaluator.Input, *evaluator.InputError) {
	var inputs []evaluator.Input
	for i, ref := range c.Inputs {
		in, err := t.open(ref)
		if err != nil {
			return nil, t.suite.problem(ref.Line, err)
		}
		if i == 0 && len(c.Patch) > 0 {
			if in.Snapshot, err = patched(in.Snapshot, c.Patch); err != nil {
				line, hint := c.Patch[0].Line, snapshots.HintOf(err)
				var wrong *patchError
				if errors.As(err, &wrong) {
					line, hint = wrong.line, wrong.hint
				}
				return nil, &evaluator.InputError{File: t.suite.File, Line: line, Problem: err.Error(), Hint: hint}
			}
		}
		inputs = append(inputs, in)
	}
	return inputs, nil
}

func (t *setting) open(ref Reference) (evaluator.Input, error) {
	if ref.Sample {
		s, err := t.Sample(ref.Name)
		return evaluator.Input{Name: "sample " + ref.Name, Snapshot: s}, err
	}
	file := t.suite.beside(ref.Name)
	s, err := snapshots.ReadFile(file)
	return evaluator.Input{Name: file, Snapshot: s}, err
}

// patched is the snapshot with the operations done on its canonical form.
func patched(s *snapshots.Snapshot, operations []Operation) (*snapshots.Snapshot, error) {
	before, err := s.Canonical()
	if err != nil {
		return nil, err
	}
	text, err := patch(before, operations)
	if err != nil {
		return nil, err
	}
	changed, err := snapshots.Read(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("the patch leaves no valid snapshot: %w", err)
	}
	if err := strangeField(before, text, operations); err != nil {
		return nil, err
	}
	return changed, nil
}

// judge asks every control. One that gives no verdict is a difference, and has no row.
func (t *setting) judge(ctx context.Context, inputs []evaluator.Input, result *Result) ([]report.Account, []Difference, error) {
	whole, err := t.engine.Evaluate(ctx, inputs, t.options)
	if err != nil {
		return nil, nil, err
	}
	result.notes = whole.Notes
	var wordless []Difference
	for _, p := range whole.Policies.Errors {
		if !slices.ContainsFunc(wordless, func(d Difference) bool { return d.Control == p.Control }) {
			wordless = append(wordless, Difference{Control: p.Control, Field: "verdict", Want: "a verdict", Got: placed(p), Notes: hinted(p.Hint)})
		}
	}
	for i := range whole.Accounts {
		a := &whole.Accounts[i]
		a.Results = slices.DeleteFunc(a.Results, func(r report.Result) bool {
			return slices.ContainsFunc(whole.Policies.Errors, func(p report.PolicyError) bool { return p.Control == r.Control && p.Account == a.Account })
		})
	}
	return whole.Accounts, wordless, nil
}

// placed is what is wrong with a policy, and where.
func placed(p report.PolicyError) string {
	return (&evaluator.PolicyError{File: p.File, Line: p.Line, Problem: p.Problem}).Error()
}

func hinted(hint string) []string {
	if hint == "" {
		return nil
	}
	return []string{"hint: " + hint}
}
