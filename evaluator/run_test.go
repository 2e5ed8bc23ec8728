package evaluator

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// trailPolicy finds a failure for each trail without validation, and shows what it was given.
const trailPolicy = `# METADATA
# title: Log files are validated
# custom: {control: log-validation, severity: medium, remediation: Turn it on.}
package policies.logging.validation

import future.keywords.not

verdict := {"status": status, "findings": findings, "notes": [data.as_of]}

default status := "pass"

status := "fail" if count(findings) > 0

findings := [{"status": "fail", "message": "no validation", "resource": trail.TrailARN, "link": "trail", "pointers": [$"/cloudtrail/trails/{i}"]} |
	some i, trail in input.cloudtrail.trails
	not trail.LogFileValidationEnabled == true
]
`

const testEdition = `id: cis-9.0.0
title: Test edition
version: 9.0.0
sections:
  - id: "4"
    title: Logging
    controls:
      - {id: "4.2", control: log-validation, level: 2, assessment: automated}
      - {id: "4.1", control: bucket-private, level: 1, title: Buckets are private, reason: A snapshot does not hold buckets.}
`

// testRun is an engine with one policy, and its edition.
func testRun(t *testing.T, policies map[string]string, edition string) (*Engine, Options) {
	t.Helper()
	e, err := Compile(t.Context(), []Source{{Name: "p", FS: policyFS(policies), Catalogue: true}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseBenchmark("edition.yaml", []byte(edition))
	if err != nil {
		t.Fatal(err)
	}
	return e, Options{Benchmark: b, Tool: report.Tool{Name: "cistern", Version: "test"}}
}

func sample(t *testing.T, name string) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withoutValidation is the compliant account, but no trail validates its log files.
func withoutValidation(t *testing.T) *snapshots.Snapshot {
	t.Helper()
	s := sample(t, "compliant")
	for i := range s.CloudTrail.Trails {
		s.CloudTrail.Trails[i].LogFileValidationEnabled = snapshots.Of(false)
	}
	return s
}

func TestEvaluateRows(t *testing.T) {
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", withoutValidation(t)}}, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Accounts) != 1 || len(rep.Accounts[0].Results) != 2 {
		t.Fatalf("got %d accounts, want 1 with 2 rows: %+v", len(rep.Accounts), rep)
	}
	got := rep.Accounts[0].Results
	if got[0].ID != "4.2" || got[0].Status != report.Fail || got[0].Section != "4 Logging" || got[0].Severity != "medium" || got[0].Remediation != "Turn it on." {
		t.Errorf("got %+v, want 4.2 failing", got[0])
	}
	if got[1].ID != "4.1" || got[1].Status != report.Manual || got[1].Notes[0] != "A snapshot does not hold buckets." {
		t.Errorf("got %+v, want 4.1 manual with its reason", got[1])
	}
	if want := (report.Summary{Fail: 1, Manual: 1}); rep.Summary != want {
		t.Errorf("got summary %+v, want %+v", rep.Summary, want)
	}
	if asOf := timeText(sample(t, "compliant").CollectedAt.Time); rep.AsOf != asOf || got[0].Notes[0] != asOf {
		t.Errorf("got as_of %s and %s, want the snapshot's own time %s", rep.AsOf, got[0].Notes[0], asOf)
	}
}

func TestEvaluateChoosesControls(t *testing.T) {
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	cases := []struct {
		name     string
		controls []string
		level    int
		want     string
	}{
		{"all", nil, 0, "4.2 4.1"},
		{"by slug", []string{"log-validation"}, 0, "4.2"},
		{"by id", []string{"4.1"}, 0, "4.1"},
		{"by level", nil, 1, "4.1"},
		{"up to level 2", nil, 2, "4.2 4.1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o.Controls, o.Level = c.controls, c.level
			rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range rep.Accounts[0].Results {
				ids = append(ids, r.ID)
			}
			if got := strings.Join(ids, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestWithoutAVerdictTheRowIsUnknown(t *testing.T) {
	const head = "# METADATA\n# custom: {control: log-validation}\npackage policies.x\n\n"
	cases := []struct{ name, policy, want string }{
		{"an undefined verdict", `verdict := {"status": "pass", "findings": [], "notes": []} if input.account.id == "0"`, "gives no verdict: data.policies.x.verdict is undefined"},
		{"a text", `verdict := "pass"`, `gives no verdict: verdict is the text "pass", want an object`},
		{"a wrong status", `verdict := {"status": "ok", "findings": [], "notes": []}`, `verdict.status is "ok", want one of pass, fail`},
		{"a status of ours", `verdict := {"status": "waived", "findings": [], "notes": []}`, `verdict.status is "waived"`},
		{"no findings", `verdict := {"status": "pass", "notes": []}`, "verdict.findings is not there"},
		{"a field too many", `verdict := {"status": "pass", "findings": [], "notes": [], "msg": 1}`, `verdict has a field "msg", want only`},
		{"a finding without message", `verdict := {"status": "pass", "findings": [{"status": "pass"}], "notes": []}`, "verdict.findings[0] has no message"},
		{"a broken link of another chain", `verdict := {"status": "pass", "findings": [{"status": "pass", "message": "m", "link": "moon"}], "notes": []}`, `link is "moon", want one of trail`},
		{"a pass that fails", `verdict := {"status": "pass", "findings": [{"status": "pass", "message": "m"}, {"status": "fail", "message": "m"}], "notes": []}`, "verdict.status is pass, but verdict.findings[1] is fail"},
		{"a pass that does not know", `verdict := {"status": "pass", "findings": [{"status": "unknown", "message": "m"}], "notes": []}`, "verdict.status is pass, but verdict.findings[0] is unknown"},
		{"not applicable, and failing", `verdict := {"status": "not_applicable", "findings": [{"status": "fail", "message": "m"}], "notes": []}`, "verdict.status is not_applicable, but verdict.findings[0] is fail"},
		{"a fail that passes", `verdict := {"status": "fail", "findings": [{"status": "pass", "message": "m"}], "notes": []}`, "verdict.status is fail, but none of verdict.findings is"},
		{"no pointer", `verdict := {"status": "pass", "findings": [{"status": "pass", "message": "m", "pointers": ["trails"]}], "notes": []}`, "want a JSON pointer"},
		{"a note that is no text", `verdict := {"status": "pass", "findings": [], "notes": [1]}`, "verdict.notes[0] is a number, want a text"},
		{"a builtin's error", "verdict := {\"status\": \"pass\", \"findings\": [], \"notes\": [x]}\n\nx := sprintf(\"%s\", [json.unmarshal(input.account.id)]) if json.unmarshal(\"{\")", "control log-validation: evaluate: json.unmarshal"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, o := testRun(t, map[string]string{"x.rego": head + c.policy + "\n"}, testEdition)
			rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
			if err != nil || len(rep.Policies.Errors) != 1 {
				t.Fatalf("got %v and %+v, want a report with one policy that could not judge", err, rep)
			}
			got, wrong := rep.Accounts[0].Results[0], rep.Policies.Errors[0]
			if got.Status != report.Unknown || len(got.Findings) != 1 || !strings.Contains(got.Findings[0].Message, c.want) || !strings.Contains(got.Findings[0].Message, "p/x.rego:") {
				t.Errorf("got %+v, want it unknown, because of %q in p/x.rego", got, c.want)
			}
			if wrong.Control != "log-validation" || wrong.Account != "111122223333" || wrong.File != "p/x.rego" || wrong.Line == 0 || !strings.Contains(wrong.Problem, c.want) {
				t.Errorf("got %+v, want the control, account, file and line of %q", wrong, c.want)
			}
			if rest := rep.Accounts[0].Results[1]; rest.Status != report.Manual {
				t.Errorf("got %+v, want the other row as ever", rest)
			}
			var problems PolicyErrors
			if !errors.As(Unjudged(rep), &problems) || len(problems) != 1 {
				t.Errorf("got %v, want one error for those who need every verdict", Unjudged(rep))
			}
		})
	}
}

func TestEvaluateRefusesAnAccountTwice(t *testing.T) {
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	_, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}, {"b.json", sample(t, "compliant")}}, o)
	var problem *InputError
	if !errors.As(err, &problem) || !strings.Contains(err.Error(), "b.json") || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("got %v, want an InputError that names both files", err)
	}
}

