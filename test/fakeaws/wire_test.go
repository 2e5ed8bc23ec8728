package fakeaws_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// ask is one request in JSON, signed by nobody.
func ask(t testing.TB, s *fakeaws.Server, scope, target, body string) (int, http.Header, []byte) {
	t.Helper()
	in, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	in.Header.Set("X-Amz-Target", target)
	in.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+fakeaws.AccessKey(own)+"/20260105/us-east-1/"+scope+
		"/aws4_request, SignedHeaders=host, Signature=0")
	out, err := http.DefaultClient.Do(in)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	data, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return out.StatusCode, out.Header, data
}

// TestRecordsComeBack reads answers as snapshots read them, and wants the records that the account holds: every field,
// those that this version does not know too, and times to the nanosecond.
func TestRecordsComeBack(t *testing.T) {
	held := alarmed(t)
	at := snapshots.Of(moment(t, "2026-01-05T09:57:31.123456789Z"))
	alarm := &held.CloudWatch.Alarms[0]
	alarm.StateUpdatedTimestamp, alarm.Threshold = at, snapshots.Of(1e-7)
	alarm.Metrics = []snapshots.MetricDataQuery{{Id: "m1", ReturnData: snapshots.Of(true), AccountId: snapshots.Of(other)}}
	alarm.ActionConfiguration = json.RawMessage(`{"AlarmTagsPropagation":{"Enabled":true}}`)
	alarm.Extra = snapshots.Extra{"Tomorrow": json.RawMessage(`{"region":"kept"}`)}
	held.CloudTrail.Trails[0].Status.StopLoggingTime = at
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held})

	var alarms struct {
		MetricAlarms    []snapshots.Alarm          `json:"MetricAlarms"`
		CompositeAlarms []snapshots.CompositeAlarm `json:"CompositeAlarms"`
		LogAlarms       []snapshots.LogAlarm       `json:"LogAlarms"`
	}
	_, _, data := ask(t, s, "monitoring", "GraniteServiceVersion20100801.DescribeAlarms", `{"AlarmTypes":["MetricAlarm","CompositeAlarm","LogAlarm"]}`)
	read(t, data, &alarms)
	for i := range alarms.MetricAlarms {
		alarms.MetricAlarms[i].Region = home
	}
	same(t, "metric alarms", alarms.MetricAlarms, held.CloudWatch.Alarms)
	for i := range alarms.CompositeAlarms {
		alarms.CompositeAlarms[i].Region = home
	}
	same(t, "composite alarms", alarms.CompositeAlarms, held.CloudWatch.CompositeAlarms)
	for i := range alarms.LogAlarms {
		alarms.LogAlarms[i].Region = home
	}
	same(t, "log alarms", alarms.LogAlarms, held.CloudWatch.LogAlarms)

	var rule snapshots.MuteRule
	_, _, data = ask(t, s, "monitoring", "GraniteServiceVersion20100801.GetAlarmMuteRule", `{"AlarmMuteRuleName":"nightly"}`)
	read(t, data, &rule)
	rule.Region = home
	same(t, "mute rule", []snapshots.MuteRule{rule}, held.CloudWatch.MuteRules)

	var filters struct {
		MetricFilters []snapshots.MetricFilter `json:"metricFilters"`
	}
	_, _, data = ask(t, s, "logs", "Logs_20140328.DescribeMetricFilters", "{}")
	read(t, data, &filters)
	for i := range filters.MetricFilters {
		filters.MetricFilters[i].Region = home
	}
	same(t, "metric filters", filters.MetricFilters, held.Logs.MetricFilters)

	var status snapshots.TrailStatus
	_, _, data = ask(t, s, "cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.GetTrailStatus", `{"Name":"management-events"}`)
	read(t, data, &status)
	same(t, "trail status", []snapshots.TrailStatus{status}, []snapshots.TrailStatus{*held.CloudTrail.Trails[0].Status})
}

func read(t *testing.T, data []byte, into any) {
	t.Helper()
	if err := snapshots.Unmarshal(data, into); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
}

func same[T any](t *testing.T, name string, got, want []T) {
	t.Helper()
	g, err := snapshots.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := snapshots.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(g, w) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, g, w)
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{PageSize: 2}, &fakeaws.Account{Snapshot: compliant(t)})
	_, _, first := ask(t, s, "logs", "Logs_20140328.DescribeMetricFilters", `{}`)
	var page struct{ NextToken string }
	if err := json.Unmarshal(first, &page); err != nil || page.NextToken == "" {
		t.Fatalf("got %s, %v; want a token", first, err)
	}
	for _, tt := range []struct {
		name, scope, target, body string
		status                    int
		code                      string
	}{
		{"operation", "logs", "Logs_20140328.PutLogEvents", "{}", 404, "UnknownOperationException"},
		{"service", "s3", "X.ListBuckets", "{}", 404, "UnknownOperationException"},
		{"parameter", "logs", "Logs_20140328.DescribeLogGroups", `{"logGroupNamePattern":"x"}`, 400, "InvalidParameterException"},
		{"body", "logs", "Logs_20140328.DescribeLogGroups", `{"limit":`, 400, "SerializationException"},
		{"token", "logs", "Logs_20140328.DescribeMetricFilters", `{"nextToken":"x"}`, 400, "InvalidParameterException"},
		{"token of another call", "logs", "Logs_20140328.DescribeLogGroups", `{"nextToken":"` + page.NextToken + `"}`, 400, "InvalidParameterException"},
		{"token of other parameters", "logs", "Logs_20140328.DescribeMetricFilters", `{"limit":2,"nextToken":"` + page.NextToken + `"}`, 400, "InvalidParameterException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, header, data := ask(t, s, tt.scope, tt.target, tt.body)
			var refused struct {
				Type    string `json:"__type"`
				Message string `json:"message"`
			}
			if err := json.Unmarshal(data, &refused); err != nil {
				t.Fatalf("%v in %s", err, data)
			}
			if status != tt.status || refused.Type != tt.code || refused.Message == "" || header.Get("X-Amzn-Requestid") == "" {
				t.Errorf("got %d %s, want %d %s", status, data, tt.status, tt.code)
			}
		})
	}
	// Each of them can be cut too.
	s.Interfere(func(fakeaws.Call) fakeaws.Fault { return fakeaws.Fault{Kind: fakeaws.CutAtOnce} })
	if out, err := http.Get(s.URL); err == nil {
		out.Body.Close()
		t.Errorf("got %s, want no answer", out.Status)
	}
}
