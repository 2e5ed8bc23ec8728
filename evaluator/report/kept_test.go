package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kept is a report whose every side remark is known again.
func kept() *Report {
	r := everything()
	r.Notes = []string{"note-of-run"}
	r.Policies.Sources = []PolicySource{{Name: "mine", Kind: "folder", Digest: "sha256:" + strings.Repeat("5", 64)}}
	a := &r.Accounts[0]
	a.Gaps = []Gap{{Region: "eu-west-1", Service: "sns", Operation: "get-topic-attributes", Kind: "denied", Code: "code-of-gap", Message: "message-of-gap", Action: "sns:GetTopicAttributes"}}
	a.RegionsLeftOut = []string{"ap-left-out-1"}
	a.Snapshot.Endpoints = []Endpoint{{"sns", "http://endpoint.example"}}
	for i := range a.Results {
		a.Results[i].Notes = []string{"note-of-row"}
	}
	return r
}

// keeps is what each format holds besides the verdicts: docs/formats.md has the same table.
var keeps = []struct{ format, run, gaps, regions, endpoints, notes, sources, errors string }{
	{"text", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"json", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"jsonl", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"csv", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"markdown", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"junit", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"sarif", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"sarif-alerts", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"github", "yes", "yes", "yes", "yes", "some", "no", "yes"},
	{"oscal", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"asff", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
	{"ocsf", "yes", "yes", "yes", "yes", "yes", "yes", "yes"},
}

func TestNothingIsLostSilently(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keeps {
		text := string(written(t, k.format, kept(), Style{}))
		flat := strings.NewReplacer("\n", "", " ", "", `\`, "", "&#8203;", "").Replace(text)
		for _, side := range []struct{ name, sign, want string }{
			{"notes of the run", "note-of-run", k.run}, {"gaps", "message-of-gap", k.gaps}, {"regions left out", "ap-left-out-1", k.regions},
			{"endpoints", "endpoint.example", k.endpoints}, {"notes of rows", "note-of-row", k.notes}, {"sources", "sha256:55555", k.sources},
			{"policies that could not judge", "objectinsertconflict", k.errors},
		} {
			if got := strings.Contains(flat, side.sign); got != (side.want != "no") {
				t.Errorf("%s, %s: got them %t, want %s", k.format, side.name, got, side.want)
			}
		}
		row := fmt.Sprintf("\n| `%s` | %s |", k.format, strings.Join([]string{k.run, k.gaps, k.regions, k.endpoints, k.notes, k.sources, k.errors}, " | "))
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/formats.md: got no row %q, want it", strings.TrimSpace(row))
		}
	}
}

func TestAnExceptionIsSeen(t *testing.T) {
	for _, f := range Formats() {
		if f.Name == "sarif-alerts" || f.Name == "github" { // which do not speak of what passes
			continue
		}
		if text := strings.Join(strings.Fields(string(written(t, f.Name, everything(), Style{}))), " "); !strings.Contains(text, "deploys all day") || !strings.Contains(text, "ops") || !strings.Contains(text, "2026-03-31") {
			t.Errorf("%s: got a pass without the exception that it rests on, want its owner, reason and last day", f.Name)
		}
	}
	for _, result := range sarifOf(t, everything()).Results {
		if result.RuleID != "iam-changes" {
			continue
		}
		if !strings.Contains(result.Message.Text, "events left out until 2026-03-31 by ops@example.com") || result.Properties["exceptions"] == nil {
			t.Errorf("got %+v, want the exception in the message and in the properties", result)
		}
	}
}

func TestCSVIsWhatASpreadsheetLeaves(t *testing.T) {
	r := oldReport(t)
	a := &r.Accounts[0]
	a.Account, a.Alias = "012345678901", "0042"
	a.Results[0].ID, a.Results[0].Level = "5.10", 1
	a.Results[0].Findings = []Finding{{Status: Fail, Resource: "1E5", Message: "2026-01-31"}}
	rows, err := csv.NewReader(strings.NewReader(string(written(t, "csv", r, Style{})))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("got %d rows (%v), want the header and one", len(rows), err)
	}
	want := map[string]string{"account": "aws:012345678901", "alias": "'0042", "id": "cis-7.0.0 5.10", "level": "1", "resource": "'1E5", "message": "'2026-01-31", "kind": "finding"}
	for i, name := range rows[0] {
		if text, asked := want[name]; asked && rows[1][i] != text {
			t.Errorf("%s: got %q, want %q", name, rows[1][i], text)
		}
	}
}

// jsonLine is a line as it is read.
type jsonLine struct {
	lineHead
	lineResult
	lineTail
}

// TestJSONLinesAreWhatTheEncoderWrites holds the lines that are put together to those that are written at once.
func TestJSONLinesAreWhatTheEncoderWrites(t *testing.T) {
	bare := many(3)
	bare.Notes, bare.Policies = nil, Policies{Digest: "sha256:1"}
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "kept": kept(), "old": oldReport(t), "bare": bare} {
		var want bytes.Buffer
		s := r.Stream()
		for i := range r.Accounts {
			a := &r.Accounts[i]
			tail := lineTail{RunNotes: r.Notes, PolicySources: r.Policies.Sources, Unread: someUnread(r)}
			for _, e := range s.failuresOf(a.Account) {
				tail.PolicyErrors = append(tail.PolicyErrors, *e)
			}
			for _, result := range a.Results {
				head := lineHead{r.AsOf, r.Tool, r.Benchmark, r.Policies.Digest}
				line := jsonLine{head, lineResult{a.Account, a.Alias, a.Snapshot, len(a.Gaps), result, a.Gaps, a.RegionsLeftOut}, tail}
				if err := encode(&want, line, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := written(t, "jsonl", r, Style{}); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s: got other bytes than those of the encoder", name)
		}
	}
}

func TestJSONLinesStandAlone(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(string(written(t, "jsonl", kept(), Style{}))), "\n")
	var line jsonLine
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	if len(line.NotRead) != 1 || line.Gaps != 1 || len(line.RegionsLeftOut) != 1 || len(line.RunNotes) != 1 || len(line.PolicySources) != 1 || len(line.PolicyErrors) != 2 {
		t.Errorf("got %+v, want what the verdict does not rest on", line)
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil || len(line.PolicyErrors) != 1 {
		t.Errorf("got %v, want lines of the second account, too", err)
	}
}

func TestGitHubSaysWhatMattersFirst(t *testing.T) {
	r := kept()
	for i := range 20 {
		r.Accounts[0].Results = append(r.Accounts[0].Results, Result{ID: fmt.Sprint("9.", i), Control: "by-hand", Status: Manual})
	}
	text := string(written(t, "github", r, Style{}))
	at := -1
	for _, next := range []string{
		"::error title=policy could not judge", "::error title=fail", "::warning title=incomplete", "::warning title=unknown", "::notice title=waived", "::notice title=notes of the run",
		"::notice title=manual", "::notice title=and ", "\nas of 2026-01-05T11:00:00Z: ",
	} {
		i := strings.Index(text, next)
		if i <= at {
			t.Errorf("got %q at %d, want it after %d in\n%s", next, i, at, text)
		}
		at = max(at, i)
	}
	for _, want := range []string{"resource: arn:aws:logs", "ap-left-out-1", "not read from AWS: sns http", "note-of-run"} {
		if !strings.Contains(text, want) {
			t.Errorf("got\n%s\nwant %q in it", text, want)
		}
	}
	for i := range 20 {
		r.Policies.Errors = append(r.Policies.Errors, PolicyError{File: fmt.Sprint("x", i, ".rego"), Problem: "does not compile"})
		r.Accounts = append(r.Accounts, Account{Account: fmt.Sprint("one-more-", i), Gaps: r.Accounts[0].Gaps})
	}
	text = string(written(t, "github", r, Style{}))
	for _, want := range []string{"::error title=22 policies could not judge", "::error title=fail", "::warning title=incomplete%3A 21 accounts", "::warning title=unknown"} {
		if !strings.Contains(text, want) {
			t.Errorf("got\n%s\nwant %q in it", text, want)
		}
	}
}

func TestMarkdownSaysWhatIsNotKnown(t *testing.T) {
	r := everything()
	text := string(written(t, "markdown", r, Style{}))
	_, unknown, _ := strings.Cut(text, "### Unknown")
	unknown, _, _ = strings.Cut(unknown, "###")
	if !strings.Contains(unknown, "not known at: `topic`") || strings.Contains(unknown, "broken at") {
		t.Errorf("got %s, want a link that is not known", unknown)
	}
	if !strings.Contains(text, "broken at: `pattern`") {
		t.Errorf("got %s, want a link that broke", text)
	}
}

func TestASourceThatCouldNotJudge(t *testing.T) {
	r := everything()
	r.Policies.Sources = []PolicySource{{Name: "mine", Kind: "folder", Digest: "sha256:00"}, {Name: "min", Kind: "folder", Adds: []string{"x"}}}
	if got, want := sourceText(r, &r.Policies.Sources[0]), "mine: could not judge: root-usage, mine/lib.rego"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := sourceText(r, &r.Policies.Sources[1]), "min: adds x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
