package policies.lib.alarms_test

import data.policies.lib.chain
import data.policies.lib.fixture

control := {"slug": "trail-changes", "patterns": [`{ $.eventName = "StopLogging" }`]}

verdict(operations) := found if {
	found := chain.judge(control) with input as fixture.patched(control.patterns, operations)
}

set_to(path, value) := fixture.set_to(path, value)

stat(id, name) := {
	"Id": id,
	"ReturnData": false,
	"MetricStat": {"Metric": {"Namespace": "CIS", "MetricName": name}, "Period": 300, "Stat": "Sum"},
}

on(metrics) := [set_to("/cloudwatch/alarms", [object.union(
	object.remove(fixture.alarm(0), ["MetricName", "Namespace", "Statistic", "Period"]),
	{"Metrics": metrics},
)])]

test_metric_math[note] if {
	some note, [want, expression] in {
		"the metric": ["pass", "m1"],
		"the metric in brackets": ["pass", "(m1)"],
		"sum of all": ["pass", "SUM(METRICS())"],
		"sum of a list": ["pass", "SUM([m1, m2])"],
		"zero filled in": ["pass", "FILL(m1, 0)"],
		"zero filled into all, summed": ["pass", "SUM(FILL(METRICS(), 0))"],
		"filled and added": ["pass", "FILL(m1, 0) + FILL(m2, 0)"],
		"highest": ["pass", "MAX([m1, m2])"],
		"filled with one": ["unknown", "FILL(m1, 1)"],
		"added, where one is missing": ["unknown", "m1 + m2"],
		"rate": ["unknown", "RATE(m1)"],
		"condition": ["unknown", "IF(m1 > 5, 1, 0)"],
		"another expression": ["unknown", "SUM([e2])"],
		"the other metric": ["fail", "m2"],
	}
	metrics := [stat("m1", "metric0"), stat("m2", "other"), {"Id": "e1", "Expression": expression, "ReturnData": true}]
	verdict(on(metrics)).status == want
}

test_metric_math_returns_the_metric[note] if {
	some note, [want, metrics] in {
		"alone": ["pass", [object.union(stat("m1", "metric0"), {"ReturnData": true})]],
		"by default": ["pass", [object.remove(stat("m1", "metric0"), ["ReturnData"])]],
		"another one": ["fail", [stat("m1", "metric0"), object.union(stat("m2", "other"), {"ReturnData": true})]],
		"of another account": ["fail", [object.union(stat("m1", "metric0"), {"ReturnData": true, "AccountId": "999988887777"})]],
	}
	verdict(on(metrics)).status == want
}

# Whatever stands in their metrics, alarms are named in the order of the snapshot.
test_metric_math_is_named_in_order[id] if {
	some id in ["a1", "z1"]
	silent := object.union(
		object.remove(fixture.alarm(0), ["MetricName", "Namespace", "Statistic", "Period"]),
		{"AlarmActions": [], "Metrics": [object.union(stat(id, "metric0"), {"ReturnData": true})]},
	)
	other := object.union(silent, {
		"AlarmName": "other",
		"AlarmArn": "arn:other",
		"Metrics": [object.union(stat("m1", "metric0"), {"ReturnData": true})],
	})
	verdict([set_to("/cloudwatch/alarms", [silent, other])]).findings[0].resource == silent.AlarmArn
}

composite(rule) := {
	"region": "us-east-1",
	"AlarmName": "any",
	"AlarmArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm:any",
	"AlarmRule": rule,
	"ActionsEnabled": true,
	"AlarmActions": [fixture.topic],
}

over(alarms) := [
	set_to("/cloudwatch/alarms/0/AlarmActions", []),
	set_to("/cloudwatch/composite_alarms", alarms),
]

