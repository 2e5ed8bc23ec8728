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
}

func newTestCommand(std stdio) *cobra.Command {
	f := &testFlags{}
	cmd := &cobra.Command{
		Use:   "test [PATH...]",
		Short: "Run Rego unit tests, and regression suites of saved snapshots",
		Long: `Runs the Rego unit tests (*_test.rego) and the regression suites (*_suite.yaml) below PATH, a folder or one such file; the
current folder if none is given. A suite names snapshots and what each control must say of them. Rego tests find the embedded
policies, cistern's builtins, and saved snapshots at data.saved: the embedded samples and those in PATH/saved, by file name.

Exit codes: 0 all tests passed, 3 a test failed, 2 wrong usage, nothing to run, or a test that names what cannot be read, 1 the
tool failed.`,
		Example: `  cistern test
  cistern test policies/ --run root_usage
  cistern test accounts_suite.yaml -o results.xml
  cistern test accounts_suite.yaml --update`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			return runTests(cmd.Context(), std, paths, f)
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
	f.measure.register(cmd)
	completeFrom(cmd, "format", suite.FormatNames)
}

func runTests(ctx context.Context, std stdio, paths []string, f *testFlags) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	found, err := findTests(paths, f.saved)
	if err != nil {
		return err
	}
	results, err := found.runAll(ctx, options, f.run)
	if err == nil && f.update {
		results, err = found.update(ctx, std, options, results)
	}
	if err != nil {
		return readable(err)
	}
	if len(results) == 0 {
		return usageError(fmt.Errorf("test: no test was run in %s", strings.Join(paths, ", ")), f.emptyHint())
	}
	if err := f.write(std, results); err != nil {
		return err
	}
	for _, note := range suite.Notes(found.suites, results) {
		say(std.err, "note: ", note)
	}
	return f.measure.conclude(std, f.beside(std), options, testCode(results))
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
		Sources: []evaluator.Source{{Name: "embedded", FS: policies.FS, Catalogue: true}},
		Sample:  samples.Read,
		Tool:    report.Tool{Name: "cistern", Version: version},
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

func (f *testFlags) write(std stdio, results []suite.Result) error {
	var b bytes.Buffer
	if err := suite.Write(&b, f.name(), results, suite.Style{Verbose: f.verbose}); err != nil {
		return err
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
