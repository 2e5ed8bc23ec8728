# METADATA
# title: Changes of who may use a bucket raise an alarm
# description: Policies, access lists and replication of a bucket decide who can read and alter what is in it.
# custom:
#   control: s3-bucket-policy-changes
#   severity: high
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.s3_bucket_policy_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.of("s3", [
	"PutBucketAcl",
	"PutBucketPolicy",
	"PutBucketCors",
	"PutBucketLifecycle",
	"PutBucketReplication",
	"DeleteBucketPolicy",
	"DeleteBucketCors",
	"DeleteBucketLifecycle",
	"DeleteBucketReplication",
])]

control := {
	"slug": "s3-bucket-policy-changes",
	"patterns": patterns,
	"scope": events.from("s3"),
	"reads": false,
}

verdict := chain.judge(control)
