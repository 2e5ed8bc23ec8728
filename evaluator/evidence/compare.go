package evidence

import (
	"bytes"
	"fmt"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// How two reports differ, the most important first.
type differing int

const (
	verdictsDiffer differing = iota
	textDiffers
	formatDiffers
)

// compareReports says how the report that was found differs from the one that the evidence gives.
func compareReports(want, found []byte) ([]Problem, differing) {
	again, err := report.Read(bytes.NewReader(want))
	if err != nil {
		return []Problem{{File: reportFile, Problem: err.Error()}}, verdictsDiffer
	}
	saved, err := report.Read(bytes.NewReader(found))
	if err != nil {
		return []Problem{{File: reportFile, Problem: err.Error()}}, verdictsDiffer
	}
	if problems := compareVerdicts(again, saved); len(problems) > 0 {
		return problems, verdictsDiffer
	}
	x, err := generic(want)
	y, failed := generic(found)
	if err == nil && failed == nil {
		if p, differ := difference(x, y, ""); differ {
			p.File = reportFile
			return []Problem{p}, textDiffers
		}
	}
	return []Problem{{File: reportFile, Problem: "differs " + firstDifference(want, found)}}, formatDiffers
}

// verdictKey is a row of a report.
type verdictKey struct{ account, id, control string }

func (k verdictKey) String() string {
	return fmt.Sprintf("account %s, control %s %s", k.account, k.id, k.control)
}

// rows are the verdicts of a report, in its order.
func rows(r *report.Report) (order []verdictKey, statuses map[verdictKey]report.Status) {
	statuses = map[verdictKey]report.Status{}
	for _, a := range r.Accounts {
		for _, each := range a.Results {
			key := verdictKey{a.Account, each.ID, each.Control}
			if _, ok := statuses[key]; !ok {
				order = append(order, key)
			}
			statuses[key] = each.Status
		}
	}
	return order, statuses
}

func compareVerdicts(want, found *report.Report) []Problem {
	order, expected := rows(want)
	more, statuses := rows(found)
	var problems []Problem
	wrong := func(key verdictKey, expected, found string) {
		problems = append(problems, Problem{File: reportFile, Problem: key.String(), Expected: expected, Found: found})
	}
	for _, key := range order {
		status, ok := statuses[key]
		switch {
		case !ok:
			wrong(key, string(expected[key]), "no row")
		case status != expected[key]:
			wrong(key, string(expected[key]), string(status))
		}
	}
	for _, key := range more {
		if _, ok := expected[key]; !ok {
			wrong(key, "no row", string(statuses[key]))
		}
	}
	return problems
}
