package policies.logging.cloudtrail_log_validation_test

import data.policies.lib.fixture
import data.policies.logging.cloudtrail_log_validation

enabled := "/cloudtrail/trails/0/LogFileValidationEnabled"

other := object.union(fixture.trail, {
	"Name": "other",
	"TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/other",
	"region": "eu-west-1",
})

plain := object.union(other, {"LogFileValidationEnabled": false})

test_passes[note] if {
	some note, operations in {
		"one trail": [],
		"every trail": [fixture.set_to("/cloudtrail/trails/-", other)],
		"a stopped trail": [fixture.set_to("/cloudtrail/trails/0/Status/IsLogging", false)],
		"status and selectors not read": [fixture.without("/cloudtrail/trails/0/Status"), fixture.without("/cloudtrail/trails/0/EventSelectors")],
	}
	cloudtrail_log_validation.verdict.status == "pass" with input as fixture.patched([], operations)
}

# An organisation's trail is judged by what its members see of it.
organisation := object.union(
	object.remove(fixture.trail, ["Status", "EventSelectors"]),
	{"TrailARN": "arn:aws:cloudtrail:us-east-1:444455556666:trail/main", "IsOrganizationTrail": true},
)

test_passes_for_the_organisation if {
	cloudtrail_log_validation.verdict.status == "pass" with input as fixture.patched([], [
		fixture.set_to("/cloudtrail/trails", [organisation]),
	])
}

test_fails_for_the_organisation if {
	verdict := cloudtrail_log_validation.verdict with input as fixture.patched([], [
		fixture.set_to("/cloudtrail/trails/-", object.union(organisation, {"LogFileValidationEnabled": false})),
	])
	verdict.status == "fail"
	verdict.findings[0].resource == organisation.TrailARN
}

test_fails[note] if {
	some note, operations in {
		"no trail": [fixture.set_to("/cloudtrail/trails", [])],
		"not said": [fixture.without(enabled)],
		"switched off": [fixture.set_to(enabled, false)],
		"one of two": [fixture.set_to("/cloudtrail/trails/-", plain)],
		"one, and a region not read": [
			fixture.without(enabled),
			fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails")),
		],
	}
	verdict := cloudtrail_log_validation.verdict with input as fixture.patched([], operations)
	verdict.status == "fail"
	[finding] := verdict.findings
	finding.link == "trail"
}

test_fails_and_names_the_trail if {
	verdict := cloudtrail_log_validation.verdict with input as fixture.patched([], [fixture.set_to("/cloudtrail/trails/-", plain)])
	verdict.status == "fail"
	[finding] := verdict.findings
	finding.resource == plain.TrailARN
	finding.region == "eu-west-1"
	finding.pointers == ["/cloudtrail/trails/1"]
	contains(finding.message, "trail other ")
}

left_out := fixture.set_to("/collection/calls", [{"region": "us-east-1", "operation": "describe-trails"}])

test_unknown[note] if {
	some note, operations in {
		"trails not read": [fixture.without("/cloudtrail/trails"), fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails"))],
		"trails not collected": [fixture.without("/cloudtrail/trails")],
		"a region not read": [fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails"))],
		"a region not read, none elsewhere": [
			fixture.set_to("/cloudtrail/trails", []),
			fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails")),
		],
		"a region that nobody asked": [left_out],
		"a region that nobody asked, none elsewhere": [fixture.set_to("/cloudtrail/trails", []), left_out],
	}
	verdict := cloudtrail_log_validation.verdict with input as fixture.patched([], operations)
	verdict.status == "unknown"
	[finding] := verdict.findings
	contains(finding.message, "collect describe-trails")
}

test_unknown_where_nobody_knows_the_regions if {
	verdict := cloudtrail_log_validation.verdict with input as fixture.patched([], [
		fixture.without("/collection/regions"),
		fixture.set_to("/gaps/-", fixture.gap("ec2", "describe-regions")),
	])
	verdict.status == "unknown"
	[finding] := verdict.findings
	contains(finding.message, "collect describe-regions in any region of account 111122223333 (permission ec2:DescribeRegions)")
}
