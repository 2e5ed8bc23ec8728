package remediation

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// calls are the calls of the AWS API that make the change. A call that takes an optional variable stands alone, so that it can be left out.
func (c *Change) calls() []Call {
	switch c.Kind {
	case BucketKind:
		return c.Bucket.calls()
	case LogGroupKind:
		return []Call{{"logs", "create-log-group", Object{{"logGroupName", c.LogGroup.LogGroupName}}}}
	case RoleKind:
		return c.Role.calls()
	case TrailKind:
		return c.trailCalls()
	case SelectorsKind:
		return []Call{{"cloudtrail", "put-event-selectors", selectorsOf(c.Trail)}}
	case LoggingKind:
		return []Call{{"cloudtrail", "start-logging", Object{{"Name", trailName(c.Trail)}}}}
	case TopicKind:
		return []Call{{"sns", "create-topic", Object{{"Name", lastPart(c.Topic.TopicArn)}}}}
	case SubscriptionKind:
		n := c.Subscription
		return []Call{{"sns", "subscribe", Object{{"TopicArn", n.TopicArn}, {"Protocol", n.Protocol}, {"Endpoint", n.Endpoint}}}}
	case FilterKind:
		return []Call{{"logs", "put-metric-filter", filterOf(c.Filter)}}
	case AlarmKind:
		if !c.Create && slices.Equal(c.Fields, []string{"ActionsEnabled"}) {
			return []Call{{"cloudwatch", "enable-alarm-actions", Object{{"AlarmNames", []string{c.Alarm.AlarmName}}}}}
		}
		return []Call{{"cloudwatch", "put-metric-alarm", alarmOf(c.Alarm)}}
	case HubKind:
		return []Call{{"securityhub", "enable-security-hub", Object{{"EnableDefaultStandards", false}}}}
	}
	return nil
}

func (b *Bucket) calls() []Call {
	create := Object{{"Bucket", b.Name}}
	if b.Region != "us-east-1" { // which the call takes for granted, and refuses to be told
		create = create.with("CreateBucketConfiguration", Object{{"LocationConstraint", b.Region}})
	}
	return []Call{
		{"s3api", "create-bucket", create},
		{"s3api", "put-public-access-block", Object{{"Bucket", b.Name}, {"PublicAccessBlockConfiguration", Object{
			{"BlockPublicAcls", true}, {"IgnorePublicAcls", true}, {"BlockPublicPolicy", true}, {"RestrictPublicBuckets", true},
		}}}},
		{"s3api", "put-bucket-policy", Object{{"Bucket", b.Name}, {"Policy", b.Policy}}},
	}
}

func (r *Role) calls() []Call {
	var all []Call
	if !r.Existing {
		all = append(all, Call{"iam", "create-role", Object{{"RoleName", r.Name}, {"AssumeRolePolicyDocument", r.Trust}}})
	}
	return append(all, Call{"iam", "put-role-policy", Object{{"RoleName", r.Name}, {"PolicyName", r.Inline}, {"PolicyDocument", r.Policy}}})
}

func (c *Change) trailCalls() []Call {
	t := c.Trail
	var all []Call
	keyed := t.KmsKeyId != nil && uses(*t.KmsKeyId, TrailKMSKeyID)
	if c.Create {
		all = append(all, Call{"cloudtrail", "create-trail", Object{{"Name", t.Name}, {"S3BucketName", orEmpty(t.S3BucketName)},
			{"IncludeGlobalServiceEvents", true}, {"IsMultiRegionTrail", true}, {"EnableLogFileValidation", isTrue(t.LogFileValidationEnabled)},
			{"CloudWatchLogsLogGroupArn", orEmpty(t.CloudWatchLogsLogGroupArn)}, {"CloudWatchLogsRoleArn", orEmpty(t.CloudWatchLogsRoleArn)},
		}})
	} else if update := c.trailUpdate(); len(update) > 1 {
		all = append(all, Call{"cloudtrail", "update-trail", update})
	}
	if keyed {
		all = append(all, Call{"cloudtrail", "update-trail", Object{{"Name", trailName(t)}, {"KmsKeyId", *t.KmsKeyId}}})
	}
	return all
}

