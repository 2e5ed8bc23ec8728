//go:build e2e

package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// written is the file that holds the report as HTML, made from the report as it is saved.
func written(t *testing.T, name string, r *report.Report) string {
	t.Helper()
	var saved, out bytes.Buffer
	if err := report.Write(&saved, "json", r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	again, err := report.Read(&saved)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(&out, "html", again, report.Style{}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// of is the report on snapshots.
func of(t *testing.T, waivers string, all ...*snapshots.Snapshot) *report.Report {
	t.Helper()
	sources := []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}}
	engine, err := evaluator.Compile(t.Context(), sources)
	if err != nil {
		t.Fatal(err)
	}
	editions, err := evaluator.Benchmarks(sources)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := evaluator.FindBenchmark(editions, "")
	if err != nil {
		t.Fatal(err)
	}
	o := evaluator.Options{Benchmark: newest, Tool: report.Tool{Name: "cistern", Version: "test"}}
	if waivers != "" {
		if o.Waivers, err = evaluator.ParseWaivers("waivers.yaml", []byte(waivers)); err != nil {
			t.Fatal(err)
		}
	}
	var inputs []evaluator.Input
	for i, s := range all {
		inputs = append(inputs, evaluator.Input{Name: fmt.Sprintf("%d.json", i), Snapshot: s})
	}
	r, err := engine.Evaluate(t.Context(), inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sample(t *testing.T, name string) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func failing(t *testing.T) *report.Report { return of(t, "", sample(t, "broken-pattern-misses")) }
func passing(t *testing.T) *report.Report { return of(t, "", sample(t, "compliant")) }
func denied(t *testing.T) *report.Report  { return of(t, "", sample(t, "denied")) }

func empty(t *testing.T) *report.Report {
	r := passing(t)
	r.Accounts, r.Summary = []report.Account{}, report.Summary{}
	return r
}

// given has everything that somebody answers for.
func given(t *testing.T) *report.Report {
	return of(t, `waivers:
  - {control: cloudtrail-config-changes, owner: security@example.com, reason: The new filter is being rolled out, ticket: SEC-12, expires: 2026-02-01}
`, sample(t, "broken-pattern-misses"))
}

// many is a report on n accounts, of which every third fails and every fifth could not be read.
func many(t *testing.T, n int) *report.Report {
	t.Helper()
	kinds := []*report.Report{passing(t), failing(t), denied(t)}
	all := *kinds[0]
	all.Accounts, all.Summary = nil, report.Summary{}
	for i := range n {
		kind := 0
		switch {
		case i%5 == 4:
			kind = 2
		case i%3 == 1:
			kind = 1
		}
		text, err := json.Marshal(kinds[kind].Accounts[0])
		if err != nil {
			t.Fatal(err)
		}
		var a report.Account
		id := fmt.Sprintf("%012d", i)
		if err := json.Unmarshal([]byte(strings.ReplaceAll(string(text), kinds[kind].Accounts[0].Account, id)), &a); err != nil {
			t.Fatal(err)
		}
		a.Alias = fmt.Sprintf("team-%d", i)
		all.Accounts = append(all.Accounts, a)
		for _, result := range a.Results {
			all.Summary.Add(result.Status)
		}
	}
	return &all
}

// hostile has texts everywhere that try to be more than texts.
func hostile(t *testing.T) *report.Report {
	t.Helper()
	r := failing(t)
	bad := []string{
		`<script>window.owned = true</script>`, `"><img src=x onerror="window.owned = true">`, `'-alert(1)-'`, `</style><script>window.owned = true</script>`,
		`javascript:window.owned=true`, "\u202egnp.exe", strings.Repeat("x", 10_000), "\x00\x1b[31mred", `]]></details></svg><iframe src=x>`, `{{.}} ${x}`,
	}
	a := &r.Accounts[0]
	a.Alias, a.Account = bad[0], bad[1]
	r.Notes, r.Tool.Version, r.Benchmark.Title, r.Benchmark.Version = bad, bad[0], bad[1], bad[2]
	a.Snapshot.CollectedBy, a.Snapshot.Regions = bad[0], bad
	a.Gaps = []report.Gap{{Region: bad[0], Service: bad[1], Operation: bad[2], Resource: bad[6], Kind: bad[3], Code: bad[4], Message: bad[1], Action: bad[0]}}
	r.Policies.Errors = []report.PolicyError{{Control: bad[0], File: bad[1], Problem: bad[6], Hint: bad[0]}}
	for i := range a.Results {
		result, text := &a.Results[i], bad[i%len(bad)]
		result.ID, result.Control, result.Title, result.Section, result.Severity, result.Remediation = text, text, text, text, text, text
		result.Notes = []string{text}
		result.Findings = append(result.Findings, report.Finding{
			Status: report.Fail, Message: text, Region: text, Resource: text, Link: "alarm",
			Evidence: map[string]any{text: text, "missed_event": map[string]any{"eventName": text}, "filters": []any{text}}, Pointers: []string{"/" + text},
		})
		result.Waiver = &report.Waiver{Owner: text, Reason: text, Ticket: text, Expires: text}
	}
	return r
}
