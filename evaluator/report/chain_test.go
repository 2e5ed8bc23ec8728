package report

import (
	"maps"
	"reflect"
	"strings"
	"testing"
)

const topicARN = "arn:aws:sns:us-east-1:111122223333:alerts"

// wholeChain is an account with a finding whose every link holds.
func wholeChain() (*Account, *Finding) {
	a := &Account{Account: "111122223333", Records: map[string]any{
		"/cloudtrail/trails/0": map[string]any{
			"IsMultiRegionTrail": true, "Status": map[string]any{"IsLogging": true, "LatestCloudWatchLogsDeliveryTime": "2026-01-05T09:55:12Z"},
			"EventSelectors": []any{map[string]any{"ReadWriteType": "All", "IncludeManagementEvents": true}},
		},
		"/logs/metric_filters/3": map[string]any{
			"filterPattern": "{ $.a = 1 }", "metricTransformations": []any{map[string]any{"metricNamespace": "CIS", "metricName": "Root"}},
		},
		"/cloudwatch/alarms/2": map[string]any{
			"Namespace": "CIS", "MetricName": "Root", "Statistic": "Sum", "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1,
			"EvaluationPeriods": 1, "Period": 300,
		},
		"444455556666#/sns/topics/0": map[string]any{"TopicArn": topicARN},
		"/sns/subscriptions/0":       map[string]any{"Protocol": "email", "Endpoint": "a@example.com", "SubscriptionArn": topicARN + ":1"},
		"/sns/subscriptions/1":       map[string]any{"Protocol": "email", "Endpoint": "b@example.com", "SubscriptionArn": "PendingConfirmation"},
	}}
	return a, &Finding{
		Status: Pass, Message: "all is well",
		Evidence: map[string]any{
			"trail": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "wanted": []any{"{ $.a = 1 }"},
			"log_group": "arn:aws:logs:us-east-1:111122223333:log-group:trail/main:*",
			"filters":   []any{"Root"}, "alarms": []any{"RootAlarm"}, "actions": []any{topicARN},
		},
		Pointers: []string{
			"/cloudtrail/trails/0", "/cloudwatch/alarms/2", "/logs/metric_filters/3", "444455556666#/sns/topics/0", "/sns/subscriptions/0", "/sns/subscriptions/1",
		},
	}
}

func TestStepsOfAWholeChain(t *testing.T) {
	steps := Steps(wholeChain())
	trail := []string{"/cloudtrail/trails/0"}
	want := []Step{
		{"trail", StepOK, "trail main is logging and records every region", []string{"main"}, trail},
		{"event_selectors", StepOK, "it records all management events", nil, trail},
		{"log_group", StepOK, "it delivers to log group trail/main, last at 2026-01-05T09:55:12Z", []string{"trail/main"}, trail},
		{"metric_filter", StepOK, "filter Root of it feeds metric CIS/Root", []string{"Root"}, []string{"/logs/metric_filters/3"}},
		{"pattern", StepOK, "it covers the control: { $.a = 1 }", nil, []string{"/logs/metric_filters/3"}},
		{"alarm", StepOK, "alarm RootAlarm watches CIS/Root: Sum >= 1 in a period of 300 s", []string{"RootAlarm"}, []string{"/cloudwatch/alarms/2"}},
		{"action", StepOK, "acts on alerts", []string{"alerts"}, []string{"/cloudwatch/alarms/2"}},
		{"topic", StepOK, "topic alerts exists", []string{"alerts"}, []string{"444455556666#/sns/topics/0"}},
		{"subscription", StepOK, "confirmed: email a@example.com", []string{"email a@example.com"}, []string{"/sns/subscriptions/0", "/sns/subscriptions/1"}},
	}
	for i, got := range steps {
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("step %d:\n got %+v\nwant %+v", i, got, want[i])
		}
	}
	if len(steps) != len(want) {
		t.Errorf("got %d steps, want %d", len(steps), len(want))
	}
}

