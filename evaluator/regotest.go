package evaluator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"
)

// TestOptions is how Rego unit tests are run. The zero value runs all of them with no saved snapshots.
type TestOptions struct {
	Run      string            // a regular expression of "data.package.test_name"; all if empty
	Saved    map[string][]byte // snapshots that tests find at data.saved.<name>
	Timeout  time.Duration     // of one test; 10 s if 0
	Parallel int               // as many tests at a time; as there are processors if 0

	Coverage *Coverage // notes what was evaluated, if not nil
	Profile  *Profile  // notes how long it took, if not nil
}

// TestResult is one Rego unit test.
type TestResult struct {
	Package, Name string
	File          string
	Line          int
	Failed        bool
	Skipped       bool   // a todo_test_
	Message       string // the error, or the cases that failed
	Where         string // the line that was not true, and the values that it compared
	Output        string // what the test printed
	Took          time.Duration
}

// Test runs the Rego unit tests of the sources under the engine's own rules: its builtins, capabilities, schema, strict mode.
func Test(ctx context.Context, sources []Source, o TestOptions) ([]TestResult, error) {
	set, err := load(sources, true)
	if err != nil {
		return nil, err
	}
	if wrong := append(twice(set, sources), unspoken(set.modules)...); len(wrong) > 0 {
		return nil, wrong.orNil()
	}
	data, err := testData(o.Saved, set.data)
	if err != nil {
		return nil, err
	}
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	b := newBuiltins()
	all, err := set.runTests(ctx, sources, runner(b, o).SetStore(facts{root: data}), o.Timeout)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b TestResult) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Name, b.Name))
	})
	if names := untrue(all); names != "" {
		seen := &failures{}
		again := runner(b, TestOptions{Run: names, Timeout: o.Timeout, Parallel: 1}).SetCoverageQueryTracer(seen).SetStore(facts{root: data})
		if _, err := set.runTests(ctx, sources, again, o.Timeout); err != nil {
			return nil, err
		}
		seen.tell(all)
	}
	return all, nil
}

// runTests compiles the policies and runs the tests that the runner is for.
func (s *policySet) runTests(ctx context.Context, sources []Source, r *tester.Runner, timeout time.Duration) ([]TestResult, error) {
	compiler, err := newCompiler(newBuiltins())
	if err != nil {
		return nil, err
	}
	compiler = compiler.WithStrict(len(lenientSources(s.modules)) == 0)
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	run := r.SetCompiler(compiler.WithEnablePrintStatements(true)).SetModules(keyed(s.modules))
	results, err := compiling(ctx, usual(), sources, func() (chan *tester.Result, error) { return run.RunTests(running, nil) })
	switch {
	case errors.As(err, new(*StuckError)):
		return nil, err
	case err != nil:
		return nil, plainest(s.modules, fromOPA("policies", err).orNil())
	}
	return gather(running, stop, results, timeout)
}

// gather waits for the results. The tester tells a test that takes longer than it may to stop; one that does not, or that takes all
// memory, is a StuckError.
func gather(ctx context.Context, stop context.CancelCauseFunc, results <-chan *tester.Result, timeout time.Duration) ([]TestResult, error) {
	var all []TestResult
	w := newWatch(usual())
	silent := time.Duration(0)
	for {
		pause, wake := context.WithTimeout(context.Background(), watchEvery)
		select {
		case r, more := <-results:
			wake()
			if !more {
				return all, nil
			}
			silent = 0
			all = append(all, testResult(r))
		case <-pause.Done():
			wake()
			if silent += watchEvery; silent > timeout+5*time.Second {
				return nil, &StuckError{"a test", &overrun{fmt.Sprintf("did not end within %v", timeout), "it calls a builtin on what is very large; --run finds out which"}}
			}
			if ctx.Err() == nil {
				if why := w.look(); why != nil {
					stop(why)
				}
			}
			if ctx.Err() != nil && w.stuck() {
				return nil, &StuckError{"a test", context.Cause(ctx)}
			}
		}
	}
}

func runner(b *builtins, o TestOptions) *tester.Runner {
	var custom []*tester.Builtin
	for i, decl := range b.declarations() {
		custom = append(custom, &tester.Builtin{Decl: decl, Func: b.functions()[i]})
	}
	parallel := o.Parallel
	if parallel <= 0 {
		parallel = runtime.GOMAXPROCS(0)
	}
	run := tester.NewRunner().
		AddCustomBuiltins(custom).
		RaiseBuiltinErrors(true).
		CapturePrintOutput(true).
		SetTimeout(o.Timeout).
		SetParallel(parallel).
		SetCoverageRuns(nil).
		Filter(o.Run)
	switch {
	case o.Profile != nil: // the tester takes one tracer only
		return run.SetParallel(1).SetCoverageQueryTracer(o.Profile.tracer())
	case o.Coverage != nil:
		return run.SetCoverageQueryTracer(o.Coverage.cover)
	}
	return run
}

// testData is what a test finds under `data`: the defaults of an evaluation, and the saved snapshots.
func testData(saved map[string][]byte, files dataTree) (ast.Object, error) {
	snapshots := ast.NewObject()
	for name, text := range saved {
		value, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("saved snapshot %s: %w", name, err)
		}
		snapshots.Insert(ast.StringTerm(name), ast.NewTerm(value))
	}
	own, err := files.object()
	if err != nil {
		return nil, err
	}
	data := with(own, defaultFacts())
	data.Insert(ast.StringTerm("saved"), ast.NewTerm(snapshots))
	return data, nil
}

func testResult(r *tester.Result) TestResult {
	t := TestResult{
		Package: r.Package,
		Name:    r.Name,
		Failed:  r.Fail || r.Error != nil,
		Skipped: r.Skip,
		Output:  string(r.Output),
		Took:    r.Duration,
	}
	if r.Location != nil {
		t.File, t.Line = r.Location.File, r.Location.Row
	}
	if r.Error != nil {
		t.Message = r.Error.Error()
		return t
	}
	var failed []string
	for name, sub := range r.SubResults.Iter {
		if sub.Fail && len(sub.SubResults) == 0 {
			failed = append(failed, strings.Join(name, "/"))
		}
	}
	t.Message = strings.Join(failed, ", ")
	return t
}
