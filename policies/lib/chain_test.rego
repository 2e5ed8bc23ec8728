package policies.lib.chain_test

import data.policies.lib.chain
import data.policies.lib.fixture

control := {"slug": "trail-changes", "patterns": [`{ $.eventName = "StopLogging" || $.eventName = "DeleteTrail" }`]}

verdict(operations) := found if {
	found := chain.judge(control) with input as fixture.patched(control.patterns, operations)
}

set_to(path, value) := fixture.set_to(path, value)

without(path) := fixture.without(path)

test_whole_chain if {
	whole := verdict([])
	whole.status == "pass"
	whole.notes == []
	whole.findings == [{
		"status": "pass",
		"message": "log group trail/main, filter filter0, alarm alarm0, topic alerts, confirmed subscription",
		"region": "us-east-1",
		"resource": fixture.trail.TrailARN,
		"evidence": {
			"trail": fixture.trail.TrailARN,
			"wanted": control.patterns,
			"log_group": fixture.group,
			"filters": ["filter0"],
			"alarms": ["alarm0"],
			"actions": [fixture.topic],
		},
		"pointers": [
			"/cloudtrail/trails/0",
			"/cloudwatch/alarms/0",
			"/logs/metric_filters/0",
			"/sns/subscriptions/0",
			"/sns/topics/0",
		],
	}]
}

test_still_whole[note] if {
	some note, operations in {
		"selectors are AWS's default": [set_to("/cloudtrail/trails/0/EventSelectors", [])],
		"nobody set selectors": [
			without("/cloudtrail/trails/0/EventSelectors"),
			set_to("/cloudtrail/trails/0/HasCustomEventSelectors", false),
		],
		"a selector leaves out what the control does not need": [set_to(
			"/cloudtrail/trails/0/AdvancedEventSelectors",
			[{"FieldSelectors": [
				{"Field": "eventCategory", "Equals": ["Management"]},
				{"Field": "eventName", "NotEquals": ["AssumeRole"]},
			]}],
		)],
		"a copy of the trail elsewhere": [set_to(
			"/cloudtrail/trails/-",
			object.union(fixture.trail, {"region": "eu-west-1", "Status": {}}),
		)],
		"status read of the copy only": [
			set_to("/cloudtrail/trails/-", object.union(fixture.trail, {"region": "eu-west-1"})),
			without("/cloudtrail/trails/0/Status"),
		],
		"another trail that is off": [set_to("/cloudtrail/trails/-", object.union(fixture.trail, {
			"TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/another",
			"Status": {"IsLogging": false},
		}))],
		"another trail of which nothing is known": [set_to("/cloudtrail/trails/-", object.remove(
			object.union(fixture.trail, {"TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/another"}),
			["Status", "EventSelectors"],
		))],
		"trails of a region not read": [set_to("/gaps/-", object.union(
			fixture.gap("cloudtrail", "describe-trails"),
			{"region": "eu-west-1"},
		))],
		"alarms of a region not read": [set_to("/gaps/-", object.union(
			fixture.gap("cloudwatch", "describe-alarms"),
			{"region": "eu-west-1"},
		))],
		"a second, broken alarm": [set_to("/cloudwatch/alarms/-", object.union(fixture.alarm(0), {"Threshold": 10}))],
		"a second, pending subscription": [set_to(
			"/sns/subscriptions/-",
			object.union(fixture.subscription, {"SubscriptionArn": "PendingConfirmation"}),
		)],
		"a second action": [set_to("/cloudwatch/alarms/0/AlarmActions/0", "arn:aws:automate:us-east-1:ec2:stop")],
		"topics not read, but someone has confirmed": [
			without("/sns/topics"),
			set_to("/gaps/-", fixture.gap("sns", "list-topics")),
		],
		"subscriptions not read, but counted": [
			without("/sns/subscriptions"),
			set_to("/sns/topics/0/Attributes", {"SubscriptionsConfirmed": "2"}),
			set_to("/gaps/-", fixture.gap("sns", "list-subscriptions-by-topic")),
		],
		"twelve periods, one must breach": [
			set_to("/cloudwatch/alarms/0/EvaluationPeriods", 12),
			set_to("/cloudwatch/alarms/0/DatapointsToAlarm", 1),
		],
		"another mute rule": [set_to("/cloudwatch/mute_rules/-", object.union(mute, {"MuteTargets": {"AlarmNames": ["other"]}}))],
		"a mute rule of tomorrow": [set_to("/cloudwatch/mute_rules/-", object.union(mute, {"Status": "SCHEDULED"}))],
		"a mute rule that is over": [set_to("/cloudwatch/mute_rules/-", object.union(mute, {"ExpireDate": "2025-12-31T00:00:00Z"}))],
		"a mute rule of another region": [set_to("/cloudwatch/mute_rules/-", object.union(mute, {"region": "eu-west-1"}))],
		"not the only filter": [set_to("/logs/metric_filters/-", fixture.filter(9, `{ $.eventName = "Other" }`))],
		"a filter on everything": [set_to("/logs/metric_filters/0/filterPattern", "")],
		"a filter without pattern": [without("/logs/metric_filters/0/filterPattern")],
		"another partition": [set_to(
			"/cloudtrail/trails/0/CloudWatchLogsLogGroupArn",
			"arn:aws-us-gov:logs:us-east-1:111122223333:log-group:trail/main:*",
		)],
	}
	verdict(operations).status == "pass"
}