func TestEvaluateConftest(t *testing.T) {
	cases := []struct {
		name, policy string
		want         report.Status
		message      string
	}{
		{"nothing denied", "package main\n\ndeny contains \"no\" if input.account.id == \"0\"\n", report.Pass, ""},
		{"a text", "package main\n\ndeny contains \"no\"\n", report.Fail, "no"},
		{"an object", "package main\n\nviolation contains {\"msg\": \"no\", \"why\": 1}\n", report.Fail, "no"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			shipped := Source{Name: "p", FS: policyFS(map[string]string{"v.rego": trailPolicy}), Catalogue: true}
			e, err := Compile(t.Context(), []Source{shipped, {Name: "mine", FS: policyFS(map[string]string{"x.rego": c.policy})}})
			if err != nil {
				t.Fatal(err)
			}
			_, o := testRun(t, nil, testEdition)
			rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
			if err != nil {
				t.Fatal(err)
			}
			got := rep.Accounts[0].Results[2]
			if got.Control != "main" || got.Status != c.want || got.Section != addedSection {
				t.Errorf("got %+v, want main to be %s", got, c.want)
			}
			if c.message != "" && got.Findings[0].Message != c.message {
				t.Errorf("got message %q, want %q", got.Findings[0].Message, c.message)
			}
		})
	}
}

