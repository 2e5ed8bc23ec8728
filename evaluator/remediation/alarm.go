package remediation

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// mostActions is how many actions AWS allows for a state of an alarm.
const mostActions = 5

// alarmField is one setting of an alarm that decides whether one event raises it.
type alarmField struct {
	name string
	of   func(*snapshots.Alarm) []any // pointers to the fields that make it
}

// alarmFields are those that are put right together, in the order in which each is tried as it was.
var alarmFields = []alarmField{
	{"Period", func(a *snapshots.Alarm) []any { return []any{&a.Period} }},
	// An alarm has a statistic or a percentile, and AWS refuses both.
	{"Statistic", func(a *snapshots.Alarm) []any {
		return []any{&a.Statistic, &a.ExtendedStatistic, &a.EvaluateLowSampleCountPercentile}
	}},
	{"TreatMissingData", func(a *snapshots.Alarm) []any { return []any{&a.TreatMissingData} }},
	{"Unit", func(a *snapshots.Alarm) []any { return []any{&a.Unit} }},
	{"DatapointsToAlarm", func(a *snapshots.Alarm) []any { return []any{&a.DatapointsToAlarm} }},
	{"EvaluationPeriods", func(a *snapshots.Alarm) []any { return []any{&a.EvaluationPeriods} }},
	{"ComparisonOperator", func(a *snapshots.Alarm) []any { return []any{&a.ComparisonOperator} }},
	{"Threshold", func(a *snapshots.Alarm) []any { return []any{&a.Threshold} }},
}

// wholeAlarm is all of its settings.
var wholeAlarm = alarmField{"", func(a *snapshots.Alarm) []any { return []any{a} }}

func (f alarmField) equal(a, b *snapshots.Alarm) bool { return reflect.DeepEqual(f.of(a), f.of(b)) }

func (f alarmField) copy(from, to *snapshots.Alarm) {
	source := f.of(from)
	for i, field := range f.of(to) {
		reflect.ValueOf(field).Elem().Set(reflect.ValueOf(source[i]).Elem())
	}
}

// ringForOne makes an alarm ring for one event, as published: Sum >= 1 in one period of 300 seconds.
func ringForOne(a *snapshots.Alarm) {
	a.Statistic, a.ExtendedStatistic, a.EvaluateLowSampleCountPercentile = snapshots.Of("Sum"), nil, nil
	a.Period, a.EvaluationPeriods, a.DatapointsToAlarm = snapshots.Of(int64(300)), snapshots.Of(int64(1)), nil
	a.ComparisonOperator, a.Threshold = snapshots.Of("GreaterThanOrEqualToThreshold"), snapshots.Of(1.0)
	a.TreatMissingData, a.Unit = snapshots.Of("notBreaching"), nil
}

// simple tells whether an alarm compares the statistic of one metric with a number.
func simple(a *snapshots.Alarm) bool {
	return a.MetricName != nil && a.Namespace != nil && len(a.Metrics) == 0 && a.ThresholdMetricId == nil && a.EvaluationCriteria == nil
}

// mendAlarm are the ways to let an alarm ring for what a filter counts.
func (c *scene) mendAlarm() []move {
	filters := c.pointedFilters()
	if len(filters) == 0 || len(filters[0].MetricTransformations) == 0 {
		return nil
	}
	if _, ok := snapshots.ParseARN(c.finding.Resource); !ok && filters[0].FilterName == c.finding.Resource {
		return c.watch(filters[0])
	}
	var all []move
	muted := strings.Contains(c.finding.Message, "is muted by an alarm mute rule")
	alarms, accounts := c.pointedAlarms()
	for i, a := range alarms {
		if simple(a) && !muted && i < fewTried {
			all = append(all, c.setRight(a, accounts[i], false), c.setRight(a, accounts[i], true))
		}
	}
	if muted { // somebody wants silence: an alarm beside it would be none
		return all
	}
	return append(all, c.watch(filters[0])...)
}

