package policies.monitoring.sns_subscribers_reviewed_test

import data.policies.lib.fixture
import data.policies.monitoring.sns_subscribers_reviewed

patterns := [`{ $.eventName = "DeleteTrail" }`]

security := ["security@example.com"]

another := {
	"region": "us-east-1",
	"TopicArn": fixture.topic,
	"SubscriptionArn": "arn:aws:sns:us-east-1:111122223333:alerts:11111111-2222-3333-4444-555555555555",
	"Protocol": "https",
	"Endpoint": "https://hooks.example.net/in?team=ops",
}

elsewhere := object.union(another, {"TopicArn": "arn:aws:sns:us-east-1:111122223333:orders"})

foreign := "arn:aws:sns:us-east-1:444455556666:central"

add(subscription) := fixture.set_to("/sns/subscriptions/-", subscription)

actions(kind, topics) := fixture.set_to($"/cloudwatch/alarms/0/{kind}", topics)

endpoint(text) := fixture.set_to("/sns/subscriptions/0/Endpoint", text)

composite := {"region": "us-east-1", "AlarmName": "any", "AlarmRule": "ALARM(alarm0)", "AlarmActions": [elsewhere.TopicArn]}

central := {
	"account": {"id": "444455556666"},
	"sns": {
		"topics": [{"region": "us-east-1", "TopicArn": foreign}],
		"subscriptions": [object.union(another, {"TopicArn": foreign})],
	},
	"gaps": [],
}

test_passes[note] if {
	some note, [subscribers, operations] in {
		"the one": [security, []],
		"any of a domain": [["*@example.com"], []],
		"any": [["*"], []],
		"dots are but text": [["*"], [endpoint("first.last@mail.example.com")]],
		"a number": [["+1555*"], [endpoint("+15551234567")]],
		"an address with marks": [array.concat(security, ["https://hooks.example.net/in?team=ops"]), [add(another)]],
		"an address with marks and a star": [array.concat(security, ["https://hooks.example.net/in?team=*"]), [add(another)]],
		"more expected than there are": [["ops@example.com", "security@example.com"], []],
		"a topic of no alarm": [security, [add(elsewhere)]],
		"a subscription that is deleted": [security, [add(object.union(another, {"SubscriptionArn": "Deleted"}))]],
		"nobody subscribes": [[], [fixture.set_to("/sns/subscriptions", [])]],
		"a hidden endpoint, as it stands": [["sha256:0f1e"], [endpoint("sha256:0f1e")]],
		"an alarm that starts a function": [security, [actions("OKActions", ["arn:aws:lambda:us-east-1:111122223333:function:f"])]],
	}
	sns_subscribers_reviewed.verdict.status == "pass" with input as fixture.patched(patterns, operations)
		with data.parameters.subscribers as subscribers
}

test_fails[note] if {
	some note, [subscribers, operations] in {
		"nobody is expected": [[], []],
		"another": [["ops@example.com"], []],
		"one of two": [security, [add(another)]],
		"not confirmed": [security, [add(object.union(another, {"SubscriptionArn": "PendingConfirmation"}))]],
		"any of another domain": [["*@example.org"], []],
		"other letters": [["SECURITY@example.com"], []],
		"only the beginning": [["security"], []],
		"a mark is no star": [["security?example.com"], []],
		"brackets are but text": [["[a-z]*@example.com"], []],
		"no text": [["[", 7, null, {"a": "b"}], []],
		"told when all is well": [security, [actions("OKActions", [elsewhere.TopicArn]), add(elsewhere)]],
		"told when data is missing": [security, [actions("InsufficientDataActions", [elsewhere.TopicArn]), add(elsewhere)]],
		"told by a composite alarm": [security, [fixture.set_to("/cloudwatch/composite_alarms", [composite]), add(elsewhere)]],
		"told by an alarm on logs": [security, [
			fixture.set_to("/cloudwatch/log_alarms", [object.remove(composite, ["AlarmRule"])]),
			add(elsewhere),
		]],
	}
	verdict := sns_subscribers_reviewed.verdict with input as fixture.patched(patterns, operations)
		with data.parameters.subscribers as subscribers
	verdict.status == "fail"
	[finding] := verdict.findings
	finding.link == "subscription"
}

