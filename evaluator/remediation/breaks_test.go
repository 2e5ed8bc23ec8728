package remediation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

const (
	topicARN  = "arn:aws:sns:us-east-1:111122223333:security-alarms"
	groupUsed = "cloudtrail/management-events"
)

// broken is the compliant account with one thing, or several, broken in it.
type broken struct {
	name string
	is   func(*snapshots.Snapshot)
}

func trailIn(s *snapshots.Snapshot) *snapshots.Trail { return &s.CloudTrail.Trails[0] }
func alarmIn(s *snapshots.Snapshot, name string) *snapshots.Alarm {
	return alarmAt(s, "us-east-1", name)
}
func filterIn(s *snapshots.Snapshot, name string) *snapshots.MetricFilter {
	return filterAt(s, "us-east-1", groupUsed, name)
}

// on breaks the alarm of the control about the root user.
func onAlarm(change func(*snapshots.Alarm)) func(*snapshots.Snapshot) {
	return func(s *snapshots.Snapshot) { change(alarmIn(s, "RootUsage")) }
}

func onFilter(name string, change func(*snapshots.MetricFilter)) func(*snapshots.Snapshot) {
	return func(s *snapshots.Snapshot) { change(filterIn(s, name)) }
}

func onTrail(change func(*snapshots.Trail)) func(*snapshots.Snapshot) {
	return func(s *snapshots.Snapshot) { change(trailIn(s)) }
}

func field(name string, values ...string) snapshots.AdvancedFieldSelector {
	return snapshots.AdvancedFieldSelector{Field: name, Equals: values}
}

func advanced(selectors ...[]snapshots.AdvancedFieldSelector) func(*snapshots.Snapshot) {
	return onTrail(func(t *snapshots.Trail) {
		t.EventSelectors, t.AdvancedEventSelectors = nil, nil
		for i, fields := range selectors {
			t.AdvancedEventSelectors = append(t.AdvancedEventSelectors, snapshots.AdvancedEventSelector{Name: snapshots.Of(fmt.Sprint("selector ", i)), FieldSelectors: fields})
		}
	})
}

func said(value string) *string { return &value }

