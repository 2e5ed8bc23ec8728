# METADATA
# title: Changes of security groups raise an alarm
# description: Security groups decide which traffic reaches a machine.
# custom:
#   control: security-group-changes
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.security_group_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.named([
	"AuthorizeSecurityGroupIngress",
	"AuthorizeSecurityGroupEgress",
	"RevokeSecurityGroupIngress",
	"RevokeSecurityGroupEgress",
	"CreateSecurityGroup",
	"DeleteSecurityGroup",
	"ModifySecurityGroupRules",
])]

control := {
	"slug": "security-group-changes",
	"patterns": patterns,
	"scope": events.from("ec2"),
	"reads": false,
}

verdict := chain.judge(control)
