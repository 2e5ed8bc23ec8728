package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// visited is what came of judging one snapshot: an account, or why it could not be read.
type visited struct {
	judged *evaluator.Judged
	packed spooled
	unread *evaluator.UnreadError
}

// fleetRun judges the snapshots of a fleet, or one part of them.
type fleetRun struct {
	std      stdio
	engine   *evaluator.Engine
	options  evaluator.Options
	fleet    *fleet
	part     *part // nil for all
	progress *fleetProgress
	outputs  []output
	style    func(output) report.Style
}

// judge gives the report to write, which is gone when write returns.
func (r *fleetRun) judge(ctx context.Context, write func(*report.Stream) error) error {
	roster, err := evaluator.NewRoster(r.fleet.cards)
	if err != nil {
		return readable(err)
	}
	cards, unread := r.part.own(roster.Cards(), r.fleet.unread)
	judging, err := r.engine.Fleet(r.options, r.fleet.open)
	if err != nil {
		return readable(err)
	}
	outputs := r.outputs
	if len(cards) > keepFiles {
		outputs = r.formed(judging.Head(&evaluator.Tally{}, roster.Latest()).AsOf)
	}
	pool, err := newSpool(len(cards), outputs)
	if err != nil {
		return err
	}
	defer pool.close()
	tally := &evaluator.Tally{Unread: unread}
	r.progress.begin("judging", len(cards))
	defer r.progress.end()
	visit := func(ctx context.Context, i int) (visited, error) {
		j, err := judging.Judge(ctx, cards[i], roster)
		var v visited
		switch {
		case errors.As(err, &v.unread):
			return v, nil
		case err != nil:
			return v, err
		}
		v.judged = j
		if v.packed, err = pool.pack(&j.Account); v.packed.account == nil {
			j.Account.Results, j.Account.Records = nil, nil // are not needed again
		}
		return v, err
	}
	err = inOrder(ctx, len(cards), min(len(cards), runtime.GOMAXPROCS(0)), visit, func(_ int, v visited) error {
		r.progress.step()
		if v.unread != nil {
			if len(r.fleet.cards)+len(r.fleet.unread) == 1 {
				return unreadable(named(v.unread))
			}
			tally.AddUnread(v.unread.Unread)
			return nil
		}
		if len(v.judged.Printed) > 0 {
			r.progress.interrupted(func() { r.printed(v.judged.Printed) })
		}
		tally.Add(v.judged)
		return pool.add(v.packed)
	})
	if ctx.Err() != nil {
		return fmt.Errorf("evaluate: interrupted after %d of %s: no report is written", r.progress.done, count(len(cards), "snapshot"))
	}
	if err != nil {
		return readable(err)
	}
	r.progress.end()
	head := judging.Head(tally, roster.Latest())
	if r.part != nil {
		head = judging.Shard(tally, roster.Latest(), report.Shard{Index: r.part.index, Of: r.part.of, Snapshots: r.fleet.digest(), Options: r.part.options})
	}
	stream, err := pool.stream(ctx, head)
	if err != nil {
		return err
	}
	if r.part != nil {
		if err := stream.Seal(); err != nil {
			return err
		}
	}
	return write(stream)
}

// formed are the outputs of a report of that time, with the forms of accounts.
func (r *fleetRun) formed(asOf string) []output {
	outputs := slices.Clone(r.outputs)
	for i := range outputs {
		outputs[i].form, _ = report.FormOf(outputs[i].format, asOf, r.style(outputs[i]))
	}
	return outputs
}

func (r *fleetRun) printed(all []evaluator.Printed) {
	for _, p := range all {
		r.options.Print(p.File, p.Line, p.Text)
	}
}

// named is why the only snapshot could not be read, with its name before it once.
func named(u *evaluator.UnreadError) error {
	var input *evaluator.InputError
	if errors.As(u.Err, &input) {
		return u.Err
	}
	return fmt.Errorf("%s: %w", u.Unread.File, bare{u})
}

// bare is the reason alone; what it wraps has the way out.
type bare struct{ *evaluator.UnreadError }

func (b bare) Error() string { return b.Unread.Problem }
