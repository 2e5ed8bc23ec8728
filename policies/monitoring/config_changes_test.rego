package policies.monitoring.config_changes_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.config_changes

test_passes[pattern] if {
	some pattern in config_changes.patterns
	config_changes.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := config_changes.verdict with input as fixture.patched([config_changes.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	config_changes.verdict.status == "unknown" with input as fixture.patched([config_changes.patterns[0]], operations)
}

test_edition_decides if {
	config_changes.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"config-changes": [`{ $.eventName = "Other" }`]}
}

names := [
	"StopConfigurationRecorder",
	"DeleteDeliveryChannel",
	"PutDeliveryChannel",
	"PutConfigurationRecorder",
]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("config", names)],
		"everything of the service": [events.from("config")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	config_changes.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := config_changes.verdict with input as fixture.account([events.of("config", array.slice(names, 0, 3))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["PutConfigurationRecorder"]
	verdict.findings[0].evidence.missed_event.eventName == "PutConfigurationRecorder"
}
