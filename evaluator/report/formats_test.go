package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// everything is the full report with everything that humans decided, and policies that could not judge.
func everything() *Report {
	r := full()
	r.Policies.Errors = []PolicyError{
		{Control: "root-usage", Account: "111122223333", File: "mine/root.rego", Line: 7, Problem: "object insert conflict", Hint: "two rules give it"},
		{File: "mine/lib.rego", Problem: "does not compile"},
	}
	a := &r.Accounts[1]
	a.Results = append(a.Results,
		Result{ID: "5.3", Control: "root-usage", Title: "Use of the root account is watched", Section: "5 Monitoring", Level: 1, Severity: "high", Status: Manual,
			Findings:    []Finding{{Status: Fail, Link: "trail", Message: "there is no multi-region trail"}},
			Attestation: &Attestation{Status: Fail, Evidence: "SIEM rule 17", Owner: "soc@example.com", Reason: "events are read elsewhere", Ticket: "SEC-9", Expires: "2026-06-30"}},
		Result{ID: "5.4", Control: "iam-changes", Title: "Changes of permissions are watched", Section: "5 Monitoring", Level: 1, Severity: "medium", Status: Pass,
			Findings:   []Finding{{Status: Pass, Message: "filter iam catches all that is asked for"}},
			Exceptions: []Exception{{Except: `{ $.userIdentity.arn = "*deployer" }`, Owner: "ops@example.com", Reason: "deploys all day", Expires: "2026-03-31"}}},
	)
	a.Summary.Add(Manual)
	a.Summary.Add(Pass)
	r.Summary.Add(Manual)
	r.Summary.Add(Pass)
	r.normalize()
	return r
}

// old is a report of the first version, with no optional field.
const old = `{"schema": "cistern/report/v1", "tool": {"name": "cistern", "version": "1.0.0"}, "as_of": "2026-01-05T11:00:00Z",
"benchmark": {"id": "cis-7.0.0", "title": "CIS", "version": "7.0.0"}, "policies": {"digest": "sha256:00"},
"summary": {"pass": 0, "fail": 1, "unknown": 0, "not_applicable": 0, "waived": 0, "manual": 0}, "notes": [],
"accounts": [{"account": "111122223333", "snapshot": {"digest": "sha256:00", "collected_at": "2026-01-05T11:00:00Z", "source": "aws"},
"summary": {"pass": 0, "fail": 1, "unknown": 0, "not_applicable": 0, "waived": 0, "manual": 0}, "gaps": [],
"results": [{"id": "5.3", "control": "root-usage", "title": "Root", "section": "5", "status": "fail", "findings": [], "notes": []}]}]}`

