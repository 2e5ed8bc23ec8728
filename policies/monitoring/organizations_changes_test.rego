package policies.monitoring.organizations_changes_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.organizations_changes

test_passes[pattern] if {
	some pattern in organizations_changes.patterns
	organizations_changes.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := organizations_changes.verdict with input as fixture.patched([organizations_changes.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	organizations_changes.verdict.status == "unknown" with input as fixture.patched([organizations_changes.patterns[0]], operations)
}

test_edition_decides if {
	organizations_changes.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"organizations-changes": [`{ $.eventName = "Other" }`]}
}

names := [
	"AcceptHandshake",
	"AttachPolicy",
	"CreateAccount",
	"CreateOrganizationalUnit",
	"CreatePolicy",
	"DeclineHandshake",
	"DeleteOrganization",
	"DeleteOrganizationalUnit",
	"DeletePolicy",
	"DetachPolicy",
	"DisablePolicyType",
	"EnablePolicyType",
	"InviteAccountToOrganization",
	"LeaveOrganization",
	"MoveAccount",
	"RemoveAccountFromOrganization",
	"UpdatePolicy",
	"UpdateOrganizationalUnit",
]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("organizations", names)],
		"everything of the service": [events.from("organizations")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	organizations_changes.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := organizations_changes.verdict with input as fixture.account([events.of("organizations", array.slice(names, 0, 17))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["UpdateOrganizationalUnit"]
	verdict.findings[0].evidence.missed_event.eventName == "UpdateOrganizationalUnit"
}
