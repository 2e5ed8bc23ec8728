package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// share is the part of a day that is judged in one place.
type share struct {
	day string
	n   int // from 0
}

func (s share) String() string { return fmt.Sprintf("%s %06d", s.day, s.n) }

func shareIn(text string) (share, error) {
	var s share
	_, err := fmt.Sscanf(text, "%s %d", &s.day, &s.n)
	return s, err
}

// judgeFn judges a share of a day: it has the cards of the whole day before it.
type judgeFn struct {
	Shares int
	Brief  brief

	shop *workshop
}

// Setup compiles the policies, unless another copy of the step has.
func (fn *judgeFn) Setup(ctx context.Context) error {
	var err error
	fn.shop, err = workshopOf(ctx, &fn.Brief)
	return err
}

// ProcessElement gives on what was found under its day, and counts it.
func (fn *judgeFn) ProcessElement(
	ctx context.Context, key string, next func(*sighting) bool,
	emit func(string, finding), count func(string, tally), fail func(failure),
) error {
	s, err := shareIn(key)
	if err != nil {
		return err
	}
	cards, earlier, err := lastOnes(next)
	if err != nil {
		return err
	}
	roster, err := evaluator.NewRoster(cards)
	if err != nil {
		return err
	}
	for i, c := range earlier {
		if i%fn.Shares == s.n {
			last, _ := roster.Card(c.Account)
			fail(failure{c.Name, s.day, c.Account, fmt.Sprintf("account %s: is judged by its last snapshot of the day, %s", c.Account, last.Name), ""})
		}
	}
	var own []evaluator.Card
	for i, c := range roster.Cards() {
		if i%fn.Shares == s.n {
			own = append(own, c)
		}
	}
	for some := range slices.Chunk(own, batchSize) {
		if err := fn.judge(ctx, s.day, some, roster, emit, count, fail); err != nil {
			return err
		}
	}
	return nil
}

// lastOnes are the last snapshots of each account, and the others. A file that two patterns match is one.
func lastOnes(next func(*sighting) bool) (last, earlier []evaluator.Card, err error) {
	var all []evaluator.Card
	for s := (sighting{}); next(&s); s = (sighting{}) {
		c, err := s.card()
		if err != nil {
			return nil, nil, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b evaluator.Card) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), b.CollectedAt.Compare(a.CollectedAt), cmp.Compare(b.Name, a.Name))
	})
	for i, c := range all {
		switch {
		case i == 0 || all[i-1].Account != c.Account:
			last = append(last, c)
		case all[i-1].Name != c.Name:
			earlier = append(earlier, c)
		}
	}
	return last, earlier, nil
}

// judge judges some accounts, as many at a time as there are processors.
func (fn *judgeFn) judge(
	ctx context.Context, day string, cards []evaluator.Card, among evaluator.Neighbours,
	emit func(string, finding), count func(string, tally), fail func(failure),
) error {
	found := make([]finding, len(cards))
	results := make([][]report.Result, len(cards))
	refused, err := each(ctx, len(cards), func(ctx context.Context, i int) error {
		j, err := fn.shop.fleet.Judge(ctx, cards[i], among)
		var unread *evaluator.UnreadError
		switch {
		case errors.As(err, &unread):
			found[i], err = unreadOf(unread.Unread)
			return cmp.Or(err, refusal(unread))
		case err != nil:
			return err
		}
		results[i] = j.Account.Results
		found[i], err = judgedOf(cards[i], j)
		return err
	})
	if err != nil {
		return err
	}
	for i, f := range found {
		emit(day, f)
		var unread *evaluator.UnreadError
		if errors.As(refused[i], &unread) {
			fail(failureOf(day, unread.Unread))
		}
		for place, result := range results[i] {
			one := tallyOf(day, place, result)
			count(one.key(), one)
		}
	}
	return nil
}
