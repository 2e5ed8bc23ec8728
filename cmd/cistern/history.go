package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/history"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// historyFlags are which snapshots are looked at, how they are judged, and how it is told.
type historyFlags struct {
	historyOutputs
	evaluate evaluateFlags
	all      bool
	accounts []string
	since    string
	until    string
	stale    string
	together time.Duration
}

func newHistoryCommand(std stdio) *cobra.Command {
	f := &historyFlags{}
	cmd := &cobra.Command{
		Use:   "history PATH...",
		Short: "Say when each control broke and when it was mended, over dated snapshots",
		Long: `Judges dated snapshots, any number of each account, and says of every control and account when it broke, when it was mended, and how long
it was down at least and at most. PATH is a folder of snapshots (.json, .json.gz), in any order and below any names, or a snapshot.

A snapshot's date is when it was collected. Each is judged as of that time, and beside the other accounts as they were then; all with
the same policies, so that what changed changed in an account. A broken snapshot is noted and left out.

Exit codes: 0 nothing is broken at the end, 3 a control is broken now, 4 none is but some are unknown, 2 wrong usage, unreadable
input or a policy that could not judge (the history is written), 1 the tool failed.`,
		Example: `  cistern history snapshots/
  cistern history snapshots/ --control root-usage --since 2026-01-01 -o history.html -o history.csv -o -
  cistern history snapshots/ --account 111122223333 -f csv --states`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return usageError(errors.New("history: no snapshots given"), "name the folders where dated snapshots are kept")
			}
			f.evaluate.given = cmd.Flags().Changed
			return f.run(cmd.Context(), std, paths)
		},
	}
	f.evaluate.registerJudging(cmd)
	flags := cmd.Flags()
	if err := flags.MarkHidden("as-of"); err != nil { // it would judge all as of one time
		panic(err) // the flag was registered above
	}
	registerFailOn(cmd, &f.evaluate.failOn)
	f.historyOutputs.register(cmd)
	flags.BoolVar(&f.all, "all", false, "controls that are left to a human, too")
	flags.StringArrayVar(&f.accounts, "account", nil, "only the account of this `ID` (repeatable); the others are still looked at where its links lead")
	flags.StringVar(&f.since, "since", "", "only snapshots from this `TIME` on, RFC 3339 or a day")
	flags.StringVar(&f.until, "until", "", "only snapshots up to this `TIME`, RFC 3339 or a day, which is included")
	flags.StringVar(&f.stale, "stale", "", "`TIME` without a snapshot (48h, 10d) beyond which nothing is known of an account; 0: never (default: two and a half times the usual one)")
	flags.DurationVar(&f.together, "together", 6*time.Hour, "snapshots of several accounts within this `TIME` of each other may be of one run")
	cmd.AddCommand(&cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a history",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := std.out.Write(history.Schema())
			return err
		},
	})
	return cmd
}

// check refuses what cannot be, before anything is read.
func (f *historyFlags) check() (period, error) {
	var p period
	if f.evaluate.given("as-of") {
		return p, usageError(errors.New("--as-of: each snapshot is judged as of its own time"), "--until leaves out what is later")
	}
	if err := f.evaluate.check(); err != nil {
		return p, err
	}
	if err := f.historyOutputs.check(); err != nil {
		return p, err
	}
	if f.together < 0 {
		return p, usageError(fmt.Errorf("together %v: is less than nothing", f.together), "0 takes what was there at that moment or before")
	}
	for i, id := range f.accounts {
		if slices.Contains(f.accounts[:i], id) {
			return p, usageError(fmt.Errorf("account %s: is named twice", id), "name each account once")
		}
	}
	p.accounts = f.accounts
	var err error
	if p.since, err = parseMoment("since", f.since, false); err != nil {
		return p, err
	}
	if p.until, err = parseMoment("until", f.until, true); err != nil {
		return p, err
	}
	if !p.since.IsZero() && !p.until.IsZero() && p.until.Before(p.since) {
		return p, usageError(fmt.Errorf("until %s: is before since %s", f.until, f.since), "")
	}
	p.stale, err = parseStale(f.stale)
	return p, err
}

// parseMoment reads RFC 3339 or a day: its first moment, or its last.
func parseMoment(flag, text string, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usageError(fmt.Errorf("%s %s: read: not a time", flag, text), "write 2026-01-05T10:00:00Z or 2026-01-05")
	}
	if end {
		t = t.AddDate(0, 0, 1).Add(-1)
	}
	return t, nil
}

