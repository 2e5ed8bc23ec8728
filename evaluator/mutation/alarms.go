package mutation

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

func deletedAlarm(a *snapshots.Alarm, in *snapshots.Snapshot) bool { return remove(alarms, a, in) }

// simple tells whether an alarm is on one metric, the only ones whose settings are about that metric.
func simple(a *snapshots.Alarm) bool { return a.MetricName != nil && len(a.Metrics) == 0 }

// threshold is raised, if one event is worth 1.
func threshold(events float64) func(*snapshots.Alarm, *snapshots.Snapshot) bool {
	return func(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
		for _, f := range in.Logs.MetricFilters {
			for _, m := range f.MetricTransformations {
				if watches(a, &f) && value(m.MetricValue) != "1" {
					return false
				}
			}
		}
		a.Threshold = snapshots.Of(events)
		return true
	}
}

func lessThan(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.ComparisonOperator = snapshots.Of("LessThanThreshold")
	return true
}

// dilute gives the alarm's metric a default value of 0, and the alarm a statistic and a period of five minutes.
func dilute(a *snapshots.Alarm, in *snapshots.Snapshot, statistic string) bool {
	if !simple(a) || value(a.Threshold) != 1 || value(a.ComparisonOperator) != "GreaterThanOrEqualToThreshold" {
		return false
	}
	some := false
	for i, f := range in.Logs.MetricFilters {
		if watches(a, &f) {
			some = transforming(&in.Logs.MetricFilters[i], func(m *snapshots.MetricTransformation) {
				m.DefaultValue = snapshots.Of(0.0)
			})
		}
	}
	a.Statistic, a.ExtendedStatistic, a.Period = &statistic, nil, snapshots.Of(int64(300))
	return some
}

func diluted(a *snapshots.Alarm, in *snapshots.Snapshot) bool { return dilute(a, in, "Average") }

func alwaysUp(a *snapshots.Alarm, in *snapshots.Snapshot) bool { return dilute(a, in, "SampleCount") }

// missingBreaches changes something where data can be missing: nothing fills the quiet.
func missingBreaches(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.TreatMissingData = snapshots.Of("breaching")
	filled := slices.ContainsFunc(a.Metrics, func(q snapshots.MetricDataQuery) bool { return strings.Contains(value(q.Expression), "FILL(") })
	for _, f := range in.Logs.MetricFilters {
		for _, m := range f.MetricTransformations {
			filled = filled || watches(a, &f) && m.DefaultValue != nil
		}
	}
	return !filled
}

func inSeconds(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.Unit = snapshots.Of("Seconds")
	return simple(a)
}

func threePeriods(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.EvaluationPeriods, a.DatapointsToAlarm = snapshots.Of(int64(3)), nil
	return true
}

func twoOfThree(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.EvaluationPeriods, a.DatapointsToAlarm = snapshots.Of(int64(3)), snapshots.Of(int64(2))
	return true
}

func otherNamespace(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.Namespace = snapshots.Of(value(a.Namespace) + "/Moved")
	return simple(a)
}

func otherMetric(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.MetricName = snapshots.Of(value(a.MetricName) + "Renamed")
	return simple(a)
}

func dimensionAdded(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.Dimensions = append(a.Dimensions, snapshots.Dimension{Name: "Stage", Value: "prod"})
	return simple(a)
}

func otherRegion(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	region := "us-east-1"
	if a.Region == region {
		region = "eu-west-1"
	}
	a.AlarmArn = strings.Replace(a.AlarmArn, ":"+a.Region+":", ":"+region+":", 1)
	a.Region = region
	return true
}

func muted(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	addMuteRule(in, a.Region, snapshots.MuteRule{Status: snapshots.Of("ACTIVE"), MuteTargets: &snapshots.MuteTargets{AlarmNames: []string{a.AlarmName}}})
	return own(a, in)
}

