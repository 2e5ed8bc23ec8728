package snapshots

import (
	"strings"
)

// textForm is what a text field holds, so far as redaction is concerned.
type textForm int

const (
	scannedText    textForm = iota // an ARN or whatever an account may have called something: only what is an original in it is replaced
	constantText                   // a word of AWS, whoever else bears it: no name is looked for in it
	wordText                       // a word of AWS where an account may write another
	policyText                     // a policy of a resource
	expressionText                 // metric math: names stand between quotes
	namedText                      // the name of a resource, of the rule's kind
	freeText                       // what a person wrote, or a message
	errorText                      // a message that is often AWS's code alone
	identityText                   // a person, a role or a unique id
	aliasText                      // the account's name
	endpointText                   // a subscriber's address
	urlText                        // the address of a service
	patternText                    // a filter pattern or a query
	ruleText                       // the rule of a composite alarm
	paramText                      // the parameters of a call
	droppedText                    // a digest of an answer: it would prove a guess
)

// fieldRule says how one field is redacted.
type fieldRule struct {
	form textForm
	kind string // of names
}

// ruleOf is the rule of a field. A field that has none in the table is scanned; the tests want each in the table.
func ruleOf(typ, name string) fieldRule {
	rule, ok := fieldRules[typ+"."+name]
	if !ok {
		return fieldRule{}
	}
	return rule
}

