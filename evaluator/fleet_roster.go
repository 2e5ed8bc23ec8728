package evaluator

import (
	"slices"
	"strings"
	"time"
)

// Neighbours are the accounts that were looked at together, one snapshot each. Links lead to no others.
type Neighbours interface {
	// Card is that of the account's snapshot; false if there is none.
	Card(account string) (Card, bool)
	// Watchers are the accounts whose cards say that they watch that one.
	Watchers(account string) []string
}

// Roster is the accounts of one run, as far as their cards tell.
type Roster struct {
	cards    []Card
	places   map[string]int
	watching map[string][]string
}

// NewRoster puts cards together. Two of one account are an *InputError: which of them is to be judged, nobody said.
func NewRoster(cards []Card) (*Roster, error) {
	r := &Roster{cards: slices.Clone(cards), places: make(map[string]int, len(cards)), watching: map[string][]string{}}
	for i := range cards {
		c := &cards[i]
		if first, twice := r.places[c.Account]; twice {
			return nil, twins(c.Account, cards[first].Name, c.Name)
		}
		r.places[c.Account] = i
	}
	slices.SortFunc(r.cards, func(a, b Card) int { return strings.Compare(a.Account, b.Account) })
	for i := range r.cards {
		c := &r.cards[i]
		r.places[c.Account] = i
		for _, other := range c.Watches {
			r.watching[other] = append(r.watching[other], c.Account)
		}
	}
	return r, nil
}

// Cards are all of them, in the order of the accounts.
func (r *Roster) Cards() []Card { return r.cards }

// Card is that of the account.
func (r *Roster) Card(account string) (Card, bool) {
	i, ok := r.places[account]
	if !ok {
		return Card{}, false
	}
	return r.cards[i], true
}

// Watchers are the accounts whose alarms watch metrics of that one.
func (r *Roster) Watchers(account string) []string { return r.watching[account] }

// Latest is when the last of the snapshots was taken.
func (r *Roster) Latest() time.Time {
	var latest time.Time
	for i := range r.cards {
		if at := r.cards[i].CollectedAt; at.After(latest) {
			latest = at
		}
	}
	return latest
}
