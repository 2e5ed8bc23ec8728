package drift

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// SchemaName is the name of a comparison of verdicts as JSON.
const SchemaName = "cistern/diff/v1"

// Drift is what changed in the verdicts from one audit to another.
type Drift struct {
	Schema  string  `json:"schema"`
	From    Audit   `json:"from"`
	To      Audit   `json:"to"`
	Summary Summary `json:"summary"`
	// Notes say what makes the two less comparable.
	Notes []string `json:"notes"`
	// OnlyFrom and OnlyTo are accounts that only one side has.
	OnlyFrom []string `json:"only_from,omitempty"`
	OnlyTo   []string `json:"only_to,omitempty"`
	// Changes are the controls whose answer is another one: regressions first, by control, then by account.
	Changes []Change `json:"changes"`
	// Gaps are what could be read only once.
	Gaps []Gap `json:"gaps"`
}

// Audit identifies one of the two.
type Audit struct {
	AsOf      string           `json:"as_of"`
	Benchmark report.Benchmark `json:"benchmark"`
	Policies  string           `json:"policies"` // their digest
	Tool      report.Tool      `json:"tool"`
	Summary   report.Summary   `json:"summary"`
}

// Summary counts what was compared and found.
type Summary struct {
	Accounts     int `json:"accounts"` // that both sides have
	Affected     int `json:"affected"` // of them, with a change of any kind
	Regressions  int `json:"regressions"`
	Changes      int `json:"changes"`
	Improvements int `json:"improvements"`
	// NewControls and RemovedControls are rows that only one side has, whatever their status.
	NewControls     int `json:"new_controls"`
	RemovedControls int `json:"removed_controls"`
}

// Kind says what a change means.
type Kind string

// The kinds of change, in their order.
const (
	Regression  Kind = "regression"
	Other       Kind = "change"
	Improvement Kind = "improvement"
)

var kindOrder = []Kind{Regression, Other, Improvement}

// Change is a control whose answer about an account is another one.
type Change struct {
	Kind     Kind   `json:"kind"`
	Account  string `json:"account"`
	Alias    string `json:"alias,omitempty"`
	ID       string `json:"id"`
	Control  string `json:"control"`
	Title    string `json:"title"`
	Severity string `json:"severity,omitempty"`
	// From and To are the statuses; empty where the control was not judged.
	From report.Status `json:"from,omitempty"`
	To   report.Status `json:"to,omitempty"`
	// Was and Now are the findings that decided, but for those of both.
	Was []Finding `json:"was,omitempty"`
	Now []Finding `json:"now,omitempty"`
	// Decisions are the waivers, exceptions and attestations that are others.
	Decisions []Decision `json:"decisions,omitempty"`
	// Records are the resources that differ among those that the findings point to.
	Records []snapshots.Change `json:"records,omitempty"`
}

// Finding is one that decided on one side only.
type Finding struct {
	Status   report.Status `json:"status"`
	Message  string        `json:"message"`
	Region   string        `json:"region,omitempty"`
	Resource string        `json:"resource,omitempty"`
	Link     string        `json:"link,omitempty"`
}

// Decision is a decision of humans that appeared, vanished, expired, or is another one.
type Decision struct {
	What   string `json:"what"`   // waiver, exception, attestation
	Change string `json:"change"` // appeared, vanished, expired, changed
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
}

// Gap is what could be read in an account only once.
type Gap struct {
	Account string `json:"account"`
	snapshots.GapChange
}

// Options say what may be compared. The zero value compares what is of one kind.
type Options struct {
	// AcrossEditions compares reports of two editions, by the names of controls.
	AcrossEditions bool
	// States gives what changed in an account, where its snapshots are at hand; nil and no error if they are not. Without it the records
	// that the reports hold are compared.
	States func(account string) (*snapshots.Delta, error)
}

// EditionError is two reports of different editions.
type EditionError struct{ From, To string }

func (e *EditionError) Error() string {
	return fmt.Sprintf("compare: edition %s and edition %s are not one", e.From, e.To)
}

// TwinError is an account or control that a report has twice.
type TwinError struct{ Account, Control string }

func (e *TwinError) Error() string {
	if e.Control != "" {
		return fmt.Sprintf("compare: account %s: has two rows of control %s", e.Account, e.Control)
	}
	return fmt.Sprintf("compare: account %s: is in a report twice", e.Account)
}

// Compare says what changed from one report to another. The error may be an [*EditionError] or a [*TwinError].
func Compare(from, to *report.Report, o Options) (*Drift, error) {
	d := &Drift{Schema: SchemaName, From: auditOf(from), To: auditOf(to), Notes: []string{}, Changes: []Change{}, Gaps: []Gap{}}
	across := from.Benchmark.ID != to.Benchmark.ID
	if across && !o.AcrossEditions {
		return nil, &EditionError{from.Benchmark.ID, to.Benchmark.ID}
	}
	d.notes(across)
	c := &comparison{drift: d, options: o, across: across, order: orderOf(to, from)}
	old, err := accountsOf(from)
	if err != nil {
		return nil, err
	}
	now, err := accountsOf(to)
	if err != nil {
		return nil, err
	}
	for _, id := range sortedIDs(old, now) {
		a, b := old[id], now[id]
		switch {
		case a == nil:
			d.OnlyTo = append(d.OnlyTo, id)
		case b == nil:
			d.OnlyFrom = append(d.OnlyFrom, id)
		default:
			if err := c.account(a, b); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(d.Changes, func(x, y Change) int {
		return cmp.Or(cmp.Compare(slices.Index(kindOrder, x.Kind), slices.Index(kindOrder, y.Kind)),
			cmp.Compare(c.order[x.Control], c.order[y.Control]), cmp.Compare(x.Control, y.Control), cmp.Compare(x.Account, y.Account))
	})
	return d, nil
}

func auditOf(r *report.Report) Audit {
	return Audit{r.AsOf, r.Benchmark, r.Policies.Digest, r.Tool, r.Summary}
}

// notes say what else than the account may be the reason of a change.
func (d *Drift) notes(across bool) {
	if across {
		d.Notes = append(d.Notes, fmt.Sprintf("two editions are compared, %s and %s: controls are matched by their names, and what they ask may differ", d.From.Benchmark.ID, d.To.Benchmark.ID))
	}
	if !across && d.From.Policies != d.To.Policies {
		d.Notes = append(d.Notes, "the policies are not the same: a verdict may be another one though nothing changed in the account")
	}
	if d.From.Tool.Version != d.To.Tool.Version {
		d.Notes = append(d.Notes, fmt.Sprintf("two versions of %s judged: %s and %s", d.To.Tool.Name, d.From.Tool.Version, d.To.Tool.Version))
	}
}

func accountsOf(r *report.Report) (map[string]*report.Account, error) {
	all := map[string]*report.Account{}
	for i := range r.Accounts {
		a := &r.Accounts[i]
		if all[a.Account] != nil {
			return nil, &TwinError{Account: a.Account}
		}
		all[a.Account] = a
	}
	return all, nil
}

func sortedIDs(some, others map[string]*report.Account) []string {
	var ids []string
	for id := range some {
		ids = append(ids, id)
	}
	for id := range others {
		if some[id] == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// orderOf is where each control stands in the reports, the first report's order first.
func orderOf(reports ...*report.Report) map[string]int {
	order := map[string]int{}
	for _, r := range reports {
		for i := range r.Accounts {
			for j := range r.Accounts[i].Results {
				if name := r.Accounts[i].Results[j].Control; order[name] == 0 {
					order[name] = len(order) + 1
				}
			}
		}
	}
	return order
}
