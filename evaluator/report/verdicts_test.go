package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// verdicts is a report with a row of each status, and one that is attested.
func verdicts() *Report {
	trail := "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
	r := &Report{
		Schema: SchemaName, Tool: Tool{"cistern", "1.0.0"}, AsOf: "2026-02-01T02:00:00+02:00",
		Benchmark: Benchmark{"cis-7.0.0", "CIS Amazon Web Services Foundations Benchmark", "7.0.0"},
		Policies: Policies{
			Digest:  "sha256:" + strings.Repeat("ef", 32),
			Sources: []PolicySource{{Name: "mine", Kind: "folder", Digest: "sha256:" + strings.Repeat("01", 32), Adds: []string{"passes"}}},
			Errors:  []PolicyError{{Control: "unknown", Account: "111122223333", File: "mine/x.rego", Line: 3, Problem: "took too long"}},
		},
		Notes: []string{"waivers.yaml:7: waiver of ops for root-usage expired on 2025-12-31"},
		Accounts: []Account{
			{
				Account: "111122223333", Alias: "prod",
				Snapshot: Snapshot{
					Digest: "sha256:" + strings.Repeat("ab", 32), CollectedAt: "2026-01-31T10:00:00Z", Source: "aws",
					CollectedBy: "arn:aws:sts::111122223333:assumed-role/audit/me", Endpoints: []Endpoint{{"sns", "http://127.0.0.1:5000"}},
				},
				Gaps:           []Gap{{Region: "eu-west-1", Service: "sns", Operation: "get-topic-attributes", Kind: "denied", Code: "AccessDenied"}},
				RegionsLeftOut: []string{"ap-east-1", "sa-east-1"},
				Results: []Result{
					{ID: "4.1", Control: "passes", Title: "A trail records", Section: "4 Logging", Level: 1, Assessment: "manual", Severity: "high", Status: Pass, Remediation: "Make a trail.",
						Findings: []Finding{{Status: Pass, Message: "trail main records", Region: "eu-west-1", Resource: trail, Pointers: []string{"/cloudtrail/trails/0"}}}},
					{ID: "5.5", Control: "fails", Title: "Changes of trails are watched", Section: "5 Monitoring", Level: 1, Severity: "critical", Status: Fail, Remediation: "Catch `Stop*`.",
						Notes: []string{"the alarm's name says nothing"},
						Findings: []Finding{
							{Status: Pass, Message: "trail main is watched", Resource: trail},
							{Status: Fail, Link: "pattern", Message: "StopLogging is missed", Region: "eu-west-1", Resource: "arn:aws:logs:eu-west-1:111122223333:log-group:trail:*",
								Evidence: map[string]any{"missed_event": map[string]any{"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com"}},
								Pointers: []string{"/logs/metric_filters/3", "444455556666#/sns/topics/0", "999999999999#/x", "/a~1b c"}},
						}},
					{ID: "5.6", Control: "unknown", Title: "Failed sign-ins are watched", Section: "5 Monitoring", Level: 2, Severity: "low", Status: Unknown,
						Findings:   []Finding{{Status: Unknown, Link: "topic", Message: "topic ops was not read", Resource: "arn:aws:sns:eu-west-1:111122223333:ops"}},
						Exceptions: []Exception{{`{ $.eventName = "Ping" }`, "ops", "noise", "SEC-9", "2026-12-31"}}},
					{ID: "5.7", Control: "waived", Title: "Deletion of keys is watched", Section: "5 Monitoring", Level: 2, Severity: "medium", Status: Waived,
						Findings: []Finding{{Status: Fail, Link: "trail", Message: "there is no multi-region trail"}},
						Waiver:   &Waiver{"keys@example.com", "no customer keys", "SEC-7", "2026-12-31"}},
					{ID: "5.8", Control: "manual", Title: "Front ends are logged", Section: "5 Monitoring", Status: Manual, Notes: []string{"A snapshot does not hold load balancers."}},
					{ID: "5.9", Control: "attested", Title: "Config is watched", Section: "5 Monitoring", Severity: "medium", Status: Manual,
						Findings:    []Finding{{Status: Fail, Link: "alarm", Message: "no alarm", Region: "eu-west-1"}},
						Attestation: &Attestation{Fail, "https://siem.example.com/rules/7", "soc@example.com", "the SIEM watches", "SEC-8", "2026-06-30"}},
					{ID: "5.16", Control: "not-applicable", Title: "Security Hub is on", Section: "5 Monitoring", Status: NotApplicable,
						Findings: []Finding{{Status: NotApplicable, Message: "Security Hub is not offered"}}},
				},
			},
			{
				Account:  "444455556666",
				Snapshot: Snapshot{Digest: "sha256:" + strings.Repeat("cd", 32), CollectedAt: "2026-02-03T11:00:00Z", Source: "aws-cli"},
				Results: []Result{{ID: "5.5", Control: "fails", Title: "Changes of trails are watched", Section: "5 Monitoring", Level: 1, Status: Fail,
					Findings: []Finding{{Status: Fail, Link: "trail", Message: "names may hold \x1b[31mescapes\x1b[0m,\nline breaks and \u202etricks <script>", Resource: "arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/1"}}}},
			},
		},
	}
	r.normalize()
	for i := range r.Accounts {
		for _, result := range r.Accounts[i].Results {
			r.Accounts[i].Summary.Add(result.Status)
			r.Summary.Add(result.Status)
		}
	}
	return r
}

