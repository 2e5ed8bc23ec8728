package evidence

import (
	"fmt"
	"slices"

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
	// Not report.Read, which refuses a report that contradicts itself, and takes a field in any case: what a reader sees is to be compared.
	again, err := generic(want)
	if err != nil {
		return []Problem{{File: reportFile, Problem: "read: " + err.Error()}}, verdictsDiffer
	}
	saved, err := generic(found)
	if err != nil {
		return []Problem{{File: reportFile, Problem: "read: " + err.Error()}}, verdictsDiffer
	}
	if problems := compareVerdicts(again, saved); len(problems) > 0 {
		return problems, verdictsDiffer
	}
	if problems := inFile(reportFile, differences(again, saved, "")); len(problems) > 0 {
		return problems, textDiffers
	}
	return []Problem{{File: reportFile, Problem: "differs " + firstDifference(want, found)}}, formatDiffers
}

func inFile(name string, problems []Problem) []Problem {
	for i := range problems {
		problems[i].File = name
	}
	return problems
}

// verdictKey is a row of a report. One that is there more than once is counted.
type verdictKey struct {
	account, id, control string
	again                int
}

func (k verdictKey) String() string {
	text := fmt.Sprintf("account %s, control %s %s", k.account, k.id, k.control)
	if k.again > 0 {
		text += ", a further row"
	}
	return text
}

// field is a field of a JSON object, nil if there is none.
func field(value any, name string) any {
	fields, _ := value.(map[string]any)
	return fields[name]
}

// textOf is a field as text, whatever it is.
func textOf(value any, name string) string {
	v := field(value, name)
	if text, ok := v.(string); ok {
		return text
	}
	return string(appendCanonical(nil, v))
}

func listOf(value any, name string) []any {
	list, _ := field(value, name).([]any)
	return list
}

// rows are the verdicts of a report, in its order.
func rows(r any) (order []verdictKey, statuses map[verdictKey]string) {
	statuses = map[verdictKey]string{}
	for _, a := range listOf(r, "accounts") {
		for _, each := range listOf(a, "results") {
			key := verdictKey{account: textOf(a, "account"), id: textOf(each, "id"), control: textOf(each, "control")}
			for _, twice := statuses[key]; twice; _, twice = statuses[key] {
				key.again++
			}
			order = append(order, key)
			statuses[key] = textOf(each, "status")
		}
	}
	return order, statuses
}

// compareVerdicts says which verdicts and counts differ.
func compareVerdicts(want, found any) []Problem {
	problems := compareRows(want, found)
	accounts, others := listOf(want, "accounts"), listOf(found, "accounts")
	for i, a := range accounts {
		if i < len(others) && textOf(others[i], "account") == textOf(a, "account") {
			problems = append(problems, compareCounts("account "+textOf(a, "account")+", summary", a, others[i])...)
		}
	}
	return append(problems, compareCounts("summary", want, found)...)
}

// compareRows says which verdicts differ.
func compareRows(want, found any) []Problem {
	order, expected := rows(want)
	more, statuses := rows(found)
	var problems []Problem
	for _, key := range order {
		if status, ok := statuses[key]; !ok {
			problems = append(problems, Problem{reportFile, key.String(), expected[key], "no row"})
		} else if status != expected[key] {
			problems = append(problems, Problem{reportFile, key.String(), expected[key], status})
		}
	}
	for _, key := range slices.DeleteFunc(more, func(key verdictKey) bool { _, ok := expected[key]; return ok }) {
		problems = append(problems, Problem{reportFile, key.String(), "no row", statuses[key]})
	}
	return problems
}

func compareCounts(of string, want, found any) []Problem {
	var problems []Problem
	w, f := field(want, "summary"), field(found, "summary")
	for _, status := range report.Statuses {
		if n, m := textOf(w, string(status)), textOf(f, string(status)); n != m {
			problems = append(problems, Problem{reportFile, fmt.Sprintf("%s, %s", of, status), n, m})
		}
	}
	return problems
}
