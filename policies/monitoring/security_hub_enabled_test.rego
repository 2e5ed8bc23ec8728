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
		"regions refused": [fixture.without("/collection/regions"), fixture.set_to("/gaps/-", fixture.gap("ec2", "describe-regions"))],
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

# asked are calls in these regions, as a snapshot that lists its calls has them.
asked(regions) := fixture.set_to("/collection/calls", [call |
	some region in regions
	call := {"service": "securityhub", "operation": "describe-hub", "region": region, "status": "ok"}
])

skipped(region) := fixture.set_to("/collection/regions/skipped", [{"name": region, "why": "not asked for"}])

test_passes[note] if {
	some note, operations in {
		"a hub in a region that is no longer enabled": [fixture.set_to("/collection/regions/enabled", ["us-east-1"])],
		"a gap where a hub was seen": [fixture.set_to("/gaps/-", fixture.gap("securityhub", "describe-hub"))],
		"every region was asked": [asked(["eu-west-1", "us-east-1"])],
		"a region that is not enabled was skipped": [skipped("ap-east-1")],
		"regions refused, and learnt otherwise": [fixture.set_to("/gaps/-", fixture.gap("ec2", "describe-regions"))],
	}
	verdict(operations).status == "pass"
}

test_fails[note] if {
	some note, [region, operations] in {
		"asked": ["us-east-1", [fixture.without("/securityhub/hubs/1"), asked(["eu-west-1", "us-east-1"])]],
		"a third region": ["sa-east-1", [fixture.set_to("/collection/regions/enabled/-", "sa-east-1")]],
		"asked, where nobody knows the regions": ["us-east-1", [
			fixture.without("/collection/regions"),
			fixture.without("/securityhub/hubs/1"),
			asked(["eu-west-1", "us-east-1"]),
		]],
	}
	found := verdict(operations)
	found.status == "fail"
	[finding] := found.findings
	finding.region == region
}

test_says_what_to_collect[note] if {
	some note, operations in {
		"not collected": [fixture.without("/securityhub/hubs")],
		"one region not asked": [fixture.without("/securityhub/hubs/1"), asked(["eu-west-1"])],
		"one region skipped": [fixture.without("/securityhub/hubs/1"), skipped("us-east-1")],
		"a gap of every region": [fixture.without("/securityhub/hubs/1"), fixture.set_to("/gaps/-", object.remove(
			fixture.gap("securityhub", "describe-hub"),
			["region"],
		))],
		"nothing known": [fixture.without("/securityhub"), fixture.without("/collection/regions")],
	}
	found := verdict(operations)
	found.status == "unknown"
	every finding in found.findings {
		contains(finding.message, "collect describe-hub")
	}
}
