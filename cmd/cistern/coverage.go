package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/evaluator/suite"
)

// measureFlags are what is measured of policies while their tests run.
type measureFlags struct {
	coverage  bool
	threshold float64
	file      string
	profile   int
}

func (f *measureFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.coverage, "coverage", false, "say which lines of the policies under test were never evaluated")
	flags.Float64Var(&f.threshold, "threshold", 0, "with --coverage: less than `PERCENT` of the lines is a failure")
	flags.StringVar(&f.file, "coverage-output", "", "write the coverage to this `FILE`: .xml is Cobertura, .json OPA's own form, .info lcov")
	flags.IntVar(&f.profile, "profile", 0, "say on stderr which `N` lines of policies took the longest (default 10)")
	flags.Lookup("profile").NoOptDefVal = "10"
}

// check is what can be refused before anything is run.
func (f *measureFlags) check() error {
	ending := filepath.Ext(f.file)
	switch {
	case f.threshold < 0 || f.threshold > 100 || math.IsNaN(f.threshold):
		return usageError(fmt.Errorf("threshold %v: is no percentage", f.threshold), "from 0 to 100, such as 90")
	case f.file != "" && coverageForms[ending] == nil:
		return usageError(fmt.Errorf("%s: write the coverage: %q says no form", f.file, ending), "end the file's name in .xml (Cobertura), .json or .info (lcov)")
	case f.profile < 0:
		return usageError(fmt.Errorf("profile %d: is no number of lines", f.profile), "such as 10")
	case f.measuresCoverage() && f.profile > 0:
		return usageError(errors.New("test: both --coverage and --profile"), "measure one at a time: each makes the other slower")
	}
	return nil
}

func (f *measureFlags) measuresCoverage() bool { return f.coverage || f.threshold > 0 || f.file != "" }

// begin hangs what measures into a run.
func (f *measureFlags) begin(o *suite.Options) {
	if f.measuresCoverage() {
		o.Coverage = evaluator.NewCoverage()
	}
	if f.profile > 0 {
		o.Profile = &evaluator.Profile{}
	}
}

// conclude says what was measured, to out what is a result; outcome is what the tests themselves end with, which goes first.
func (f *measureFlags) conclude(std stdio, out io.Writer, o suite.Options, outcome error) error {
	var exit *exitError
	if outcome != nil && (!errors.As(outcome, &exit) || exit.err != nil) {
		return outcome // no test was run
	}
	if o.Profile != nil {
		if err := writeProfile(std.err, o.Profile.Lines(f.profile)); err != nil {
			return err
		}
	}
	if o.Coverage == nil {
		return outcome
	}
	files := o.Coverage.Files()
	if len(files) == 0 {
		return usageError(errors.New("coverage: no policy of yours is under test"), "give the folder that holds the policies, or name it in the suite's policies")
	}
	if f.file != "" {
		data, err := coverageForms[filepath.Ext(f.file)](files)
		if err != nil {
			return err
		}
		if err := writeOutput(std, f.file, data); err != nil {
			return err
		}
	}
	if _, err := out.Write(coverageText(files)); err != nil {
		return err
	}
	if total := totalOf(files); total.percent() < f.threshold {
		say(std.err, "", fmt.Sprintf("coverage: %s of the lines is below the threshold of %v %%", total, f.threshold))
		if outcome == nil {
			return exitWith(exitFails)
		}
	}
	return outcome
}

// lineCount is how many lines there are to evaluate, and how many of them were.
type lineCount struct{ covered, all int }

func totalOf(files []evaluator.CoveredFile) lineCount {
	var sum lineCount
	for i := range files {
		one := linesOf(&files[i])
		sum.covered, sum.all = sum.covered+one.covered, sum.all+one.all
	}
	return sum
}

func linesOf(f *evaluator.CoveredFile) lineCount {
	return lineCount{len(f.Covered), len(f.Covered) + len(f.Missed)}
}

func (c lineCount) percent() float64 {
	if c.all == 0 {
		return 100
	}
	return 100 * float64(c.covered) / float64(c.all)
}

// String never says 100 % of what is not all.
func (c lineCount) String() string { return fmt.Sprintf("%.1f %%", math.Floor(10*c.percent())/10) }

// coverageText is a line a file, below it the lines that were never evaluated, and the sum.
func coverageText(files []evaluator.CoveredFile) []byte {
	var b bytes.Buffer
	widest := 0
	for _, f := range files {
		widest = max(widest, len(f.File))
	}
	for i := range files {
		f := &files[i]
		count := linesOf(f)
		fmt.Fprintf(&b, "coverage %8s  %-*s  %d of %d lines\n", count, widest, report.Clean(f.File), count.covered, count.all)
		for _, span := range spans(f.Missed) {
			fmt.Fprintf(&b, "      never  %s:%s\n", report.Clean(f.File), span)
		}
	}
	total := totalOf(files)
	fmt.Fprintf(&b, "coverage %8s  of all: %d of %d lines, files: %d\n", total, total.covered, total.all, len(files))
	return b.Bytes()
}

// spans are ascending lines as "3" and "7-9".
func spans(lines []int) []string {
	var all []string
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n] == lines[0]+n {
			n++
		}
		if n == 1 {
			all = append(all, fmt.Sprint(lines[0]))
		} else {
			all = append(all, fmt.Sprintf("%d-%d", lines[0], lines[n-1]))
		}
		lines = lines[n:]
	}
	return slices.Clip(all)
}

// writeProfile is a table of lines, the slowest first.
func writeProfile(to io.Writer, lines []evaluator.ProfiledLine) error {
	const widest = 70
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "time\tevaluated\tredone\twhere\twhat")
	for _, line := range lines {
		text := []rune(report.Clean(strings.Join(strings.Fields(line.Text), " ")))
		if len(text) > widest {
			text = append(text[:widest-1], '…')
		}
		fmt.Fprintf(table, "%v\t%d\t%d\t%s:%d\t%s\n", line.Took.Round(time.Microsecond), line.Evaluations, line.Redos, report.Clean(line.File), line.Line, string(text))
	}
	return table.Flush()
}
