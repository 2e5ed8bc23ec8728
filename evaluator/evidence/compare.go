package evidence

import (
	"encoding/json"
	"fmt"
	"strconv"

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
	// Not report.Read, which refuses a report that contradicts itself: what it says is to be named.
	var again, saved report.Report
	for _, r := range []struct {
		text []byte
		into *report.Report
	}{{want, &again}, {found, &saved}} {
		if err := json.Unmarshal(r.text, r.into); err != nil {
			return []Problem{{File: reportFile, Problem: "read: " + err.Error()}}, verdictsDiffer
		}
	}
	if problems := compareVerdicts(&again, &saved); len(problems) > 0 {
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
	for i, a := range want.Accounts {
		if i < len(found.Accounts) && found.Accounts[i].Account == a.Account {
			problems = append(problems, compareCounts("account "+a.Account+", summary", a.Summary, found.Accounts[i].Summary)...)
		}
	}
	return append(problems, compareCounts("summary", want.Summary, found.Summary)...)
}

func compareCounts(of string, want, found report.Summary) []Problem {
	var problems []Problem
	for _, status := range report.Statuses {
		if n, m := want.Count(status), found.Count(status); n != m {
			problems = append(problems, Problem{reportFile, fmt.Sprintf("%s, %s", of, status), strconv.Itoa(n), strconv.Itoa(m)})
		}
	}
	return problems
}
