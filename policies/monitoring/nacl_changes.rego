# METADATA
# title: Changes of network access lists raise an alarm
# description: Network access lists decide which traffic enters and leaves a subnet.
# custom:
#   control: nacl-changes
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.nacl_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.named([
	"CreateNetworkAcl",
	"CreateNetworkAclEntry",
	"DeleteNetworkAcl",
	"DeleteNetworkAclEntry",
	"ReplaceNetworkAclEntry",
	"ReplaceNetworkAclAssociation",
])]

control := {
	"slug": "nacl-changes",
	"patterns": patterns,
	"scope": events.from("ec2"),
	"reads": false,
}

verdict := chain.judge(control)
