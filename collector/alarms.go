package collector

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/cistern-audit/cistern/snapshots"
)

// alarms lists a region's alarms of every type, which describe-alarms tells of only when it is asked for them. Where the
// region does not know log alarms yet, it is asked for the others.
func (c *collection) alarms(ctx context.Context, region string) {
	every := []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm, types.AlarmTypeLogAlarm}
	unknownType := func(f *failure) bool {
		return f.kind == snapshots.Failed && slices.Contains([]string{"ValidationError", "ValidationException", "InvalidParameterValue",
			"InvalidParameterValueException", "SerializationException"}, f.code)
	}
	failed := c.listAlarms(ctx, region, every)
	if failed == nil || failed.pages > 0 || !unknownType(failed) || c.listAlarms(ctx, region, every[:2]) != nil {
		return
	}
	c.keep(func(s *snapshots.Snapshot) { // the gap of the first call is one of log alarms only
		for i, g := range s.Gaps {
			if g.Operation == describeAlarms.name && g.Region == region {
				s.Gaps[i].Resource = snapshots.Of(string(types.AlarmTypeLogAlarm))
			}
		}
	})
}

func (c *collection) listAlarms(ctx context.Context, region string, kinds []types.AlarmType) *failure {
	var names []string
	for _, kind := range kinds {
		names = append(names, string(kind))
	}
	q := question{operation: describeAlarms, region: region, params: map[string]string{"alarm-types": strings.Join(names, " ")}}
	in := cloudwatch.DescribeAlarmsInput{AlarmTypes: kinds}
	return c.ask(ctx, q, func(ctx context.Context, token *string) (*string, error) {
		in.NextToken = token
		if _, err := c.clients.cloudwatch().DescribeAlarms(ctx, &in, alarmsIn(region)); err != nil {
			return nil, err
		}
		var page struct {
			MetricAlarms    []snapshots.Alarm          `json:"MetricAlarms"`
			CompositeAlarms []snapshots.CompositeAlarm `json:"CompositeAlarms"`
			LogAlarms       []snapshots.LogAlarm       `json:"LogAlarms"`
			NextToken       *string                    `json:"NextToken"`
		}
		if err := decode(ctx, &page); err != nil {
			return nil, err
		}
		if page.MetricAlarms == nil {
			return nil, &unreadableError{errNoList}
		}
		err := cmp.Or(
			lacking("alarm", page.MetricAlarms, func(a *snapshots.Alarm) string { return lackOfAlarm(a.AlarmName, a.AlarmArn, a.ActionsEnabled) }),
			lacking("composite alarm", page.CompositeAlarms, func(a *snapshots.CompositeAlarm) string {
				return cmp.Or(lackOfAlarm(a.AlarmName, a.AlarmArn, a.ActionsEnabled), firstUnsaid(said{"AlarmRule", a.AlarmRule != nil}))
			}),
			lacking("log alarm", page.LogAlarms, func(a *snapshots.LogAlarm) string { return lackOfAlarm(a.AlarmName, a.AlarmArn, a.ActionsEnabled) }),
		)
		if err != nil {
			return nil, err
		}
		for i := range page.MetricAlarms {
			page.MetricAlarms[i].Region = region
		}
		for i := range page.CompositeAlarms {
			page.CompositeAlarms[i].Region = region
		}
		for i := range page.LogAlarms {
			page.LogAlarms[i].Region = region
		}
		c.keep(func(s *snapshots.Snapshot) {
			w := &s.CloudWatch
			w.Alarms = append(snapshots.Listed(w.Alarms), page.MetricAlarms...)
			w.CompositeAlarms = append(snapshots.Listed(w.CompositeAlarms), page.CompositeAlarms...)
			if len(kinds) == 3 {
				w.LogAlarms = append(snapshots.Listed(w.LogAlarms), page.LogAlarms...)
			}
		})
		for _, a := range page.MetricAlarms {
			c.askTopics(ctx, a.AlarmActions)
		}
		for _, a := range page.CompositeAlarms {
			c.askTopics(ctx, a.AlarmActions)
		}
		for _, a := range page.LogAlarms {
			c.askTopics(ctx, a.AlarmActions)
		}
		return page.NextToken, nil
	})
}

func lackOfAlarm(name, arn string, actionsEnabled *bool) string {
	return firstUnsaid(said{"AlarmName", name != ""}, said{"AlarmArn", arn != ""}, said{"ActionsEnabled", actionsEnabled != nil})
}

func alarmsIn(region string) func(*cloudwatch.Options) {
	return func(o *cloudwatch.Options) { o.Region = region }
}