// setRight makes an alarm ring for one event; if the metric is up by a filter's default value while nothing happens, that goes, too.
func (c *scene) setRight(a *snapshots.Alarm, account string, defaults bool) move {
	return func(d *draft) bool {
		s := d.edit(account)
		if s == nil {
			return false
		}
		ringForOne(alarmAt(s, a.Region, a.AlarmName))
		d.touch(ref{AlarmKind, account, a.Region, a.AlarmName}, touch{
			why: fmt.Sprintf("Let alarm %s ring for a single event.", a.AlarmName),
		})
		if !defaults {
			return true
		}
		changed := false
		for i := range s.Logs.MetricFilters {
			f := &s.Logs.MetricFilters[i]
			for j := range f.MetricTransformations {
				t := &f.MetricTransformations[j]
				if f.Region != a.Region || t.MetricName != *a.MetricName || t.MetricNamespace != *a.Namespace || t.DefaultValue == nil || *t.DefaultValue == 0 {
					continue
				}
				t.DefaultValue, changed = snapshots.Of(0.0), true
				d.touch(ref{FilterKind, account, f.Region, f.LogGroupName + "\x00" + f.FilterName}, touch{
					why: fmt.Sprintf("Let metric filter %s report 0 while nothing matches, so that an event makes a difference.", f.FilterName),
				})
			}
		}
		return changed
	}
}

// watch are the ways to let an alarm watch the metric of a filter: one that was meant for it, one with wrong dimensions, a new one.
func (c *scene) watch(f *snapshots.MetricFilter) []move {
	if len(f.MetricTransformations) == 0 || len(f.MetricTransformations[0].Dimensions) > 0 || len(f.EmitSystemFieldDimensions) > 0 {
		return c.newFilters()
	}
	s := c.w.at(c.group.account)
	t := f.MetricTransformations[0]
	var all []move
	for i := range s.CloudWatch.Alarms {
		a := &s.CloudWatch.Alarms[i]
		if a.Region != f.Region || !simple(a) {
			continue
		}
		same := *a.MetricName == t.MetricName && *a.Namespace == t.MetricNamespace
		meant := *a.MetricName == t.MetricName || *a.MetricName == f.FilterName || a.AlarmName == f.FilterName || a.AlarmName == t.MetricName
		idle := !fed(s, a.Region, *a.Namespace, *a.MetricName) && !strings.HasPrefix(*a.Namespace, "AWS/")
		if same && len(a.Dimensions) > 0 || !same && meant && idle {
			all = append(all, c.point(a, t))
		}
	}
	return append(all[:min(len(all), fewTried)], c.addAlarm(t))
}

// point lets an alarm that watches a metric of nobody watch another.
func (c *scene) point(a *snapshots.Alarm, t snapshots.MetricTransformation) move {
	return func(d *draft) bool {
		s := d.edit(c.group.account)
		now := alarmAt(s, a.Region, a.AlarmName)
		now.MetricName, now.Namespace, now.Dimensions = &t.MetricName, &t.MetricNamespace, []snapshots.Dimension{}
		d.touch(ref{AlarmKind, c.group.account, a.Region, a.AlarmName}, touch{
			why: fmt.Sprintf("Let alarm %s watch the metric %s/%s, which the filter feeds: it watches one that nothing feeds.", a.AlarmName, t.MetricNamespace, t.MetricName),
		})
		return true
	}
}