func TestOverrideIsNoted(t *testing.T) {
	shipped := Source{Name: "p", FS: policyFS(map[string]string{"v.rego": trailPolicy}), Catalogue: true}
	renamed := strings.Replace(trailPolicy, "package policies.logging.validation", "package mine.v", 1)
	added := strings.Replace(renamed, "control: log-validation", "control: log-other", 1)
	cases := []struct{ name, policy, adds, replaces string }{
		{"the same package", trailPolicy + "\n# ours\n", "", "control log-validation, package policies.logging.validation"},
		{"the same control", renamed, "", "control log-validation"},
		{"another control", added, "log-other", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := Compile(t.Context(), []Source{shipped, {Name: "mine", FS: policyFS(map[string]string{"v.rego": c.policy})}})
			if err != nil {
				t.Fatal(err)
			}
			_, o := testRun(t, nil, testEdition)
			rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
			if err != nil || len(rep.Policies.Sources) != 1 {
				t.Fatalf("got %v and %+v, want one source besides the shipped one", err, rep)
			}
			got := rep.Policies.Sources[0]
			if got.Name != "mine" || got.Kind != "folder" || strings.Join(got.Adds, ", ") != c.adds || strings.Join(got.Replaces, ", ") != c.replaces {
				t.Errorf("got %+v, want mine to add %q and replace %q", got, c.adds, c.replaces)
			}
		})
	}
}

func TestWaivers(t *testing.T) {
	trail := sample(t, "compliant").CloudTrail.Trails[0].TrailARN
	const rest = "\n    owner: sec\n    reason: known\n    expires: "
	cases := []struct {
		name, waivers string
		want          report.Status
		note          string
	}{
		{"live", "  - control: log-validation" + rest + "2099-01-01", report.Waived, ""},
		{"by id", "  - control: \"4.2\"" + rest + "2099-01-01", report.Waived, ""},
		{"expired", "  - control: log-validation" + rest + "2020-01-01", report.Fail, "expired on 2020-01-01"},
		{"on its last day", "  - control: log-validation" + rest + "2026-02-03", report.Waived, "holds until 2026-02-03: 1 day left"},
		{"of another account", "  - control: log-validation\n    accounts: [\"999999999999\"]" + rest + "2099-01-01", report.Fail, "excuses nothing"},
		{"of the resource", "  - control: log-validation\n    resources: [\"" + trail + "\"]" + rest + "2099-01-01", report.Waived, ""},
		{"of such resources", "  - control: log-validation\n    resources: [\"arn:aws:cloudtrail:*\"]" + rest + "2099-01-01", report.Waived, ""},
		{"of another resource", "  - control: log-validation\n    resources: [\"arn:x\"]" + rest + "2099-01-01", report.Fail, "excuses nothing"},
	}
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	o.AsOf = time.Date(2026, 2, 3, 23, 59, 0, 0, time.UTC)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ws, err := ParseWaivers("w.yaml", []byte("waivers:\n"+c.waivers+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			o.Waivers = ws
			for range 2 { // a run must not see what another used
				rep, err := e.Evaluate(t.Context(), []Input{{"a.json", withoutValidation(t)}}, o)
				if err != nil {
					t.Fatal(err)
				}
				if got := rep.Accounts[0].Results[0]; got.Status != c.want || (got.Waiver != nil) != (c.want == report.Waived) {
					t.Errorf("got %s with waiver %v, want %s", got.Status, got.Waiver, c.want)
				}
				if got := strings.Join(rep.Notes, "\n"); !strings.Contains(got, c.note) || (c.note == "") != (got == "") {
					t.Errorf("got notes %q, want %q", got, c.note)
				}
			}
		})
	}
}

func TestParseWaiversRefuses(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"no owner", "waivers:\n  - control: a\n    reason: b\n    expires: 2026-01-01\n", "w.yaml:2: waiver: has no owner"},
		{"no day", "waivers:\n  - control: a\n    owner: o\n    reason: b\n    expires: soon\n", `w.yaml:5: waiver: expires "soon" is not a day`},
		{"no expiry", "waivers:\n  - control: a\n    owner: o\n    reason: b\n", "w.yaml:2: waiver: has no expires"},
		{"unknown field", "waivers:\n  - control: a\n    until: 2026\n", "w.yaml:3: waiver: unknown field until"},
		{"empty entry", "waivers:\n  -\n", "w.yaml:2: waiver: is empty"},
		{"empty file", "", "w.yaml: read: the file is empty"},
		{"not YAML", "waivers: [", "w.yaml:1: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseWaivers("w.yaml", []byte(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestEvaluateTwiceGivesTheSameBytes(t *testing.T) {
	var before []byte
	for range 3 {
		e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
		rep, err := e.Evaluate(t.Context(), []Input{{"a.json", withoutValidation(t)}}, o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := report.Write(&b, "json", rep, report.Style{}); err != nil {
			t.Fatal(err)
		}
		if before != nil && !bytes.Equal(before, b.Bytes()) {
			t.Fatalf("got\n%s\nthen\n%s", before, b.Bytes())
		}
		before = b.Bytes()
	}
}
