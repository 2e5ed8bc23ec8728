package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// evaluateFlags are how snapshots are judged.
type evaluateFlags struct {
	outputFlags
	policyFlags
	limitFlags
	explain   explainFlags
	noRecords bool
	controls  []string
	level     int
	maxEvents int
	waivers   string
	failOn    string
	shard     string
	strict    bool // a policy that cannot be used is an error, not a row
	sample    string
	given     func(flag string) bool // on the command line
}

func newEvaluateCommand(std stdio) *cobra.Command {
	f := &evaluateFlags{}
	cmd := &cobra.Command{
		Use:   "evaluate [PATH...]",
		Short: "Judge snapshots offline: would anyone have been told?",
		Long: `Judges snapshots with the policies of a benchmark's edition, and reports every control of it.

PATH is a snapshot (.json, .json.gz), a folder of them, or - for stdin. Several accounts in one run see each other: a trail
that writes to a log group of another account, an alarm or a topic there, is followed.

A policy that cannot be used, gives no verdict, or takes more time or memory than it may is a row of status unknown that says so;
the others judge. A snapshot that cannot be read is a row of the report, too, where there are others.

Any number of snapshots takes the same memory: they are judged one by one, by all processors, and the report is written as it comes. With
--shard I/N, N runs anywhere judge a part each, and "cistern merge" puts the parts together.

Exit codes: 0 nothing fails or is unknown, 3 a control fails, 4 none fails but some are unknown, 2 wrong usage, unreadable input, a
policy or snapshot that was of no use (whatever --fail-on says; the report is written), or no control was judged, 1 the tool failed.`,
		Example: `  cistern evaluate --sample broken-pattern-misses
  cistern evaluate prod.json
  cistern evaluate prod.json --explain 5.5
  cistern evaluate snapshots/ --benchmark 1.4.0 --level 1 -o report.json
  cistern evaluate snapshots/ -o report.json -o report.html -o -
  cistern evaluate snapshots/ --shard 3/8 -o part-3.json`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			f.given = cmd.Flags().Changed
			return evaluate(cmd.Context(), std, paths, f)
		},
	}
	f.register(cmd)
	f.registerDepth(cmd)
	cmd.Flags().StringVar(&f.sample, "sample", "", "judge the embedded sample snapshot `NAME`; list names them")
	completeFrom(cmd, "sample", func() []string { return append(samples.Names(), "list") })
	cmd.Flags().StringVar(&f.shard, "shard", "", "judge only `PART` I/N of the accounts, 1/8 to 8/8; job/8: the part of this pod of a Kubernetes Indexed Job")
	return cmd
}

// register adds the flags that say how snapshots are judged; not those that say which.
func (f *evaluateFlags) register(cmd *cobra.Command) {
	f.outputFlags.register(cmd)
	f.policyFlags.register(cmd)
	f.limitFlags.register(cmd)
	flags := cmd.Flags()
	registerControls(cmd, &f.controls)
	f.explain.register(cmd)
	f.explain.registerTrace(cmd)
	flags.BoolVar(&f.noRecords, "no-records", false, "leave out of the report what the snapshots say where findings point: smaller, but not to be read alone")
	flags.IntVar(&f.level, "level", 0, "only controls up to this level, 1 or 2 (default: all)")
	flags.IntVar(&f.maxEvents, "max-events", 0, "accept alarms that ring after up to `N` events (default 1)")
	flags.StringVar(&f.waivers, "waivers", "", "YAML `FILE` of failures that someone answers for until a day")
	registerFailOn(cmd, &f.failOn)
}

func registerFailOn(cmd *cobra.Command, failOn *string) {
	cmd.Flags().StringVar(failOn, "fail-on", "unknown", "`WHAT` ends with an exit code other than 0: unknown (and fail), fail, never")
	completeFrom(cmd, "fail-on", func() []string { return failOns })
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
	if err := f.spareInputs(std, paths); err != nil {
		return err
	}
	if len(f.explain.controls) > 0 {
		engine, inputs, options, err := f.read(ctx, std, paths)
		if err != nil {
			return err
		}
		return f.explained(ctx, std, engine, inputs, options)
	}
	progress := newFleetProgress(std.err)
	scan := func() (*fleet, error) { return f.scan(ctx, std, paths, progress) }
	engine, all, options, err := beside(ctx, f, scan)
	if err != nil {
		return err
	}
	return f.judgeFleet(ctx, &fleetRun{std: std, engine: engine, options: options, fleet: all, progress: progress})
}

func (f *evaluateFlags) scan(ctx context.Context, std stdio, paths []string, p *fleetProgress) (*fleet, error) {
	if f.sample != "" {
		return sampleFleet(f.sample)
	}
	return scanFleet(ctx, std.in, paths, p)
}

