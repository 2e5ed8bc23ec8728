package policies.monitoring.security_group_changes_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.security_group_changes

test_passes[pattern] if {
	some pattern in security_group_changes.patterns
	security_group_changes.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := security_group_changes.verdict with input as fixture.patched([security_group_changes.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	security_group_changes.verdict.status == "unknown" with input as fixture.patched([security_group_changes.patterns[0]], operations)
}

test_edition_decides if {
	security_group_changes.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"security-group-changes": [`{ $.eventName = "Other" }`]}
}

names := [
	"AuthorizeSecurityGroupIngress",
	"AuthorizeSecurityGroupEgress",
	"RevokeSecurityGroupIngress",
	"RevokeSecurityGroupEgress",
	"CreateSecurityGroup",
	"DeleteSecurityGroup",
	"ModifySecurityGroupRules",
]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("ec2", names)],
		"everything of the service": [events.from("ec2")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	security_group_changes.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := security_group_changes.verdict with input as fixture.account([events.of("ec2", array.slice(names, 0, 6))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["ModifySecurityGroupRules"]
	verdict.findings[0].evidence.missed_event.eventName == "ModifySecurityGroupRules"
}
