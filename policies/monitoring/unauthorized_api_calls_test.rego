package policies.monitoring.unauthorized_api_calls_test

import data.policies.lib.fixture
import data.policies.monitoring.unauthorized_api_calls

test_passes[pattern] if {
	some pattern in unauthorized_api_calls.patterns
	unauthorized_api_calls.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := unauthorized_api_calls.verdict with input as fixture.patched([unauthorized_api_calls.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	unauthorized_api_calls.verdict.status == "unknown" with input as fixture.patched([unauthorized_api_calls.patterns[0]], operations)
}

test_edition_decides if {
	unauthorized_api_calls.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"unauthorized-api-calls": [`{ $.eventName = "Other" }`]}
}

test_covers[note] if {
	some note, patterns in {
		"the short text": [`{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }`],
		"broader": [`{ $.errorCode = "*Unauthorized*" || $.errorCode = "AccessDenied*" }`],
		"two filters": [`{ $.errorCode = "*UnauthorizedOperation" }`, `{ $.errorCode = "AccessDenied*" }`],
	}
	unauthorized_api_calls.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses[note] if {
	some note, patterns in {
		"exact codes": [`{ $.errorCode = "UnauthorizedOperation" || $.errorCode = "AccessDenied" }`],
		"one user left out": [
			`{ ($.errorCode = "*UnauthorizedOperation" || $.errorCode = "AccessDenied*") && $.userIdentity.arn != "*scanner*" }`,
		],
	}
	verdict := unauthorized_api_calls.verdict with input as fixture.account(patterns)
	verdict.status == "fail"
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed_event
}