// trailName is how calls in a trail's home region name it.
func trailName(t *snapshots.Trail) string { return cmp.Or(t.Name, t.TrailARN) }

// trailUpdate are the fields of a trail that differ, but for its key. UpdateTrail leaves alone what it is not given.
func (c *Change) trailUpdate() Object {
	t := c.Trail
	update := Object{{"Name", trailName(t)}}
	if slices.Contains(c.Fields, "IsMultiRegionTrail") {
		update = update.with("IsMultiRegionTrail", t.IsMultiRegionTrail).with("IncludeGlobalServiceEvents", true)
	}
	if slices.Contains(c.Fields, "LogFileValidationEnabled") {
		update = update.with("EnableLogFileValidation", t.LogFileValidationEnabled)
	}
	if slices.Contains(c.Fields, "CloudWatchLogsLogGroupArn") || slices.Contains(c.Fields, "CloudWatchLogsRoleArn") { // AWS wants both
		update = update.with("CloudWatchLogsLogGroupArn", t.CloudWatchLogsLogGroupArn).with("CloudWatchLogsRoleArn", t.CloudWatchLogsRoleArn)
	}
	return update
}

// selectorsOf are all selectors of a trail: the call replaces those that are there.
func selectorsOf(t *snapshots.Trail) Object {
	all := Object{{"TrailName", trailName(t)}}
	if len(t.AdvancedEventSelectors) > 0 {
		var list []Object
		for _, s := range t.AdvancedEventSelectors {
			var fields []Object
			for _, f := range s.FieldSelectors {
				o := Object{{"Field", f.Field}}
				for _, m := range []struct {
					name   string
					values []string
				}{
					{"Equals", f.Equals}, {"StartsWith", f.StartsWith}, {"EndsWith", f.EndsWith},
					{"NotEquals", f.NotEquals}, {"NotStartsWith", f.NotStartsWith}, {"NotEndsWith", f.NotEndsWith},
				} {
					if len(m.values) > 0 {
						o = append(o, Member{m.name, m.values})
					}
				}
				fields = append(fields, o)
			}
			list = append(list, append(Object{}.with("Name", s.Name), Member{"FieldSelectors", fields}))
		}
		return append(all, Member{"AdvancedEventSelectors", list})
	}
	var list []Object
	for _, s := range t.EventSelectors {
		resources := []Object{}
		for _, r := range s.DataResources {
			resources = append(resources, Object{}.with("Type", r.Type).with("Values", snapshots.Listed(r.Values)))
		}
		list = append(list, Object{}.with("ReadWriteType", s.ReadWriteType).with("IncludeManagementEvents", s.IncludeManagementEvents).
			with("DataResources", resources).with("ExcludeManagementEventSources", snapshots.Listed(s.ExcludeManagementEventSources)))
	}
	return append(all, Member{"EventSelectors", list})
}

func filterOf(f *snapshots.MetricFilter) Object {
	var transformations []Object
	for _, t := range f.MetricTransformations {
		o := Object{{"metricName", t.MetricName}, {"metricNamespace", t.MetricNamespace}, {"metricValue", orEmpty(t.MetricValue)}}.
			with("defaultValue", t.DefaultValue).with("unit", t.Unit)
		if len(t.Dimensions) > 0 {
			o = append(o, Member{"dimensions", t.Dimensions})
		}
		transformations = append(transformations, o)
	}
	all := Object{{"logGroupName", f.LogGroupName}, {"filterName", f.FilterName}, {"filterPattern", orEmpty(f.FilterPattern)}, {"metricTransformations", transformations}}
	all = all.with("applyOnTransformedLogs", f.ApplyOnTransformedLogs).with("fieldSelectionCriteria", f.FieldSelectionCriteria)
	if len(f.EmitSystemFieldDimensions) > 0 {
		all = append(all, Member{"emitSystemFieldDimensions", f.EmitSystemFieldDimensions})
	}
	return all
}

