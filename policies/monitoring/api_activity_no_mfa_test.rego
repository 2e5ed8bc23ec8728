package policies.monitoring.api_activity_no_mfa_test

import data.policies.lib.fixture
import data.policies.monitoring.api_activity_no_mfa

test_passes[pattern] if {
	some pattern in api_activity_no_mfa.patterns
	api_activity_no_mfa.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := api_activity_no_mfa.verdict with input as fixture.patched([api_activity_no_mfa.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	api_activity_no_mfa.verdict.status == "unknown" with input as fixture.patched([api_activity_no_mfa.patterns[0]], operations)
}

test_edition_decides if {
	api_activity_no_mfa.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"api-activity-no-mfa": [`{ $.eventName = "Other" }`]}
}

test_covers[note] if {
	some note, patterns in {
		"said to be false, or anything else": [`{ $.userIdentity.sessionContext.attributes.mfaAuthenticated != true }`],
	}
	api_activity_no_mfa.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses[note] if {
	some note, patterns in {
		"said to be false": [`{ $.userIdentity.sessionContext.attributes.mfaAuthenticated = "false" }`],
	}
	verdict := api_activity_no_mfa.verdict with input as fixture.account(patterns)
	verdict.status == "fail"
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed_event
}