// hostile is the report with each of its texts replaced.
func hostile(t *testing.T, text string) *Report {
	t.Helper()
	var document any
	if err := json.Unmarshal(written(t, "json", verdicts(), Style{}), &document); err != nil {
		t.Fatal(err)
	}
	replaced, err := json.Marshal(replaceTexts(document, text))
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{} // not read as a saved one is: its accounts have one name
	decoder := json.NewDecoder(bytes.NewReader(replaced))
	decoder.UseNumber()
	if err := decoder.Decode(r); err != nil {
		t.Fatal(err)
	}
	r.normalize()
	return r
}

// replaceTexts replaces what an account, an edition or a person can have named.
func replaceTexts(value any, text string) any {
	switch v := value.(type) {
	case map[string]any:
		for key, each := range v {
			switch key {
			case "schema", "status", "as_of", "summary":
			default:
				v[key] = replaceTexts(each, text)
			}
		}
	case []any:
		for i := range v {
			v[i] = replaceTexts(v[i], text)
		}
	case string:
		return text
	}
	return value
}

var hostileTexts = map[string]string{
	"empty": "", "spaces": " \t\u00a0 ", "markup": "<script>alert(1)</script>", "formula": "=cmd()", "escape": "\x1b[31m\x00\r\n", "right to left": "\u202etxt.exe",
	"hebrew": "שלום", "no UTF-8": "a\xffb", "long": strings.Repeat("x", 10_000), "long wide": strings.Repeat("𝄞", 10_000), "separators": "a\u2028b\ufeff\ufffe",
	"markdown": "[a](javascript:alert(1)) {{ insert: param, x }} `x`", "uri": "%zz#?&",
}

func goldenFile(t *testing.T, name string, got []byte) {
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
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestGoldenVerdicts(t *testing.T) {
	for _, c := range []struct{ file, format string }{
		{"verdicts.oscal.json", "oscal"}, {"verdicts.asff.jsonl", "asff"}, {"verdicts.ocsf.jsonl", "ocsf"},
	} {
		t.Run(c.format, func(t *testing.T) {
			r := verdicts()
			before := written(t, "json", r, Style{})
			first := written(t, c.format, r, Style{})
			goldenFile(t, c.file, first)
			if again := written(t, c.format, r, Style{}); !bytes.Equal(first, again) {
				t.Error("got other bytes of the same report")
			}
			if after := written(t, "json", r, Style{}); !bytes.Equal(before, after) {
				t.Error("the writer changed the report")
			}
			read, err := Read(bytes.NewReader(before))
			if err != nil {
				t.Fatal(err)
			}
			if replayed := written(t, c.format, read, Style{}); !bytes.Equal(first, replayed) {
				t.Error("got other bytes of a report that was saved")
			}
		})
	}
}

func TestFormatsNeedATime(t *testing.T) {
	for _, format := range []string{"oscal", "asff", "ocsf"} {
		for _, asOf := range []string{"", "yesterday", "0001-01-01T00:00:00Z"} {
			r := verdicts()
			r.AsOf = asOf
			err := Write(&bytes.Buffer{}, format, r, Style{})
			if err == nil || !strings.Contains(err.Error(), "as_of") {
				t.Errorf("%s of %q: got error %v, want one of as_of", format, asOf, err)
			}
		}
	}
}

// What is written shows a hostile text harmlessly: no control characters, none that turns the reading direction, nothing but UTF-8.
func TestFormatsOfHostileTexts(t *testing.T) {
	for name, text := range hostileTexts {
		for _, format := range []string{"oscal", "asff", "ocsf"} {
			for line := range bytes.Lines(written(t, format, hostile(t, text), Style{})) {
				if clean := Clean(strings.TrimRight(string(line), "\n")); clean != strings.TrimRight(string(line), "\n") {
					t.Errorf("%s of a text of %s: got %.200q", format, name, line)
				}
			}
		}
	}
}

func TestUUIDs(t *testing.T) {
	var ids, again uuids
	first := ids.of("a", "b")
	if want := again.of("a", "b"); first != want {
		t.Errorf("got %s, want %s as before", first, want)
	}
	for _, other := range []string{ids.of("a", "b"), ids.of("ab"), ids.of("a", "b", "")} {
		if other == first {
			t.Errorf("got %s twice", other)
		}
	}
	if first[14] != '5' || !strings.ContainsRune("89ab", rune(first[19])) {
		t.Errorf("got %s, want version 5", first)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"äöüß", 3, "äö…"}, {"a bc", 3, "a…"}} {
		if got := cut(c.text, c.most); got != c.want {
			t.Errorf("cut(%q, %d): got %q, want %q", c.text, c.most, got, c.want)
		}
	}
}
