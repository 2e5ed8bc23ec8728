package policies.monitoring.console_signin_no_mfa_test

import data.policies.lib.fixture
import data.policies.monitoring.console_signin_no_mfa

test_passes[pattern] if {
	some pattern in console_signin_no_mfa.patterns
	console_signin_no_mfa.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := console_signin_no_mfa.verdict with input as fixture.patched([console_signin_no_mfa.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	console_signin_no_mfa.verdict.status == "unknown" with input as fixture.patched([console_signin_no_mfa.patterns[0]], operations)
}

test_edition_decides if {
	console_signin_no_mfa.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"console-signin-no-mfa": [`{ $.eventName = "Other" }`]}
}

test_covers[note] if {
	some note, patterns in {
		"unquoted": [`{ $.eventName = ConsoleLogin && $.additionalEventData.MFAUsed != Yes }`],
		"every sign-in": [`{ $.eventName = "ConsoleLogin" }`],
	}
	console_signin_no_mfa.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses[note] if {
	some note, patterns in {
		"only a plain no": [`{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed = "No" }`],
		"people of one name": [
			`{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" && $.userIdentity.userName = "admin*" }`,
		],
	}
	verdict := console_signin_no_mfa.verdict with input as fixture.account(patterns)
	verdict.status == "fail"
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed_event
}
