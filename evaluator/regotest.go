package evaluator

import (
	"cmp"
	"context"
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
	Output        string // what the test printed
	Took          time.Duration
}

// Test runs the Rego unit tests of the sources under the engine's own rules: its builtins, capabilities, schema, strict mode.
func Test(ctx context.Context, sources []Source, o TestOptions) ([]TestResult, error) {
	set, err := load(sources, true)
	if err != nil {
		return nil, err
	}
	data, err := testData(o.Saved, set.data)
	if err != nil {
		return nil, err
	}
	b := newBuiltins()
	compiler, err := newCompiler(b)
	if err != nil {
		return nil, err
	}
	compiler = compiler.WithStrict(len(lenientSources(set.modules)) == 0)
	store := facts{root: data}
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	results, err := runner(b, o).SetCompiler(compiler.WithEnablePrintStatements(true)).SetStore(store).SetModules(keyed(set.modules)).RunTests(ctx, txn)
	if err != nil {
		return nil, fromOPA("policies", err).orNil()
	}
	var all []TestResult
	for r := range results {
		all = append(all, testResult(r))
	}
	slices.SortFunc(all, func(a, b TestResult) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Name, b.Name))
	})
	return all, nil
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
	timeout := o.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	run := tester.NewRunner().
		AddCustomBuiltins(custom).
		RaiseBuiltinErrors(true).
		CapturePrintOutput(true).
		SetTimeout(timeout).
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
