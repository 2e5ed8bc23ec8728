package policies.monitoring.cmk_disable_delete_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.cmk_disable_delete

test_passes[pattern] if {
	some pattern in cmk_disable_delete.patterns
	cmk_disable_delete.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := cmk_disable_delete.verdict with input as fixture.patched([cmk_disable_delete.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	cmk_disable_delete.verdict.status == "unknown" with input as fixture.patched([cmk_disable_delete.patterns[0]], operations)
}

test_edition_decides if {
	cmk_disable_delete.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"cmk-disable-delete": [`{ $.eventName = "Other" }`]}
}

names := ["DisableKey", "ScheduleKeyDeletion"]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("kms", names)],
		"everything of the service": [events.from("kms")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	cmk_disable_delete.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := cmk_disable_delete.verdict with input as fixture.account([events.of("kms", array.slice(names, 0, 1))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["ScheduleKeyDeletion"]
	verdict.findings[0].evidence.missed_event.eventName == "ScheduleKeyDeletion"
}