// judgeFleet evaluates snapshots one by one, writes the report, and ends with the exit code that it means.
func (f *evaluateFlags) judgeFleet(ctx context.Context, run *fleetRun) error {
	var err error
	run.part, err = f.shards(&run.options)
	if err != nil {
		return readable(err)
	}
	easeCollection()
	run.options.Print = printTo(run.std.err)
	if run.outputs, err = f.all(); err != nil {
		return err
	}
	run.style = func(out output) report.Style { return f.style(run.std, out) }
	if !slices.ContainsFunc(run.outputs, func(out output) bool { return report.UsesRecords(out.format) }) {
		run.options.NoRecords = true
	}
	return run.judge(ctx, func(r *report.Stream) error {
		write := func() error { return f.writeStream(run.std, r) }
		if run.part != nil { // what the exit code says is the whole's to say
			return readable(write())
		}
		return conclude(run.std, r, run.engine.Barren(), f.failOn, write)
	})
}

// explained evaluates snapshots that are all in memory, and writes why controls have their status in place of the report.
func (f *evaluateFlags) explained(ctx context.Context, std stdio, engine *evaluator.Engine, inputs []evaluator.Input, options evaluator.Options) error {
	easeCollection()
	options.Print = printTo(std.err)
	r, err := engine.Evaluate(ctx, inputs, options)
	if err != nil {
		return readable(err)
	}
	return conclude(std, r.Stream(), engine.Barren(), f.failOn, func() error {
		return f.explain.write(std, &f.outputFlags, r, f.explain.tracing(ctx, engine, inputs, options))
	})
}

// conclude writes a report, says on stderr what is to be known of it, and ends with the exit code that it means. Barren are sources of
// policies that were asked nothing.
func conclude(std stdio, s *report.Stream, barren []string, failOn string, write func() error) error {
	if err := write(); err != nil {
		return readable(err)
	}
	r := s.Head
	for _, source := range r.Policies.Sources {
		if len(source.Replaces) > 0 {
			say(std.err, "note: policies ", source)
		}
	}
	for _, note := range r.Notes {
		say(std.err, "note: ", note)
	}
	wrong := unusable(std, r)
	if unreadSaid(std, r) || wrong {
		return exitWith(exitUsage)
	}
	if len(barren) > 0 {
		return usageError(fmt.Errorf("%s: evaluate: no policy of it was asked anything", strings.Join(barren, ", ")), "the notes say why; cistern policy check says more")
	}
	if err := nothingJudged(r); err != nil {
		return err
	}
	if code := codeOf(r.Summary, failOn); code != exitOK {
		return exitWith(code)
	}
	return nil
}

// read compiles the policies while it reads the snapshots.
func (f *evaluateFlags) read(ctx context.Context, std stdio, paths []string) (*evaluator.Engine, []evaluator.Input, evaluator.Options, error) {
	return beside(ctx, f, func() ([]evaluator.Input, error) { return f.inputs(std, paths) })
}

// beside compiles the policies while something else is read. What is wrong with the policies and options is said first.
func beside[T any](ctx context.Context, f *evaluateFlags, read func() (T, error)) (*evaluator.Engine, T, evaluator.Options, error) {
	type reading struct {
		value T
		err   error
	}
	reads := make(chan reading, 1)
	go func() {
		value, err := read()
		reads <- reading{value, err}
	}()
	engine, options, err := f.engine(ctx)
	if err != nil {
		var none T
		return nil, none, options, readable(err)
	}
	done := <-reads
	return engine, done.value, options, done.err
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
	switch {
	case f.given("level") && (f.level < 1 || f.level > 2):
		return wrong("CIS has levels 1 and 2", "level %d: there is none", f.level)
	case f.given("max-events") && f.maxEvents < 1:
		return wrong("1 is what the benchmark means", "max-events %d: is less than one event", f.maxEvents)
	}
	if err := checkFailOn(f.failOn); err != nil {
		return err
	}
	if err := f.policyFlags.check(); err != nil {
		return err
	}
	if !f.strict {
		if err := f.limitFlags.check(); err != nil {
			return err
		}
	}
	if err := f.outputFlags.check(); err != nil {
		return err
	}
	if err := f.checkShard(); err != nil {
		return err
	}
	return f.explain.check(&f.outputFlags)
}

func checkFailOn(failOn string) error {
	if slices.Contains(failOns, failOn) {
		return nil
	}
	return usageError(fmt.Errorf("fail-on %s: there is none", failOn), "one of "+strings.Join(failOns, ", "))
}

// engine compiles the policies and reads everything that the flags name, but for the snapshots.
func (f *evaluateFlags) engine(ctx context.Context) (*evaluator.Engine, evaluator.Options, error) {
	from, o, err := f.policyFlags.read()
	if err != nil {
		return nil, o, err
	}
	o.Controls, o.Level, o.NoRecords = f.controls, f.level, f.noRecords
	if f.maxEvents > 0 {
		o.Parameters["max_events"] = f.maxEvents
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
	compile := evaluator.Compile
	if !f.strict {
		if err := f.limit(&o); err != nil {
			return nil, o, err
		}
		compile = evaluator.Isolate
	}
	engine, err := compile(ctx, from)
	if err != nil {
		return nil, o, err
	}
	return engine, o, engine.CheckWaivers(ctx, o)
}

func (f *evaluateFlags) inputs(std stdio, paths []string) ([]evaluator.Input, error) {
	if f.sample == "" {
		return readInputs(std.in, paths)
	}
	in, err := readSample(f.sample)
	return []evaluator.Input{in}, err
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