// alarmOf is all that an alarm is: PutMetricAlarm forgets what it is not given.
func alarmOf(a *snapshots.Alarm) Object {
	all := Object{{"AlarmName", a.AlarmName}}.with("AlarmDescription", a.AlarmDescription).with("ActionsEnabled", a.ActionsEnabled)
	for _, m := range []struct {
		name    string
		actions []string
	}{{"OKActions", a.OKActions}, {"AlarmActions", a.AlarmActions}, {"InsufficientDataActions", a.InsufficientDataActions}} {
		if len(m.actions) > 0 {
			all = append(all, Member{m.name, m.actions})
		}
	}
	all = all.with("MetricName", a.MetricName).with("Namespace", a.Namespace).with("Statistic", a.Statistic).with("ExtendedStatistic", a.ExtendedStatistic)
	if len(a.Dimensions) > 0 {
		all = append(all, Member{"Dimensions", dimensionsOf(a.Dimensions)})
	}
	all = all.with("Period", a.Period).with("Unit", a.Unit).with("EvaluationPeriods", a.EvaluationPeriods).with("DatapointsToAlarm", a.DatapointsToAlarm).
		with("Threshold", a.Threshold).with("ComparisonOperator", a.ComparisonOperator).with("TreatMissingData", a.TreatMissingData).
		with("EvaluateLowSampleCountPercentile", a.EvaluateLowSampleCountPercentile)
	if len(a.Metrics) > 0 {
		all = append(all, Member{"Metrics", queriesOf(a.Metrics)})
	}
	all = all.with("ThresholdMetricId", a.ThresholdMetricId).with("EvaluationInterval", a.EvaluationInterval)
	for _, m := range []struct {
		name  string
		value any
		set   bool
	}{
		{"EvaluationCriteria", a.EvaluationCriteria, a.EvaluationCriteria != nil},
		{"EvaluationWindow", a.EvaluationWindow, a.EvaluationWindow != nil},
		{"WarmUpConfiguration", a.WarmUpConfiguration, a.WarmUpConfiguration != nil},
		{"ActionConfiguration", a.ActionConfiguration, len(a.ActionConfiguration) > 0},
	} {
		if !m.set {
			continue
		}
		if raw, is := m.value.(json.RawMessage); is {
			all = append(all, Member{m.name, raw})
		} else if text, err := snapshots.Marshal(m.value); err == nil {
			all = append(all, Member{m.name, json.RawMessage(text)})
		}
	}
	return all
}

func dimensionsOf(list []snapshots.Dimension) []Object {
	all := []Object{}
	for _, d := range list {
		all = append(all, Object{{"Name", d.Name}, {"Value", d.Value}})
	}
	return all
}

// queriesOf are the metrics of an alarm on metric math.
func queriesOf(list []snapshots.MetricDataQuery) []Object {
	var all []Object
	for _, q := range list {
		o := Object{{"Id", q.Id}}
		if s := q.MetricStat; s != nil {
			stat := Object{}
			if m := s.Metric; m != nil {
				metric := Object{}.with("Namespace", m.Namespace).with("MetricName", m.MetricName)
				if len(m.Dimensions) > 0 {
					metric = append(metric, Member{"Dimensions", dimensionsOf(m.Dimensions)})
				}
				stat = append(stat, Member{"Metric", metric})
			}
			o = append(o, Member{"MetricStat", stat.with("Period", s.Period).with("Stat", s.Stat).with("Unit", s.Unit)})
		}
		all = append(all, o.with("Expression", q.Expression).with("Label", q.Label).with("ReturnData", q.ReturnData).with("Period", q.Period).with("AccountId", q.AccountId))
	}
	return all
}

// permissions are the IAM actions that changes take.
func permissions(changes []Change) []string {
	all := []string{}
	for _, c := range changes {
		for _, call := range c.Calls {
			all = append(all, call.action())
			if call.Parameters.Of("CloudWatchLogsRoleArn") != nil {
				all = append(all, "iam:PassRole")
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// action is the IAM action that a call takes.
func (c Call) action() string {
	if c.Operation == "put-public-access-block" {
		return "s3:PutBucketPublicAccessBlock"
	}
	return snapshots.ActionOf(strings.TrimSuffix(c.Service, "api"), c.Operation)
}
