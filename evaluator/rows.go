package evaluator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// addedSection heads the controls that the user's own policies add to an edition.
const addedSection = "Added policies"

// rowsOf is every row there can be: the edition's controls in its order, then those that only the user's policies have.
func (e *Engine) rowsOf(o Options) ([]row, error) {
	var all []row
	named := map[string]bool{}
	for _, section := range o.Benchmark.Sections {
		for _, r := range section.Controls {
			named[r.Control] = true
			p := e.policyOf(r.Control)
			if p == nil && r.Reason == "" && e.catalogue {
				return nil, e.noPolicy(o.Benchmark, r)
			}
			all = append(all, row{r, strings.TrimSpace(section.ID + " " + section.Title), p})
		}
	}
	slugs := slices.AppendSeq(slices.Collect(maps.Keys(e.controls)), maps.Keys(e.aside))
	slices.Sort(slugs)
	for _, slug := range slugs {
		if p := e.policyOf(slug); !p.catalogue && !named[slug] {
			all = append(all, row{Row{ID: slug, Control: slug}, addedSection, p})
		}
	}
	return all, nil
}

// policyOf is the policy of that slug, also one that is set aside; nil if there is none.
func (e *Engine) policyOf(slug string) *policy {
	if p := e.aside[slug]; p != nil {
		return p
	}
	return e.controls[slug]
}

func (e *Engine) noPolicy(b *Benchmark, r Row) error {
	problem := &InputError{File: b.file, Line: r.line, Problem: fmt.Sprintf("control %s: has neither a policy nor a reason why it has none", r.Control)}
	if near := nearest(r.Control, slices.Sorted(maps.Keys(e.controls))); near != "" {
		problem.Hint = "did you mean " + near + "?"
	}
	return problem
}

