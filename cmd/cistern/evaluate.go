package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// evaluateFlags are how snapshots are judged.
type evaluateFlags struct {
	outputFlags
	benchmark  string
	policies   []string
	noEmbedded bool
	controls   []string
	level      int
	maxEvents  int
	parameters string
	waivers    string
	asOf       string
	failOn     string
	sample     string
	given      func(flag string) bool // on the command line
}

func newEvaluateCommand(std stdio) *cobra.Command {
	f := &evaluateFlags{}
	cmd := &cobra.Command{
		Use:   "evaluate [PATH...]",
		Short: "Judge snapshots offline: would anyone have been told?",
		Long: `Judges snapshots with the policies of a benchmark's edition, and reports every control of it.

PATH is a snapshot (.json, .json.gz), a folder of them, or - for stdin. Several accounts in one run see each other: a trail
that writes to a log group of another account, an alarm or a topic there, is followed.

Exit codes: 0 nothing fails or is unknown, 3 a control fails, 4 none fails but some are unknown, 2 wrong usage or unreadable
input, 1 the tool failed.`,
		Example: `  cistern evaluate --sample broken-pattern-misses
  cistern evaluate prod.json
  cistern evaluate snapshots/ --benchmark 1.4.0 --level 1 -o report.json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			f.given = cmd.Flags().Changed
			return evaluate(cmd.Context(), std, paths, f)
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&f.sample, "sample", "", "judge the embedded sample snapshot `NAME`; list names them")
	completeFrom(cmd, "sample", func() []string { return append(samples.Names(), "list") })
	return cmd
}

// register adds the flags that say how snapshots are judged; not those that say which.
func (f *evaluateFlags) register(cmd *cobra.Command) {
	f.outputFlags.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.benchmark, "benchmark", "", "the edition: an `ID` (cis-7.0.0, 7.0.0, aws-cloudtrail-alarms) or a YAML file (default: the newest of CIS)")
	flags.StringArrayVar(&f.controls, "control", nil, "only this control, by `SLUG` or by the edition's id (repeatable)")
	flags.IntVar(&f.level, "level", 0, "only controls up to this level, 1 or 2 (default: all)")
	flags.StringArrayVar(&f.policies, "policies", nil, "policies in this `DIR` too; they replace embedded ones of the same package or control (repeatable)")
	flags.BoolVar(&f.noEmbedded, "no-embedded", false, "only the policies of --policies")
	flags.IntVar(&f.maxEvents, "max-events", 0, "accept alarms that ring after up to `N` events (default 1)")
	flags.StringVar(&f.parameters, "parameters", "", "YAML or JSON `FILE` of what the policies may know (max_events, subscribers)")
	flags.StringVar(&f.waivers, "waivers", "", "YAML `FILE` of failures that someone answers for until a day")
	flags.StringVar(&f.asOf, "as-of", "", "judge as of this `TIME`, RFC 3339 or a day (default: when the snapshot was collected)")
	flags.StringVar(&f.failOn, "fail-on", "unknown", "`WHAT` ends with an exit code other than 0: unknown (and fail), fail, never")
	completeFrom(cmd, "fail-on", func() []string { return failOns })
	completeFrom(cmd, "benchmark", editionIDs)
}

func evaluate(ctx context.Context, std stdio, paths []string, f *evaluateFlags) error {
	if f.sample == "list" {
		_, err := fmt.Fprintln(std.out, strings.Join(samples.Names(), "\n"))
		return err
	}
	if err := f.checkPaths(paths); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	engine, inputs, options, err := f.read(ctx, std, paths)
	if err != nil {
		return err
	}
	return f.judge(ctx, std, engine, inputs, options)
}

// judge evaluates snapshots, writes the report, and ends with the exit code that it means.
func (f *evaluateFlags) judge(ctx context.Context, std stdio, engine *evaluator.Engine, inputs []evaluator.Input, options evaluator.Options) error {
	easeCollection()
	r, err := engine.Evaluate(ctx, inputs, options)
	if err != nil {
		return readable(err)
	}
	if err := f.write(std, r); err != nil {
		return err
	}
	for _, note := range r.Notes {
		say(std.err, "note: ", note)
	}
	if code := codeOf(r.Summary, f.failOn); code != exitOK {
		return exitWith(code)
	}
	return nil
}

// read compiles the policies while it reads the snapshots. What is wrong with the policies and options is said first.
func (f *evaluateFlags) read(ctx context.Context, std stdio, paths []string) (*evaluator.Engine, []evaluator.Input, evaluator.Options, error) {
	type reading struct {
		inputs []evaluator.Input
		err    error
	}
	read := make(chan reading, 1)
	go func() {
		inputs, err := f.inputs(std, paths)
		read <- reading{inputs, err}
	}()
	engine, options, err := f.engine(ctx)
	if err != nil {
		return nil, nil, options, readable(err)
	}
	done := <-read
	return engine, done.inputs, options, done.err
}

// easeCollection lets garbage grow further before it is collected, up to some times what was read: a run is short, and what it
// keeps lives to its end anyway.
func easeCollection() {
	const percent, least, times = 400, 400 << 20, 6
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	debug.SetGCPercent(percent)
	debug.SetMemoryLimit(max(least, times*int64(memory.HeapAlloc)))
}

// failOns are what --fail-on takes.
var failOns = []string{"unknown", "fail", "never"}

// checkPaths refuses nothing to judge, and two things at once.
func (f *evaluateFlags) checkPaths(paths []string) error {
	switch {
	case len(paths) == 0 && f.sample == "":
		return usageError(errors.New("evaluate: no snapshot given"), "cistern evaluate --sample compliant shows what a report looks like")
	case len(paths) > 0 && f.sample != "":
		return usageError(errors.New("evaluate: both --sample and snapshots"), "give one or the other")
	}
	return nil
}

// check is what can be refused before anything is read.
func (f *evaluateFlags) check() error {
	wrong := func(hint, format string, args ...any) error { return usageError(fmt.Errorf(format, args...), hint) }
	known := false
	for _, name := range failOns {
		known = known || name == f.failOn
	}
	switch {
	case f.given("level") && (f.level < 1 || f.level > 2):
		return wrong("CIS has levels 1 and 2", "level %d: there is none", f.level)
	case f.given("max-events") && f.maxEvents < 1:
		return wrong("1 is what the benchmark means", "max-events %d: is less than one event", f.maxEvents)
	case f.noEmbedded && len(f.policies) == 0:
		return wrong("add --policies DIR", "evaluate: --no-embedded leaves no policies")
	case !known:
		return wrong("one of "+strings.Join(failOns, ", "), "fail-on %s: there is none", f.failOn)
	}
	return f.outputFlags.check()
}

// engine compiles the policies and reads everything that the flags name, but for the snapshots.
func (f *evaluateFlags) engine(ctx context.Context) (*evaluator.Engine, evaluator.Options, error) {
	o := evaluator.Options{Controls: f.controls, Level: f.level, Tool: report.Tool{Name: "cistern", Version: version}}
	var err error
	if o.AsOf, err = parseTime(f.asOf); err != nil {
		return nil, o, err
	}
	from, err := sources(!f.noEmbedded, f.policies)
	if err != nil {
		return nil, o, err
	}
	if o.Benchmark, err = edition(from, f.benchmark); err != nil {
		return nil, o, err
	}
	if o.Parameters, err = f.readParameters(); err != nil {
		return nil, o, err
	}
	if f.waivers != "" {
		text, err := os.ReadFile(f.waivers)
		if err != nil {
			return nil, o, err
		}
		if o.Waivers, err = evaluator.ParseWaivers(f.waivers, text); err != nil {
			return nil, o, err
		}
	}
	engine, err := evaluator.Compile(ctx, from)
	return engine, o, err
}

func (f *evaluateFlags) readParameters() (map[string]any, error) {
	parameters := map[string]any{}
	if f.parameters != "" {
		text, err := os.ReadFile(f.parameters)
		if err != nil {
			return nil, err
		}
		if parameters, err = evaluator.ParseParameters(f.parameters, text); err != nil {
			return nil, err
		}
	}
	if f.maxEvents > 0 {
		parameters["max_events"] = f.maxEvents
	}
	return parameters, nil
}

func (f *evaluateFlags) inputs(std stdio, paths []string) ([]evaluator.Input, error) {
	if f.sample == "" {
		return readInputs(std.in, paths)
	}
	in, err := readSample(f.sample)
	return []evaluator.Input{in}, err
}

// parseTime reads RFC 3339, or a day, which means its first moment in UTC; zero if text is empty.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usageError(fmt.Errorf("as-of %s: read: not a time", text), "write 2026-01-05T10:00:00Z or 2026-01-05")
	}
	return t, nil
}

// codeOf is the exit code that the summary of all accounts means.
func codeOf(s report.Summary, failOn string) int {
	switch {
	case failOn == "never":
		return exitOK
	case s.Fail > 0:
		return exitFails
	case s.Unknown > 0 && failOn != "fail":
		return exitUnknown
	}
	return exitOK
}
