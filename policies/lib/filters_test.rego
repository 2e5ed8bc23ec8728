package policies.lib.filters_test

import data.policies.lib.chain
import data.policies.lib.fixture

stop := `{ $.eventName = "StopLogging" }`

delete := `{ $.eventName = "DeleteTrail" }`

control := {"slug": "trail-changes", "patterns": [`{ $.eventName = "StopLogging" || $.eventName = "DeleteTrail" }`]}

verdict(patterns, operations) := found if {
	found := chain.judge(control) with input as fixture.patched(patterns, operations)
}

set_to(path, value) := fixture.set_to(path, value)

test_one_filter_an_event if {
	found := verdict([stop, delete], [])
	found.status == "pass"
	found.findings[0].evidence.filters == ["filter0", "filter1"]
	found.findings[0].evidence.alarms == ["alarm0", "alarm1"]
}

test_all_filters_feed_one_metric if {
	found := verdict([stop, delete], [
		set_to("/logs/metric_filters/1/metricTransformations/0/metricName", "metric0"),
		fixture.without("/cloudwatch/alarms/1"),
	])
	found.status == "pass"
	found.findings[0].evidence.alarms == ["alarm0"]
}

test_one_of_the_filters_is_not_heard if {
	found := verdict([stop, delete], [set_to("/cloudwatch/alarms/1/Threshold", 5)])
	found.status == "fail"
	found.findings[0].link == "alarm"
	found.findings[0].message == "filter filter1 is needed to cover the control, but alarm alarm1 needs 5 events in 300 s"
}

test_a_filter_that_covers_is_named_before_one_that_helps if {
	found := verdict([stop, control.patterns[0]], [
		set_to("/cloudwatch/alarms/0/Threshold", 5),
		set_to("/cloudwatch/alarms/1/Threshold", 7),
	])
	found.findings[0].message == "filter filter1 covers the control, but alarm alarm1 needs 7 events in 300 s"
}

test_each_filter_may_break_elsewhere if {
	found := verdict([stop, delete], [
		set_to("/cloudwatch/alarms/0/Threshold", 5),
		set_to("/cloudwatch/alarms/1/AlarmActions", []),
	])
	found.findings[0].link == "alarm"
}

test_missing_filter_leaves_its_alarm_waiting if {
	found := verdict([`{ $.eventName = "RunInstances" }`, control.patterns[0]], [fixture.without("/logs/metric_filters/1")])
	found.findings[0].link == "metric_filter"
	found.findings[0].pointers == ["/cloudtrail/trails/0", "/cloudwatch/alarms/1"]
	found.findings[0].evidence.missed_event
}

test_missing_filter_among_those_of_other_controls[note] if {
	some note, [want, patterns] in {
		"each serves another control": ["metric_filter", ["{ $.eventName = ConsoleLogin }", "{ $.errorCode = AccessDenied* }"]],
		"one serves none": ["pattern", ["{ $.eventName = ConsoleLogin }", "{ $.eventName = RunInstances }"]],
	}
	found := verdict(patterns, [])
	found.findings[0].link == want
}

# The patterns of expected subscribers are none of filters.
test_expected_subscribers_are_no_filters if {
	found := verdict(["{ $.eventName = RunInstances }"], []) with data.parameters as {"subscribers": ["*@example.com"]}
	found.findings[0].link == "pattern"
}

test_nearest_filter[note] if {
	some note, [want, pattern] in {
		"one event of two": ["nearest: filter filter0 (1 of 2: DeleteTrail is missed)", stop],
		"a field misspelt": ["nearest: filter filter0 (none of 2 is caught)", `{ $.eventname = "StopLogging" }`],
		"nothing like it": ["do not cover the control: ", `{ $.eventName = "RunInstances" }`],
	}
	found := verdict([pattern], [])
	found.findings[0].link == "pattern"
	contains(found.findings[0].message, want)
}

dimensions := {"user": "$.userIdentity.type"}

test_dimensions[note] if {
	some note, [status, values] in {
		"an alarm on each value that matters": ["pass", ["Root", "IAMUser", "AssumedRole"]],
		"an alarm on one value": ["fail", ["Root"]],
	}
	types := {"slug": "t", "patterns": [`{ $.eventName = "StopLogging" && $.userIdentity.type = "*o*" }`], "scope": scope}
	alarms := [object.union(fixture.alarm(0), {"AlarmName": value, "Dimensions": [{"Name": "user", "Value": value}]}) |
		some value in values
	]
	found := chain.judge(types) with input as fixture.patched([stop], [
		set_to("/logs/metric_filters/0/metricTransformations/0/dimensions", dimensions),
		set_to("/cloudwatch/alarms", alarms),
	])
	found.status == status
}

