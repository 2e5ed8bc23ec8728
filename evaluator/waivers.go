package evaluator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Waivers are decisions to live with failures until a day. They are applied after the evaluation, so they never hide that a
// control fails.
type Waivers struct {
	file string
	list []*waiver
}

// waiver is one entry of the file.
type waiver struct {
	Control   string   `yaml:"control"`
	Accounts  []string `yaml:"accounts"`  // all if empty
	Resources []string `yaml:"resources"` // all if empty; a final * stands for anything
	Owner     string   `yaml:"owner"`
	Reason    string   `yaml:"reason"`
	Ticket    string   `yaml:"ticket"`
	Expires   string   `yaml:"expires"` // the last day on which it holds

	line    int
	end     time.Time
	unknown string // why no control can be meant
	used    bool
	expired bool // at the clock of an account it would have served
}

// ParseWaivers reads a waivers file; file is its name in errors.
func ParseWaivers(file string, text []byte) (*Waivers, error) {
	var document struct {
		Waivers []*waiver `yaml:"waivers"`
	}
	if err := decodeYAML(file, text, &document); err != nil {
		return nil, err
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, yamlError(file, err)
	}
	for i, w := range document.Waivers {
		line := lineOf(&tree, "waivers", i)
		if w == nil {
			return nil, &InputError{File: file, Line: line, Problem: "waiver: is empty"}
		}
		w.line = line
		if err := w.check(file); err != nil {
			return nil, err
		}
	}
	return &Waivers{file, document.Waivers}, nil
}

func (w *waiver) check(file string) error {
	for _, must := range []struct{ name, value string }{{"control", w.Control}, {"owner", w.Owner}, {"reason", w.Reason}, {"expires", w.Expires}} {
		if strings.TrimSpace(must.value) == "" {
			return &InputError{
				File: file, Line: w.line, Problem: fmt.Sprintf("waiver: has no %s", must.name),
				Hint: "a waiver needs control, owner, reason and expires (YYYY-MM-DD)",
			}
		}
	}
	day, err := time.Parse(time.DateOnly, w.Expires)
	if err != nil {
		return &InputError{File: file, Line: w.line, Problem: fmt.Sprintf("waiver: expires %q is not a day", w.Expires), Hint: "write YYYY-MM-DD, such as 2026-12-31"}
	}
	w.end = day.AddDate(0, 0, 1)
	return nil
}

// find marks the waivers whose control is none of the rows that the edition can have.
func (ws *Waivers) find(edition string, rows []row) {
	if ws == nil {
		return
	}
	var names []string
	for _, r := range rows {
		names = append(names, r.Control)
	}
	for _, w := range ws.list {
		if slices.ContainsFunc(rows, func(r row) bool { return w.Control == r.Control || w.Control == r.ID }) {
			continue
		}
		w.unknown = fmt.Sprintf("%s has no control %s", edition, w.Control)
		if near := nearest(w.Control, names); near != "" {
			w.unknown += "; did you mean " + near + "?"
		}
	}
}

// apply turns a fail whose every failing finding is under a live waiver into waived.
func (ws *Waivers) apply(account string, asOf time.Time, r *report.Result) {
	if ws == nil || r.Status != report.Fail {
		return
	}
	var live []*waiver
	for _, w := range ws.list {
		switch {
		case (w.Control != r.Control && w.Control != r.ID) || (len(w.Accounts) > 0 && !slices.Contains(w.Accounts, account)):
		case !asOf.Before(w.end):
			w.expired = true
			r.Notes = append(r.Notes, fmt.Sprintf("the waiver of %s expired on %s", w.Owner, w.Expires))
		default:
			live = append(live, w)
		}
	}
	by := covering(live, r.Findings)
	if by == nil {
		return
	}
	for _, w := range by {
		w.used = true
	}
	r.Status = report.Waived
	first := by[0]
	r.Waiver = &report.Waiver{Owner: first.Owner, Reason: first.Reason, Ticket: first.Ticket, Expires: first.Expires}
	for _, w := range by[1:] {
		r.Notes = append(r.Notes, fmt.Sprintf("also waived until %s by %s: %s", w.Expires, w.Owner, w.Reason))
	}
}

// covering is the waivers that together excuse every failing finding, in the order of the file; nil if one is not excused.
func covering(live []*waiver, findings []report.Finding) []*waiver {
	needed := map[*waiver]bool{}
	for _, f := range findings {
		if f.Status != report.Fail {
			continue
		}
		i := slices.IndexFunc(live, func(w *waiver) bool { return w.covers(f.Resource) })
		if i < 0 {
			return nil
		}
		needed[live[i]] = true
	}
	if len(needed) == 0 { // a fail without findings: only a waiver of the whole control excuses it
		i := slices.IndexFunc(live, func(w *waiver) bool { return len(w.Resources) == 0 })
		if i < 0 {
			return nil
		}
		needed[live[i]] = true
	}
	return slices.DeleteFunc(slices.Clone(live), func(w *waiver) bool { return !needed[w] })
}

func (w *waiver) covers(resource string) bool {
	if len(w.Resources) == 0 {
		return true
	}
	return slices.ContainsFunc(w.Resources, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return resource != "" && strings.HasPrefix(resource, prefix)
		}
		return resource == pattern
	})
}

// leftover says which waivers expired and which excused nothing: both are to be tidied up.
func (ws *Waivers) leftover(asOf time.Time) []string {
	if ws == nil {
		return nil
	}
	var notes []string
	for _, w := range ws.list {
		where := fmt.Sprintf("%s:%d: waiver of %s for %s", ws.file, w.line, w.Owner, w.Control)
		switch {
		case w.unknown != "":
			notes = append(notes, where+": "+w.unknown)
		case w.expired || (!w.used && !asOf.Before(w.end)):
			notes = append(notes, fmt.Sprintf("%s expired on %s", where, w.Expires))
		case !w.used:
			notes = append(notes, where+" excuses nothing: no control fails under it")
		}
	}
	return notes
}

// fresh is a copy that has excused nothing yet: one run must not see what another used.
func (ws *Waivers) fresh() *Waivers {
	if ws == nil {
		return nil
	}
	c := &Waivers{file: ws.file}
	for _, w := range ws.list {
		again := *w
		again.unknown, again.used, again.expired = "", false, false
		c.list = append(c.list, &again)
	}
	return c
}