func addMuteRule(s *snapshots.Snapshot, region string, rule snapshots.MuteRule) {
	rule.Region, rule.Name = region, snapshots.Of("cistern-mutation")
	rule.AlarmMuteRuleArn = "arn:" + s.Account.Partition + ":cloudwatch:" + region + ":" + s.Account.ID + ":alarm-mute-rule:cistern-mutation"
	s.CloudWatch.MuteRules = append(s.CloudWatch.MuteRules, rule)
}

// own tells whether an alarm is heard by its own actions only: no composite alarm speaks of it.
func own(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	return !slices.ContainsFunc(in.CloudWatch.CompositeAlarms, func(c snapshots.CompositeAlarm) bool {
		return c.Region == a.Region && strings.Contains(value(c.AlarmRule), a.AlarmName)
	})
}

func actionsDisabled(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.ActionsEnabled = snapshots.Of(false)
	return own(a, in)
}

func withoutActions(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.AlarmActions = []string{}
	return own(a, in)
}

func whenOK(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.OKActions, a.AlarmActions = append(a.OKActions, a.AlarmActions...), []string{}
	return own(a, in)
}

func actionAstray(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	for i, action := range a.AlarmActions {
		if strings.Contains(action, ":sns:") {
			a.AlarmActions[i] += "-gone"
		}
	}
	return own(a, in)
}

func actionFunction(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.AlarmActions = []string{function(a, in)}
	return own(a, in)
}

func function(a *snapshots.Alarm, in *snapshots.Snapshot) string {
	return "arn:" + in.Account.Partition + ":lambda:" + a.Region + ":" + in.Account.ID + ":function:log"
}

func anHour(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.Period = snapshots.Of(int64(3600))
	return simple(a) && value(a.Statistic) == "Sum"
}

func secondAction(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.AlarmActions = append(a.AlarmActions, function(a, in))
	return true
}

func alsoOK(a *snapshots.Alarm, in *snapshots.Snapshot) bool {
	a.OKActions = append(a.OKActions, a.AlarmActions...)
	return len(a.AlarmActions) > 0
}

// composites makes a change of every composite alarm that is over an alarm on which a control rests.
func composites(edit func(*snapshots.Snapshot, int)) func(*account) []change {
	return func(a *account) []change {
		var all []change
		for i, c := range a.snapshot.CloudWatch.CompositeAlarms {
			pointers := a.below(c)
			if len(pointers) == 0 {
				continue
			}
			all = append(all, change{
				input: a.input, pointers: pointers, record: "composite alarm " + c.AlarmName,
				apply: doing(func(s *snapshots.Snapshot) { edit(s, i) }),
			})
		}
		return all
	}
}

// below are the alarms that tell nobody but through a composite alarm.
func (a *account) below(c snapshots.CompositeAlarm) []string {
	var pointers []string
	for i, one := range a.snapshot.CloudWatch.Alarms {
		pointer := alarms.at(i)
		named := one.Region == c.Region && strings.Contains(value(c.AlarmRule), one.AlarmName)
		if named && a.tester.serves(place{a.input, pointer}) && (len(one.AlarmActions) == 0 || one.ActionsEnabled != nil && !*one.ActionsEnabled) {
			pointers = append(pointers, pointer)
		}
	}
	return pointers
}

func deletedComposite(s *snapshots.Snapshot, i int) {
	s.CloudWatch.CompositeAlarms = slices.Delete(s.CloudWatch.CompositeAlarms, i, i+1)
}

func compositeDisabled(s *snapshots.Snapshot, i int) {
	s.CloudWatch.CompositeAlarms[i].ActionsEnabled = snapshots.Of(false)
}

func compositeWithoutActions(s *snapshots.Snapshot, i int) {
	s.CloudWatch.CompositeAlarms[i].AlarmActions = []string{}
}

func compositeNever(s *snapshots.Snapshot, i int) {
	s.CloudWatch.CompositeAlarms[i].AlarmRule = snapshots.Of("FALSE")
}

func compositeSuppressed(s *snapshots.Snapshot, i int) {
	s.CloudWatch.CompositeAlarms[i].ActionsSuppressor = snapshots.Of("maintenance")
}
