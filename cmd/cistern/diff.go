package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/drift"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// driftFlags are how two audits are compared.
type driftFlags struct {
	diffFlags
	evaluate       evaluateFlags
	judging        []string // names of the flags that say how snapshots are judged
	acrossEditions bool
}

func newDiffCommand(std stdio) *cobra.Command {
	f := &driftFlags{}
	kinds := []string{"regression", "change", "never"}
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Say what changed in the verdicts from one audit to another, regressions first, and why",
		Long: `Compares two saved reports (JSON), or two snapshots or folders of them, which are judged as "cistern evaluate" does, with the same
policies, waivers and options for both, each as of its own time.

A regression is a control that fails now and did not, or is unknown now and was decided; also where a waiver or an attestation
expired. A new pass is no drift. With each change come the resources that differ among those that the answer rests on.

Exit codes: 0 no regression, 3 regressions (--fail-on change: any change but improvements), 2 wrong usage, unreadable input or a
policy that could not judge, 1 the tool failed.`,
		Example: "  cistern diff january.json february.json\n  cistern diff january/ february/ --waivers waivers.yaml -o drift.md\n  cistern diff baseline-report.json report.json -f markdown",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.evaluate.given = cmd.Flags().Changed
			if err := f.check(kinds...); err != nil {
				return err
			}
			return diff(cmd.Context(), std, f, args[0], args[1])
		},
	}
	f.evaluate.registerJudging(cmd)
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { f.judging = append(f.judging, flag.Name) })
	f.diffFlags.register(cmd, kinds...)
	cmd.Flags().BoolVar(&f.acrossEditions, "across-editions", false, "compare reports of two editions, by the names of controls")
	cmd.AddCommand(newDiffSchemaCommand(std, drift.Schema()))
	return cmd
}

// registerJudging adds the flags that say how snapshots are judged, and none of how a report is written.
func (f *evaluateFlags) registerJudging(cmd *cobra.Command) {
	f.policyFlags.register(cmd)
	f.limitFlags.register(cmd)
	registerControls(cmd, &f.controls)
	cmd.Flags().IntVar(&f.level, "level", 0, "only controls up to this level, 1 or 2 (default: all)")
	cmd.Flags().IntVar(&f.maxEvents, "max-events", 0, "accept alarms that ring after up to `N` events (default 1)")
	cmd.Flags().StringVar(&f.waivers, "waivers", "", "YAML `FILE` of failures that someone answers for until a day")
	f.failOn = failOns[0] // not asked for here
}

func diff(ctx context.Context, std stdio, f *driftFlags, from, to string) error {
	if from == "-" && to == "-" {
		return usageError(errors.New("diff: both are stdin"), "name a file for one of them")
	}
	if err := spare(std.in, []output{{file: f.output}}, append(f.evaluate.named(), from, to)); err != nil {
		return err
	}
	a, err := readAudit(std.in, from)
	if err != nil {
		return err
	}
	b, err := readAudit(std.in, to)
	if err != nil {
		return err
	}
	o := drift.Options{AcrossEditions: f.acrossEditions}
	judged := a == nil && b == nil
	switch {
	case judged:
		if a, b, err = f.judge(ctx, std, from, to, &o); err != nil {
			return err
		}
	case a == nil || b == nil:
		snapshot := from
		if a != nil {
			snapshot = to
		}
		return usageError(fmt.Errorf("%s: diff: is no report, and the other is one", snapshot), "cistern evaluate "+snapshot+" -o report.json makes its report")
	default:
		if err := f.onlyReports(); err != nil {
			return err
		}
	}
	d, err := drift.Compare(a, b, o)
	if err != nil {
		return incomparable(err)
	}
	if err := f.sameAccounts(d.OnlyFrom, d.OnlyTo); err != nil {
		return err
	}
	var text bytes.Buffer
	if err := d.Write(&text, f.format); err != nil {
		return err
	}
	if err := writeOutput(std, f.output, text.Bytes()); err != nil {
		return err
	}
	if judged {
		if unusable(std, b) || unusable(std, a) {
			return exitWith(exitUsage)
		}
		if err := nothingJudged(b); err != nil {
			return err
		}
	}
	changes := d.Summary.Regressions
	if f.failOn == "change" {
		changes += d.Summary.Changes
	}
	if changes > 0 && f.failOn != "never" {
		return exitWith(exitFails)
	}
	return nil
}

