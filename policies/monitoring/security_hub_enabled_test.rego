package policies.monitoring.security_hub_enabled_test

import data.policies.lib.fixture
import data.policies.monitoring.security_hub_enabled

verdict(operations) := found if {
	found := security_hub_enabled.verdict with input as fixture.patched([], operations)
}

test_on_everywhere if {
	found := verdict([])
	found.status == "pass"
	found.notes == []
}

test_off_in_one_region if {
	found := verdict([fixture.without("/securityhub/hubs/0")])
	found.status == "fail"
	found.findings == [{"status": "fail", "region": "eu-west-1", "message": "Security Hub is off in eu-west-1"}]
}

test_off_everywhere if {
	found := verdict([fixture.set_to("/securityhub/hubs", [])])
	found.status == "fail"
	count(found.findings) == 2
}

test_unknown[note] if {
	some note, operations in {
		"not read": [fixture.without("/securityhub")],
		"denied in a region": [
			fixture.without("/securityhub/hubs/1"),
			fixture.set_to("/gaps/-", fixture.gap("securityhub", "describe-hub")),
		],
		"no region known": [fixture.without("/collection/regions"), fixture.set_to("/securityhub/hubs", [])],
	}
	verdict(operations).status == "unknown"
}

test_off_outweighs_denied if {
	found := verdict([
		fixture.set_to("/securityhub/hubs", []),
		fixture.set_to("/gaps/-", fixture.gap("securityhub", "describe-hub")),
	])
	found.status == "fail"
	[finding.status | some finding in found.findings] == ["fail", "unknown"]
}

test_regions_that_nobody_asked_about_are_noted if {
	found := verdict([fixture.without("/collection/regions")])
	found.status == "pass"
	count(found.notes) == 1
}
