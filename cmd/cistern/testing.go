package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/evaluator/suite"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// testFlags are which tests run, and how.
type testFlags struct {
	run     string
	update  bool
	saved   string
	file    string
	format  string
	verbose bool
	measure measureFlags
	mutate  []string
	watch   bool

	timeout  time.Duration
	parallel int
}

func newTestCommand(std stdio) *cobra.Command {
	f := &testFlags{}
	cmd := &cobra.Command{
		Use:   "test [PATH...]",
		Short: "Run Rego unit tests, and regression suites of saved snapshots",
		Long: `Runs the Rego unit tests (*_test.rego) and the regression suites (*_suite.yaml) below PATH, a folder or one such file; the
current folder if none is given. A suite names snapshots and what each control must say of them. Rego tests find the embedded
policies, cistern's builtins, and saved snapshots at data.saved: the embedded samples and those in PATH/saved, by file name.

--mutate breaks a snapshot whose controls pass one fact at a time, as cistern mutate does, and wants the embedded policies and those below
PATH to notice each of these mutants. --watch runs all again as soon as a file that it read changes, until it is interrupted.

Exit codes: 0 all tests passed, 3 a test failed, 2 wrong usage, nothing to run, or a test that names what cannot be read, 1 the
tool failed.`,
		Example: `  cistern test
  cistern test policies/ --run root_usage
  cistern test accounts_suite.yaml -o results.xml
  cistern test accounts_suite.yaml --update
  cistern test mine --mutate sample:compliant
  cistern test mine --watch`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				paths = []string{"."}
			}
			if err := spare(std.in, []output{{file: f.file}, {file: f.measure.file}}, append(slices.Clone(f.mutate), paths...)); err != nil {
				return err
			}
			if f.watch {
				return watchTests(cmd.Context(), std, paths, f)
			}
			_, err := runTests(cmd.Context(), std, paths, f)
			return err
		},
	}
	f.register(cmd)
	return cmd
}

func (f *testFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "only tests of whose name `REGEXP` finds a part: SUITE/CASE, or data.PACKAGE.test_NAME")
	flags.BoolVar(&f.update, "update", false, "write what is seen now into the suites as what they expect, and say what changed; read it before you keep it")
	flags.StringVar(&f.saved, "saved", "", "snapshots in this `DIR` are at data.saved (default: PATH/saved)")
	flags.StringVarP(&f.file, "output", "o", "-", "write to this `FILE`; - is stdout")
	flags.StringVarP(&f.format, "format", "f", "", "`NAME` of the format: "+strings.Join(suite.FormatNames(), ", ")+" (default: as the output file ends, .xml being junit, else text)")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "as text: name the tests that passed, too")
	flags.StringArrayVar(&f.mutate, "mutate", nil, "then break this `SNAPSHOT` (a file, or sample:NAME) and see who notices (repeatable)")
	flags.BoolVarP(&f.watch, "watch", "w", false, "run again when a file changes, until interrupted")
	flags.DurationVar(&f.timeout, "timeout", 0, "no test may take longer than this `TIME` (default: 10s for a Rego test, none for a case of a suite)")
	flags.IntVar(&f.parallel, "parallel", 0, "run `N` tests at a time (default: as many as there are processors)")
	f.measure.register(cmd)
	completeFrom(cmd, "format", suite.FormatNames)
}

// runTests runs what is found at the paths. It answers what was found even where it fails, as far as it came.
func runTests(ctx context.Context, std stdio, paths []string, f *testFlags) (*foundTests, error) {
	options, err := f.options()
	if err != nil {
		return nil, err
	}
	found, err := findTests(paths, f.saved)
	if err != nil {
		return nil, err
	}
	results, err := found.runAll(ctx, options, f.run)
	if err == nil && f.update {
		results, err = found.update(ctx, std, options, results)
	}
	if err != nil {
		return found, readable(err)
	}
	broken, err := f.mutateAll(ctx, std, paths)
	if err != nil {
		return found, err
	}
	if len(results) == 0 && len(broken) == 0 {
		return found, usageError(fmt.Errorf("test: no test was run in %s", strings.Join(paths, ", ")), f.emptyHint())
	}
	return found, f.measure.conclude(std, f.beside(std), options, f.conclude(std, found, results, broken))
}