func TestStepStates(t *testing.T) {
	for name, test := range map[string]struct {
		status Status
		link   string
		change func(trail map[string]any)
		want   string // the first letters of the states
	}{
		"pass":                  {Pass, "", nil, "ooooooooo"},
		"no trail":              {Fail, "trail", nil, "b--------"},
		"no filter":             {Fail, "metric_filter", nil, "ooob-----"},
		"nobody hears":          {Fail, "subscription", nil, "oooooooob"},
		"alarms were not read":  {Unknown, "alarm", nil, "ooooou---"},
		"neither was logging":   {Unknown, "alarm", func(trail map[string]any) { delete(trail, "Status") }, "uoooou---"},
		"selectors not read":    {Fail, "log_group", func(trail map[string]any) { delete(trail, "EventSelectors") }, "oub------"},
		"AWS's own selectors":   {Fail, "log_group", func(trail map[string]any) { trail["EventSelectors"] = []any{} }, "oob------"},
		"another's record told": {Pass, "", func(trail map[string]any) { clear(trail) }, "ooooooooo"},
	} {
		t.Run(name, func(t *testing.T) {
			a, f := wholeChain()
			f.Status, f.Link = test.status, test.link
			if test.change != nil {
				trail := maps.Clone(a.Records["/cloudtrail/trails/0"].(map[string]any))
				test.change(trail)
				a.Records["/cloudtrail/trails/0"] = trail
			}
			var got strings.Builder
			for _, step := range Steps(a, f) {
				got.WriteString(map[StepState]string{StepOK: "o", StepBroken: "b", StepUnseen: "u", StepBeyond: "-"}[step.State])
				if (step.State == StepBroken || step.Link == f.Link) && step.Text != f.Message {
					t.Errorf("%s: got %q, want the finding's message", step.Link, step.Text)
				}
			}
			if got.String() != test.want {
				t.Errorf("got %s, want %s", got.String(), test.want)
			}
		})
	}
}

// TestStepsWithoutRecords: what a finding itself tells is told, and nothing is made up.
func TestStepsWithoutRecords(t *testing.T) {
	a, f := wholeChain()
	a.Records = nil
	for _, step := range Steps(a, f) {
		if step.State != StepOK || step.Text == "" || strings.Contains(step.Text, "%!") || strings.Contains(step.Text, "nil") {
			t.Errorf("%s: got %s %q", step.Link, step.State, step.Text)
		}
	}
	a.Records = map[string]any{}
	for _, pointer := range f.Pointers {
		a.Records[pointer] = []any{map[string]any{}} // no record
	}
	if got := len(Steps(a, f)); got != len(Chain) {
		t.Errorf("got %d steps of odd records, want %d", got, len(Chain))
	}
}

func TestStepsOfOtherControls(t *testing.T) {
	a, f := wholeChain()
	delete(f.Evidence, "wanted")
	if got := Steps(a, f); got != nil {
		t.Errorf("a control that does not follow the chain: got %v", got)
	}
	a, f = wholeChain()
	f.Status, f.Link = Fail, ""
	if got := Steps(a, f); got != nil {
		t.Errorf("a failure without a link: got %v", got)
	}
}

func TestSelectorsText(t *testing.T) {
	for name, test := range map[string]struct {
		selectors string
		list      []any
		want      string
	}{
		"writing": {"EventSelectors", []any{map[string]any{"ReadWriteType": "WriteOnly"}}, "it records management events that write"},
		"without a source": {
			"EventSelectors", []any{map[string]any{"ReadWriteType": "All", "ExcludeManagementEventSources": []any{"kms.amazonaws.com"}}},
			"it records all management events but those of kms.amazonaws.com",
		},
		"data only": {"EventSelectors", []any{map[string]any{"IncludeManagementEvents": false}}, "it records no management events"},
		"advanced": {
			"AdvancedEventSelectors", []any{map[string]any{"FieldSelectors": []any{
				map[string]any{"Field": "eventCategory", "Equals": []any{"Management"}},
				map[string]any{"Field": "readOnly", "Equals": []any{"true"}},
				map[string]any{"Field": "eventSource", "NotEquals": []any{"kms.amazonaws.com", "rdsdata.amazonaws.com"}},
			}}},
			"it records management events whose readOnly is true and eventSource is not kms.amazonaws.com, rdsdata.amazonaws.com",
		},
		"advanced, all": {
			"AdvancedEventSelectors", []any{map[string]any{"FieldSelectors": []any{map[string]any{"Field": "eventCategory", "Equals": []any{"Management"}}}}},
			"it records all management events",
		},
		"advanced, data": {
			"AdvancedEventSelectors", []any{map[string]any{"FieldSelectors": []any{map[string]any{"Field": "eventCategory", "Equals": []any{"Data"}}}}},
			"it records no management events",
		},
		"none": {"EventSelectors", []any{}, "it has no selectors of its own, so that AWS records all management events"},
	} {
		t.Run(name, func(t *testing.T) {
			a, f := wholeChain()
			a.Records["/cloudtrail/trails/0"] = map[string]any{"Status": map[string]any{"IsLogging": true}, test.selectors: test.list}
			if got := Steps(a, f)[1].Text; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