// addAlarm puts an alarm on a metric, which tells a topic.
func (c *scene) addAlarm(t snapshots.MetricTransformation) move {
	return func(d *draft) bool {
		s := d.edit(c.group.account)
		region := c.group.region
		name := vacant(t.MetricName, func(name string) bool { return alarmNamed(s, region, name) })
		topic := c.topicFor(d, c.group.account, region, nil)
		if topic == "" {
			return false
		}
		a := snapshots.Alarm{
			Region: region, AlarmName: name,
			AlarmArn:         strings.Join([]string{"arn", s.Account.Partition, "cloudwatch", region, s.Account.ID, "alarm", name}, ":"),
			AlarmDescription: snapshots.Of("Rings when the trail records an event of " + c.goal.row.Control + "."),
			ActionsEnabled:   snapshots.Of(true), AlarmActions: []string{topic}, OKActions: []string{}, InsufficientDataActions: []string{},
			MetricName: &t.MetricName, Namespace: &t.MetricNamespace, Dimensions: []snapshots.Dimension{},
		}
		ringForOne(&a)
		s.CloudWatch.Alarms = append(s.CloudWatch.Alarms, a)
		d.touch(ref{AlarmKind, s.Account.ID, region, name}, touch{
			create: true,
			why:    fmt.Sprintf("Put an alarm on the metric %s/%s that rings for a single event.", t.MetricNamespace, t.MetricName),
			notes:  []string{"CloudWatch charges for each alarm."},
		})
		return true
	}
}

// alarmNamed tells whether an alarm of any kind has a name: they share one space of names.
func alarmNamed(s *snapshots.Snapshot, region, name string) bool {
	return alarmAt(s, region, name) != nil ||
		slices.ContainsFunc(s.CloudWatch.CompositeAlarms, func(a snapshots.CompositeAlarm) bool { return a.Region == region && a.AlarmName == name }) ||
		slices.ContainsFunc(s.CloudWatch.LogAlarms, func(a snapshots.LogAlarm) bool { return a.Region == region && a.AlarmName == name })
}

// mendAction are the ways to let an alarm tell a topic: switching its actions on, and giving it one.
func (c *scene) mendAction() []move {
	var all []move
	alarms, accounts := c.pointedAlarms()
	for i, a := range alarms[:min(len(alarms), fewTried)] {
		if a.ActionsEnabled != nil && !*a.ActionsEnabled {
			all = append(all, c.enableActions(a, accounts[i]))
		}
	}
	for i, a := range alarms[:min(len(alarms), fewTried)] {
		all = append(all, c.addAction(a, accounts[i], nil))
	}
	if filters := c.pointedFilters(); len(filters) > 0 && plain(filters[0]) {
		all = append(all, c.addAlarm(filters[0].MetricTransformations[0]))
	}
	return all
}

// enableActions switches the actions of an alarm on.
func (c *scene) enableActions(a *snapshots.Alarm, account string) move {
	return func(d *draft) bool {
		s := d.edit(account)
		if s == nil {
			return false
		}
		alarmAt(s, a.Region, a.AlarmName).ActionsEnabled = snapshots.Of(true)
		d.touch(ref{AlarmKind, account, a.Region, a.AlarmName}, touch{why: fmt.Sprintf("Switch the actions of alarm %s on.", a.AlarmName)})
		return true
	}
}

// addAction lets an alarm tell a topic that somebody hears. Topics that nobody can hear make room for it.
func (c *scene) addAction(a *snapshots.Alarm, account string, dead []string) move {
	return func(d *draft) bool {
		s := d.edit(account)
		if s == nil {
			return false
		}
		topic := c.topicFor(d, account, a.Region, dead)
		if topic == "" {
			return false
		}
		now := alarmAt(s, a.Region, a.AlarmName)
		now.AlarmActions = slices.DeleteFunc(now.AlarmActions, func(action string) bool { return slices.Contains(dead, action) })
		if len(now.AlarmActions) >= mostActions || slices.Contains(now.AlarmActions, topic) {
			return false
		}
		now.AlarmActions = append(now.AlarmActions, topic)
		d.touch(ref{AlarmKind, account, a.Region, a.AlarmName}, touch{
			why: fmt.Sprintf("Let alarm %s notify topic %s.", a.AlarmName, lastPart(topic)),
		})
		return true
	}
}

func lastPart(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }
