package policies.lib.coverage_test

import future.keywords.not

import data.policies.lib.chain
import data.policies.lib.coverage
import data.policies.lib.events
import data.policies.lib.fixture

control := {
	"slug": "logging-changes",
	"patterns": [
		`{ $.eventName = "StopLogging" }`,
		`{ $.eventName = "StopLogging" && $.userIdentity.type = "IAMUser" }`,
	],
	"scope": events.from("cloudtrail"),
}

verdict(patterns) := found if {
	found := chain.judge(control) with input as fixture.account(patterns)
}

test_notes[note] if {
	some note, [pattern, words] in {
		"nothing to say": [`{ $.eventName = StopLogging }`, []],
		"only within the scope": [
			`{ $.eventName = "StopLogging" && $.eventSource = "cloudtrail.*" && $.userIdentity.type = "*" }`,
			["fields and types of CloudTrail records"],
		],
		"over-broad": [`{ $.eventSource = "*" }`, ["over-broad: also rings for routine events, for instance "]],
		"an alternative": [
			`{ $.eventName = "StopLogging" && $.userIdentity.type = "IAMUser" }`,
			["meets an accepted alternative; the first text would also report StopLogging of cloudtrail.amazonaws.com by "],
		],
	}
	found := verdict([pattern])
	found.status == "pass"
	every text in words {
		contains(concat("\n", found.notes), text)
	}
	count(found.notes) >= count(words)
}

test_scope_is_noted_when_it_was_needed if {
	rules := object.union(control, {"patterns": [`{ $.eventName = "CreatePolicy" }`], "scope": events.from("iam")})
	found := chain.judge(rules) with input as fixture.account([events.of("iam", ["CreatePolicy"])])
	found.status == "pass"
	found.notes == [concat(" ", [
		"covers the control's own events only,",
		`{ $.eventSource = "iam.amazonaws.com" }: events of the same name elsewhere are not asked for`,
	])]
}

# Of two filters that cover, the one that does not ring all day is the evidence.
test_the_narrow_filter_is_named if {
	found := verdict([`{ $.eventSource = "*" }`, `{ $.eventName = "St*Logging" }`, `{ $.eventName = "StopLogging*" }`])
	found.findings[0].evidence.filters == ["filter2"]
	found.notes == []
}

but_automation := `{ $.eventName = "StopLogging" && $.userIdentity.arn != "*automation*" }`

nameless := `{ $.userIdentity.arn NOT EXISTS }`

excepting(patterns, except) := found if {
	found := chain.judge(control) with input as fixture.account(patterns) with data.exceptions as {"logging-changes": except}
}

test_exceptions[note] if {
	some note, [want, except] in {
		"none": ["fail", []],
		"of what the filters leave out": ["pass", [`{ $.userIdentity.arn = "*automation*" }`]],
		"of more": ["pass", [`{ $.userIdentity.arn = "*auto*" }`]],
		"of less": ["fail", [`{ $.userIdentity.arn = "*automation" }`]],
		"of others": ["fail", [`{ $.userIdentity.arn = "*deploy*" }`]],
		"several together": ["pass", [`{ $.userIdentity.arn = "*automation" }`, `{ $.userIdentity.arn = "*automation*" }`]],
	}
	found := excepting([but_automation, nameless], except)
	found.status == want
}

# Who has no arn is not excepted, and a filter with != does not match: the event that is missed is neither of them.
test_missed_event_is_not_excepted if {
	except := `{ $.userIdentity.arn = "*automation*" }`
	found := excepting([but_automation], [except])
	found.status == "fail"
	event := found.findings[0].evidence.missed_event
	cwl.matches(except, event) == false
	cwl.matches(but_automation, event) == false
	not event.userIdentity.arn
}

# An alternative that the exceptions take away whole is no longer one: no filter at all would meet it.
test_excepted_alternative_is_not_met_by_nothing if {
	except := [`{ $.userIdentity.type = "IAMUser" }`]
	excepting([`{ $.eventName = "CreateTrail" }`], except).status == "fail"
	excepting([`{ $.eventName = "StopLogging" && $.userIdentity.type = "Root" }`], except).status == "fail"
	excepting([`{ $.eventName = "StopLogging" && $.userIdentity.type != "IAMUser" }`], except).status == "pass"
}

test_exception_of_everything_is_refused[note] if {
	some note, except in {
		"at once": [`{ $.eventName = "Stop*" }`],
		"together": [`{ $.eventName = "StopLogging" && $.userIdentity.arn = "*" }`, `{ $.userIdentity.arn NOT EXISTS }`],
		"within the scope": [`{ $.eventSource = "cloudtrail.*" }`],
	}
	found := excepting([`{ $.eventName = "CreateTrail" }`], except)
	found.status == "fail"
	contains(found.notes[0], "the exceptions leave out every event that the control is about, so they are not applied")
	found.findings == verdict([`{ $.eventName = "CreateTrail" }`]).findings
}

