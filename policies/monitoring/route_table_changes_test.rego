package policies.monitoring.route_table_changes_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.route_table_changes

test_passes[pattern] if {
	some pattern in route_table_changes.patterns
	route_table_changes.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := route_table_changes.verdict with input as fixture.patched([route_table_changes.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	route_table_changes.verdict.status == "unknown" with input as fixture.patched([route_table_changes.patterns[0]], operations)
}

test_edition_decides if {
	route_table_changes.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"route-table-changes": [`{ $.eventName = "Other" }`]}
}

names := [
	"CreateRoute",
	"CreateRouteTable",
	"ReplaceRoute",
	"ReplaceRouteTableAssociation",
	"DeleteRouteTable",
	"DeleteRoute",
	"DisassociateRouteTable",
]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("ec2", names)],
		"everything of the service": [events.from("ec2")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	route_table_changes.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := route_table_changes.verdict with input as fixture.account([events.of("ec2", array.slice(names, 0, 6))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["DisassociateRouteTable"]
	verdict.findings[0].evidence.missed_event.eventName == "DisassociateRouteTable"
}