mute := {
	"region": "us-east-1",
	"AlarmMuteRuleArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:quiet",
	"Status": "ACTIVE",
	"MuteTargets": {"AlarmNames": ["alarm0"]},
}

test_broken[link][note] if {
	some link, cases in {
		"trail": {
			"none": [set_to("/cloudtrail/trails", [])],
			"one region": [set_to("/cloudtrail/trails/0/IsMultiRegionTrail", false)],
			"stopped": [set_to("/cloudtrail/trails/0/Status/IsLogging", false)],
			"none of this region, others not read": [
				set_to("/cloudtrail/trails", []),
				set_to("/gaps/-", object.union(fixture.gap("cloudtrail", "describe-trails"), {"region": "eu-west-1"})),
			],
		},
		"event_selectors": {
			"reading only": [set_to("/cloudtrail/trails/0/EventSelectors/0/ReadWriteType", "ReadOnly")],
			"no management events": [set_to("/cloudtrail/trails/0/EventSelectors/0/IncludeManagementEvents", false)],
			"a service left out": [set_to(
				"/cloudtrail/trails/0/EventSelectors/0/ExcludeManagementEventSources",
				["cloudtrail.amazonaws.com"],
			)],
			"some events only": [
				set_to("/cloudtrail/trails/0/EventSelectors", []),
				set_to("/cloudtrail/trails/0/AdvancedEventSelectors", [{"FieldSelectors": [
					{"Field": "eventCategory", "Equals": ["Management"]},
					{"Field": "eventName", "Equals": ["StopLogging"]},
				]}]),
			],
		},
		"log_group": {
			"none": [without("/cloudtrail/trails/0/CloudWatchLogsLogGroupArn")],
			"none, and a service left out that the control does not need": [
				without("/cloudtrail/trails/0/CloudWatchLogsLogGroupArn"),
				set_to("/cloudtrail/trails/0/EventSelectors/0/ExcludeManagementEventSources", ["kms.amazonaws.com"]),
			],
			"deleted": [set_to("/logs/log_groups", []), set_to("/logs/metric_filters", [])],
			"not reached for days": [set_to("/cloudtrail/trails/0/Status", {
				"IsLogging": true,
				"LatestCloudWatchLogsDeliveryError": "AccessDenied",
				"LatestCloudWatchLogsDeliveryTime": "2025-12-01T00:00:00Z",
			})],
		},
		"metric_filter": {
			"none": [set_to("/logs/metric_filters", [])],
			"on another log group": [set_to("/logs/metric_filters/0/logGroupName", "trail/Main")],
			"in another region": [set_to("/logs/metric_filters/0/region", "eu-west-1")],
			"counts nothing": [set_to("/logs/metric_filters/0/metricTransformations/0/metricValue", "0")],
		},
		"pattern": {
			"of something else": [set_to("/logs/metric_filters/0/filterPattern", `{ $.eventName = "RunInstances" }`)],
			"of one event": [set_to("/logs/metric_filters/0/filterPattern", `{ $.eventName = "StopLogging" }`)],
			"that AWS would refuse": [set_to("/logs/metric_filters/0/filterPattern", `{ $.eventName == "StopLogging" }`)],
		},
		"alarm": {
			"none": [set_to("/cloudwatch/alarms", [])],
			"on another metric": [set_to("/cloudwatch/alarms/0/MetricName", "filter0")],
			"on another namespace": [set_to("/cloudwatch/alarms/0/Namespace", "Other")],
			"in another region": [set_to("/cloudwatch/alarms/0/region", "eu-west-1")],
			"with dimensions that the metric lacks": [set_to("/cloudwatch/alarms/0/Dimensions", [{"Name": "a", "Value": "b"}])],
			"without the metric's dimensions": [set_to(
				"/logs/metric_filters/0/metricTransformations/0/dimensions",
				{"user": "$.userIdentity.arn"},
			)],
			"ten events": [set_to("/cloudwatch/alarms/0/Threshold", 10)],
			"rings when nothing happens": [set_to("/cloudwatch/alarms/0/ComparisonOperator", "LessThanThreshold")],
			"muted": [set_to("/cloudwatch/mute_rules/-", mute)],
		},
		"action": {
			"none": [set_to("/cloudwatch/alarms/0/AlarmActions", [])],
			"for another state": [
				set_to("/cloudwatch/alarms/0/AlarmActions", []),
				set_to("/cloudwatch/alarms/0/OKActions", [fixture.topic]),
			],
			"switched off": [set_to("/cloudwatch/alarms/0/ActionsEnabled", false)],
			"no topic": [set_to("/cloudwatch/alarms/0/AlarmActions", ["arn:aws:lambda:us-east-1:111122223333:function:f"])],
		},
		"topic": {
			"deleted": [set_to("/sns/topics", [])],
			"encrypted with the key that CloudWatch may not use": [set_to("/sns/topics/0/Attributes", {"KmsMasterKeyId": "alias/aws/sns"})],
			"deleted, with its subscriptions": [set_to("/sns/topics", []), set_to("/sns/subscriptions", [])],
		},
		"subscription": {
			"none": [set_to("/sns/subscriptions", [])],
			"pending": [set_to("/sns/subscriptions/0/SubscriptionArn", "PendingConfirmation")],
			"deleted": [set_to("/sns/subscriptions/0/SubscriptionArn", "Deleted")],
			"of another topic": [set_to("/sns/subscriptions/0/TopicArn", "arn:aws:sns:us-east-1:111122223333:other")],
		},
	}
	some note, operations in cases
	found := verdict(operations)
	found.status == "fail"
	found.findings[0].link == link
}

