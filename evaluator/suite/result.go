package suite

import (
	"slices"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Outcome is how a test ended.
type Outcome string

// The outcomes. An Error is a test that could not be run: what it names is not there or cannot be read.
const (
	Pass  Outcome = "pass"
	Fail  Outcome = "fail"
	Error Outcome = "error"
	Skip  Outcome = "skip"
)

// Result is one test: a case of a suite, a Rego unit test, or a file that kept tests from running.
type Result struct {
	Suite       string       `json:"suite"` // its name, or the Rego package
	Name        string       `json:"name"`
	File        string       `json:"file"`
	Line        int          `json:"line,omitempty"`
	Outcome     Outcome      `json:"outcome"`
	Problem     string       `json:"problem,omitempty"`
	Hint        string       `json:"hint,omitempty"`
	Output      string       `json:"output,omitempty"` // what the test printed
	Differences []Difference `json:"differences,omitempty"`

	of    *Case
	seen  []report.Account
	notes []string // of the run as a whole
}

// Difference is where a control says another thing than expected.
type Difference struct {
	Line     int              `json:"line"` // of the expectation
	Account  string           `json:"account,omitempty"`
	Control  string           `json:"control"`
	ID       string           `json:"id,omitempty"`
	Field    string           `json:"field"` // status, link, message or verdict
	Want     string           `json:"want"`
	Got      string           `json:"got"`
	Findings []report.Finding `json:"findings,omitempty"` // what the control found instead
	Notes    []string         `json:"notes,omitempty"`
}

// Summary counts results by outcome.
type Summary struct {
	Pass  int `json:"pass"`
	Fail  int `json:"fail"`
	Error int `json:"error"`
	Skip  int `json:"skip"`
}

// Count counts results by outcome.
func Count(results []Result) Summary {
	var s Summary
	for _, r := range results {
		switch r.Outcome {
		case Pass:
			s.Pass++
		case Fail:
			s.Fail++
		case Error:
			s.Error++
		case Skip:
			s.Skip++
		}
	}
	return s
}

// Notes are what the evaluation of every case of a suite remarks: a parameter that no policy reads, a waiver that is never used, a
// policy that replaces another. One case may well leave unused what another needs.
func Notes(suites []*Suite, results []Result) []string {
	var all []string
	for _, s := range suites {
		var notes []string
		ran := 0
		for _, r := range results {
			if r.of == nil || !slices.Contains(s.Cases, r.of) {
				continue
			}
			if ran++; ran == 1 {
				notes = slices.Clone(r.notes)
			}
			notes = slices.DeleteFunc(notes, func(note string) bool { return !slices.Contains(r.notes, note) })
		}
		if ran < len(s.Cases) {
			continue
		}
		for _, note := range notes {
			all = append(all, s.File+": "+note)
		}
	}
	return all
}
