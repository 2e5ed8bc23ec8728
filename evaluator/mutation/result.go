package mutation

import (
	"cmp"
	"slices"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// SchemaName is the contract that a result as JSON keeps.
const SchemaName = "cistern/mutation/v1"

// Outcome says what became of a mutant.
type Outcome string

// The outcomes. Noticed and Quiet are as it should be.
const (
	Noticed   Outcome = "noticed"   // every control that should no longer pass does not
	Partly    Outcome = "partly"    // some of them still pass
	Survived  Outcome = "survived"  // all of them still pass
	Spare     Outcome = "spare"     // none of them needs what was broken: something else does its work
	Quiet     Outcome = "quiet"     // a harmless change that changed no status
	Disturbed Outcome = "disturbed" // a harmless change that changed some
)

// Result is who noticed what.
type Result struct {
	Schema    string           `json:"schema"`
	Tool      report.Tool      `json:"tool"`
	Benchmark report.Benchmark `json:"benchmark"`
	Policies  report.Policies  `json:"policies"`
	Summary   Summary          `json:"summary"`
	Controls  []Control        `json:"controls"`
	Mutants   []Mutant         `json:"mutants"`
}

// Summary counts mutants by outcome. The score is how many of a hundred that somebody should notice were noticed, rounded down.
type Summary struct {
	Score     int `json:"score"`
	Mutants   int `json:"mutants"`
	Noticed   int `json:"noticed"`
	Partly    int `json:"partly"`
	Survived  int `json:"survived"`
	Spare     int `json:"spare"`
	Quiet     int `json:"quiet"`
	Disturbed int `json:"disturbed"`
}

// Control is how well one passing control watches what it rests on.
type Control struct {
	Account  string   `json:"account"`
	ID       string   `json:"id"`
	Control  string   `json:"control"`
	Expected int      `json:"expected"` // mutants that it should notice
	Noticed  int      `json:"noticed"`  // of these
	Missed   []string `json:"missed"`   // the names of the others
}

// Mutant is one changed snapshot and what the controls said of it.
type Mutant struct {
	Name     string   `json:"name"`
	Operator string   `json:"operator"`
	Link     string   `json:"link,omitempty"`
	Pointers []string `json:"pointers,omitempty"` // the records that were changed, in the canonical snapshot
	Outcome  Outcome  `json:"outcome"`
	// Flips are the controls that say something else than before.
	Flips []Flip `json:"flips"`
	// Missed are the controls that should have said something else, and did not.
	Missed []Flip `json:"missed,omitempty"`
}

// Flip is a control's status before and after.
type Flip struct {
	Account string        `json:"account"`
	ID      string        `json:"id"`
	Control string        `json:"control"`
	From    report.Status `json:"from"`
	To      report.Status `json:"to"`
	// Unconnected marks a control whose verdict does not rest on the record that was changed.
	Unconnected bool `json:"unconnected,omitempty"`
}

// OK tells whether everything that should be noticed was, and nothing else.
func (r *Result) OK() bool { return r.Summary.Survived+r.Summary.Partly+r.Summary.Disturbed == 0 }

// compare says what became of a mutant, from the statuses that it has.
func (t *tester) compare(m *mutant, after map[key]report.Status) Mutant {
	out := Mutant{Name: m.name, Operator: m.operator.name, Link: m.operator.link, Pointers: m.change.pointers, Flips: []Flip{}}
	for _, k := range t.keys() {
		was, is := t.before[k], after[k]
		switch {
		case !m.operator.harmless && was != report.Pass:
		case slices.Contains(m.expected, k) && (is == was || m.operator.want != "" && is != m.operator.want):
			out.Missed = append(out.Missed, k.flip(was, is))
		case is != was:
			f := k.flip(was, is)
			f.Unconnected = !m.operator.harmless && !m.operator.evidence && !slices.Contains(m.near, k)
			out.Flips = append(out.Flips, f)
		}
	}
	switch {
	case m.operator.harmless && len(out.Flips) > 0:
		out.Outcome = Disturbed
	case m.operator.harmless:
		out.Outcome = Quiet
	case len(out.Missed) > 0 && len(out.Flips) > 0:
		out.Outcome = Partly
	case len(out.Missed) > 0:
		out.Outcome = Survived
	case len(out.Flips) > 0:
		out.Outcome = Noticed
	default:
		out.Outcome = Spare
	}
	return out
}

func (k key) flip(from, to report.Status) Flip {
	return Flip{Account: k.account, ID: k.id, Control: k.slug, From: from, To: to}
}

// keys are all controls of all accounts, sorted.
func (t *tester) keys() []key {
	var all []key
	for k := range t.before {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.slug, b.slug), cmp.Compare(a.id, b.id))
	})
	return all
}

func (t *tester) result(rep *report.Report, outcomes []Mutant) *Result {
	r := &Result{
		Schema: SchemaName, Tool: rep.Tool, Benchmark: rep.Benchmark, Policies: rep.Policies,
		Controls: []Control{}, Mutants: append([]Mutant{}, outcomes...),
	}
	for _, m := range outcomes {
		r.Summary.add(m.Outcome)
	}
	for _, c := range t.controls {
		one := Control{Account: c.key.account, ID: c.key.id, Control: c.key.slug, Missed: []string{}}
		for _, m := range outcomes {
			if m.misses(c.key) {
				one.Missed = append(one.Missed, m.Name)
			}
		}
		one.Expected = t.expectedOf(c.key)
		one.Noticed = one.Expected - len(one.Missed)
		r.Controls = append(r.Controls, one)
	}
	return r
}

func (m *Mutant) misses(k key) bool {
	return slices.ContainsFunc(m.Missed, func(f Flip) bool { return f.Account == k.account && f.ID == k.id && f.Control == k.slug })
}

func (s *Summary) add(o Outcome) {
	s.Mutants++
	switch o {
	case Noticed:
		s.Noticed++
	case Partly:
		s.Partly++
	case Survived:
		s.Survived++
	case Spare:
		s.Spare++
	case Quiet:
		s.Quiet++
	case Disturbed:
		s.Disturbed++
	}
	s.Score = 100
	if due := s.Noticed + s.Partly + s.Survived; due > 0 {
		s.Score = 100 * s.Noticed / due
	}
}