var breaks = []broken{
	{"trail: stopped, of one region, unsigned, without a key", onTrail(func(t *snapshots.Trail) {
		t.Status.IsLogging, t.IsMultiRegionTrail, t.LogFileValidationEnabled, t.KmsKeyId = snapshots.Of(false), snapshots.Of(false), nil, nil
	})},
	{"selectors: data events only", onTrail(func(t *snapshots.Trail) { t.EventSelectors[0].IncludeManagementEvents = snapshots.Of(false) })},
	{"selectors: reading of one bucket", onTrail(func(t *snapshots.Trail) {
		t.EventSelectors[0].ReadWriteType = said("ReadOnly")
		t.EventSelectors[0].DataResources[0].Values = []string{"arn:aws:s3:::one/"}
	})},
	{"selectors: one reads, one writes but for KMS", onTrail(func(t *snapshots.Trail) {
		reads, writes := t.EventSelectors[0], t.EventSelectors[0]
		reads.ReadWriteType, writes.ReadWriteType = said("ReadOnly"), said("WriteOnly")
		writes.ExcludeManagementEventSources = []string{"kms.amazonaws.com"}
		t.EventSelectors = []snapshots.EventSelector{reads, writes}
	})},
	{"selectors: none", onTrail(func(t *snapshots.Trail) { t.EventSelectors = []snapshots.EventSelector{} })},
	{"advanced selectors: reading", advanced(
		[]snapshots.AdvancedFieldSelector{field("eventCategory", "Management"), field("readOnly", "true")},
		[]snapshots.AdvancedFieldSelector{field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object")},
	)},
	{"advanced selectors: not of KMS, objects read only", advanced(
		[]snapshots.AdvancedFieldSelector{field("eventCategory", "Management"), {Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}},
		[]snapshots.AdvancedFieldSelector{field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object"), field("readOnly", "true")},
	)},
	{"advanced selectors: of lambda only", advanced(
		[]snapshots.AdvancedFieldSelector{field("eventCategory", "Data"), field("resources.type", "AWS::Lambda::Function")},
	)},
	{"log group: refused", onTrail(func(t *snapshots.Trail) {
		t.Status.LatestCloudWatchLogsDeliveryError = said("Access denied.")
		t.Status.LatestCloudWatchLogsDeliveryTime = nil
	})},
	{"log group: gone with its filters", func(s *snapshots.Snapshot) {
		s.Logs.LogGroups, s.Logs.MetricFilters = []snapshots.LogGroup{}, []snapshots.MetricFilter{}
	}},
	{"log group: none, and none to be had", func(s *snapshots.Snapshot) {
		s.Logs.LogGroups, s.Logs.MetricFilters = []snapshots.LogGroup{}, []snapshots.MetricFilter{}
		trailIn(s).CloudWatchLogsLogGroupArn, trailIn(s).CloudWatchLogsRoleArn = nil, nil
	}},
	{"filter: counts nothing", onFilter("RootUsage", func(f *snapshots.MetricFilter) { f.MetricTransformations[0].MetricValue = said("0") })},
	{"filter: of transformed events", onFilter("RootUsage", func(f *snapshots.MetricFilter) { f.ApplyOnTransformedLogs = snapshots.Of(true) })},
	{"filter: with dimensions", onFilter("RootUsage", func(f *snapshots.MetricFilter) {
		f.MetricTransformations[0].Dimensions = map[string]string{"user": "$.userIdentity.arn"}
	})},
	{"filter: up by its default value", onFilter("RootUsage", func(f *snapshots.MetricFilter) { f.MetricTransformations[0].DefaultValue = snapshots.Of(1.0) })},
	{"filter: feeds another metric", onFilter("RootUsage", func(f *snapshots.MetricFilter) { f.MetricTransformations[0].MetricName = "Root" })},
	{"pattern: its own exclusion", onFilter("CloudTrailChanges", func(f *snapshots.MetricFilter) {
		f.FilterPattern = said(`{ (($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging)) && $.userIdentity.arn != "*terraform*" }`)
	})},
	{"pattern: of one service, half of its events", onFilter("IamPolicyChanges", func(f *snapshots.MetricFilter) {
		f.FilterPattern = said(`{ ($.eventSource = iam.amazonaws.com) && (($.eventName=DeleteGroupPolicy)||($.eventName=DeleteRolePolicy)||($.eventName=DeleteUserPolicy)||($.eventName=PutGroupPolicy)||($.eventName=PutRolePolicy)||($.eventName=PutUserPolicy)||($.eventName=CreatePolicy)||($.eventName=DeletePolicy)||($.eventName=AttachRolePolicy)) }`)
	})},
	{"pattern: no room for more", onFilter("OrganizationsChanges", func(f *snapshots.MetricFilter) {
		f.FilterPattern = said(`{ ($.eventSource = organizations.amazonaws.com) && (($.eventName = "AcceptHandshake") || ($.eventName = "AttachPolicy") || ($.eventName = "CreateAccount") || ($.eventName = "CreateOrganizationalUnit") || ($.eventName = "CreatePolicy") || ($.eventName = "DeclineHandshake") || ($.eventName = "DeleteOrganization") || ($.eventName = "DeletePolicy") || ($.eventName = "DetachPolicy") || ($.eventName = "` + strings.Repeat("x", 560) + `")) }`)
	})},
	{"pattern: none, among filters of other controls", func(s *snapshots.Snapshot) {
		var kept []snapshots.MetricFilter
		for _, f := range s.Logs.MetricFilters {
			if f.FilterName != "OrganizationsChanges" {
				kept = append(kept, f)
			}
		}
		s.Logs.MetricFilters = kept
	}},
	{"alarm: rings for little", onAlarm(func(a *snapshots.Alarm) { a.ComparisonOperator = said("LessThanThreshold") })},
	{"alarm: three of three, by the average of an hour over 4", onAlarm(func(a *snapshots.Alarm) {
		a.EvaluationPeriods, a.DatapointsToAlarm, a.Statistic = snapshots.Of(int64(3)), snapshots.Of(int64(3)), said("Average")
		a.Period, a.Threshold, a.ComparisonOperator = snapshots.Of(int64(3600)), snapshots.Of(4.0), said("GreaterThanThreshold")
		a.OKActions, a.AlarmDescription = []string{topicARN}, said("calls $(whoami) `id` \"x\" 'y' \\ \n é 🙂 !!")
	})},
	{"alarm: missing data breaching, unit seconds", onAlarm(func(a *snapshots.Alarm) { a.TreatMissingData, a.Unit = said("breaching"), said("Seconds") })},
	{"alarm: on the filter's name", func(s *snapshots.Snapshot) {
		f := filterIn(s, "RootUsage")
		f.FilterName, f.MetricTransformations[0].MetricName = "root", "RootCount"
		alarmIn(s, "RootUsage").MetricName = said("root")
	}},
	{"alarm: with a dimension", onAlarm(func(a *snapshots.Alarm) { a.Dimensions = []snapshots.Dimension{{Name: "a", Value: "b"}} })},
	{"alarm: in another region", onAlarm(func(a *snapshots.Alarm) {
		a.Region, a.AlarmArn = "eu-west-1", strings.Replace(a.AlarmArn, "us-east-1", "eu-west-1", 1)
	})},
	{"alarm: on a band", onAlarm(func(a *snapshots.Alarm) {
		a.Metrics = []snapshots.MetricDataQuery{
			{Id: "m1", MetricStat: &snapshots.MetricStat{Metric: &snapshots.Metric{Namespace: a.Namespace, MetricName: a.MetricName}, Period: a.Period, Stat: a.Statistic}, ReturnData: snapshots.Of(true)},
			{Id: "ad1", Expression: said("ANOMALY_DETECTION_BAND(m1, 2)"), ReturnData: snapshots.Of(true)},
		}
		a.MetricName, a.Namespace, a.Statistic, a.Period, a.Threshold = nil, nil, nil, nil, nil
		a.ThresholdMetricId, a.ComparisonOperator = said("ad1"), said("GreaterThanUpperThreshold")
	})},
	{"action: off, and five functions", onAlarm(func(a *snapshots.Alarm) {
		a.ActionsEnabled, a.AlarmActions = snapshots.Of(false), nil
		for i := range 5 {
			a.AlarmActions = append(a.AlarmActions, fmt.Sprintf("arn:aws:lambda:us-east-1:111122223333:function:f%d", i))
		}
	})},
	{"action: off, and none", onAlarm(func(a *snapshots.Alarm) { a.ActionsEnabled, a.AlarmActions = snapshots.Of(false), nil })},
	{"topic: one alarm tells a dead one", onAlarm(func(a *snapshots.Alarm) { a.AlarmActions = []string{"arn:aws:sns:us-east-1:111122223333:gone"} })},
	{"topic: its key is not for CloudWatch", func(s *snapshots.Snapshot) { s.SNS.Topics[0].Attributes.KmsMasterKeyId = said("alias/aws/sns") }},
	{"topic: gone, and others of strangers", func(s *snapshots.Snapshot) {
		s.SNS.Topics[0] = snapshots.Topic{Region: "us-east-1", TopicArn: "arn:aws:sns:us-east-1:111122223333:orders"}
		s.SNS.Subscriptions[0].TopicArn, s.SNS.Subscriptions[0].Protocol = s.SNS.Topics[0].TopicArn, "sqs"
		s.SNS.Subscriptions[0].SubscriptionArn = s.SNS.Topics[0].TopicArn + ":1"
	}},
	{"topic: none fit, no alarm", func(s *snapshots.Snapshot) {
		s.CloudWatch.Alarms = []snapshots.Alarm{}
		s.SNS.Topics[0].Attributes.Policy = said(`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"sns:Publish"}]}`)
	}},
	{"subscription: deleted", func(s *snapshots.Snapshot) {
		s.SNS.Subscriptions[0].SubscriptionArn = "Deleted"
		s.SNS.Topics[0].Attributes.SubscriptionsConfirmed = said("0")
	}},
	{"hub: off", func(s *snapshots.Snapshot) { s.SecurityHub.Hubs = s.SecurityHub.Hubs[:1] }},
	{"everything at once", func(s *snapshots.Snapshot) {
		t := trailIn(s)
		t.Status.IsLogging, t.IsMultiRegionTrail, t.CloudWatchLogsLogGroupArn = snapshots.Of(false), snapshots.Of(false), nil
		t.EventSelectors[0].ReadWriteType = said("ReadOnly")
		filterIn(s, "CloudTrailChanges").FilterPattern = said(`{ $.eventName = CreateTrail || $.eventName = DeleteTrail || $.eventName = StartLogging }`)
		a := alarmIn(s, "CloudTrailChanges")
		a.Threshold, a.Namespace, a.ActionsEnabled, a.AlarmActions = snapshots.Of(3.0), said("Other"), snapshots.Of(false), nil
		s.SNS.Subscriptions = []snapshots.Subscription{}
		s.SNS.Topics[0].Attributes.SubscriptionsConfirmed = said("0")
	}},
}

// TestGoldenBreaks breaks the compliant account in each of these ways, makes the calls of the plan, and asks again.
func TestGoldenBreaks(t *testing.T) {
	engine, o := shipped(t)
	o.Unknown = true
	o.Key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
	var all strings.Builder
	for _, b := range breaks {
		t.Run(b.name, func(t *testing.T) {
			s := sample(t, "compliant")
			b.is(s)
			r := propose(t, engine, o, s)
			fmt.Fprintf(&all, "# %s\n%s\n", b.name, summary(&r.Plans[0]))
			if len(r.Plans[0].Controls) == 0 {
				t.Error("got nothing to mend, want something broken")
			}
			mended(t, engine, o, s, &r.Plans[0])
		})
	}
	golden(t, "breaks", all.String())
}
