package policies.monitoring.s3_bucket_policy_changes_test

import data.policies.lib.events
import data.policies.lib.fixture
import data.policies.monitoring.s3_bucket_policy_changes

test_passes[pattern] if {
	some pattern in s3_bucket_policy_changes.patterns
	s3_bucket_policy_changes.verdict.status == "pass" with input as fixture.account([pattern])
}

test_breaks[link] if {
	some link, operations in fixture.broken
	verdict := s3_bucket_policy_changes.verdict with input as fixture.patched([s3_bucket_policy_changes.patterns[0]], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_unknown[note] if {
	some note, operations in fixture.unread
	s3_bucket_policy_changes.verdict.status == "unknown" with input as fixture.patched([s3_bucket_policy_changes.patterns[0]], operations)
}

test_edition_decides if {
	s3_bucket_policy_changes.verdict.status == "pass" with input as fixture.account([`{ $.eventName = "Other" }`])
		with data.benchmark.patterns as {"s3-bucket-policy-changes": [`{ $.eventName = "Other" }`]}
}

names := [
	"PutBucketAcl",
	"PutBucketPolicy",
	"PutBucketCors",
	"PutBucketLifecycle",
	"PutBucketReplication",
	"DeleteBucketPolicy",
	"DeleteBucketCors",
	"DeleteBucketLifecycle",
	"DeleteBucketReplication",
]

test_covers[note] if {
	some note, patterns in {
		"names only": [events.named(names)],
		"its service named": [events.of("s3", names)],
		"everything of the service": [events.from("s3")],
		"one filter an event": [events.named([name]) | some name in names],
	}
	s3_bucket_policy_changes.verdict.status == "pass" with input as fixture.account(patterns)
}

test_misses_one if {
	verdict := s3_bucket_policy_changes.verdict with input as fixture.account([events.of("s3", array.slice(names, 0, 8))])
	verdict.findings[0].link == "pattern"
	verdict.findings[0].evidence.missed == ["DeleteBucketReplication"]
	verdict.findings[0].evidence.missed_event.eventName == "DeleteBucketReplication"
}
