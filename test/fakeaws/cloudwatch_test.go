package fakeaws_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

func everyAlarm() []types.AlarmType {
	return []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm, types.AlarmType("LogAlarm")}
}

// alarmed is the compliant sample with composite and log alarms too.
func alarmed(t *testing.T) *snapshots.Snapshot {
	t.Helper()
	s := compliant(t)
	for i := range 3 {
		name := fmt.Sprintf("composite-%d", i)
		s.CloudWatch.CompositeAlarms = append(s.CloudWatch.CompositeAlarms, snapshots.CompositeAlarm{
			Region: home, AlarmName: name, AlarmArn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm:" + name,
			AlarmRule: snapshots.Of(`ALARM("root-usage") OR ALARM("vpc-changes")`), ActionsEnabled: snapshots.Of(true),
			StateUpdatedTimestamp: snapshots.Of(moment(t, "2026-01-05T09:57:31.123456Z")),
		})
		name = fmt.Sprintf("log-%d", i)
		s.CloudWatch.LogAlarms = append(s.CloudWatch.LogAlarms, snapshots.LogAlarm{
			Region: home, AlarmName: name, AlarmArn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm:" + name,
			ScheduledQueryConfiguration: &snapshots.ScheduledQuery{QueryString: snapshots.Of("fields @message"),
				ScheduleConfiguration: &snapshots.QuerySchedule{ScheduleExpression: snapshots.Of("rate(5 minutes)")}},
			Threshold: snapshots.Of(1.5),
		})
	}
	return s
}

func TestAlarmsOfEveryType(t *testing.T) {
	held := alarmed(t)
	s := fakeaws.Start(t, fakeaws.Options{PageSize: 4}, &fakeaws.Account{Snapshot: held})
	c := connect(t, s, own, home).cloudwatch
	metric, composite, log := 0, 0, 0
	pages := cloudwatch.NewDescribeAlarmsPaginator(c, &cloudwatch.DescribeAlarmsInput{AlarmTypes: everyAlarm()})
	n := 0
	for ; pages.HasMorePages(); n++ {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		metric, composite, log = metric+len(out.MetricAlarms), composite+len(out.CompositeAlarms), log+len(out.LogAlarms)
	}
	if metric != len(held.CloudWatch.Alarms) || composite != 3 || log != 3 || n != (metric+6+3)/4 {
		t.Errorf("got %d metric, %d composite, %d log alarms on %d pages", metric, composite, log, n)
	}
	for i, call := range s.Calls() {
		if call.Page != i || call.Attempt != 1 {
			t.Errorf("call %d: got page %d, attempt %d", i, call.Page, call.Attempt)
		}
	}
	out, err := c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{MaxRecords: aws.Int32(3)})
	if err != nil || len(out.MetricAlarms) != 3 || len(out.CompositeAlarms)+len(out.LogAlarms) != 0 || out.NextToken == nil {
		t.Errorf("without types: got %+v, %v; want 3 metric alarms and a token", out, err)
	}
	out, err = c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmTypes: everyAlarm(), AlarmNames: []string{"composite-1", "log-2"}})
	if err != nil || len(out.CompositeAlarms) != 1 || len(out.LogAlarms) != 1 {
		t.Fatalf("by name: got %+v, %v; want two alarms", out, err)
	}
	if got, want := out.CompositeAlarms[0].StateUpdatedTimestamp, moment(t, "2026-01-05T09:57:31.123456Z"); got.UnixMilli() != want.UnixMilli() {
		t.Errorf("state updated: got %v, want %v", got, want)
	}
	if got := aws.ToString(out.LogAlarms[0].ScheduledQueryConfiguration.ScheduleConfiguration.ScheduleExpression); got != "rate(5 minutes)" {
		t.Errorf("schedule: got %q", got)
	}
}

func TestLogAlarmsMayBeUnknown(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: alarmed(t), NoLogAlarms: true})
	c := connect(t, s, own, home).cloudwatch
	if _, err := c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmTypes: everyAlarm()}); code(err) != "ValidationError" {
		t.Errorf("log alarms: got %q, want ValidationError", code(err))
	}
	if _, err := c.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmTypes: everyAlarm()[:2]}); err != nil {
		t.Errorf("other alarms: %v", err)
	}
}

func TestMuteRules(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: compliant(t)})
	c := connect(t, s, own, home).cloudwatch
	list, err := c.ListAlarmMuteRules(t.Context(), &cloudwatch.ListAlarmMuteRulesInput{})
	if err != nil || len(list.AlarmMuteRuleSummaries) != 1 {
		t.Fatalf("got %+v, %v; want one rule", list, err)
	}
	rule, err := c.GetAlarmMuteRule(t.Context(), &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("nightly")})
	if err != nil {
		t.Fatal(err)
	}
	if want := moment(t, "2026-01-01T00:00:00.5Z"); !rule.StartDate.Equal(want.Time) || rule.MuteTargets.AlarmNames[0] != "root-usage" {
		t.Errorf("got %+v, want it to start at %v", rule, want)
	}
	_, err = c.GetAlarmMuteRule(t.Context(), &cloudwatch.GetAlarmMuteRuleInput{AlarmMuteRuleName: aws.String("none")})
	if code(err) != "ResourceNotFoundException" || status(err) != 404 {
		t.Errorf("no such rule: got %d %q, want 404 ResourceNotFoundException", status(err), code(err))
	}
}