test_unknown[link][note] if {
	some link, cases in {
		"trail": {
			"trails not read": [without("/cloudtrail/trails"), set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails"))],
			"status not read": [without("/cloudtrail/trails/0/Status")],
		},
		"event_selectors": {"not read": [without("/cloudtrail/trails/0/EventSelectors")]},
		"log_group": {"in another account": [set_to(
			"/cloudtrail/trails/0/CloudWatchLogsLogGroupArn",
			"arn:aws:logs:us-east-1:999988887777:log-group:trail/main:*",
		)]},
		"metric_filter": {
			"not read": [without("/logs/metric_filters"), set_to("/gaps/-", fixture.gap("logs", "describe-metric-filters"))],
			"not all read": [
				set_to("/logs/metric_filters", []),
				set_to("/gaps/-", fixture.gap("logs", "describe-metric-filters")),
			],
			"of some accounts": [set_to("/logs/metric_filters/0/fieldSelectionCriteria", `@aws.account = "1"`)],
			"of transformed events": [set_to("/logs/metric_filters/0/applyOnTransformedLogs", true)],
			"counts a field": [set_to("/logs/metric_filters/0/metricTransformations/0/metricValue", "$.size")],
		},
		"alarm": {
			"not read": [without("/cloudwatch/alarms")],
			"not all read": [
				set_to("/cloudwatch/alarms", []),
				set_to("/gaps/-", fixture.gap("cloudwatch", "describe-alarms")),
			],
			"a band": [
				without("/cloudwatch/alarms/0/Threshold"),
				set_to("/cloudwatch/alarms/0/ThresholdMetricId", "ad1"),
			],
			"muted by a rule that was not read": [set_to("/cloudwatch/mute_rules/-", object.remove(mute, ["MuteTargets"]))],
		},
		"topic": {
			"in another account": [set_to("/cloudwatch/alarms/0/AlarmActions", ["arn:aws:sns:us-east-1:999988887777:alerts"])],
			"not read, nor who hears it": [without("/sns")],
		},
		"subscription": {
			"not read": [without("/sns/subscriptions")],
			"not read of this topic": [
				set_to("/sns/subscriptions", []),
				set_to("/gaps/-", object.union(fixture.gap("sns", "list-subscriptions-by-topic"), {"resource": fixture.topic})),
			],
		},
	}
	some note, operations in cases
	found := verdict(operations)
	found.status == "unknown"
	found.findings[0].link == link
}

test_unknown_says_what_to_collect if {
	operations := [without("/cloudwatch/alarms"), set_to("/gaps/-", fixture.gap("cloudwatch", "describe-alarms"))]
	verdict(operations).findings[0].message == concat(" ", [
		"the alarms on CIS/metric0 are not all known; collect describe-alarms in us-east-1 of account 111122223333",
		"(permission cloudwatch:DescribeAlarms): denied, AccessDenied, not authorized",
	])
}

test_certain_failure_outweighs_a_gap if {
	found := verdict([without("/cloudtrail/trails/0/Status"), set_to("/cloudwatch/alarms", [])])
	found.status == "fail"
	found.findings[0].link == "alarm"
}

# Two of a kind: whatever holds of several alarms, topics or selections, a finding speaks of the first.
another(change) := [set_to("/cloudwatch/alarms/-", object.union_n([fixture.alarm(0), {"AlarmName": "alarm9"}, change]))]

actions(list) := [set_to("/cloudwatch/alarms/0/AlarmActions", list)]

narrow(side, sources) := {"FieldSelectors": [
	{"Field": "eventCategory", "Equals": ["Management"]},
	{"Field": "readOnly", "Equals": [side]},
	{"Field": "eventSource", "NotEquals": sources},
]}

test_two_of_a_kind[note] if {
	some note, [want, link, operations] in {
		"topics of other accounts": ["unknown", "topic", actions([
			"arn:aws:sns:us-east-1:999999999999:a",
			"arn:aws:sns:us-east-1:999999999999:b",
		])],
		"topics whose subscriptions were not read": ["unknown", "subscription", array.flatten([
			set_to("/sns/topics/-", {"region": "us-east-1", "TopicArn": "arn:aws:sns:us-east-1:111122223333:b"}),
			actions([fixture.topic, "arn:aws:sns:us-east-1:111122223333:b"]),
			without("/sns/subscriptions"),
			set_to("/gaps/-", fixture.gap("sns", "list-subscriptions-by-topic")),
		])],
		"alarms on bands": ["unknown", "alarm", array.concat([without("/cloudwatch/alarms/0/Threshold")], another({"ComparisonOperator": "X"}))],
		"alarms of other namespaces": ["fail", "alarm", array.concat(
			[set_to("/cloudwatch/alarms/0/Namespace", "A")],
			another({"Namespace": "B"}),
		)],
		"alarms of other regions": ["fail", "alarm", array.concat(
			[set_to("/cloudwatch/alarms/0/region", "eu-west-1")],
			another({"region": "eu-west-2"}),
		)],
		"alarms of the filter's name": ["fail", "alarm", array.concat(
			[set_to("/cloudwatch/alarms/0/MetricName", "filter0")],
			another({"MetricName": "filter0"}),
		)],
		"narrow selections": ["fail", "event_selectors", [
			set_to("/cloudtrail/trails/0/AdvancedEventSelectors", [
				narrow("true", ["cloudtrail.amazonaws.com"]),
				narrow("false", ["cloudtrail.amazonaws.com", "kms.amazonaws.com"]),
			]),
			without("/cloudtrail/trails/0/EventSelectors"),
		]],
		"mute rules of unknown targets": ["unknown", "alarm", array.concat(
			[set_to("/cloudwatch/mute_rules/-", object.remove(mute, ["MuteTargets"]))],
			another({}),
		)],
	}
	found := verdict(operations)
	found.status == want
	found.findings[0].link == link
}

# Reading events left out matter only to controls that may be about them; a trail without any of them fails all.
test_exclusion_from_reading[note] if {
	some note, [status, asked, operations] in {
		"of writing": ["pass", {"reads": false}, excluding("ReadOnly", "WriteOnly")],
		"of either": ["fail", {}, excluding("ReadOnly", "WriteOnly")],
		"writing left out": ["fail", {"reads": false}, excluding("WriteOnly", "ReadOnly")],
		"no reading": ["fail", {"reads": false}, [set_to("/cloudtrail/trails/0/EventSelectors/0/ReadWriteType", "WriteOnly")]],
	}
	found := chain.judge(object.union(control, asked)) with input as fixture.patched(control.patterns, operations)
	found.status == status
}

# Whoever waives the failure of one trail has not answered for that of another.
test_fails_for_each_trail_the_nearest_first if {
	other := object.union(fixture.trail, {"TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/other", "Name": "other"})
	found := verdict([
		set_to("/cloudtrail/trails/-", object.union(other, {"Status": {"IsLogging": false}})),
		set_to("/sns/subscriptions", []),
	])
	found.status == "fail"
	[[finding.link, finding.evidence.trail] | some finding in found.findings] == [
		["subscription", fixture.trail.TrailARN],
		["trail", other.TrailARN],
	]
}

test_trails_to_one_log_group_share_its_filters[note] if {
	some note, operations in {"heard": [], "not heard": [set_to("/sns/subscriptions", [])]}
	other := object.union(fixture.trail, {"TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/other", "Name": "other"})
	alone := verdict(operations).findings[0]
	found := verdict(array.concat(operations, [set_to("/cloudtrail/trails/-", other)])).findings[0]
	[found.message, found.evidence.filters] == [alone.message, alone.evidence.filters]
}

excluding(narrowed, whole) := [set_to("/cloudtrail/trails/0/EventSelectors", [
	{"ReadWriteType": narrowed, "ExcludeManagementEventSources": ["cloudtrail.amazonaws.com"]},
	{"ReadWriteType": whole},
])]

not_collected(service, operation, resource) := object.union(
	fixture.gap(service, operation),
	{"resource": resource, "kind": "not_attempted"},
)

test_default_selectors_not_collected if {
	verdict([
		without("/cloudtrail/trails/0/EventSelectors"),
		set_to("/cloudtrail/trails/0/HasCustomEventSelectors", false),
		set_to("/gaps/-", not_collected("cloudtrail", "get-event-selectors", fixture.trail.TrailARN)),
	]).status == "pass"
}

# A topic's own count trails behind what is so: that it is none proves nothing.
test_topic_says_it_has_no_subscriber if {
	found := verdict([
		without("/sns/subscriptions"),
		set_to("/sns/topics/0/Attributes", {"SubscriptionsConfirmed": "0"}),
		set_to("/gaps/-", not_collected("sns", "list-subscriptions-by-topic", fixture.topic)),
	])
	found.status == "unknown"
	found.findings[0].link == "subscription"
}

test_topic_not_found if {
	found := verdict([
		without("/sns/topics"),
		without("/sns/subscriptions"),
		set_to("/gaps/-", fixture.gap("sns", "list-topics")),
		set_to("/gaps/-", object.union(
			fixture.gap("sns", "list-subscriptions-by-topic"),
			{"resource": fixture.topic, "kind": "error", "code": "NotFound"},
		)),
	])
	found.status == "fail"
	found.findings[0].link == "topic"
}
