package evaluator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Unjudged is a report's policies that could not judge as an error, a PolicyErrors; nil if there are none.
func Unjudged(r *report.Report) error {
	var all PolicyErrors
	for _, p := range r.Policies.Errors {
		all = append(all, &PolicyError{p.File, p.Line, p.Problem, p.Hint})
	}
	return all.orNil()
}

// failed makes the row of a control that gave no verdict one that says so, and tells whether it could: an error that is not the
// policy's ends the run.
func (v *visit) failed(p *policy, out *result, err error) bool {
	var problem *PolicyError
	if !errors.As(err, &problem) {
		return false
	}
	if problem.Line == 0 && problem.File == p.File {
		problem.Line = v.engine.ruleLine(p)
	}
	out.cannot([]*PolicyError{problem})
	v.faults = append(v.faults, report.PolicyError{
		Control: p.Slug, Account: v.self.account, File: problem.File, Line: problem.Line, Problem: problem.Problem, Hint: problem.Hint,
	})
	return true
}

// cannot is the row of a control whose policy could not judge.
func (r *result) cannot(problems []*PolicyError) {
	first := problems[0]
	message := "the policy could not judge: " + first.Error()
	if more := len(problems) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	if first.Hint != "" {
		message += "; hint: " + first.Hint
	}
	r.Status = report.Unknown
	r.Findings = append(r.Findings, report.Finding{Status: report.Unknown, Message: message})
}

// policyErrors is every policy that could not judge: what was set aside, then what failed in one of the accounts.
func (e *Engine) policyErrors(failed []report.PolicyError) []report.PolicyError {
	var all []report.PolicyError
	for _, f := range e.faults {
		all = append(all, report.PolicyError{Control: f.control, File: f.File, Line: f.Line, Problem: f.Problem, Hint: f.Hint})
	}
	return append(all, sortedFailures(failed)...)
}

// sortedFailures are the policies that failed in some account, in the order of a report.
func sortedFailures(failed []report.PolicyError) []report.PolicyError {
	failed = slices.Clone(failed)
	slices.SortStableFunc(failed, func(a, b report.PolicyError) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Control, b.Control),
			strings.Compare(a.Account, b.Account))
	})
	return failed
}