// parseStale reads a time such as 48h or 10d; -1 if none is given.
func parseStale(text string) (time.Duration, error) {
	if text == "" {
		return -1, nil
	}
	wrong := usageError(fmt.Errorf("stale %s: read: not a time", text), "write 48h or 10d; 0 knows of no holes")
	if days, ok := strings.CutSuffix(text, "d"); ok {
		const most = 36500
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > most {
			return 0, wrong
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, wrong
	}
	return d, nil
}

func (f *historyFlags) run(ctx context.Context, std stdio, paths []string) error {
	within, err := f.check()
	if err != nil {
		return err
	}
	outputs, err := f.historyOutputs.all()
	if err != nil {
		return err
	}
	if err := spare(std.in, outputs, append(f.evaluate.named(), paths...)); err != nil {
		return err
	}
	progress := newFleetProgress(std.err)
	engine, all, options, err := beside(ctx, &f.evaluate, func() (*fleet, error) { return scanFleet(ctx, std.in, paths, progress) })
	if err != nil {
		return err
	}
	line, err := newTimeline(ctx, all, f.together)
	if err != nil {
		return err
	}
	cards, err := line.within(within)
	if err != nil {
		return err
	}
	easeCollection()
	options.NoRecords = true
	options.Print = printTo(std.err)
	r := &historyRun{std: std, all: all, line: line, cards: cards, progress: progress, options: history.Options{Hole: within.stale, Manual: f.all}}
	if within.stale < 0 {
		r.options.Hole = history.HoleAfter(intervals(cards))
	}
	h, head, err := r.judge(ctx, engine, options)
	if err != nil {
		return readable(err)
	}
	return conclude(std, &report.Stream{Head: head}, engine.Barren(), f.evaluate.failOn, func() error { return f.write(std, h) })
}

// historyRun judges snapshots in the order of their times.
type historyRun struct {
	std      stdio
	all      *fleet
	line     *timeline
	cards    []evaluator.Card
	progress *fleetProgress
	options  history.Options

	recorder *history.Recorder
	tally    evaluator.Tally
	said     map[report.PolicyError]bool
}

// seen is what came of judging one snapshot: no more than is kept.
type seen struct {
	sighting history.Sighting
	controls []history.Control // of the first alone
	judged   *evaluator.Judged // without its results
	unread   *evaluator.UnreadError
}

// judge gives the history, and the report on the run, whose summary is what is seen at the end.
func (r *historyRun) judge(ctx context.Context, engine *evaluator.Engine, options evaluator.Options) (*history.History, *report.Report, error) {
	judging, err := engine.Fleet(options, r.all.open)
	if err != nil {
		return nil, nil, err
	}
	r.tally.Unread, r.said = r.all.unread, map[report.PolicyError]bool{}
	r.progress.begin("judging", len(r.cards))
	defer r.progress.end()
	visit := func(ctx context.Context, i int) (seen, error) {
		j, err := judging.Judge(ctx, r.cards[i], r.line.at(r.cards[i].CollectedAt))
		var s seen
		if errors.As(err, &s.unread) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		return seenOf(j, r.cards[i].CollectedAt), nil
	}
	if err := inOrder(ctx, len(r.cards), min(len(r.cards), runtime.GOMAXPROCS(0)), visit, func(_ int, s seen) error { return r.add(s, options) }); err != nil {
		return nil, nil, err
	}
	r.progress.end()
	if r.recorder == nil {
		return nil, nil, r.all.noneJudged(r.tally.Unread)
	}
	h := r.recorder.History()
	head := judging.Head(&r.tally, h.To)
	h.Tool, h.Benchmark, h.Policies = head.Tool, head.Benchmark, head.Policies.Digest
	h.Notes, h.Unread, h.Errors = head.Notes, head.Unread, head.Policies.Errors
	head.Summary = h.Summary.Now
	return h, head, nil
}

// noneJudged is a run of which every snapshot turned out to be of no use.
func (f *fleet) noneJudged(unread []report.Unread) error {
	u := unread[0]
	return usageError(fmt.Errorf("%s: %s (none of %s can be read)", u.File, u.Problem, count(len(unread), "snapshot")), u.Hint)
}

func seenOf(j *evaluator.Judged, at time.Time) seen {
	s := seen{sighting: history.Sighting{Account: j.Account.Account, Alias: j.Account.Alias, At: at}, judged: j}
	for i := range j.Account.Results {
		s.sighting.Verdicts = append(s.sighting.Verdicts, history.VerdictOf(&j.Account.Results[i]))
		s.controls = append(s.controls, history.ControlOf(&j.Account.Results[i]))
	}
	j.Account.Results, j.Account.Records = nil, nil
	return s
}

func (r *historyRun) add(s seen, options evaluator.Options) error {
	r.progress.step()
	if s.unread != nil {
		r.tally.AddUnread(s.unread.Unread)
		return nil
	}
	if len(s.judged.Printed) > 0 {
		r.progress.interrupted(func() {
			for _, p := range s.judged.Printed {
				options.Print(p.File, p.Line, p.Text)
			}
		})
	}
	s.judged.Errors = slices.DeleteFunc(s.judged.Errors, func(e report.PolicyError) bool {
		again := r.said[e] // the same of the same account, at another time
		r.said[e] = true
		return again
	})
	r.tally.Add(s.judged)
	if r.recorder == nil {
		r.recorder = history.NewRecorder(s.controls, r.options)
	}
	return r.recorder.Add(s.sighting)
}
