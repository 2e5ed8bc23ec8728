package policies.monitoring.root_usage_test

import data.policies.lib.fixture
import data.policies.monitoring.root_usage

test_passes[pattern] if {
	some pattern in root_usage.patterns
	root_usage.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := root_usage.verdict with input as fixture.patched([root_usage.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	root_usage.verdict.status == "unknown" with input as fixture.patched([root_usage.patterns[0]], operations)
}

test_edition_decides if {
	root_usage.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"root-usage": [`{ $.eventName = "Other" }`]}
}

test_covers[note] if {
	some note, patterns in {
		"another order": [
			`{ $.eventType != AwsServiceEvent && $.userIdentity.invokedBy NOT EXISTS && $.userIdentity.type = Root }`,
		],
		"every use": [`{ $.userIdentity.type = "Root" }`],
	}
	root_usage.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses[note] if {
	some note, patterns in {
		"invokedBy compared": [
			`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy != "*" && $.eventType != "AwsServiceEvent" }`,
		],
		"API calls only": [
			`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType = "AwsApiCall" }`,
		],
	}
	verdict := root_usage.verdict with input as fixture.account(patterns)
	verdict.status == "fail"
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed_event
}
