package policies.monitoring.cloudtrail_config_changes_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.cloudtrail_config_changes

test_passes[pattern] if {
	some pattern in cloudtrail_config_changes.patterns
	cloudtrail_config_changes.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := cloudtrail_config_changes.verdict with input as fixture.patched([cloudtrail_config_changes.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	cloudtrail_config_changes.verdict.status == "unknown" with input as fixture.patched([cloudtrail_config_changes.patterns[0]], operations)
}

test_edition_decides if {
	cloudtrail_config_changes.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"cloudtrail-config-changes": [`{ $.eventName = "Other" }`]}
}

names := ["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("cloudtrail", names)],
		"everything of the service": [events.from("cloudtrail")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	cloudtrail_config_changes.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := cloudtrail_config_changes.verdict with input as fixture.account([events.of("cloudtrail", array.slice(names, 0, 4))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["StopLogging"]
	verdict.findings[0].evidence.missed_event.eventName == "StopLogging"
}
