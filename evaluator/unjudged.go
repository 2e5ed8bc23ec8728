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
func (r *run) failed(s *subject, p *policy, out *result, err error) bool {
	var problem *PolicyError
	if !errors.As(err, &problem) {
		return false
	}
	if problem.Line == 0 && problem.File == p.File {
		problem.Line = r.engine.ruleLine(p)
	}
	out.cannot([]*PolicyError{problem})
	r.faults = append(r.faults, report.PolicyError{
		Control: p.Slug, Account: s.account, File: problem.File, Line: problem.Line, Problem: problem.Problem, Hint: problem.Hint,
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
func (r *run) policyErrors() []report.PolicyError {
	var all []report.PolicyError
	for _, f := range r.engine.faults {
		all = append(all, report.PolicyError{Control: f.control, File: f.File, Line: f.Line, Problem: f.Problem, Hint: f.Hint})
	}
	slices.SortStableFunc(r.faults, func(a, b report.PolicyError) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Control, b.Control),
			strings.Compare(a.Account, b.Account))
	})
	return append(all, r.faults...)
}
