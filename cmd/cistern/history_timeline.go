package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// timeline is the snapshots of many accounts at many times.
type timeline struct {
	cards    map[string][]evaluator.Card // of each account, by time
	watchers map[string][]string         // accounts that watch that one, at some time
	together time.Duration               // accounts that were read within it were read in one run
}

// newTimeline puts the snapshots of a fleet in order. Two of one account at one time that say the same are one.
func newTimeline(ctx context.Context, f *fleet, together time.Duration) (*timeline, error) {
	l := &timeline{map[string][]evaluator.Card{}, map[string][]string{}, together}
	for _, card := range f.cards {
		card.Mentions = nil // of no use here, and of many snapshots they are much
		l.cards[card.Account] = append(l.cards[card.Account], card)
	}
	f.cards = nil
	for _, account := range slices.Sorted(maps.Keys(l.cards)) {
		cards := l.cards[account]
		slices.SortFunc(cards, func(a, b evaluator.Card) int {
			return cmp.Or(a.CollectedAt.Compare(b.CollectedAt), cmp.Compare(a.Name, b.Name))
		})
		once := cards[:0]
		watched := map[string]bool{}
		for i := range cards {
			if n := len(once); n > 0 && once[n-1].CollectedAt.Equal(cards[i].CollectedAt) {
				if one, err := f.same(ctx, once[n-1].Name, cards[i].Name); err != nil {
					return nil, err
				} else if one {
					continue
				}
			}
			once = append(once, cards[i])
			for _, other := range cards[i].Watches {
				watched[other] = true
			}
		}
		l.cards[account] = once
		for other := range watched {
			l.watchers[other] = append(l.watchers[other], account)
		}
	}
	return l, nil
}

// same tells whether two snapshots of one account and one time are one. Two that differ are refused: which of them is true, nobody knows. One
// that cannot be used is left to be found out later.
func (f *fleet) same(ctx context.Context, first, second string) (bool, error) {
	if first == second {
		return true, nil
	}
	var digests [2]string
	var last *snapshots.Snapshot
	for i, name := range []string{first, second} {
		s, err := f.open(ctx, evaluator.Card{Name: name})
		if err != nil {
			return false, nil
		}
		if digests[i], err = s.Digest(); err != nil {
			return false, err
		}
		last = s
	}
	if digests[0] == digests[1] {
		return true, nil
	}
	return false, usageError(fmt.Errorf("%s: account %s: was collected at %s, as %s was, and says something else", second, last.Account.ID,
		last.CollectedAt.UTC().Format(time.RFC3339Nano), first), "cistern snapshot diff shows what; leave one of them out")
}

// moment is the accounts as they were at a time.
type moment struct {
	*timeline
	time time.Time
}

func (l *timeline) at(t time.Time) evaluator.Neighbours { return moment{l, t} }

// Card is that of the account's snapshot which speaks for that time: the nearest of the same run, else the last one before.
func (m moment) Card(account string) (evaluator.Card, bool) {
	cards := m.cards[account]
	after, _ := slices.BinarySearchFunc(cards, m.time, func(c evaluator.Card, t time.Time) int { return c.CollectedAt.Compare(t) })
	if after < len(cards) {
		late := cards[after].CollectedAt.Sub(m.time)
		if late <= m.together && (after == 0 || m.time.Sub(cards[after-1].CollectedAt) > late) {
			return cards[after], true
		}
	}
	if after == 0 {
		return evaluator.Card{}, false
	}
	return cards[after-1], true
}

// Watchers are the accounts that watch that one at that time.
func (m moment) Watchers(account string) []string {
	var all []string
	for _, id := range m.watchers[account] {
		if card, ok := m.Card(id); ok && slices.Contains(card.Watches, account) {
			all = append(all, id)
		}
	}
	return all
}

// period is which snapshots are judged.
type period struct {
	accounts     []string // all if empty
	since, until time.Time
	stale        time.Duration // -1: as the series is
}

func (p *period) has(t time.Time) bool {
	return !t.Before(p.since) && (p.until.IsZero() || !t.After(p.until))
}

// within are the snapshots to judge, by time: those of one moment stand together, so that an account to which others point is read once for
// all of them.
func (l *timeline) within(p period) ([]evaluator.Card, error) {
	for _, id := range p.accounts {
		if len(l.cards[id]) == 0 {
			return nil, usageError(fmt.Errorf("account %s: no snapshot is of it", id), "the 12 digits of an account whose snapshots are given")
		}
	}
	var all []evaluator.Card
	for account, cards := range l.cards {
		if len(p.accounts) > 0 && !slices.Contains(p.accounts, account) {
			continue
		}
		for i := range cards {
			if p.has(cards[i].CollectedAt) {
				all = append(all, cards[i])
			}
		}
	}
	if len(all) == 0 {
		return nil, usageError(errors.New("history: no snapshot is of the time between --since and --until"), "the snapshots are from "+l.extent())
	}
	slices.SortFunc(all, func(a, b evaluator.Card) int {
		return cmp.Or(a.CollectedAt.Compare(b.CollectedAt), cmp.Compare(a.Account, b.Account))
	})
	return all, nil
}

// extent is the time from the first snapshot to the last.
func (l *timeline) extent() string {
	var first, last time.Time
	for _, cards := range l.cards {
		if at := cards[0].CollectedAt; first.IsZero() || at.Before(first) {
			first = at
		}
		if at := cards[len(cards)-1].CollectedAt; at.After(last) {
			last = at
		}
	}
	return first.UTC().Format(time.RFC3339) + " to " + last.UTC().Format(time.RFC3339)
}

// intervals are the times between snapshots of one account and the next of it.
func intervals(cards []evaluator.Card) []time.Duration {
	var all []time.Duration
	before := map[string]time.Time{}
	for i := range cards {
		c := &cards[i]
		if last, ok := before[c.Account]; ok {
			all = append(all, c.CollectedAt.Sub(last))
		}
		before[c.Account] = c.CollectedAt
	}
	return all
}
