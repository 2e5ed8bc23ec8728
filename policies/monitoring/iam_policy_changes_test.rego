package policies.monitoring.iam_policy_changes_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.iam_policy_changes

test_passes[pattern] if {
	some pattern in iam_policy_changes.patterns
	iam_policy_changes.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := iam_policy_changes.verdict with input as fixture.patched([iam_policy_changes.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	iam_policy_changes.verdict.status == "unknown" with input as fixture.patched([iam_policy_changes.patterns[0]], operations)
}

test_edition_decides if {
	iam_policy_changes.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"iam-policy-changes": [`{ $.eventName = "Other" }`]}
}

names := [
	"DeleteGroupPolicy",
	"DeleteRolePolicy",
	"DeleteUserPolicy",
	"PutGroupPolicy",
	"PutRolePolicy",
	"PutUserPolicy",
	"CreatePolicy",
	"DeletePolicy",
	"CreatePolicyVersion",
	"DeletePolicyVersion",
	"AttachRolePolicy",
	"DetachRolePolicy",
	"AttachUserPolicy",
	"DetachUserPolicy",
	"AttachGroupPolicy",
	"DetachGroupPolicy",
]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("iam", names)],
		"everything of the service": [events.from("iam")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	iam_policy_changes.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := iam_policy_changes.verdict with input as fixture.account([events.of("iam", array.slice(names, 0, 15))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["DetachGroupPolicy"]
	verdict.findings[0].evidence.missed_event.eventName == "DetachGroupPolicy"
}
