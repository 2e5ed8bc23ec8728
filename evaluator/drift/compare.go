package drift

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// comparison is a drift in the making.
type comparison struct {
	drift   *Drift
	options Options
	across  bool
	order   map[string]int
	why     evidence
}

// account compares what two reports say of one account.
func (c *comparison) account(a, b *report.Account) error {
	c.drift.Summary.Accounts++
	c.gaps(a, b)
	old, err := c.rowsOf(a)
	if err != nil {
		return err
	}
	now, err := c.rowsOf(b)
	if err != nil {
		return err
	}
	var changes []Change
	for i := range b.Results {
		after := &b.Results[i]
		before := old[c.key(after)]
		if before == nil {
			c.drift.Summary.NewControls++
		}
		if change, differs := c.row(before, after); differs {
			changes = append(changes, change)
		}
	}
	for i := range a.Results {
		if before := &a.Results[i]; now[c.key(before)] == nil {
			c.drift.Summary.RemovedControls++
			if change, differs := c.row(before, nil); differs {
				changes = append(changes, change)
			}
		}
	}
	if len(changes) == 0 {
		return nil
	}
	c.drift.Summary.Affected++
	c.why.begin(c.options.States, a, b)
	for _, change := range changes {
		change.Account, change.Alias = b.Account, b.Alias
		if change.Records, err = c.why.of(old[change.key(c)], now[change.key(c)]); err != nil {
			return err
		}
		c.drift.count(change.Kind)
		c.drift.Changes = append(c.drift.Changes, change)
	}
	return nil
}

func (d *Drift) count(kind Kind) {
	switch kind {
	case Regression:
		d.Summary.Regressions++
	case Improvement:
		d.Summary.Improvements++
	default:
		d.Summary.Changes++
	}
}

// key is what a row is matched by: within an edition its id and its control, across editions the control alone.
func (c *comparison) key(r *report.Result) string { return c.keyOf(r.ID, r.Control) }

func (change *Change) key(c *comparison) string { return c.keyOf(change.ID, change.Control) }

func (c *comparison) keyOf(id, control string) string {
	if c.across {
		return control
	}
	return id + "\x00" + control
}

func (c *comparison) rowsOf(a *report.Account) (map[string]*report.Result, error) {
	rows := map[string]*report.Result{}
	for i := range a.Results {
		r := &a.Results[i]
		if rows[c.key(r)] != nil {
			return nil, &TwinError{a.Account, r.Control}
		}
		rows[c.key(r)] = r
	}
	return rows, nil
}

// row compares two answers of a control; one of them may be nil.
func (c *comparison) row(a, b *report.Result) (Change, bool) {
	one := b
	if one == nil {
		one = a
	}
	change := Change{ID: one.ID, Control: one.Control, Title: one.Title, Severity: one.Severity}
	if a != nil {
		change.From = a.Status
	}
	if b != nil {
		change.To = b.Status
	}
	change.Kind = kindOf(change.From, change.To)
	change.Was, change.Now = findingsOf(a), findingsOf(b)
	change.Was, change.Now = without(change.Was, change.Now), without(change.Now, change.Was)
	change.Decisions = decisions(a, b, c.drift.To.AsOf)
	switch {
	case a == nil:
		return change, needsSomebody(b.Status) // a new pass is no drift
	case b == nil:
		return change, a.Status != report.Manual && a.Status != report.NotApplicable
	case a.Status != b.Status, len(change.Decisions) > 0:
		return change, true
	}
	return change, needsSomebody(a.Status) && len(change.Was)+len(change.Now) > 0
}

func needsSomebody(s report.Status) bool {
	return s == report.Fail || s == report.Unknown || s == report.Waived
}

// kindOf is what it means that a control goes from one status to another. What fails is always a regression, unless it failed; what is
// unknown is one, unless it was no better before. Only what passes has improved. Decisions of humans and what was not judged before
// are neither.
func kindOf(from, to report.Status) Kind {
	switch {
	case from == to, from == "", to == "":
		return Other
	case to == report.Fail, to == report.Unknown && from != report.Fail:
		return Regression
	case to == report.Pass && from != report.NotApplicable:
		return Improvement
	}
	return Other
}

// findingsOf are the findings that decided, where somebody is needed.
func findingsOf(r *report.Result) []Finding {
	if r == nil || !needsSomebody(r.Status) && r.Attestation == nil {
		return nil
	}
	var found []Finding
	for _, f := range report.Deciding(r) {
		found = append(found, Finding{f.Status, f.Message, f.Region, f.Resource, f.Link})
	}
	return found
}

func without(findings, others []Finding) []Finding {
	known := map[Finding]bool{}
	for _, f := range others {
		known[f] = true
	}
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return known[f] })
}

// decisions are those of humans that are others.
func decisions(a, b *report.Result, asOf string) []Decision {
	if a == nil || b == nil {
		return nil
	}
	var found []Decision
	note := func(what, from, to, expires string) {
		switch {
		case from == to:
		case from == "":
			found = append(found, Decision{what, "appeared", "", to})
		case to == "" && expired(expires, asOf):
			found = append(found, Decision{what, "expired", from, ""})
		case to == "":
			found = append(found, Decision{what, "vanished", from, ""})
		default:
			found = append(found, Decision{what, "changed", from, to})
		}
	}
	var was, is, until string
	if a.Waiver != nil {
		was, until = a.Waiver.String(), a.Waiver.Expires
	}
	if b.Waiver != nil {
		is = b.Waiver.String()
	}
	note("waiver", was, is, until)
	was, is = "", ""
	if a.Attestation != nil {
		was, until = a.Attestation.String(), a.Attestation.Expires
	}
	if b.Attestation != nil {
		is = b.Attestation.String()
	}
	note("attestation", was, is, until)
	old, now := exceptionsOf(a), exceptionsOf(b)
	for _, e := range a.Exceptions {
		other := now[e.Except]
		note("exception", e.String(), other, e.Expires)
	}
	for _, e := range b.Exceptions {
		if old[e.Except] == "" {
			note("exception", "", e.String(), "")
		}
	}
	return found
}

func exceptionsOf(r *report.Result) map[string]string {
	texts := map[string]string{}
	for _, e := range r.Exceptions {
		texts[e.Except] = e.String()
	}
	return texts
}

// expired tells whether a last day is before a moment; both as a report writes them.
func expired(day, asOf string) bool {
	return day != "" && len(asOf) >= len(day) && day < asOf[:len(day)]
}

// gaps compares what could not be read, by what it is.
func (c *comparison) gaps(a, b *report.Account) {
	old, now := gapsOf(a), gapsOf(b)
	var found []Gap
	for g := range now {
		if !old[g] {
			g.Kind = "appeared"
			found = append(found, Gap{b.Account, g})
		}
	}
	for g := range old {
		if !now[g] {
			g.Kind = "vanished"
			found = append(found, Gap{b.Account, g})
		}
	}
	slices.SortFunc(found, func(x, y Gap) int { return strings.Compare(x.text(), y.text()) })
	c.drift.Gaps = append(c.drift.Gaps, found...)
}

func (g *Gap) text() string {
	return strings.Join([]string{g.Region, g.Service, g.Operation, g.Resource, g.Kind, g.Why, g.Code}, "\x00")
}

func gapsOf(a *report.Account) map[snapshots.GapChange]bool {
	all := map[snapshots.GapChange]bool{}
	for _, g := range a.Gaps {
		all[snapshots.GapChange{Region: g.Region, Service: g.Service, Operation: g.Operation, Resource: g.Resource, Why: g.Kind, Code: g.Code}] = true
	}
	return all
}