// onlyReports refuses flags that say how to judge where nothing is judged.
func (f *driftFlags) onlyReports() error {
	if i := slices.IndexFunc(f.judging, f.evaluate.given); i >= 0 {
		return usageError(fmt.Errorf("--%s: two reports are compared as they are", f.judging[i]), "give two snapshots to have them judged so")
	}
	return nil
}

// incomparable is two reports that cannot be compared: the input's fault.
func incomparable(err error) error {
	var edition *drift.EditionError
	var twin *drift.TwinError
	switch {
	case errors.As(err, &edition):
		return usageError(fmt.Errorf("diff: %w", err), "evaluate both with one --benchmark, or compare by the names of controls: --across-editions")
	case errors.As(err, &twin):
		return usageError(fmt.Errorf("diff: %w", err), "this is no report that cistern wrote")
	}
	return err
}

// judge evaluates the snapshots of both sides, one after the other, and tells the comparison what changed in an account.
func (f *driftFlags) judge(ctx context.Context, std stdio, from, to string, o *drift.Options) (a, b *report.Report, err error) {
	if err := f.evaluate.check(); err != nil {
		return nil, nil, err
	}
	s, err := bothSides(from, to)
	if err != nil {
		return nil, nil, err
	}
	if err := f.sameAccounts(s.onlyFrom, s.onlyTo); err != nil {
		return nil, nil, err
	}
	engine, options, err := f.evaluate.engine(ctx)
	if err != nil {
		return nil, nil, readable(err)
	}
	options.NoRecords = true // the snapshots are at hand
	options.Print = printTo(std.err)
	easeCollection()
	reports := [2]*report.Report{}
	for i, path := range []string{from, to} {
		progress := newFleetProgress(std.err)
		all, err := scanFleet(ctx, std.in, []string{path}, progress)
		if err != nil {
			return nil, nil, err
		}
		if reports[i], err = all.judged(ctx, engine, options, progress); err != nil {
			return nil, nil, readable(err)
		}
	}
	o.States = s.changed
	return reports[0], reports[1], nil
}

// judged is the report on all snapshots, of which no more are in memory than are judged at once. One that cannot be read is an error.
func (f *fleet) judged(ctx context.Context, engine *evaluator.Engine, options evaluator.Options, progress *fleetProgress) (*report.Report, error) {
	if f.one != nil {
		return nil, unreadable(f.one)
	}
	roster, err := evaluator.NewRoster(f.cards)
	if err != nil {
		return nil, err
	}
	judging, err := engine.Fleet(options, f.open)
	if err != nil {
		return nil, err
	}
	cards := roster.Cards()
	visit := func(ctx context.Context, i int) (*evaluator.Judged, error) {
		return judging.Judge(ctx, cards[i], roster)
	}
	var tally evaluator.Tally
	var accounts []report.Account
	progress.begin("judging", len(cards))
	defer progress.end()
	err = inOrder(ctx, len(cards), min(len(cards), runtime.GOMAXPROCS(0)), visit, func(_ int, j *evaluator.Judged) error {
		progress.step()
		if len(j.Printed) > 0 {
			progress.interrupted(func() {
				for _, p := range j.Printed {
					options.Print(p.File, p.Line, p.Text)
				}
			})
		}
		tally.Add(j)
		accounts = append(accounts, j.Account)
		return nil
	})
	var unread *evaluator.UnreadError
	if errors.As(err, &unread) {
		return nil, unreadable(named(unread))
	}
	if err != nil {
		return nil, err
	}
	r := judging.Head(&tally, roster.Latest())
	r.Accounts = accounts
	return r, nil
}

// readAudit reads the report in a file, packed or not, - being stdin; nil if there are snapshots.
func readAudit(stdin io.Reader, path string) (*report.Report, error) {
	in, name := stdin, "stdin"
	if path != "-" {
		info, err := os.Stat(path)
		if err != nil {
			return nil, readable(err)
		}
		if info.IsDir() {
			return nil, nil
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, readable(err)
		}
		defer file.Close()
		in, name = file, path
	}
	unpacked, err := unpack(in)
	if err != nil {
		return nil, usageError(fmt.Errorf("%s: %w", name, err), "")
	}
	r, err := report.Read(unpacked)
	var schema *report.SchemaError
	switch {
	case errors.As(err, &schema) && schema.IsSnapshot() && path != "-":
		return nil, nil
	case errors.As(err, &schema) && schema.IsSnapshot():
		return nil, usageError(errors.New("stdin: is a snapshot"), "write it to a file; stdin may be a report")
	case err != nil:
		return nil, usageError(fmt.Errorf("%s: %w", name, err), "diff compares two reports that cistern evaluate -f json saved, or two snapshots")
	}
	return r, nil
}
