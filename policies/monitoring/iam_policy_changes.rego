# METADATA
# title: Changes of IAM policies raise an alarm
# description: A changed policy is a changed answer to who may do what.
# custom:
#   control: iam-policy-changes
#   severity: high
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.iam_policy_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.named([
	"DeleteGroupPolicy",
	"DeleteRolePolicy",
	"DeleteUserPolicy",
	"PutGroupPolicy",
	"PutRolePolicy",
	"PutUserPolicy",
	"CreatePolicy",
	"DeletePolicy",
	"CreatePolicyVersion",
	"DeletePolicyVersion",
	"AttachRolePolicy",
	"DetachRolePolicy",
	"AttachUserPolicy",
	"DetachUserPolicy",
	"AttachGroupPolicy",
	"DetachGroupPolicy",
])]

control := {
	"slug": "iam-policy-changes",
	"patterns": patterns,
	"scope": events.from("iam"),
	"reads": false,
}

verdict := chain.judge(control)
