//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// TestASFF imports a report into Security Hub with the lines of shell that the manual gives.
func TestASFF(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	program := cistern(t)
	dir := t.TempDir()
	r := severalBatches(t, program, dir)
	accounts := []string{r.Accounts[0].Account, r.Accounts[1].Account}

	for _, id := range accounts {
		c := e.root().become(t, id, "importer")
		imported := importFindings(t, c, program, dir)
		if want := map[string][]int{accounts[0]: {100, 26}, accounts[1]: {21}}[id]; fmt.Sprint(imported) != fmt.Sprint(want) {
			t.Errorf("%s: got SuccessCount %v, want %v", id, imported, want)
		}
		again := importFindings(t, c, program, dir)
		if fmt.Sprint(again) != fmt.Sprint(imported) {
			t.Errorf("%s: got SuccessCount %v the second time, want %v", id, again, imported)
		}
		checkFindings(t, c, r, id)
	}
}

// severalBatches writes a report of two accounts, one of which has more findings than a call takes, and returns it.
func severalBatches(t *testing.T, program, dir string) *report.Report {
	t.Helper()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	sample := func(name string) string {
		s, err := samples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".json")
		if err := s.WriteFile(file); err != nil {
			t.Fatal(err)
		}
		return file
	}
	other, err := os.ReadFile(sample("denied"))
	if err != nil {
		t.Fatal(err)
	}
	waivers := write("waivers.yaml", "waivers:\n  - {control: cloudtrail-config-changes, owner: ops, reason: moved, expires: 2099-12-31}\n")
	r, code := evaluate(t, program, "--waivers", waivers, sample("broken-pattern-misses"),
		write("other.json", strings.ReplaceAll(string(other), "111122223333", "444455556666")))
	if code != 4 {
		t.Fatalf("cistern evaluate: got exit code %d, want 4: one failure, waived, and an account that was refused", code)
	}
	first := &r.Accounts[0]
	rows := first.Results
	for n := range 5 { // more rows than an edition has
		for _, row := range rows {
			row.ID = fmt.Sprintf("%s.%d", row.ID, n)
			if row.Status == report.Pass {
				row.Status, row.Findings = report.Fail, []report.Finding{{Status: report.Fail, Message: "<script>\x1b[31m\u202e=cmd()" + strings.Repeat("x", 10_000)}}
			}
			first.Results = append(first.Results, row)
			first.Summary.Add(row.Status)
			r.Summary.Add(row.Status)
		}
	}
	var text strings.Builder
	if err := report.Write(&text, "json", r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	write("report.json", text.String())
	return r
}

// importFindings runs what docs/formats.md says and returns how many findings each call took.
func importFindings(t *testing.T, c caller, program, dir string) []int {
	t.Helper()
	manual, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, lines, found := strings.Cut(string(manual), "\n    cistern report report.json -o findings.asff\n")
	lines, _, ended := strings.Cut(lines, "\n\n")
	if !found || !ended {
		t.Fatal("docs/formats.md: does not say how findings are imported")
	}
	shell := exec.Command(shells()[0], "-eu", "-c", `"$0" report report.json -o findings.asff`+"\n"+lines, program)
	shell.Dir, shell.Env = dir, c.environment("AWS_DEFAULT_OUTPUT=json")
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("the lines of docs/formats.md: %v\n%s", err, stderrOf(err))
	}
	var taken []int
	answers := json.NewDecoder(strings.NewReader(string(out)))
	for answers.More() {
		var answer struct{ SuccessCount, FailedCount int }
		if err := answers.Decode(&answer); err != nil || answer.FailedCount != 0 {
			t.Fatalf("aws securityhub batch-import-findings: got %+v, %v", answer, err)
		}
		taken = append(taken, answer.SuccessCount)
	}
	return taken
}

// checkFindings reads the findings back and holds their statuses against the report.
func checkFindings(t *testing.T, c caller, r *report.Report, id string) {
	t.Helper()
	type finding struct{ ID, Status, Workflow, Account string }
	out := c.aws(t, "securityhub", "get-findings", "--query",
		"to_string(Findings[].{ID:Id,Status:Compliance.Status,Workflow:Workflow.Status,Account:AwsAccountId})")
	got := map[string]string{}
	for pages := json.NewDecoder(strings.NewReader(out)); pages.More(); {
		var page []finding
		if err := pages.Decode(&page); err != nil {
			t.Fatalf("aws securityhub get-findings: %v\n%s", err, out)
		}
		for _, f := range page {
			if f.Account != id {
				t.Errorf("got a finding of %s in the Security Hub of %s", f.Account, id)
			}
			got[f.ID] = strings.TrimSpace(f.Status + " " + f.Workflow)
		}
	}
	statuses := map[report.Status]string{
		report.Pass: "PASSED", report.Fail: "FAILED", report.Unknown: "WARNING", report.Waived: "FAILED SUPPRESSED", report.NotApplicable: "NOT_AVAILABLE",
	}
	want := map[string]string{}
	for _, a := range r.Accounts {
		for _, row := range a.Results {
			if a.Account == id && row.Status != report.Manual {
				want["cistern/"+id+"/cis-7.0.0/"+row.ID+"/"+row.Control] = statuses[row.Status]
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", id, got, want)
	}
}