scope := `{ $.userIdentity.type = "Root" || $.userIdentity.type = "AssumedRole" }`

test_dimensions_of_aws_leave_it_open if {
	found := verdict(control.patterns, [
		set_to("/logs/metric_filters/0/emitSystemFieldDimensions", ["@aws.account"]),
		set_to("/cloudwatch/alarms/0/Dimensions", [{"Name": "@aws.account", "Value": "111122223333"}]),
	])
	found.status == "unknown"
	found.findings[0].link == "alarm"
}

test_mismatch_is_explained[want] if {
	some want, operations in {
		"its alarm alarm0 watches namespace Other while the metric is in CIS": [set_to("/cloudwatch/alarms/0/Namespace", "Other")],
		"its alarm alarm0 is in eu-west-1 while the metric is in us-east-1": [set_to("/cloudwatch/alarms/0/region", "eu-west-1")],
		"its alarm alarm0 watches metric filter0, the filter's name; the metric is metric0": [set_to(
			"/cloudwatch/alarms/0/MetricName",
			"filter0",
		)],
		"its alarm alarm0 has the dimensions a=b while the metric has no dimensions": [set_to(
			"/cloudwatch/alarms/0/Dimensions",
			[{"Name": "a", "Value": "b"}],
		)],
		"its alarm alarm0 has no dimensions while the metric has the dimensions user=$.userIdentity.type": [set_to(
			"/logs/metric_filters/0/metricTransformations/0/dimensions",
			dimensions,
		)],
		"no alarm watches its metric CIS/metric0 in us-east-1": [set_to("/cloudwatch/alarms", [])],
		"it counts each match as 0": [set_to("/logs/metric_filters/0/metricTransformations/0/metricValue", "0")],
		"alarm alarm0 has its actions switched off (ActionsEnabled is false)": [set_to("/cloudwatch/alarms/0/ActionsEnabled", false)],
		"alarm alarm0 has no action for the ALARM state": [set_to("/cloudwatch/alarms/0/AlarmActions", [])],
		"alarm alarm0 acts on arn:aws:automate:us-east-1:ec2:stop, which is no SNS topic": [set_to(
			"/cloudwatch/alarms/0/AlarmActions",
			["arn:aws:automate:us-east-1:ec2:stop"],
		)],
		"alarm alarm0 notifies arn:aws:sns:us-east-1:111122223333:alerts, which does not exist": [set_to("/sns/topics", [])],
		"alarm alarm0 notifies topic alerts, to which nobody has confirmed a subscription": [set_to("/sns/subscriptions", [])],
		"alarm alarm0 notifies topic alerts, to which nobody has confirmed a subscription (1 pending)": [set_to(
			"/sns/subscriptions/0/SubscriptionArn",
			"PendingConfirmation",
		)],
	}
	message := verdict(control.patterns, operations).findings[0].message
	message == $"filter filter0 covers the control, but {want}"
}

test_values[note] if {
	some note, [status, value, threshold] in {
		"one": ["pass", "1", 1],
		"one, written otherwise": ["pass", "1.0", 1],
		"ten at a time": ["pass", "10", 10],
		"too little": ["fail", "0.1", 1],
		"nothing": ["fail", "0", 0],
		"less than nothing": ["fail", "-1", 1],
		"a field": ["unknown", "$.additionalEventData.size", 1],
	}
	found := verdict(control.patterns, [
		set_to("/logs/metric_filters/0/metricTransformations/0/metricValue", value),
		set_to("/cloudwatch/alarms/0/Threshold", threshold),
	])
	found.status == status
}

test_default_values[note] if {
	some note, [status, operations] in {
		"zero, and Sum": ["pass", []],
		"zero, and Average": ["fail", [set_to("/cloudwatch/alarms/0/Statistic", "Average")]],
		"zero, and missing data is breaching": ["pass", [set_to("/cloudwatch/alarms/0/TreatMissingData", "breaching")]],
		"one": ["fail", [set_to("/logs/metric_filters/0/metricTransformations/0/defaultValue", 1)]],
	}
	first := [set_to("/logs/metric_filters/0/metricTransformations/0/defaultValue", 0)]
	verdict(control.patterns, array.concat(first, operations)).status == status
}

test_unreadable_value_leaves_it_open if {
	found := verdict(control.patterns, [set_to(
		"/logs/metric_filters/0/metricTransformations/0/metricValue",
		concat("", ["9" | some _ in numbers.range(1, 400)]),
	)])
	found.status == "unknown"
	found.findings[0].link == "metric_filter"
}