var fieldRules = rulesFrom(map[fieldRule]string{
	{form: aliasText}:    "Account.alias",
	{form: identityText}: "Caller.user_id MetricDataQuery.AccountId Organization.id",
	{form: endpointText}: "Subscription.Endpoint",
	{form: urlText}:      "Endpoint.url",
	{form: droppedText}:  "Call.sha256",
	{form: paramText}:    "Call.params",
	{form: patternText}: `MetricFilter.filterPattern MetricFilter.fieldSelectionCriteria ScheduledQuery.QueryString
		ScheduledQuery.AggregationExpression PromQLCriteria.Query`,
	{form: ruleText, kind: alarmNames}: "CompositeAlarm.AlarmRule",
	{form: freeText}: `Alarm.AlarmDescription Alarm.StateReason Alarm.StateReasonData CompositeAlarm.AlarmDescription CompositeAlarm.StateReason
		CompositeAlarm.StateReasonData CompositeAlarm.ActionsSuppressedReason LogAlarm.AlarmDescription LogAlarm.StateReason
		LogAlarm.StateReasonData MuteRule.Description MetricDataQuery.Label AdvancedEventSelector.Name TopicAttributes.DisplayName
		Gap.message SkippedRegion.why Tag.Value`,
	{form: errorText}: `TrailStatus.LatestDeliveryError TrailStatus.LatestNotificationError TrailStatus.LatestCloudWatchLogsDeliveryError
		TrailStatus.LatestDigestDeliveryError`,
	{form: namedText, kind: alarmNames}: `Alarm.AlarmName CompositeAlarm.AlarmName CompositeAlarm.ActionsSuppressor LogAlarm.AlarmName MuteRule.Name
		MuteTargets.AlarmNames`,
	{form: namedText, kind: bucketNames}:   "Trail.S3BucketName Trail.S3KeyPrefix",
	{form: namedText, kind: filterNames}:   "MetricFilter.filterName",
	{form: namedText, kind: keyNames}:      "Trail.KmsKeyId LogGroup.kmsKeyId TopicAttributes.KmsMasterKeyId",
	{form: namedText, kind: logGroupNames}: "LogGroup.logGroupName MetricFilter.logGroupName ScheduledQuery.LogGroupIdentifiers",
	{form: namedText, kind: metricNames}: `Alarm.MetricName Alarm.Namespace Metric.MetricName Metric.Namespace MetricTransformation.metricName
		MetricTransformation.metricNamespace`,
	{form: namedText, kind: topicNames}: "Trail.SnsTopicName",
	{form: namedText, kind: trailNames}: "Trail.Name",
	{form: policyText}:                  "TopicAttributes.Policy TopicAttributes.DataProtectionPolicy",
	{form: expressionText}:              "MetricDataQuery.Expression",
	{form: scannedText}: `Account.id Organization.master_account_id Trail.TrailARN Trail.SnsTopicARN Trail.CloudWatchLogsLogGroupArn
		Trail.CloudWatchLogsRoleArn DataResource.Values AdvancedFieldSelector.Equals AdvancedFieldSelector.StartsWith
		AdvancedFieldSelector.EndsWith AdvancedFieldSelector.NotEquals AdvancedFieldSelector.NotStartsWith
		AdvancedFieldSelector.NotEndsWith MetricTransformation.dimensions LogGroup.arn LogGroup.logGroupArn Alarm.AlarmArn
		Alarm.AlarmActions Alarm.OKActions Alarm.InsufficientDataActions CompositeAlarm.AlarmArn CompositeAlarm.AlarmActions
		CompositeAlarm.OKActions CompositeAlarm.InsufficientDataActions LogAlarm.AlarmArn LogAlarm.AlarmActions LogAlarm.OKActions
		LogAlarm.InsufficientDataActions LogAlarm.ActionLogLineRoleArn ScheduledQuery.QueryARN ScheduledQuery.ScheduledQueryRoleARN
		Tag.Key Dimension.Name Dimension.Value MuteRule.AlarmMuteRuleArn Topic.TopicArn TopicAttributes.TopicArn
		TopicAttributes.Owner Subscription.TopicArn Subscription.SubscriptionArn Subscription.Owner Hub.HubArn Caller.arn
		Call.request_id Gap.resource`,
	{form: constantText}: `Snapshot.schema Account.partition Trail.region Trail.seen_in Trail.HomeRegion TrailStatus.LatestDeliveryAttemptTime
		TrailStatus.LatestNotificationAttemptTime TrailStatus.LatestNotificationAttemptSucceeded
		TrailStatus.LatestDeliveryAttemptSucceeded TrailStatus.TimeLoggingStarted TrailStatus.TimeLoggingStopped
		EventSelector.ReadWriteType EventSelector.ExcludeManagementEventSources DataResource.Type AdvancedFieldSelector.Field
		MetricFilter.region MetricFilter.emitSystemFieldDimensions MetricTransformation.metricValue MetricTransformation.unit
		LogGroup.region LogGroup.retentionPolicyName LogGroup.dataProtectionStatus LogGroup.inheritedProperties
		LogGroup.logGroupClass Alarm.region Alarm.ThresholdMetricId Alarm.Statistic Alarm.ExtendedStatistic Alarm.Unit
		Alarm.ComparisonOperator Alarm.TreatMissingData Alarm.EvaluateLowSampleCountPercentile Alarm.ActionConfiguration
		Alarm.StateValue Alarm.EvaluationState CompositeAlarm.region CompositeAlarm.ActionsSuppressedBy
		CompositeAlarm.ActionConfiguration CompositeAlarm.StateValue LogAlarm.region LogAlarm.ComparisonOperator
		LogAlarm.TreatMissingData LogAlarm.ActionConfiguration LogAlarm.StateValue LogAlarm.EvaluationState
		QuerySchedule.ScheduleExpression MetricDataQuery.Id MetricStat.Stat MetricStat.Unit WallClockWindow.Timezone MuteRule.region
		MuteRule.Status MuteRule.MuteType MuteSchedule.Expression MuteSchedule.Duration MuteSchedule.Timezone Topic.region
		TopicAttributes.DeliveryPolicy TopicAttributes.EffectiveDeliveryPolicy TopicAttributes.SubscriptionsConfirmed
		TopicAttributes.SubscriptionsPending TopicAttributes.SubscriptionsDeleted TopicAttributes.SignatureVersion
		TopicAttributes.TracingConfig TopicAttributes.FifoTopic TopicAttributes.ContentBasedDeduplication
		TopicAttributes.FifoThroughputScope TopicAttributes.ArchivePolicy TopicAttributes.BeginningArchiveTime Subscription.region
		Subscription.Protocol Hub.region Hub.SubscribedAt Hub.ControlFindingGenerator Collection.source Collection.tool_version
		Endpoint.service Regions.requested Regions.enabled SkippedRegion.name Call.service Call.operation Call.region Call.status
		Call.code Redaction.method Redaction.key_id Redaction.replaced Gap.region Gap.service Gap.operation Gap.kind Gap.code
		Gap.action`,
})

func rulesFrom(lists map[fieldRule]string) map[string]fieldRule {
	rules := map[string]fieldRule{}
	for rule, names := range lists {
		for _, name := range strings.Fields(names) {
			rules[name] = rule
		}
	}
	return rules
}

// identityWord is a name of a field or dimension whose value is who did something, or from where.
var identityWord = pattern(`(?i)(user_?name|user_?id|principal_?id|access_?key_?id|session_?name|source_?identity|role_?name|` +
	`source_?ip(_?address)?|vpc_?endpoint_?id|user_?agent|email|phone|host_?name|\barn|\bhost|\bAccountId|identity_?arn|\buser|\bprincipal|\bsession)$`)

// constantWord is a selector whose values are AWS's own words.
var constantWord = pattern(`(?i)(event_?name|event_?source|event_?type|event_?category|event_?version|userIdentity\.type|sessionIssuer\.type|` +
	`invoked_?by|error_?code|MFAUsed|mfaAuthenticated|ConsoleLogin|awsRegion|read_?only|managementEvent|LoginTo)$`)
