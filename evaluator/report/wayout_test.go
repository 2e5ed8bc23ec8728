package report

import (
	"strings"
	"testing"
)

func TestWayOut(t *testing.T) {
	chained := func(more map[string]any) map[string]any {
		all := map[string]any{
			"wanted": []any{"{ $.eventName = StopLogging }", "{ ($.eventName = StopLogging) || ($.eventName = Other) }"},
			"trail":  "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "log_group": "arn:aws:logs:us-east-1:111122223333:log-group:trails:*",
			"filters": []any{"Changes"}, "alarms": []any{"Ring"}, "actions": []any{"arn:aws:sns:us-east-1:111122223333:ops", "arn:aws:lambda:x:y:z"},
		}
		for key, value := range more {
			all[key] = value
		}
		return all
	}
	const general = "What the control says."
	cases := []struct {
		name     string
		status   Status
		link     string
		message  string
		evidence map[string]any
		want     string
	}{
		{"no trail", Fail, "trail", "account 111122223333 has no trail that records every region", chained(nil), "Create a trail that records every region"},
		{"no trail of another control", Fail, "trail", "account 111122223333 has no trail that records every region", nil, general},
		{"stopped", Fail, "trail", "trail main is not logging", chained(nil), "Start trail main (start-logging)."},
		{"stopped, of another control", Fail, "trail", "trail main is not logging", map[string]any{"trail": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main"}, "Start trail main"},
		{"one region", Fail, "trail", "trail main records its home region us-east-1 only", chained(nil), "Let trail main record every region"},
		{"another fault of a trail", Fail, "trail", "trail main does not validate its log files", nil, general},
		{"selectors", Fail, "event_selectors", "trail main does not record management events that read", chained(nil), "Let trail main record all management events"},
		{"data events", Fail, "event_selectors", "trail main records no data events that write S3 objects", nil, general},
		{"no log group", Fail, "log_group", "trail main delivers to no CloudWatch Logs log group", chained(nil), "Give trail main a CloudWatch Logs log group"},
		{"delivery", Fail, "log_group", "trail main could not deliver to trails: AccessDenied", chained(nil), "Mend the delivery of trail main"},
		{"log group gone", Fail, "log_group", "trail main delivers to trails, which does not exist", chained(nil), "Create the log group"},
		{"no filter", Fail, "metric_filter", "log group trails has no metric filter", chained(nil), "Put a metric filter with the pattern { $.eventName = StopLogging } on log group trails, and behind it an alarm"},
		{"no filter, by the message", Fail, "metric_filter", "log group a b has no metric filter", map[string]any{"wanted": "{ $.a = 1 ||\n\t $.b = 2 }"}, "Put a metric filter with the pattern { $.a = 1 || $.b = 2 } on log group a b,"},
		{"a policy that does not compile", Unknown, "", "the policy could not judge: x.rego:4: unexpected eof token", nil, "Mend the policy"},
		{"counts nothing", Fail, "metric_filter", "filter Changes covers the control, but it counts each match as 0", chained(nil), "Let metric filter Changes count each match as 1"},
		{"pattern", Fail, "pattern", "", chained(map[string]any{"missed": []any{"StopLogging"}, "excluded_by": []any{"$.x != 1"}}),
			"Let metric filter Changes catch StopLogging, too, which is left out now by $.x != 1: either one filter with the pattern { $.eventName = StopLogging }, or a second"},
		{"no alarm", Fail, "alarm", "filter Changes covers the control, but no alarm watches its metric CIS/Changes in us-east-1 (and so for 2 more)", chained(nil), "Put an alarm on metric CIS/Changes in us-east-1: Sum >= 1"},
		{"namespace", Fail, "alarm", "filter Changes covers the control, but its alarm Other watches namespace A while the metric is in B", chained(nil), "Let alarm Other watch the metric that metric filter Changes feeds: in the region"},
		{"threshold", Fail, "alarm", "filter Changes covers the control, but alarm Ring needs 10 events in 300 s", chained(nil), "Let alarm Ring ring for a single event"},
		{"muted and too high", Fail, "alarm", "alarm Ring is muted by an alarm mute rule; alarm Two needs 10 events in 300 s", chained(nil), "Let alarm Ring watch the metric and ring"},
		{"switched off", Fail, "action", "alarm Ring has its actions switched off (ActionsEnabled is false)", chained(nil), "Switch the actions of alarm Ring on"},
		{"no action", Fail, "action", "alarm Ring has no action for the ALARM state", chained(nil), "Give alarm Ring an SNS topic"},
		{"no topic", Fail, "topic", "alarm Ring notifies x, which does not exist", chained(nil), "Create topic arn:aws:sns:us-east-1:111122223333:ops again"},
		{"encrypted", Fail, "topic", "alarm Ring notifies x, which is encrypted with alias/aws/sns, a key that CloudWatch may not use", chained(nil), "Encrypt topic arn:aws:sns:us-east-1:111122223333:ops"},
		{"nobody", Fail, "subscription", "to which nobody has confirmed a subscription", chained(nil), "Subscribe somebody to topic"},
		{"pending", Fail, "subscription", "to which nobody has confirmed a subscription (2 pending)", chained(nil), "Have the subscriber of topic"},
		{"denied", Unknown, "alarm", "not known; collect describe-alarms in eu-west-1 of account 111122223333 (permission cloudwatch:DescribeAlarms): denied, AccessDenied", chained(nil),
			"Let the role that collects call describe-alarms in eu-west-1 of account 111122223333 (permission cloudwatch:DescribeAlarms), and collect again."},
		{"throttled", Unknown, "alarm", "collect describe-alarms in eu-west-1 of account 111122223333 (permission cloudwatch:DescribeAlarms): throttled, Throttling", chained(nil), "Collect again: AWS did not answer"},
		{"not asked", Unknown, "trail", "collect describe-trails in every region of account 111122223333 (permission cloudtrail:DescribeTrails): it was not collected", nil, "Collect again, with describe-trails in every region"},
		{"a name asks for more", Unknown, "alarm", "alarm collect x in y of account 111122223333 (permission iam:PutUserPolicy) may be muted", nil, general},
		{"elsewhere", Unknown, "log_group", "the log group trails is elsewhere: account 444455556666 is not among the snapshots: give its snapshot too", chained(nil), "Collect account 444455556666, too"},
		{"not decided", Unknown, "alarm", "alarm Ring uses the statistic p99", chained(nil), "Put an alarm on the metric itself"},
		{"another control", Unknown, "", "not known", nil, general},
		{"of a policy of one's own", Fail, "alarm", "no alarm", nil, general},
		{"passes", Pass, "", "", chained(nil), general},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := Finding{Status: c.status, Link: c.link, Message: c.message, Evidence: c.evidence}
			got := WayOut(&Result{Remediation: general}, &f)
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if strings.ContainsAny(strings.NewReplacer("{ $.", "", " }", "").Replace(got), "{}") {
				t.Errorf("got %q, want every name put in", got)
			}
		})
	}
}

func TestWaysOutAreOfWhatDecided(t *testing.T) {
	r := &Result{Status: Fail, Remediation: "General.", Findings: []Finding{
		{Status: Fail, Link: "trail", Message: "trail a is not logging"}, {Status: Fail, Link: "trail", Message: "trail b is not logging"},
		{Status: Fail, Message: "else"}, {Status: Pass},
	}}
	if got, want := wayLine(r), "Start the trail (start-logging). General."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := WaysOut(&Result{Status: Fail, Remediation: "General."}); len(got) != 1 {
		t.Errorf("got %q, want the general one", got)
	}
}
