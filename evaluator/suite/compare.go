package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// means tells that the expectation is of this result.
func (e *Expectation) means(account string, r report.Result) bool {
	return (e.Account == "" || e.Account == account) && (e.Control == r.Control || e.Control == r.ID)
}

// unknown is the first expectation of a control that was not evaluated.
func (t *setting) unknown(c *Case, accounts []report.Account, wordless []Difference) *evaluator.InputError {
	var names []string
	for _, a := range accounts {
		for _, r := range a.Results {
			names = append(names, r.Control)
		}
	}
	for _, e := range c.Expect {
		if slices.ContainsFunc(wordless, func(d Difference) bool { return d.Control == e.Control }) {
			continue
		}
		found := slices.ContainsFunc(accounts, func(a report.Account) bool {
			return slices.ContainsFunc(a.Results, func(r report.Result) bool { return e.means(a.Account, r) })
		})
		if found {
			continue
		}
		p := &evaluator.InputError{
			File: t.suite.File, Line: e.Line,
			Problem: fmt.Sprintf("expect %s: was not evaluated: not in %s", e.key.Value, t.options.Benchmark.ID),
			Hint:    "cistern controls lists the editions and their controls; name folders of your own under policies",
		}
		if e.Account != "" && !slices.ContainsFunc(accounts, func(a report.Account) bool { return a.Account == e.Account }) {
			p.Problem = fmt.Sprintf("expect %s: no snapshot of the case is of account %s", e.key.Value, e.Account)
			p.Hint = "write the control alone, or ACCOUNT/CONTROL"
		} else if near := evaluator.Nearest(e.Control, names); near != "" {
			p.Hint = "did you mean " + near + "? " + p.Hint
		}
		return p
	}
	return nil
}

// compare is where the results are not as expected, in the order of the report.
func (c *Case) compare(accounts []report.Account) []Difference {
	var all []Difference
	for _, a := range accounts {
		for _, r := range a.Results {
			var found []Difference
			expected := c.expected(a.Account, r)
			for _, e := range expected {
				found = append(found, e.differences(r)...)
			}
			if len(expected) == 0 && len(c.Rest) > 0 && !slices.Contains(c.Rest, r.Status) {
				found = append(found, Difference{Line: c.Line, Field: "status", Want: c.rest(), Got: string(r.Status)})
			}
			for _, d := range found {
				if len(accounts) > 1 {
					d.Account = a.Account
				}
				d.Control, d.ID, d.Findings, d.Notes = r.Control, r.ID, telling(r), r.Notes
				all = append(all, d)
			}
		}
	}
	return all
}

// rest is what the case wants of the controls that it does not name.
func (c *Case) rest() string {
	var names []string
	for _, status := range c.Rest {
		names = append(names, string(status))
	}
	return strings.Join(names, " or ")
}

// expected is what the case wants of a result: one that names the account before one for all.
func (c *Case) expected(account string, r report.Result) []*Expectation {
	var named, general []*Expectation
	for _, e := range c.Expect {
		switch {
		case !e.means(account, r):
		case e.Account != "":
			named = append(named, e)
		default:
			general = append(general, e)
		}
	}
	if len(named) > 0 {
		return named
	}
	return general
}

func (e *Expectation) differences(r report.Result) []Difference {
	if e.Status != r.Status {
		return []Difference{{Line: e.Line, Field: "status", Want: string(e.Status), Got: string(r.Status)}}
	}
	findings := r.Findings
	if e.Link != "" {
		findings = slices.DeleteFunc(slices.Clone(findings), func(f report.Finding) bool { return f.Link != e.Link })
		if len(findings) == 0 {
			return []Difference{{Line: e.Line, Field: "link", Want: e.Link, Got: each(r.Findings, func(f report.Finding) string { return f.Link })}}
		}
	}
	if e.Message != "" && !slices.ContainsFunc(findings, func(f report.Finding) bool { return strings.Contains(f.Message, e.Message) }) {
		return []Difference{{Line: e.Line, Field: "message", Want: e.Message, Got: each(findings, func(f report.Finding) string { return f.Message })}}
	}
	return nil
}

// each is the different texts of the findings, "none" if there are none.
func each(findings []report.Finding, text func(report.Finding) string) string {
	var texts []string
	for _, f := range findings {
		if t := text(f); t != "" && !slices.Contains(texts, t) {
			texts = append(texts, t)
		}
	}
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, "; ")
}

// telling is the findings that made the result what it is; all, if none did.
func telling(r report.Result) []report.Finding {
	status := r.Status
	if status == report.Waived {
		status = report.Fail
	}
	found := slices.DeleteFunc(slices.Clone(r.Findings), func(f report.Finding) bool { return f.Status != status })
	if len(found) == 0 {
		return r.Findings
	}
	return found
}

// lineOf is where the case expects something of the control; else where it begins.
func (c *Case) lineOf(control string) int {
	for _, e := range c.Expect {
		if e.Control == control {
			return e.Line
		}
	}
	return c.Line
}
