package policies.lib.linked_test

import data.policies.lib.chain
import data.policies.lib.fixture

# The chain of an organisation: a trail that another account owns, whose log group, alarm and topic are there too.
control := {"slug": "trail-changes", "patterns": [`{ $.eventName = "StopLogging" }`]}

owner := "999988887777"

theirs(text) := replace(text, fixture.home, owner)

# moved is a value with the owner's account id wherever the fixture's stands.
moved(value) := json.unmarshal(theirs(json.marshal(value)))

whole := moved(fixture.account(control.patterns))

fragment := {
	"account": whole.account,
	"cloudtrail": whole.cloudtrail,
	"logs": whole.logs,
	"cloudwatch": whole.cloudwatch,
	"sns": whole.sns,
	"gaps": [],
}

# member lists the organisation's trail, and can read nothing of it.
member := object.union(
	json.patch(fixture.account([]), [
		{"op": "replace", "path": "/cloudtrail/trails", "value": [object.remove(
			object.union(whole.cloudtrail.trails[0], {"IsOrganizationTrail": true}),
			["Status", "EventSelectors"],
		)]},
		{"op": "replace", "path": "/sns", "value": {"topics": [], "subscriptions": []}},
	]),
	{"linked": []},
)

judged(account) := found if {
	found := chain.judge(control) with input as account
}

test_alone_it_is_unknown_and_names_the_account if {
	found := judged(member)
	found.status == "unknown"
	{finding.link | some finding in found.findings} == {"trail", "event_selectors", "log_group"}
	every finding in found.findings {
		contains(finding.message, owner)
	}
}

test_with_the_owner_it_passes if {
	found := judged(object.union(member, {"linked": [fragment]}))
	found.status == "pass"
	found.findings[0].pointers == [
		"999988887777#/cloudtrail/trails/0",
		"999988887777#/cloudwatch/alarms/0",
		"999988887777#/logs/metric_filters/0",
		"999988887777#/sns/subscriptions/0",
		"999988887777#/sns/topics/0",
	]
}

test_breaks_in_the_owner[link] if {
	some link, operations in object.remove(fixture.broken, ["trail", "event_selectors", "log_group"])
	found := judged(object.union(member, {"linked": [json.patch(fragment, operations)]}))
	found.status == "fail"
	found.findings[0].link == link
}

test_stopped_by_the_owner if {
	found := judged(object.union(member, {"linked": [json.patch(fragment, fixture.broken.trail)]}))
	found.status == "fail"
	found.findings[0].link == "trail"
}

# What a member's copy says of the trail's selectors counts only where the owner says nothing.
test_selectors_as_the_owner_says if {
	copied := json.patch(member, [{
		"op": "add",
		"path": "/cloudtrail/trails/0/EventSelectors",
		"value": whole.cloudtrail.trails[0].EventSelectors,
	}])
	found := judged(object.union(copied, {"linked": [json.patch(fragment, fixture.broken.event_selectors)]}))
	found.status == "fail"
	found.findings[0].link == "event_selectors"

	silent := json.patch(fragment, fixture.unread.selectors)
	judged(object.union(copied, {"linked": [silent]})).status == "pass"
}

test_gap_of_the_owner if {
	open := json.patch(fragment, [
		{"op": "remove", "path": "/cloudwatch/alarms"},
		{"op": "add", "path": "/gaps/-", "value": fixture.gap("cloudwatch", "describe-alarms")},
	])
	found := judged(object.union(member, {"linked": [open]}))
	found.status == "unknown"
	contains(found.findings[0].message, owner)
}

# A central topic: all is in this account but the topic.
central := json.patch(fixture.account(control.patterns), [
	{"op": "replace", "path": "/cloudwatch/alarms/0/AlarmActions", "value": [theirs(fixture.topic)]},
	{"op": "replace", "path": "/sns", "value": {"topics": [], "subscriptions": []}},
])

test_central_topic[note] if {
	some note, [want, linked] in {
		"alone": ["unknown", []],
		"with its account": ["pass", [fragment]],
		"pending there": ["fail", [json.patch(fragment, fixture.broken.subscription)]],
		"deleted there": ["fail", [json.patch(fragment, fixture.broken.topic)]],
	}
	judged(object.union(central, {"linked": linked})).status == want
}

test_central_topic_whose_subscriptions_may_be_read if {
	judged(json.patch(central, [{"op": "add", "path": "/sns/subscriptions/-", "value": moved(fixture.subscription)}])).status == "pass"
}

# A monitoring account: the alarm is elsewhere and names this account's metric.
test_alarm_in_a_monitoring_account[note] if {
	some note, [want, account] in {"on our metric": ["pass", fixture.home], "on their own": ["fail", owner]}
	alarm := object.union(object.remove(whole.cloudwatch.alarms[0], ["MetricName", "Namespace", "Statistic"]), {"Metrics": [{
		"Id": "m1",
		"AccountId": account,
		"MetricStat": {"Metric": {"Namespace": "CIS", "MetricName": "metric0"}, "Period": 300, "Stat": "Sum"},
	}]})
	ours := json.patch(fixture.account(control.patterns), [{"op": "replace", "path": "/cloudwatch/alarms", "value": []}])
	monitoring := json.patch(fragment, [{"op": "replace", "path": "/cloudwatch/alarms", "value": [alarm]}])
	judged(object.union(ours, {"linked": [monitoring]})).status == want
}

# asked is the owner as a collector saw it that asked of other topics only: no gap speaks of this one.
asked(calls) := object.union(fragment, {
	"sns": {"topics": [], "subscriptions": []},
	"collection": {"calls": array.concat(calls, [
		{"region": "us-east-1", "operation": "describe-metric-filters", "params": {"log-group-name": whole.logs.metric_filters[0].logGroupName}},
		{"region": "us-east-1", "operation": "describe-log-groups"},
		{"region": "us-east-1", "operation": "describe-alarms"},
		{"region": "us-east-1", "operation": "list-alarm-mute-rules"},
	])},
})

test_a_topic_that_nobody_asked_its_owner_of_is_unknown if {
	others := [{"region": "us-east-1", "operation": "list-subscriptions-by-topic", "params": {"topic-arn": "arn:aws:sns:us-east-1:1:other"}}]
	found := judged(object.union(member, {"linked": [asked(others)]}))
	found.status == "unknown"
	contains(found.findings[0].message, "nobody asked for it there")
}

test_a_topic_of_a_region_that_was_read_whole_is_not_there if {
	whole_region := [
		{"region": "us-east-1", "operation": "list-topics"},
		{"region": "us-east-1", "operation": "list-subscriptions"},
	]
	judged(object.union(member, {"linked": [asked(whole_region)]})).status == "fail"
}

test_a_log_group_that_nobody_asked_of_is_unknown if {
	elsewhere := [{"region": "us-east-1", "operation": "describe-metric-filters", "params": {"log-group-name": "other"}}]
	hollow := object.union(fragment, {"logs": {"metric_filters": [], "log_groups": []}, "collection": {"calls": elsewhere}})
	judged(object.union(member, {"linked": [hollow]})).status == "unknown"
}