// conclude writes what came of the tests and answers with the exit code that it means.
func (f *testFlags) conclude(std stdio, found *foundTests, results []suite.Result, broken []mutants) error {
	if err := f.write(std, results, broken); err != nil {
		return err
	}
	for _, note := range suite.Notes(found.suites, results) {
		say(std.err, "note: ", note)
	}
	for _, m := range broken {
		results = append(results, m.cases()...)
	}
	return testCode(results)
}

// beside is where a person reads on after the results: where they are, if they are there as text.
func (f *testFlags) beside(std stdio) io.Writer {
	if f.file == "-" && f.name() == "text" {
		return std.out
	}
	return std.err
}

// name is the format that was asked for, or that the output file's ending means.
func (f *testFlags) name() string {
	ending := strings.TrimPrefix(filepath.Ext(f.file), ".")
	switch {
	case f.format != "":
		return f.format
	case ending == "xml":
		return "junit"
	case slices.Contains(suite.FormatNames(), ending):
		return ending
	}
	return "text"
}

func (f *testFlags) emptyHint() string {
	if f.run != "" {
		return "--run " + f.run + " is part of no name: SUITE/CASE, or data.PACKAGE.test_NAME"
	}
	return "a Rego test is a rule test_NAME in a file *_test.rego, a regression suite a file *_suite.yaml"
}

func (f *testFlags) options() (suite.Options, error) {
	o := suite.Options{
		Sources: []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}},
		Sample:  samples.Read,
		Tool:    report.Tool{Name: "cistern", Version: version},

		Timeout:  f.timeout,
		Parallel: f.parallel,
	}
	switch {
	case f.timeout < 0:
		return o, usageError(fmt.Errorf("timeout %v: is no time", f.timeout), "such as 30s or 5m")
	case f.parallel < 0:
		return o, usageError(fmt.Errorf("parallel %d: is no number of tests", f.parallel), "leave it out for as many as there are processors")
	case f.watch && f.update:
		return o, usageError(errors.New("test: both --watch and --update"), "update once, read the difference, then watch")
	}
	if !slices.Contains(suite.FormatNames(), f.name()) {
		return o, usageError(fmt.Errorf("format %s: there is none of this name", f.format), "one of "+strings.Join(suite.FormatNames(), ", "))
	}
	if f.run != "" {
		run, err := regexp.Compile(f.run)
		if err != nil {
			return o, usageError(fmt.Errorf("run %s: read: %w", f.run, err), "a regular expression, such as root_usage or 'alarm (off|gone)'")
		}
		o.Run = run
	}
	f.measure.begin(&o)
	return o, f.measure.check()
}

// write writes the results. As text, those of the mutants have their own form; elsewhere a mutant is a test.
func (f *testFlags) write(std stdio, results []suite.Result, broken []mutants) error {
	var b bytes.Buffer
	if f.name() == "text" {
		return f.writeText(std, results, broken)
	}
	for _, m := range broken {
		results = append(results, m.cases()...)
	}
	if err := suite.Write(&b, f.name(), results, suite.Style{Verbose: f.verbose}); err != nil {
		return err
	}
	return writeOutput(std, f.file, b.Bytes())
}

func (f *testFlags) writeText(std stdio, results []suite.Result, broken []mutants) error {
	var b bytes.Buffer
	if len(results) > 0 {
		if err := suite.Write(&b, "text", results, suite.Style{Verbose: f.verbose}); err != nil {
			return err
		}
	}
	for _, m := range broken {
		text, err := m.text(f.verbose)
		if err != nil {
			return err
		}
		b.WriteString(text)
	}
	return writeOutput(std, f.file, b.Bytes())
}

// testCode is the exit code that the results mean: what could not be run comes before what failed, and only skipped tests are no
// tests.
func testCode(results []suite.Result) error {
	switch s := suite.Count(results); {
	case s.Error > 0:
		return exitWith(exitUsage)
	case s.Fail > 0:
		return exitWith(exitFails)
	case s.Pass == 0:
		return usageError(errors.New("test: every test is skipped"), "rename todo_test_NAME to test_NAME")
	}
	return nil
}