test_composite[note] if {
	some note, [want, rule] in {
		"of it": ["pass", `ALARM("alarm0")`],
		"of it, unquoted": ["pass", "ALARM(alarm0)"],
		"of its ARN": ["pass", `ALARM("arn:aws:cloudwatch:us-east-1:111122223333:alarm:alarm0")`],
		"or of another": ["pass", `(ALARM("other") OR ALARM('alarm0')) OR FALSE`],
		"and of another": ["unknown", `ALARM("alarm0") AND ALARM("other")`],
		"but not in maintenance": ["unknown", `ALARM("alarm0") AND NOT ALARM("maintenance")`],
		"always": ["unknown", `ALARM("alarm0") OR TRUE`],
		"of another": ["fail", `ALARM("alarm01")`],
		"not fine": ["pass", "NOT OK(alarm0)"],
		"not fine, in brackets": ["unknown", "NOT (OK(alarm0))"],
		"fine": ["fail", "OK(alarm0)"],
		"or never": ["pass", "FALSE OR ALARM(alarm0)"],
		"and always": ["pass", "ALARM(alarm0) AND TRUE"],
		"or another without data": ["pass", "INSUFFICIENT_DATA(other) OR ALARM(alarm0)"],
	}
	verdict(over([composite(rule)])).status == want
}

test_composite_over_composite if {
	verdict(over([
		object.union(composite("ALARM(alarm0)"), {"AlarmName": "middle", "AlarmActions": []}),
		composite("ALARM(middle) OR ALARM(other)"),
	])).status == "pass"
}

# Of two filters that say the same and are both heard, both are named, whether a composite alarm has a part in it or not.
test_composite_over_one_of_two if {
	twins := fixture.account(array.concat(control.patterns, [`{ $.eventName="StopLogging" }`]))
	every alarms in [[], [composite("ALARM(alarm0)")]] {
		found := chain.judge(control) with input as json.patch(twins, [set_to("/cloudwatch/composite_alarms", alarms)])
		found.findings[0].evidence.filters == ["filter0", "filter1"]
	}
}

test_composite_breaks[link] if {
	some link, change in {
		"action": {"ActionsEnabled": false},
		"topic": {"AlarmActions": ["arn:aws:sns:us-east-1:111122223333:gone"]},
	}
	found := verdict(over([object.union(composite("ALARM(alarm0)"), change)]))
	found.status == "fail"
	found.findings[0].link == link
}

test_suppressed_composite_leaves_it_open if {
	verdict(over([object.union(composite("ALARM(alarm0)"), {"ActionsSuppressor": "maintenance"})])).status == "unknown"
}

test_muted_alarm_under_a_composite_that_is_not if {
	muted := [set_to("/cloudwatch/mute_rules/-", {
		"region": "us-east-1",
		"AlarmMuteRuleArn": "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:quiet",
		"Status": "ACTIVE",
		"MuteTargets": {"AlarmNames": ["alarm0"]},
	})]
	verdict(array.concat(over([composite("ALARM(alarm0)")]), muted)).status == "pass"
}

test_mute_rules_not_read_are_noted if {
	found := verdict([fixture.without("/cloudwatch/mute_rules")])
	found.status == "pass"
	contains(found.notes[0], "cloudwatch:ListAlarmMuteRules")
}

# An alarm without data most of the time is not OK already, and its ringing changes nothing.
test_composite_of_what_is_true_already[rule] if {
	some rule in ["NOT OK(alarm0)", "INSUFFICIENT_DATA(alarm0) OR ALARM(alarm0)"]
	verdict(array.concat(over([composite(rule)]), [without("/cloudwatch/alarms/0/TreatMissingData")])).status == "unknown"
}

test_composites_of_one_name if {
	verdict(over([
		composite("ALARM(alarm0)"),
		object.union(composite("ALARM(other)"), {"AlarmActions": []}),
	])).status == "unknown"
}

without(path) := fixture.without(path)

test_composites_not_read[note] if {
	gap := object.union(fixture.gap("cloudwatch", "describe-alarms"), {"resource": "CompositeAlarm", "kind": "not_attempted"})
	some note, [status, link, operation] in {
		"no action": ["unknown", "action", set_to("/cloudwatch/alarms/0/AlarmActions", [])],
		"actions off": ["unknown", "action", set_to("/cloudwatch/alarms/0/ActionsEnabled", false)],
		"cannot ring": ["fail", "alarm", set_to("/cloudwatch/alarms/0/Threshold", 10)],
		"no topic": ["fail", "topic", set_to("/sns/topics", [])],
	}
	found := verdict([operation, set_to("/gaps/-", gap), without("/cloudwatch/composite_alarms")])
	found.status == status
	found.findings[0].link == link
}

test_composite_that_is_off_is_named if {
	found := verdict(over([object.union(composite("ALARM(alarm0)"), {"ActionsEnabled": false})]))
	contains(found.findings[0].message, $"composite alarm {composite("").AlarmName} over it has its actions switched off")
}