func oldReport(t *testing.T) *Report {
	t.Helper()
	r, err := Read(strings.NewReader(old))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// nasty is what a name in an account may be.
var nasty = strings.Join([]string{
	"=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\x00\x1b[31m\u009b31m\x7f\r\n\t", "\u202egpj.exe\u2066", "\u2028\u2029", "\xff\xfe", "]]>", "--> <!--",
	"```` `", "|a|b|", "@octocat #1 https://evil.example www.evil.example", "[x](javascript:alert(1))", "{0}", "%0A::error::no", "\n::stop-commands::x", "\n##[group]",
	"</details></summary>", `"quoted", 'too'`, "\\", "$a$", "\ufeff\U000e0001",
}, " ")

// nastyReport is a report in which every text is nasty.
func nastyReport() *Report {
	long := nasty + strings.Repeat("é", 10000)
	cells := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"}
	evidence := map[string]any{nasty: nasty, "missed_event": map[string]any{nasty: nasty, "eventName": nasty}, "nearest": map[string]any{"text": nasty, "excluded_by": []any{nasty}}}
	r := everything()
	r.Benchmark.Title, r.Benchmark.ID, r.Tool.Version = nasty, nasty, nasty
	r.Notes = []string{nasty, long}
	r.Policies.Errors = append(r.Policies.Errors, PolicyError{Control: nasty, Account: nasty, File: nasty, Line: 1, Problem: nasty, Hint: nasty})
	for i := range r.Accounts {
		a := &r.Accounts[i]
		a.Alias = nasty
		a.RegionsLeftOut = []string{nasty}
		a.Gaps = append(a.Gaps, Gap{nasty, nasty, nasty, long, nasty, nasty, nasty, nasty})
		a.Snapshot.Source = nasty
		for j := range a.Results {
			result := &a.Results[j]
			result.Title, result.Section, result.Remediation, result.Notes = nasty, nasty, nasty, []string{nasty, long}
			result.Findings = append(result.Findings, Finding{Status: Fail, Message: nasty, Region: nasty, Resource: long, Link: "pattern", Evidence: evidence, Pointers: []string{nasty}})
			for _, cell := range cells {
				result.Findings = append(result.Findings, Finding{Status: Fail, Message: cell, Resource: cell})
			}
			result.Exceptions = []Exception{{nasty, nasty, nasty, nasty, nasty}}
			if result.Waiver != nil {
				result.Waiver = &Waiver{nasty, nasty, nasty, "2026-12-31"}
			}
			if result.Attestation != nil {
				result.Attestation = &Attestation{Fail, nasty, nasty, nasty, nasty, "2026-12-31"}
			}
		}
	}
	r.Accounts[1].Results[0].Control = nasty
	return r
}

func TestGoldenFormats(t *testing.T) {
	for file, r := range map[string]*Report{"decided": everything(), "old": oldReport(t)} {
		for format, ending := range map[string]string{"jsonl": "jsonl", "csv": "csv", "markdown": "md", "junit": "xml", "sarif": "sarif", "github": "github.txt", "html": "html"} {
			t.Run(file+"."+ending, func(t *testing.T) { golden(t, file+"."+ending, written(t, format, r, Style{})) })
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFormatsAreSafe(t *testing.T) {
	for _, format := range Formats() {
		t.Run(format.Name, func(t *testing.T) {
			text := string(written(t, format.Name, nastyReport(), Style{}))
			if !utf8.ValidString(text) {
				t.Error("got invalid UTF-8")
			}
			for _, r := range text {
				if r != '\n' && unsafe(r) && !(r == '\r' && format.Name == "csv") {
					t.Errorf("got %U, want it escaped or shown by its code point", r)
					break
				}
			}
		})
	}
}

// parses reads a text as what it says it is, and gives up at the first thing that it is not.
var parses = map[string]func(text []byte) error{
	".json": func(text []byte) error { return json.Unmarshal(text, new(any)) },
	".jsonl": func(text []byte) error {
		for line := range bytes.Lines(text) {
			if err := json.Unmarshal(line, new(any)); err != nil {
				return err
			}
		}
		return nil
	},
	".sarif": func(text []byte) error { return json.Unmarshal(text, new(any)) },
	".xml": func(text []byte) error {
		for decoder := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	},
	".csv": func(text []byte) error {
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		for _, row := range rows {
			for _, cell := range row {
				if strings.IndexAny(cell, "=+-@\t\r＝＋－＠") == 0 || len([]rune(cell)) > 32767 {
					return fmt.Errorf("cell %.40q is a formula to a spreadsheet, or too long", cell)
				}
			}
		}
		return err
	},
}

func TestFormatsAreWellFormed(t *testing.T) {
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "old": oldReport(t), "empty": {Schema: SchemaName, AsOf: "2026-01-05T11:00:00Z"}} {
		for _, format := range Formats() {
			for _, ending := range format.Endings {
				if parse := parses[ending]; parse != nil {
					if err := parse(written(t, format.Name, r, Style{})); err != nil {
						t.Errorf("%s as %s: %v", name, format.Name, err)
					}
				}
			}
		}
	}
}

// TestFormatsSayTheSame writes each format twice, and from the report that was saved and read again; writing changes nothing.
func TestFormatsSayTheSame(t *testing.T) {
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "old": oldReport(t)} {
		saved := written(t, "json", r, Style{})
		r, err := Read(bytes.NewReader(saved)) // what is no text at all does not come from a snapshot, and is none once it was saved
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range Formats() {
			once := written(t, format.Name, r, Style{})
			if again := written(t, format.Name, r, Style{}); !bytes.Equal(once, again) {
				t.Errorf("%s as %s: got other bytes the second time", name, format.Name)
			}
			read, err := Read(bytes.NewReader(saved))
			if err != nil {
				t.Fatal(err)
			}
			if again := written(t, format.Name, read, Style{}); !bytes.Equal(once, again) {
				t.Errorf("%s as %s: got other bytes from the saved report", name, format.Name)
			}
		}
		if !bytes.Equal(saved, written(t, "json", r, Style{})) {
			t.Errorf("%s: got a report that writing changed", name)
		}
	}
}

func TestFormatOf(t *testing.T) {
	cases := []struct{ file, want string }{
		{"a.json", "json"}, {"a.sarif", "sarif"}, {"a.sarif.json", "sarif"}, {"A.SARIF.JSON", "sarif"}, {"results/junit.xml", "junit"}, {"a.md", "markdown"},
		{"a.jsonl", "jsonl"}, {"a.csv", "csv"}, {"a.txt", "text"}, {"a.log", ""}, {"-", ""}, {"json", ""}, {"", ""},
	}
	for _, c := range cases {
		if got := FormatOf(c.file); got != c.want {
			t.Errorf("%q: got %q, want %q", c.file, got, c.want)
		}
	}
	taken := map[string]string{}
	for _, f := range Formats() {
		for _, ending := range f.Endings {
			if taken[ending] != "" {
				t.Errorf("got ending %s for %s and %s, want it to mean one", ending, taken[ending], f.Name)
			}
			taken[ending] = f.Name
		}
	}
}

func TestFormatsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		_, row, found := strings.Cut(string(page), "\n| `"+f.Name+"` |")
		row, _, _ = strings.Cut(row, "\n")
		if !found {
			t.Errorf("docs/formats.md: got no row for %s, want one", f.Name)
		}
		for _, ending := range f.Endings {
			if !strings.Contains(row, "`"+ending+"`") {
				t.Errorf("docs/formats.md: got row%s for %s, want %s in it", row, f.Name, ending)
			}
		}
	}
}

// keepsSchema compiles a schema of testdata/schemas and holds the document to it.
func keepsSchema(t *testing.T, file string, document []byte) error {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "schemas", file))
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(file, parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return schema.Validate(instance)
}
