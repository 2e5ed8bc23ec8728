package drift

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// audit is a report of one account with one row a status, in the order given: control a, b, c ...
func audit(statuses ...report.Status) *report.Report {
	r := &report.Report{
		Schema: report.SchemaName, Tool: report.Tool{Name: "cistern", Version: "1.0.0"}, AsOf: "2026-03-01T00:00:00Z",
		Benchmark: report.Benchmark{ID: "e-1", Title: "Edition", Version: "1"}, Policies: report.Policies{Digest: "sha256:00"},
		Accounts: []report.Account{{Account: "111122223333", Alias: "prod"}},
	}
	for i, status := range statuses {
		name := string(rune('a' + i))
		r.Accounts[0].Results = append(r.Accounts[0].Results, report.Result{
			ID: "1." + name, Control: name, Title: "Control " + name, Status: status,
			Findings: []report.Finding{{Status: status, Message: name + " is " + string(status), Pointers: []string{"/cloudwatch/alarms/0"}}},
		})
	}
	return r
}

func compare(t testing.TB, from, to *report.Report, o Options) *Drift {
	t.Helper()
	d, err := Compare(from, to, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// told is a drift in short lines.
func told(d *Drift) []string {
	lines := []string{}
	for _, c := range d.Changes {
		line := fmt.Sprintf("%s %s %s>%s", c.Kind, c.Control, c.From, c.To)
		for _, x := range c.Decisions {
			line += fmt.Sprintf(" [%s %s]", x.What, x.Change)
		}
		for _, r := range c.Records {
			line += fmt.Sprintf(" {%s %s}", r.Kind, r.Name)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestKindOf(t *testing.T) {
	all := append([]report.Status{""}, report.Statuses[:]...)
	for _, from := range all {
		for _, to := range all {
			there, back := kindOf(from, to), kindOf(to, from)
			if there == Regression && back == Regression || there == Improvement && back == Improvement {
				t.Errorf("%s to %s: got %s, and %s backwards", from, to, there, back)
			}
			if to == report.Fail && from != report.Fail && from != "" && there != Regression {
				t.Errorf("%s to fail: got %s, want a regression", from, there)
			}
			if to == report.Waived && there == Improvement || from == "" && there != Other {
				t.Errorf("%s to %s: got %s", from, to, there)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	waiver := &report.Waiver{Owner: "ops", Reason: "r", Expires: "2026-02-28"}
	later := &report.Waiver{Owner: "ops", Reason: "r", Expires: "2026-12-31"}
	attested := &report.Attestation{Status: report.Fail, Owner: "ops", Evidence: "SIEM 1", Expires: "2026-12-31"}
	exception := []report.Exception{{Except: "{ $.a = b }", Owner: "ops", Expires: "2026-12-31"}}
	with := func(r *report.Report, change func(row *report.Result)) *report.Report {
		change(&r.Accounts[0].Results[0])
		return r
	}
	alarms := func(r *report.Report, record map[string]any) *report.Report {
		r.Accounts[0].Records = map[string]any{"/cloudwatch/alarms/0": record}
		return r
	}
	tests := []struct {
		name     string
		from, to *report.Report
		want     []string
	}{
		{"nothing", audit("pass", "fail", "unknown", "waived", "manual", "not_applicable"), audit("pass", "fail", "unknown", "waived", "manual", "not_applicable"), nil},
		{"regressions first", audit("fail", "pass", "pass", "pass"), audit("pass", "waived", "unknown", "fail"),
			[]string{"regression c pass>unknown", "regression d pass>fail", "change b pass>waived", "improvement a fail>pass"}},
		{"not known any more is no improvement", audit("fail"), audit("unknown"), []string{"change a fail>unknown"}},
		{"passes otherwise", audit("pass"), with(audit("pass"), func(r *report.Result) { r.Findings[0].Message = "another" }), nil},
		{"fails otherwise", audit("fail"), with(audit("fail"), func(r *report.Result) { r.Findings[0].Message = "another" }), []string{"change a fail>fail"}},
		{"a waiver expired", with(audit("waived"), func(r *report.Result) { r.Waiver = waiver }), audit("fail"), []string{"regression a waived>fail [waiver expired]"}},
		{"a waiver was taken back", with(audit("waived"), func(r *report.Result) { r.Waiver = later }), audit("fail"), []string{"regression a waived>fail [waiver vanished]"}},
		{"a waiver appeared", audit("fail"), with(audit("waived"), func(r *report.Result) { r.Waiver = waiver }), []string{"change a fail>waived [waiver appeared]"}},
		{"a waiver was extended", with(audit("waived"), func(r *report.Result) { r.Waiver = waiver }), with(audit("waived"), func(r *report.Result) { r.Waiver = later }),
			[]string{"change a waived>waived [waiver changed]"}},
		{"an attestation ended", with(audit("manual"), func(r *report.Result) { r.Attestation = attested }), audit("fail"), []string{"regression a manual>fail [attestation vanished]"}},
		{"a pass rests on an exception", audit("pass"), with(audit("pass"), func(r *report.Result) { r.Exceptions = exception }), []string{"change a pass>pass [exception appeared]"}},
		{"an exception was taken back", with(audit("pass"), func(r *report.Result) { r.Exceptions = exception }), audit("fail"), []string{"regression a pass>fail [exception vanished]"}},
		{"a new pass is no drift", audit("pass"), audit("pass", "pass", "manual"), nil},
		{"a new fail is a change", audit("pass"), audit("pass", "fail"), []string{"change b >fail"}},
		{"a control that is not judged any more", audit("pass", "pass", "manual"), audit("pass"), []string{"change b pass>"}},
		{"with the record behind it", alarms(audit("pass"), map[string]any{"AlarmName": "x", "Threshold": json.Number("1")}),
			alarms(audit("fail"), map[string]any{"AlarmName": "x", "Threshold": json.Number("5"), "StateValue": "OK"}), []string{"regression a pass>fail {changed x}"}},
		{"with the record that is not cited any more", alarms(audit("pass"), map[string]any{"AlarmName": "x"}), audit("fail"), []string{"regression a pass>fail {uncited x}"}},
		{"with a record that is the same", alarms(audit("pass"), map[string]any{"AlarmName": "x"}), alarms(audit("fail"), map[string]any{"AlarmName": "x", "StateValue": "OK"}),
			[]string{"regression a pass>fail"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := told(compare(t, tt.from, tt.to, Options{})); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCompareRefuses(t *testing.T) {
	other := audit("pass")
	other.Benchmark.ID = "e-2"
	var edition *EditionError
	if _, err := Compare(audit("pass"), other, Options{}); !errors.As(err, &edition) {
		t.Errorf("got %v, want an EditionError", err)
	}
	if d := compare(t, audit("pass"), other, Options{AcrossEditions: true}); len(d.Notes) != 1 {
		t.Errorf("got notes %q, want one of the two editions", d.Notes)
	}
	var twin *TwinError
	twice := audit("pass")
	twice.Accounts = append(twice.Accounts, twice.Accounts[0])
	if _, err := Compare(audit("pass"), twice, Options{}); !errors.As(err, &twin) || twin.Control != "" {
		t.Errorf("got %v, want a TwinError of the account", err)
	}
	twice = audit("pass", "pass")
	twice.Accounts[0].Results[1] = twice.Accounts[0].Results[0]
	if _, err := Compare(twice, audit("pass"), Options{}); !errors.As(err, &twin) || twin.Control != "a" {
		t.Errorf("got %v, want a TwinError of the control", err)
	}
}

func TestCompareAccounts(t *testing.T) {
	from, to := audit("pass"), audit("fail")
	from.Accounts = append(from.Accounts, report.Account{Account: "000000000001"})
	to.Accounts = append(to.Accounts, report.Account{Account: "999999999999", Results: to.Accounts[0].Results})
	d := compare(t, from, to, Options{})
	if !slices.Equal(d.OnlyFrom, []string{"000000000001"}) || !slices.Equal(d.OnlyTo, []string{"999999999999"}) || d.Summary.Accounts != 1 || d.Summary.Regressions != 1 {
		t.Errorf("got %q, %q, %+v, want one account more on each side, and one regression", d.OnlyFrom, d.OnlyTo, d.Summary)
	}
}

// TestEvidenceOfOthers follows a finding to a topic of another account.
func TestEvidenceOfOthers(t *testing.T) {
	from, to := audit("pass"), audit("fail")
	for _, r := range []*report.Report{from, to} {
		r.Accounts[0].Results[0].Findings[0].Pointers = []string{"444455556666#/sns/topics/2"}
	}
	asked := []string{}
	o := Options{States: func(account string) (*snapshots.Delta, error) {
		asked = append(asked, account)
		return &snapshots.Delta{Changes: []snapshots.Change{
			{Kind: snapshots.Removed, List: "/sns/topics", Name: "gone", From: "/sns/topics/2"},
			{Kind: snapshots.Removed, List: "/sns/topics", Name: "another", From: "/sns/topics/22"},
		}}, nil
	}}
	d := compare(t, from, to, o)
	if want := []string{"regression a pass>fail {removed gone}"}; !slices.Equal(told(d), want) || !slices.Equal(asked, []string{"444455556666"}) {
		t.Errorf("got %q of %q, want %q", told(d), asked, want)
	}
	if got := d.Changes[0].Records[0].From; got != "444455556666#/sns/topics/2" {
		t.Errorf("got the pointer %q, want it with its account", got)
	}
}

// busy is a drift with one of everything, in several accounts.
func busy() *Drift {
	from, to := audit("pass", "fail", "waived", "pass", "pass"), audit("fail", "pass", "fail", "unknown", "pass", "fail")
	from.Accounts[0].Results[2].Waiver = &report.Waiver{Owner: "ops@example.com", Reason: "being rebuilt", Expires: "2026-02-28"}
	from.Accounts[0].Records = map[string]any{"/cloudwatch/alarms/0": map[string]any{"AlarmName": "RootUsage", "region": "us-east-1", "AlarmActions": []any{"x", "y"}, "Threshold": json.Number("1")}}
	to.Accounts[0].Records = map[string]any{"/cloudwatch/alarms/0": map[string]any{"AlarmName": "RootUsage", "region": "us-east-1", "AlarmActions": []any{"y", "z"}}}
	to.Accounts[0].Gaps = []report.Gap{{Region: "us-east-1", Service: "sns", Operation: "list-topics", Kind: "denied", Code: "AccessDenied"}}
	to.Policies.Digest, to.Tool.Version = "sha256:11", "1.1.0"
	for i := range 6 {
		a, b := from.Accounts[0], to.Accounts[0]
		a.Account, b.Account = fmt.Sprintf("22222222222%d", i), fmt.Sprintf("22222222222%d", i)
		b.Gaps = nil
		from.Accounts, to.Accounts = append(from.Accounts, a), append(to.Accounts, b)
	}
	to.Accounts = append(to.Accounts, report.Account{Account: "999999999999"})
	d, err := Compare(from, to, Options{})
	if err != nil {
		panic(err)
	}
	return d
}

// moved is a comparison of snapshots with one of everything.
func moved() *States {
	s := NewStates()
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	d := &snapshots.Delta{
		Account: "111122223333", Alias: "prod", From: snapshots.Moment{CollectedAt: "2026-01-05T10:00:00Z"}, To: snapshots.Moment{CollectedAt: "2026-02-05T10:00:00Z"},
		Changes: []snapshots.Change{
			{Kind: snapshots.Changed, List: "/cloudtrail/trails", Name: "arn:t", Region: "us-east-1", Fields: []snapshots.FieldChange{
				{Path: "Status.IsLogging", From: raw("true"), To: raw("false")}, {Path: "KmsKeyId", From: raw(`"k"`)},
				{Path: "EventSelectors", From: raw("[]"), Unread: "to"}, {Path: "AdvancedEventSelectors", To: raw("[]"), Unread: "from"}}},
			{Kind: snapshots.Changed, List: "/cloudwatch/alarms", Name: "a", Region: "us-east-1", Fields: []snapshots.FieldChange{
				{Path: "AlarmActions", From: raw(`["x","y"]`), To: raw(`["y","z"]`), Removed: []json.RawMessage{raw(`"x"`)}, Added: []json.RawMessage{raw(`"z"`)}}}},
			{Kind: snapshots.Added, List: "/logs/log_groups", Name: "g", Region: "us-east-1"},
			{Kind: snapshots.Removed, List: "/securityhub/hubs", Name: "hub", Region: "us-east-1"},
			{Kind: snapshots.Seen, List: "/sns/topics", Name: "arn:new", Region: "eu-west-1"},
			{Kind: snapshots.Unseen, List: "/sns/topics", Name: "arn:old", Region: "us-east-1"},
		},
		Gaps:    []snapshots.GapChange{{Kind: "appeared", Region: "us-east-1", Service: "sns", Operation: "list-topics", Why: "denied", Code: "AccessDenied"}, {Kind: "vanished", Service: "sts", Operation: "get-caller-identity", Why: "error"}},
		Regions: snapshots.RegionChange{NewlyRead: []string{"eu-west-1"}, LeftOut: []string{"eu-west-2", "eu-west-3"}},
		Aside:   []snapshots.Change{{Kind: snapshots.Changed, List: "/collection", Name: "collection", Fields: []snapshots.FieldChange{{Path: "collected_at"}}}},
	}
	s.Add(d)
	s.Add(&snapshots.Delta{Account: "222222222222"})
	s.OnlyTo = []string{"444455556666"}
	return s
}

func TestGolden(t *testing.T) {
	for format, ending := range map[string]string{"text": "txt", "json": "json", "markdown": "md"} {
		var verdicts, states bytes.Buffer
		if err := busy().Write(&verdicts, format); err != nil {
			t.Fatal(err)
		}
		if err := moved().Write(&states, format); err != nil {
			t.Fatal(err)
		}
		golden(t, "verdicts."+ending, verdicts.Bytes())
		golden(t, "states."+ending, states.Bytes())
	}
	if err := busy().Write(&bytes.Buffer{}, "html"); err == nil || !strings.Contains(err.Error(), "text, json, markdown") {
		t.Errorf("got %v, want an error that names the formats", err)
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
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
