package snapshots_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// minimal is the smallest snapshot; a test puts its own members after the account.
func minimal(members string) string {
	if members != "" {
		members = ", " + members
	}
	return `{"schema": "cistern/snapshot/v1", "account": {"id": "111122223333", "partition": "aws"}, ` +
		`"collected_at": "2026-01-05T10:00:00Z"` + members + `}`
}

func read(t *testing.T, text string) *snapshots.Snapshot {
	t.Helper()
	s, err := snapshots.Read(strings.NewReader(text))
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return s
}

func canonical(t *testing.T, s *snapshots.Snapshot) string {
	t.Helper()
	data, err := s.Canonical()
	if err != nil {
		t.Fatalf("canonical: %v", err)
	}
	return string(data)
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, text, want, hint string }{
		{"empty", "", "line 1, column 1 (byte 0): the text ends where a value", "not whole"},
		{"truncated", minimal("")[:60], "the text ends where", "not whole"},
		{"not JSON", "schema: cistern", "a value should stand here, not 's'", ""},
		{"two documents", minimal("") + "{}", "more text after the end", "one document"},
		{"trailing comma", `{"schema": "cistern/snapshot/v1",}`, "a quoted name should stand here, not '}'", ""},
		{"control character", "{\"schema\": \"a\nb\"}", "a control character inside a string", ""},
		{"not UTF-8", "{\"schema\": \"a\xffb\"}", "not UTF-8", "save the file as UTF-8"},
		{"half a surrogate", `{"schema": "\ud83d"}`, "half a surrogate pair", ""},
		{"no escape", `{"schema": "\x"}`, `\x is not an escape`, "backslash"},
		{"bad number", minimal(`"x": 01`), "should stand here, not '1'", ""},
		{"too deep", minimal(`"x": ` + strings.Repeat("[", 200) + strings.Repeat("]", 200)), "deeper than 100", ""},
		{"a list", "[]", "not a snapshot: it has no schema", "cistern collect"},
		{"no schema", "{}", "not a snapshot: it has no schema", "cistern import"},
		{"newer", `{"schema": "cistern/snapshot/v3"}`, `"cistern/snapshot/v3" is newer than this program knows`, "update cistern"},
		{"a report", `{"schema": "cistern/report/v1"}`, `schema "cistern/report/v1" is not`, "make snapshots"},
		{"no account", `{"schema": "cistern/snapshot/v1", "collected_at": "2026-01-05T10:00:00Z"}`,
			`the document (byte 0): expected the field "account", got none`, "validate"},
		{"no region", minimal(`"cloudtrail": {"trails": [{"TrailARN": "x"}]}`), `/cloudtrail/trails/0 (byte 155): expected the field "region"`, ""},
		{"wrong type", minimal(`"cloudtrail": {"trails": [{"region": "r", "TrailARN": "a", "IsMultiRegionTrail": "true", "Name": 1}]}`),
			`/IsMultiRegionTrail (byte 210): expected true or false, got the string "true" (and 1 more)`, "out of its quotes"},
		{"a record that is a list", minimal(`"gaps": [[]]`), "/gaps/0 (byte 138): expected an object, got a list", ""},
		{"a record that is null", minimal(`"gaps": [null]`), "/gaps/0 (byte 138): expected an object, got null", ""},
		{"fraction", minimal(`"cloudwatch": {"alarms": [{"region": "r", "AlarmName": "a", "Period": 1.5}]}`),
			"expected a whole number, got the number 1.5", ""},
		{"bad time", minimal(`"x": 1, "collection": {"calls": [{"started_at": "yesterday"}]}`), "expected a time (RFC 3339)", ""},
		{"twice", minimal(`"gaps": [], "gaps": []`), "/gaps (byte 141): expected one value for each name, got a second one", "keep one"},
		{"unknown twice", minimal(`"new": [], "new": []`), "/new (byte", "keep one"},
		{"twice inside unknown", minimal(`"new": {"a": {"b/c": 1, "b/c": 2}}`), "/new/a/b~1c (byte", "keep one"},
		{"twice in a dictionary", minimal(`"collection": {"calls": [{"params": {"a": "1", "a": "2"}}]}`), "/collection/calls/0/params/a", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := snapshots.Read(strings.NewReader(tt.text))
			if err == nil {
				t.Fatalf("got no error, want %q", tt.want)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %q, want %q in it", err, tt.want)
			}
			if hint := snapshots.HintOf(err); !strings.Contains(hint, tt.hint) {
				t.Errorf("got hint %q, want %q in it", hint, tt.hint)
			}
		})
	}
}