# What a trail leaves out need not be recorded if it is excepted.
test_exceptions_hold_for_selectors_too if {
	rules := object.union(control, {"reads": false})
	except := {"logging-changes": [`{ $.userIdentity.arn = "*automation*" }`]}
	found := chain.judge(rules) with input as fixture.account([but_automation, nameless]) with data.exceptions as except
	found.status == "pass"
}

test_undecided if {
	found := verdict([`{ $.eventName = "St*gging" }`])
	found.status == "unknown"
	found.findings[0].link == "pattern"
}

test_undecided_selectors if {
	account := fixture.patched([control.patterns[0]], [
		fixture.set_to("/cloudtrail/trails/0/AdvancedEventSelectors", [{"FieldSelectors": [
			{"Field": "eventCategory", "Equals": ["Management"]},
			{"Field": "eventName", "Equals": ["St*gging"]},
		]}]),
		fixture.set_to("/cloudtrail/trails/0/EventSelectors", []),
	])
	found := chain.judge(control) with input as account
	found.status == "unknown"
	found.findings[0].link == "event_selectors"
}

test_delivery_error_is_noted if {
	account := fixture.patched([control.patterns[0]], [fixture.set_to(
		"/cloudtrail/trails/0/Status/LatestCloudWatchLogsDeliveryError",
		"ThrottlingException",
	)])
	found := chain.judge(control) with input as account
	found.status == "pass"
	found.notes == ["trail main reported a delivery error: ThrottlingException"]
}

test_halves_beside_an_invalid_filter if {
	halves := {"slug": "two", "patterns": [`{ $.eventName = "StopLogging" || $.eventName = "DeleteTrail" }`]}
	patterns := [`{ $.eventName = "StopLogging" }`, `{ $.eventName = `, `{ $.eventName = "DeleteTrail" }`]
	found := chain.judge(halves) with input as fixture.account(patterns)
	found.status == "pass"
	found.findings[0].evidence.filters == ["filter0", "filter2"]
}

# Where no filter is heard, what asks for no event at all is not decided: there is a finding, and no pass.
test_pattern_of_no_event[note] if {
	some note, operations in {
		"no subscriber": [fixture.set_to("/sns/subscriptions", [])],
		"no alarm": [fixture.set_to("/cloudwatch/alarms", [])],
	}
	impossible := {"slug": "none", "patterns": [`{ $.eventName = "A" && $.eventName = "B" }`]}
	found := chain.judge(impossible) with input as fixture.patched([`{ $.eventName = "A" }`], operations)
	found.status == "unknown"
	found.findings[0].link == "pattern"
}

# More filters than AWS allows: only accepted texts are sought one by one, but all are compared together.
test_many_filters[note] if {
	some note, [want, wanted] in {
		"an accepted text among them": ["pass", control.patterns[0]],
		"another that covers": ["pass", `{ $.eventName = "StopLogging*" }`],
		"none": ["fail", `{ $.eventName = "StartLogging" }`],
	}
	others := [sprintf(`{ $.eventName = "Other%d" }`, [i]) | some i in numbers.range(1, 110)]
	verdict(array.concat(others, [wanted])).status == want
}

# An alarm on one value of a dimension hears that value's events only; the others may be excepted, and no more than the others.
test_exceptions_of_what_no_dimension_rings_for[note] if {
	some note, [want, except] in {
		"none": ["fail", []],
		"the other values": ["pass", [`{ $.userIdentity.type != "Root" }`]],
		"one other value": ["fail", [`{ $.userIdentity.type = "IAMUser" }`]],
	}
	found := chain.judge(control) with data.exceptions as {"logging-changes": except}
		with input as fixture.patched([`{ $.eventName = "StopLogging" }`], [
			{"op": "add", "path": "/logs/metric_filters/0/metricTransformations/0/dimensions", "value": {"user": "$.userIdentity.type"}},
			{"op": "add", "path": "/cloudwatch/alarms/0/Dimensions", "value": [{"Name": "user", "Value": "Root"}]},
		])
	found.status == want
}

# Exceptions are part of the question only: an alarm that does not ring is heard by nobody.
test_exceptions_do_not_mend_the_chain if {
	silent := [{"op": "replace", "path": "/cloudwatch/alarms/0/ActionsEnabled", "value": false}]
	found := chain.judge(control) with data.exceptions as {"logging-changes": [`{ $.userIdentity.arn = "*automation*" }`]}
		with input as fixture.patched([but_automation, nameless], silent)
	found.status == "fail"
	found.findings[0].link == "action"
}

test_subjects_are_all_that_have_patterns if {
	coverage.subjects == {subject |
		some subject
		data.policies.monitoring[subject].patterns
		not endswith(subject, "_test")
	}
}
