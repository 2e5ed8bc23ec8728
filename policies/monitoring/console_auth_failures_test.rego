package policies.monitoring.console_auth_failures_test

import data.policies.lib.fixture
import data.policies.monitoring.console_auth_failures

test_passes[pattern] if {
	some pattern in console_auth_failures.patterns
	console_auth_failures.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := console_auth_failures.verdict with input as fixture.patched([console_auth_failures.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	console_auth_failures.verdict.status == "unknown" with input as fixture.patched([console_auth_failures.patterns[0]], operations)
}

test_edition_decides if {
	console_auth_failures.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"console-auth-failures": [`{ $.eventName = "Other" }`]}
}

test_covers[note] if {
	some note, patterns in {
		"beginning of the message": [`{ $.eventName = "ConsoleLogin" && $.errorMessage = "Failed*" }`],
		"whatever the event": [`{ $.errorMessage = "Failed authentication" }`],
	}
	console_auth_failures.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses[note] if {
	some note, patterns in {
		"a space lost": [`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failedauthentication") }`],
		"users only": [
			`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") && ($.userIdentity.type = "IAMUser") }`,
		],
	}
	verdict := console_auth_failures.verdict with input as fixture.account(patterns)
	verdict.status == "fail"
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed_event
}
