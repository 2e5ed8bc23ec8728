package drift

import (
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// evidence finds the resources behind a changed answer, one account after another.
type evidence struct {
	states func(account string) (*snapshots.Delta, error)
	a, b   *report.Account
	known  map[string][]snapshots.Change // by account; of this one and those that it points to
	kept   map[string][]snapshots.Change // of accounts that others point to, which are few
}

func (e *evidence) begin(states func(string) (*snapshots.Delta, error), a, b *report.Account) {
	e.states, e.a, e.b, e.known = states, a, b, nil
	if e.kept == nil {
		e.kept = map[string][]snapshots.Change{}
	}
}

// of are the resources that differ among those that two answers point to.
func (e *evidence) of(was, is *report.Result) ([]snapshots.Change, error) {
	old, now := pointersOf(was), pointersOf(is)
	if e.states == nil {
		if e.known == nil {
			e.known = map[string][]snapshots.Change{"": snapshots.DiffRecords(e.a.Records, e.b.Records)}
		}
		return pointed(e.known[""], "", old, now), nil
	}
	var found []snapshots.Change
	seen := map[string]bool{}
	for _, pointer := range append(old, now...) {
		account, _, foreign := strings.Cut(pointer, "#")
		if !foreign {
			account = ""
		}
		if seen[account] {
			continue
		}
		seen[account] = true
		changes, err := e.changes(account)
		if err != nil {
			return nil, err
		}
		found = append(found, pointed(changes, account, old, now)...)
	}
	return found, nil
}

// changes is what changed in an account: this one, if it has no name.
func (e *evidence) changes(account string) ([]snapshots.Change, error) {
	kept, name := e.kept, account
	if account == "" {
		if e.known == nil {
			e.known = map[string][]snapshots.Change{}
		}
		kept, name = e.known, e.b.Account
	}
	if changes, known := kept[account]; known {
		return changes, nil
	}
	d, err := e.states(name)
	if err != nil {
		return nil, err
	}
	kept[account] = nil
	if d != nil {
		kept[account] = d.Changes
	}
	return kept[account], nil
}

func pointersOf(r *report.Result) []string {
	if r == nil {
		return nil
	}
	var all []string
	for i := range r.Findings {
		all = append(all, r.Findings[i].Pointers...)
	}
	return all
}

// pointed are the changes of an account at the pointers, with their pointers as a report of another account writes them.
func pointed(changes []snapshots.Change, account string, old, now []string) []snapshots.Change {
	var found []snapshots.Change
	for _, c := range changes {
		c.From, c.To = within(account, c.From), within(account, c.To)
		if points(old, c.From) || points(now, c.To) {
			found = append(found, c)
		}
	}
	return found
}

func within(account, pointer string) string {
	if account == "" || pointer == "" {
		return pointer
	}
	return account + "#" + pointer
}

// points tells whether a pointer means a record, or something in it.
func points(pointers []string, record string) bool {
	for _, p := range pointers {
		if record != "" && (p == record || strings.HasPrefix(p, record+"/")) {
			return true
		}
	}
	return false
}