func TestReadErrorsAreTyped(t *testing.T) {
	var syntax *snapshots.SyntaxError
	_, err := snapshots.Read(strings.NewReader("{\n  \"schema\": tru }"))
	if !errors.As(err, &syntax) || syntax.Line != 2 || syntax.Column != 13 || syntax.Offset != 14 || syntax.Pointer != "/schema" {
		t.Errorf("got %#v, want a SyntaxError at line 2, column 13, byte 14, in /schema", err)
	}
	var schema *snapshots.SchemaError
	if _, err := snapshots.Read(strings.NewReader(`{"schema":"x"}`)); !errors.As(err, &schema) || schema.Got != "x" {
		t.Errorf("got %#v, want a SchemaError for x", err)
	}
	var invalid *snapshots.InvalidError
	if _, err := snapshots.Read(strings.NewReader(minimal(`"gaps": 1`))); !errors.As(err, &invalid) || len(invalid.Problems) != 1 {
		t.Errorf("got %#v, want an InvalidError with one problem", err)
	}
}

func TestNotSeenIsNotEmpty(t *testing.T) {
	s := read(t, minimal(`"cloudtrail": {"trails": []}, "logs": {}`))
	if s.CloudTrail.Trails == nil {
		t.Error("got a nil list for [], want an empty one: it was read")
	}
	if s.Logs.MetricFilters != nil {
		t.Error("got a list for an absent one, want nil: it was not read")
	}
	got := canonical(t, s)
	if !strings.Contains(got, `"trails": []`) || strings.Contains(got, "metric_filters") {
		t.Errorf("got %s, want trails as [] and no metric_filters", got)
	}
	for _, l := range snapshots.Lists() {
		if got, want := l.Read(s), l.Pointer == "/cloudtrail/trails"; got != want {
			t.Errorf("%s: got read %v, want %v", l.Pointer, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	tests := []struct{ in, want string }{
		{`"2026-01-05T10:00:00Z"`, "2026-01-05T10:00:00Z"},
		{`"2026-01-05T10:00:00.123000+00:00"`, "2026-01-05T10:00:00.123Z"},
		{`"2026-01-05T11:00:00+01:00"`, "2026-01-05T10:00:00Z"},
		{`1767607200`, "2026-01-05T10:00:00Z"},
		{`1767607200.873`, "2026-01-05T10:00:00.873Z"},
		{`1767607200.123456789`, "2026-01-05T10:00:00.123456789Z"},
		{`1.7676072e9`, "2026-01-05T10:00:00Z"},
		{`-1.5`, "1969-12-31T23:59:58.5Z"},
	}
	for _, tt := range tests {
		s := read(t, minimal(`"cloudtrail": {"trails": [{"region": "r", "TrailARN": "a", "Status": {"LatestDeliveryTime": `+tt.in+`}}]}`))
		if got := s.CloudTrail.Trails[0].Status.LatestDeliveryTime.String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.in, got, tt.want)
		}
	}
	for _, in := range []string{`"2026-01-05"`, `"2026-01-05T10:00:00"`, `""`, `true`, `1e300`, `99999999999999`} {
		if _, err := snapshots.Read(strings.NewReader(minimal(`"x": 0, "collection": {"calls": [{"started_at": ` + in + `}]}`))); err == nil {
			t.Errorf("%s: got no error, want one", in)
		}
	}
}

func TestZeroIsNotAbsent(t *testing.T) {
	text := minimal(`"cloudwatch": {"alarms": [{"region": "r", "AlarmName": "a", "Threshold": 0.0, "ActionsEnabled": false,
		"AlarmDescription": "", "AlarmActions": [], "Period": 300.0}]}`)
	got := canonical(t, read(t, text))
	for _, want := range []string{`"Threshold": 0,`, `"ActionsEnabled": false`, `"AlarmDescription": ""`, `"AlarmActions": []`, `"Period": 300`} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	if strings.Contains(got, "OKActions") || strings.Contains(got, "EvaluationPeriods") {
		t.Errorf("got %s, want no field that was absent", got)
	}
}

func TestUnknownFieldsAreKept(t *testing.T) {
	text := minimal(`"cloudtrail": {"trails": [{"region": "r", "TrailARN": "a",
		"Aaa": {"z": [3, 1.50, {"y": null, "b": "\u00e9\n"}], "a": 12345678901234567890}, "Zzz": true}]},
		"rds": {"instances": []}`)
	got := canonical(t, read(t, text))
	for _, want := range []string{`"Zzz": true`, `12345678901234567890`, `1.50`, `"b": "é\n"`, `"rds": {`, `"instances": []`} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	if again := canonical(t, read(t, got)); again != got {
		t.Errorf("got %s the second time, want %s", again, got)
	}
}

func TestReadFile(t *testing.T) {
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"a.json", "a.json.gz"} {
		path := filepath.Join(dir, name)
		for range 2 { // the second time over the first
			if err := s.WriteFile(path); err != nil {
				t.Fatal(err)
			}
		}
		back, err := snapshots.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if canonical(t, back) != canonical(t, s) {
			t.Errorf("%s: got another snapshot back", name)
		}
	}
	packed, err := os.ReadFile(filepath.Join(dir, "a.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(packed[4:8], make([]byte, 4)) {
		t.Errorf("got a gzip header with the time % x, want none", packed[4:8])
	}
	if err := os.WriteFile(filepath.Join(dir, "cut.json.gz"), packed[:len(packed)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = snapshots.ReadFile(filepath.Join(dir, "cut.json.gz"))
	if err == nil || !strings.Contains(snapshots.HintOf(err), "not whole") {
		t.Errorf("got %v (hint %q) for half a gzip file, want a hint that it is not whole", err, snapshots.HintOf(err))
	}
	if _, err := snapshots.ReadFile(filepath.Join(dir, "none.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("got files %q (%v) left behind, want none", left, err)
	}
}

func TestReadIsBounded(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range snapshots.MaxSize>>20 + 1 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshots.Read(&bomb); !errors.Is(err, snapshots.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func TestUTF16(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   []byte
	}{
		{"little", []byte{0xff, 0xfe, '{', 0, 0xe9, 0, '}', 0}},
		{"big", []byte{0xfe, 0xff, 0, '{', 0, 0xe9, 0, '}'}},
		{"mark", []byte("\xef\xbb\xbf{é}")},
		{"plain", []byte("{é}")},
	} {
		if got := string(snapshots.UTF8(tt.in)); got != "{é}" {
			t.Errorf("%s: got %q, want {é}", tt.name, got)
		}
	}
}

// large is a snapshot with n filters, alarms, topics and subscriptions.
func large(n int) *snapshots.Snapshot {
	s := &snapshots.Snapshot{Schema: snapshots.SchemaName, Account: snapshots.Account{ID: "111122223333", Partition: "aws"}}
	s.CollectedAt, _ = snapshots.ParseTime("2026-01-05T10:00:00Z")
	for i := range n {
		name := fmt.Sprintf("watch-%05d", i)
		topic := "arn:aws:sns:us-east-1:111122223333:" + name
		s.Logs.MetricFilters = append(s.Logs.MetricFilters, snapshots.MetricFilter{
			Region: "us-east-1", LogGroupName: "trail", FilterName: name,
			FilterPattern: snapshots.Of(`{ ($.eventName = "CreateTrail") || ($.eventName = "UpdateTrail") }`),
			MetricTransformations: []snapshots.MetricTransformation{{
				MetricName: name, MetricNamespace: "LogMetrics", MetricValue: snapshots.Of("1")}},
		})
		s.CloudWatch.Alarms = append(s.CloudWatch.Alarms, snapshots.Alarm{
			Region: "us-east-1", AlarmName: name, AlarmArn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm:" + name,
			ActionsEnabled: snapshots.Of(true), AlarmActions: []string{topic}, MetricName: snapshots.Of(name),
			Namespace: snapshots.Of("LogMetrics"), Statistic: snapshots.Of("Sum"), Period: snapshots.Of(int64(300)),
			Threshold: snapshots.Of(1.0), StateUpdatedTimestamp: snapshots.Of(s.CollectedAt),
		})
		s.SNS.Topics = append(s.SNS.Topics, snapshots.Topic{Region: "us-east-1", TopicArn: topic})
		s.SNS.Subscriptions = append(s.SNS.Subscriptions, snapshots.Subscription{
			Region: "us-east-1", TopicArn: topic, SubscriptionArn: topic + ":1", Protocol: "email"})
	}
	return s
}

func BenchmarkRead(b *testing.B) {
	data, err := large(10_000).Canonical()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := snapshots.Read(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	s := large(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Canonical(); err != nil {
			b.Fatal(err)
		}
	}
}
