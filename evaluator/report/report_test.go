package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// full is a report with one of everything.
func full() *Report {
	chain := Finding{
		Status: Fail, Link: "pattern", Region: "us-east-1", Resource: "arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
		Message: "no filter on log group trail covers the control: 4 of 5, StopLogging is missed",
		Evidence: map[string]any{
			"missed_event": map[string]any{"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com", "eventVersion": json.Number("1.08")},
			"nearest":      map[string]any{"text": "4 of 5: StopLogging is missed", "caught": []any{"CreateTrail"}, "excluded_by": []any{`$.eventName != "Stop*"`}},
			"filters":      []any{"TrailChanges", "a", "b", "c", "d", "e", "f", "g"},
			"threshold":    json.Number("10"),
		},
		Pointers: []string{"/logs/metric_filters/3", "444455556666#/sns/topics/0"},
	}
	first := Account{
		Account: "111122223333", Alias: "prod",
		Snapshot: Snapshot{Digest: "sha256:" + strings.Repeat("ab", 32), CollectedAt: "2026-01-05T10:00:00Z", Source: "aws-cli"},
		Gaps: []Gap{
			{Service: "sts", Operation: "get-caller-identity", Kind: "not_attempted"},
			{Region: "ap-south-1", Service: "cloudwatch", Operation: "list-alarm-mute-rules", Kind: "denied", Code: "AccessDenied", Message: "not authorized in ap-south-1", Action: "cloudwatch:ListAlarmMuteRules"},
			{Region: "eu-west-1", Service: "cloudwatch", Operation: "list-alarm-mute-rules", Kind: "denied", Code: "AccessDenied", Message: "not authorized in eu-west-1", Action: "cloudwatch:ListAlarmMuteRules"},
			{Region: "eu-west-1", Service: "sns", Operation: "get-topic-attributes", Resource: "arn:aws:sns:eu-west-1:111122223333:ops", Kind: "denied", Code: "AccessDenied", Message: "not authorized to perform: SNS:GetTopicAttributes"},
			{Region: "eu-west-2", Service: "cloudwatch", Operation: "list-alarm-mute-rules", Kind: "denied", Code: "AccessDenied", Message: "not authorized in eu-west-2", Action: "cloudwatch:ListAlarmMuteRules"},
			{Region: "us-east-1", Service: "cloudwatch", Operation: "list-alarm-mute-rules", Kind: "denied", Code: "AccessDenied", Message: "not authorized in us-east-1", Action: "cloudwatch:ListAlarmMuteRules"},
		},
		RegionsLeftOut: []string{"ap-east-1", "ca-central-1", "eu-north-1", "sa-east-1"},
		Results: []Result{
			{ID: "4.1", Control: "cloudtrail-multi-region", Title: "A trail records all regions", Section: "4 Logging", Level: 1, Assessment: "manual", Severity: "high", Status: Pass,
				Findings: []Finding{{Status: Pass, Message: "trail main records", Resource: "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"}}},
			{ID: "4.10", Control: "frontend-access-logging", Title: "Access to web front ends is logged", Section: "4 Logging", Level: 2, Status: Manual, Notes: []string{"A snapshot does not hold load balancers."}},
			{ID: "5.1", Control: "unauthorized-api-calls", Title: "Unauthorized API calls are watched", Section: "5 Monitoring", Level: 2, Status: Pass, Notes: []string{"the pattern also matches routine events"}},
			{ID: "5.5", Control: "cloudtrail-config-changes", Title: "Changes of the trails' own configuration are watched", Section: "5 Monitoring", Level: 1, Severity: "high", Status: Fail,
				Findings: []Finding{chain}, Remediation: "Let one filter, or several that feed an alarm each, catch every event of the control's list."},
			{ID: "5.6", Control: "console-auth-failures", Title: "Failed sign-ins are watched", Section: "5 Monitoring", Level: 2, Status: Unknown,
				Findings: []Finding{{Status: Unknown, Link: "topic", Message: "topic arn:aws:sns:eu-west-1:111122223333:ops was not read", Resource: "arn:aws:sns:eu-west-1:111122223333:ops"}}},
			{ID: "5.7", Control: "cmk-disable-delete", Title: "Deletion of keys is watched", Section: "5 Monitoring", Level: 2, Status: Waived,
				Findings: []Finding{{Status: Fail, Link: "trail", Message: "there is no multi-region trail"}},
				Waiver:   &Waiver{Owner: "keys@example.com", Reason: "no customer keys", Ticket: "SEC-7", Expires: "2026-12-31"}},
			{ID: "5.16", Control: "security-hub-enabled", Title: "Security Hub is on", Section: "5 Monitoring", Status: NotApplicable,
				Findings: []Finding{{Status: NotApplicable, Message: "Security Hub is not offered in aws-iso"}}},
		},
	}
	second := Account{
		Account:  "444455556666",
		Snapshot: Snapshot{Digest: "sha256:" + strings.Repeat("cd", 32), CollectedAt: "2026-01-05T11:00:00Z", Source: "aws"},
		Results: []Result{{ID: "4.1", Control: "cloudtrail-multi-region", Title: "A trail records all regions", Section: "4 Logging", Level: 1, Status: Fail,
			Findings: []Finding{{Status: Fail, Link: "trail", Message: "names may hold \x1b[31mescapes\x1b[0m,\nline breaks and \u202etricks"}}}},
	}
	r := &Report{
		Schema: SchemaName, Tool: Tool{"cistern", "1.0.0"}, AsOf: "2026-01-05T11:00:00Z",
		Benchmark: Benchmark{"cis-7.0.0", "CIS Amazon Web Services Foundations Benchmark", "7.0.0"},
		Policies:  Policies{Digest: "sha256:" + strings.Repeat("ef", 32)},
		Notes:     []string{"waivers.yaml:7: waiver of ops for root-usage expired on 2025-12-31"},
		Accounts:  []Account{first, second},
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

func written(t *testing.T, name string, r *Report, style Style) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, name, r, style); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	cases := []struct {
		file, format string
		style        Style
	}{
		{"full.txt", "text", Style{}},
		{"narrow.txt", "text", Style{Width: 60}},
		{"color.txt", "text", Style{Color: true, Width: 140}},
		{"full.json", "json", Style{}},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			got := written(t, c.format, full(), c.style)
			file := filepath.Join("testdata", c.file)
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
		})
	}
}

func TestReportKeepsItsSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(written(t, "json", full(), Style{})))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Error(err)
	}
	broken := full()
	broken.Accounts[0].Results[0].Status = "fine"
	instance, err = jsonschema.UnmarshalJSON(bytes.NewReader(written(t, "json", broken, Style{})))
	if err != nil {
		t.Fatal(err)
	}
	if schema.Validate(instance) == nil {
		t.Error("got a valid report with the status fine, want an error")
	}
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	text := written(t, "json", full(), Style{})
	r, err := Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range Formats() {
		if got, want := written(t, format.Name, r, Style{}), written(t, format.Name, full(), Style{}); !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", format.Name, got, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	whole := string(written(t, "json", full(), Style{}))
	cases := []struct{ name, text, want string }{
		{"nothing", "", "the file is empty"},
		{"half", whole[:len(whole)/2], "ends in the middle"},
		{"no JSON", "hello", "invalid character"},
		{"something else", "{}", "has no schema"},
		{"another version", `{"schema": "cistern/report/v9"}`, `schema "cistern/report/v9" is newer than this program knows`},
		{"another kind", `{"schema": "cistern/waivers/v1"}`, `schema is "cistern/waivers/v1", not "cistern/report/v1"`},
		{"two", whole + whole, "something follows"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Read(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	_, err := Read(strings.NewReader(`{"schema": "cistern/snapshot/v1"}`))
	var schema *SchemaError
	if !errors.As(err, &schema) || !schema.IsSnapshot() {
		t.Errorf("got %v, want an error that knows a snapshot", err)
	}
}

func TestTextIsSafeForATerminal(t *testing.T) {
	for _, r := range string(written(t, "text", full(), Style{})) {
		if r != '\n' && unsafe(r) {
			t.Errorf("got %U in the text, want it shown by its code point", r)
		}
	}
}

func TestTextIsAsWideAsItIsGiven(t *testing.T) {
	for _, width := range []int{0, 80, 120} {
		for _, depth := range []Style{{}, {Quiet: true}, {Verbose: true}} {
			depth.Width = width
			most := cmp.Or(width, 80)
			for line := range strings.Lines(string(written(t, "text", full(), depth))) {
				words := strings.Fields(line)
				long := slices.ContainsFunc(words, func(word string) bool { return utf8.RuneCountInString(word) > most/2 })
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > most && !long {
					t.Errorf("width %d: got %d columns: %s", most, n, line)
				}
			}
		}
	}
}

func TestTextIsQuietOrVerbose(t *testing.T) {
	quiet, plain, verbose := string(written(t, "text", full(), Style{Quiet: true})), string(written(t, "text", full(), Style{})), string(written(t, "text", full(), Style{Verbose: true}))
	const passed, evidence = "A trail records all regions", "trail main records"
	if !strings.Contains(plain, passed) || strings.Contains(plain, evidence) || !strings.Contains(verbose, evidence) {
		t.Error("got no difference between what is asked for and more, want the evidence of what passes only in the latter")
	}
	if strings.Contains(quiet, "does not hold load balancers") || !strings.Contains(quiet, "Failed sign-ins are watched") {
		t.Error("quiet: got what needs nobody, or not what needs somebody")
	}
}

func TestWriteKnowsItsFormats(t *testing.T) {
	if err := Write(&bytes.Buffer{}, "xml", full(), Style{}); err == nil || !strings.Contains(err.Error(), "text, json") {
		t.Errorf("got %v, want an error that names the formats", err)
	}
}

func TestWrap(t *testing.T) {
	cases := []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one", 10, "one"},
		{"one two three", 7, "one two|three"},
		{"averylongword here", 5, "averylongword|here"},
		{"arn:aws:sns:us-east-1:ops here", 12, "arn:aws:sns:|us-east-1:|ops here"},
		{"see /logs/metric_filters/3", 12, "see /logs/|metric_filters/|3"},
		{"漢字漢字漢", 4, "漢字|漢字|漢"},
		{"漢字 漢字", 8, "漢字|漢字"},
		{"漢字 漢字", 9, "漢字 漢字"},
		{"  spaced   out ", 20, "spaced out"},
	}
	for _, c := range cases {
		if got := strings.Join(wrap(c.text, c.width), "|"); got != c.want {
			t.Errorf("wrap(%q, %d): got %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

func TestEventText(t *testing.T) {
	event := map[string]any{
		"eventName": "StopLogging", "eventSource": "cloudtrail.amazonaws.com", "awsRegion": "us-east-1", "requestParameters": nil,
		"userIdentity": map[string]any{"type": "Root", "arn": "arn:aws:iam::111122223333:root"}, "resources": []any{"a"},
	}
	cases := []struct{ context, want string }{
		{"", `eventName StopLogging, eventSource cloudtrail.amazonaws.com, resources ["a"], userIdentity.type Root`},
		{`$.userIdentity.arn != "*root"`, `eventName StopLogging, eventSource cloudtrail.amazonaws.com, resources ["a"], userIdentity.arn arn:aws:iam::111122223333:root, userIdentity.type Root`},
	}
	for _, c := range cases {
		if got := eventText(event, c.context); got != c.want {
			t.Errorf("%q: got %s, want %s", c.context, got, c.want)
		}
	}
	if got := eventText("no event", ""); got != `"no event"` {
		t.Errorf("got %q, want the text itself", got)
	}
}