// chosen is the rows that Controls and Level ask for.
func chosen(all []row, o Options) ([]row, error) {
	for _, name := range o.Controls {
		if !slices.ContainsFunc(all, func(r row) bool { return r.Control == name || r.ID == name }) {
			var names []string
			for _, r := range all {
				names = append(names, r.Control)
			}
			hint := "cistern controls lists the editions and their controls"
			if near := nearest(name, names); near != "" {
				hint = "did you mean " + near + "? " + hint
			}
			return nil, &InputError{File: "control " + name, Problem: "find: not in " + o.Benchmark.ID, Hint: hint}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(r row) bool {
		named := len(o.Controls) == 0 || slices.Contains(o.Controls, r.Control) || slices.Contains(o.Controls, r.ID)
		return !named || (o.Level > 0 && r.Level > o.Level)
	}), nil
}

// nearest is the name most like the one given, "" if none is.
func nearest(name string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	near := slices.MinFunc(names, func(a, b string) int { return cmp.Compare(distance(name, a), distance(name, b)) })
	if distance(name, near) > len(name)/2 {
		return ""
	}
	return near
}

// dataOf is what the policies find under `data`, but for the clock.
func (e *Engine) dataOf(o Options, rows []row) (ast.Object, error) {
	patterns, notes := map[string]any{}, map[string]any{}
	for i := range rows {
		r := &rows[i]
		if len(r.Patterns) > 0 {
			patterns[r.Control] = r.Patterns
		}
		if len(r.Notes) > 0 {
			notes[r.Control] = r.Notes
		}
	}
	parameters := map[string]any{"max_events": 1}
	maps.Copy(parameters, o.Parameters)
	value, err := ast.InterfaceToValue(map[string]any{
		"benchmark":  map[string]any{"id": o.Benchmark.ID, "version": o.Benchmark.Version, "patterns": patterns, "notes": notes},
		"parameters": parameters,
	})
	if err != nil {
		return nil, fmt.Errorf("parameters: read: %w", err)
	}
	return with(e.data, value.(ast.Object)), nil
}

// factsAt is `data` at that time.
func (p *plan) factsAt(now time.Time) ast.Object {
	data := ast.NewObject()
	p.data.Foreach(data.Insert)
	data.Insert(ast.InternedTerm("as_of"), ast.StringTerm(timeText(now)))
	return data
}

// result is a row of the report in the making.
type result struct{ report.Result }

// resultOf is the row's result before anything is judged: manual where no policy can.
func resultOf(r row, parameters map[string]any) result {
	out := result{report.Result{
		ID: r.ID, Control: r.Control, Title: cmp.Or(r.Title, r.Control), Section: r.section, Level: r.Level, Assessment: r.Assessment,
		Status: report.Unknown, Findings: []report.Finding{}, Notes: []string{},
	}}
	if r.policy != nil {
		out.Title = cmp.Or(r.Title, r.policy.Title)
		out.Severity, out.Remediation = r.policy.Severity, r.policy.Remediation
	}
	var missing []string
	for _, need := range r.Needs {
		if _, ok := parameters[need]; !ok {
			missing = append(missing, need)
		}
	}
	switch {
	case r.policy != nil && len(r.policy.faults) > 0:
		out.cannot(r.policy.faults)
	case r.policy == nil:
		out.manual(cmp.Or(r.Reason, "no policy for this control is loaded"), r.Notes)
	case len(missing) > 0:
		out.manual(fmt.Sprintf("without %s in --parameters a human must judge", strings.Join(missing, " and ")), r.Notes)
	}
	return out
}

func (r *result) manual(why string, notes []string) {
	r.Status = report.Manual
	r.Notes = append(r.Notes, why)
	r.Notes = append(r.Notes, notes...)
}

// fill takes over what the policy found. Pointers into a fragment become pointers into the other account's snapshot.
func (r *result) fill(v verdict, fragments []*fragment) {
	r.Status = v.status
	r.Notes = append(r.Notes, v.notes...)
	for _, f := range v.findings {
		for i, pointer := range f.Pointers {
			f.Pointers[i] = wholePointer(pointer, fragments)
		}
	}
	if len(v.findings) > 0 {
		r.Findings = v.findings
	}
}

// wholePointer rewrites "ACCOUNT#/sns/topics/0", which counts the fragment's topics, to count all of the account's.
func wholePointer(pointer string, fragments []*fragment) string {
	account, rest, ok := strings.Cut(pointer, "#")
	i := slices.IndexFunc(fragments, func(f *fragment) bool { return f.of.account == account })
	if !ok || i < 0 {
		return pointer
	}
	parts := strings.SplitN(rest, "/", 5) // "", section, list, index, rest
	if len(parts) < 4 {
		return pointer
	}
	records := fragments[i].records["/"+parts[1]+"/"+parts[2]]
	n, err := strconv.Atoi(parts[3])
	if err != nil || n < 0 || n >= len(records) {
		return pointer
	}
	parts[3] = strconv.Itoa(records[n])
	return account + "#" + strings.Join(parts, "/")
}

// accountOf is the account's head in the report.
func accountOf(s *subject) report.Account {
	shot := s.Snapshot
	a := report.Account{
		Account:  s.account,
		Snapshot: snapshotOf(s),
		Gaps:     []report.Gap{},
		Results:  []report.Result{},
	}
	if shot.Account.Alias != nil {
		a.Alias = *shot.Account.Alias
	}
	for _, gap := range shot.Gaps {
		g := report.Gap{
			Region: gap.Region, Service: gap.Service, Operation: gap.Operation,
			Kind: string(gap.Kind), Code: gap.Code, Message: gap.Message,
		}
		if gap.Resource != nil {
			g.Resource = *gap.Resource
		}
		if gap.Action != nil {
			g.Action = *gap.Action
		}
		a.Gaps = append(a.Gaps, g)
	}
	if r := shot.Collection.Regions; r != nil && len(r.Requested) > 0 {
		for _, region := range r.Enabled {
			if !slices.Contains(r.Requested, region) {
				a.RegionsLeftOut = append(a.RegionsLeftOut, region)
			}
		}
		slices.Sort(a.RegionsLeftOut)
	}
	slices.SortFunc(a.Gaps, func(x, y report.Gap) int {
		return cmp.Or(strings.Compare(x.Region, y.Region), strings.Compare(x.Service, y.Service), strings.Compare(x.Operation, y.Operation),
			strings.Compare(x.Resource, y.Resource), strings.Compare(x.Code, y.Code), strings.Compare(x.Message, y.Message))
	})
	return a
}

// snapshotOf says of the evidence where it is from.
func snapshotOf(s *subject) report.Snapshot {
	c := s.Snapshot.Collection
	of := report.Snapshot{Digest: s.digest, CollectedAt: timeText(s.Snapshot.CollectedAt.Time), Source: c.Source, Calls: len(c.Calls)}
	if c.Caller != nil {
		of.CollectedBy = c.Caller.ARN
	}
	if c.ToolVersion != nil {
		of.CollectedWith = *c.ToolVersion
	}
	for _, e := range c.Endpoints {
		of.Endpoints = append(of.Endpoints, report.Endpoint{Service: e.Service, URL: e.URL})
	}
	if r := c.Regions; r != nil {
		of.Regions = slices.Clone(r.Enabled)
		if len(r.Requested) > 0 {
			of.Regions = slices.Clone(r.Requested)
		}
		skipped := func(region string) bool {
			return slices.ContainsFunc(r.Skipped, func(s snapshots.SkippedRegion) bool { return s.Name == region })
		}
		of.Regions = slices.DeleteFunc(of.Regions, skipped)
		slices.Sort(of.Regions)
	}
	return of
}