test_fails_and_names_the_endpoint if {
	verdict := sns_subscribers_reviewed.verdict with input as fixture.patched(patterns, [add(another)])
		with data.parameters.subscribers as security
	verdict.status == "fail"
	[finding] := verdict.findings
	finding.resource == fixture.topic
	finding.evidence == {"endpoint": another.Endpoint, "subscription": another.SubscriptionArn}
	finding.pointers == ["/sns/subscriptions/1"]
}

test_fails_in_another_account if {
	verdict := sns_subscribers_reviewed.verdict with input as fixture.patched(patterns, [
		actions("AlarmActions", [fixture.topic, foreign]),
		fixture.set_to("/linked", [central]),
	])
		with data.parameters.subscribers as security
	verdict.status == "fail"
	verdict.findings[0].pointers == ["444455556666#/sns/subscriptions/0"]
}

test_fails_beside_what_was_not_read if {
	verdict := sns_subscribers_reviewed.verdict with input as fixture.patched(patterns, [fixture.set_to(
		"/gaps/-",
		fixture.gap("cloudwatch", "describe-alarms"),
	)])
		with data.parameters.subscribers as []
	verdict.status == "fail"
	[finding.status | some finding in verdict.findings] == ["fail", "unknown"]
}

test_unknown[note] if {
	some note, [text, operations] in {
		"no endpoint": ["does not show", [fixture.without("/sns/subscriptions/0/Endpoint")]],
		"an empty endpoint": ["does not show", [endpoint("")]],
		"a redacted endpoint": ["does not show", [endpoint("[REDACTED]")]],
		"a masked endpoint": ["does not show", [endpoint("s*******@example.com")]],
		"alarms not collected": ["not collected", [fixture.without("/cloudwatch/alarms")]],
		"alarms not read": ["describe-alarms in us-east-1 of account 111122223333 (permission cloudwatch:DescribeAlarms): denied", [
			fixture.without("/cloudwatch/alarms"),
			fixture.set_to("/gaps/-", fixture.gap("cloudwatch", "describe-alarms")),
		]],
		"alarms of one region not read": ["collect describe-alarms", [fixture.set_to("/gaps/-", object.union(
			fixture.gap("cloudwatch", "describe-alarms"),
			{"region": "eu-west-1"},
		))]],
		"subscriptions not read": ["collect list-subscriptions-by-topic", [
			fixture.without("/sns/subscriptions"),
			fixture.set_to("/gaps/-", fixture.gap("sns", "list-subscriptions-by-topic")),
		]],
		"a topic's subscriptions not read": ["collect list-subscriptions-by-topic", [fixture.set_to("/gaps/-", object.union(
			fixture.gap("sns", "list-subscriptions-by-topic"),
			{"resource": fixture.topic},
		))]],
		"a topic in another account": ["444455556666", [actions("AlarmActions", [fixture.topic, foreign])]],
	}
	verdict := sns_subscribers_reviewed.verdict with input as fixture.patched(patterns, operations)
		with data.parameters.subscribers as security
	verdict.status == "unknown"
	[finding] := verdict.findings
	contains(finding.message, text)
}

test_unknown_without_the_parameter if {
	verdict := sns_subscribers_reviewed.verdict with input as fixture.account(patterns)
	verdict.status == "unknown"
	contains(verdict.findings[0].message, "subscribers")
}

test_unknown_with_no_list if {
	sns_subscribers_reviewed.verdict.status == "unknown" with input as fixture.account(patterns)
		with data.parameters.subscribers as "security@example.com"
}

test_not_applicable[note] if {
	some note, operations in {
		"no alarm": [fixture.set_to("/cloudwatch/alarms", [])],
		"no topic": [actions("AlarmActions", [])],
	}
	sns_subscribers_reviewed.verdict.status == "not_applicable" with input as fixture.patched(patterns, operations)
		with data.parameters.subscribers as []
}
