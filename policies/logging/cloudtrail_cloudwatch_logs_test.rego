package policies.logging.cloudtrail_cloudwatch_logs_test

import data.policies.lib.fixture
import data.policies.logging.cloudtrail_cloudwatch_logs

status := "/cloudtrail/trails/0/Status"

last := $"{status}/LatestCloudWatchLogsDeliveryTime"

other := object.union(fixture.trail, {
	"Name": "other",
	"TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/other",
	"region": "eu-west-1",
	"Status": {"IsLogging": true, "LatestCloudWatchLogsDeliveryTime": "2025-12-30T12:00:00Z"},
})

group := {"region": "us-east-1", "logGroupName": "trail/main", "arn": fixture.group}

# The account is that of the first moment of 2026.
test_passes[note] if {
	some note, operations in {
		"ten minutes ago": [],
		"a day ago": [fixture.set_to(last, "2025-12-31T00:00:00Z")],
		"in another zone": [fixture.set_to(last, "2025-12-31T02:00:00+02:00")],
		"after the snapshot": [fixture.set_to(last, "2026-01-01T00:00:05.25Z")],
		"an error that is over": [fixture.set_to($"{status}/LatestCloudWatchLogsDeliveryError", "access denied")],
		"log groups read": [fixture.set_to("/logs/log_groups", [group])],
		"stopped within the day": [fixture.set_to($"{status}/IsLogging", false)],
		"one region only": [fixture.set_to("/cloudtrail/trails/0/IsMultiRegionTrail", false)],
		"a group in another account": [fixture.set_to(
			"/cloudtrail/trails/0/CloudWatchLogsLogGroupArn",
			"arn:aws:logs:us-east-1:444455556666:log-group:central:*",
		)],
	}
	cloudtrail_cloudwatch_logs.verdict.status == "pass" with input as fixture.patched([], operations)
}

test_fails[note] if {
	some note, [text, operations] in {
		"no log group": ["delivers to no CloudWatch Logs log group", [fixture.without("/cloudtrail/trails/0/CloudWatchLogsLogGroupArn")]],
		"an empty log group": [
			"delivers to no CloudWatch Logs log group",
			[fixture.set_to("/cloudtrail/trails/0/CloudWatchLogsLogGroupArn", "")],
		],
		"no log group, status not read": [
			"delivers to no CloudWatch Logs log group",
			[fixture.without("/cloudtrail/trails/0/CloudWatchLogsLogGroupArn"), fixture.without(status)],
		],
		"a second more than a day": ["2025-12-30T23:59:59Z", [fixture.set_to(last, "2025-12-30T23:59:59Z")]],
		"never": ["never", [fixture.without(last)]],
		"an error": ["access denied", [
			fixture.set_to(last, "2025-12-01T00:00:00Z"),
			fixture.set_to($"{status}/LatestCloudWatchLogsDeliveryError", "access denied"),
		]],
		"stopped long ago": ["not logging", [fixture.set_to(last, "2025-12-01T00:00:00Z"), fixture.set_to($"{status}/IsLogging", false)]],
		"stopped before anything came": ["not logging", [fixture.without(last), fixture.set_to($"{status}/IsLogging", false)]],
		"a group that is gone": ["does not exist", [fixture.set_to("/logs/log_groups", [])]],
	}
	verdict := cloudtrail_cloudwatch_logs.verdict with input as fixture.patched([], operations)
	verdict.status == "fail"
	[finding] := verdict.findings
	finding.link == "log_group"
	contains(finding.message, text)
}

test_fails_and_names_the_trail if {
	verdict := cloudtrail_cloudwatch_logs.verdict with input as fixture.patched([], [fixture.set_to("/cloudtrail/trails/-", other)])
	verdict.status == "fail"
	[finding] := verdict.findings
	finding.resource == other.TrailARN
	finding.pointers == ["/cloudtrail/trails/1"]
}

test_fails_without_a_trail if {
	verdict := cloudtrail_cloudwatch_logs.verdict with input as fixture.patched([], [fixture.set_to("/cloudtrail/trails", [])])
	verdict.status == "fail"
	verdict.findings[0].link == "trail"
}

test_unknown[note] if {
	some note, operations in {
		"trails not read": [fixture.without("/cloudtrail/trails"), fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails"))],
		"a region not read": [fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails"))],
		"status not read": [fixture.without(status)],
		"status denied": [fixture.without(status), fixture.set_to("/gaps/-", object.union(
			fixture.gap("cloudtrail", "get-trail-status"),
			{"resource": fixture.trail.TrailARN},
		))],
		"another trail's status not read": [fixture.set_to("/cloudtrail/trails/-", object.remove(other, ["Status"]))],
	}
	verdict := cloudtrail_cloudwatch_logs.verdict with input as fixture.patched([], operations)
	verdict.status == "unknown"
	[finding] := verdict.findings
	contains(finding.message, "collect ")
}
