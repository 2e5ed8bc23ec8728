# METADATA
# title: Changes of VPCs raise an alarm
# description: VPCs and their peerings decide which networks can talk to each other at all.
# custom:
#   control: vpc-changes
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.vpc_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.named([
	"CreateVpc",
	"DeleteVpc",
	"ModifyVpcAttribute",
	"AcceptVpcPeeringConnection",
	"CreateVpcPeeringConnection",
	"DeleteVpcPeeringConnection",
	"RejectVpcPeeringConnection",
	"AttachClassicLinkVpc",
	"DetachClassicLinkVpc",
	"DisableVpcClassicLink",
	"EnableVpcClassicLink",
])]

control := {
	"slug": "vpc-changes",
	"patterns": patterns,
	"scope": events.from("ec2"),
	"reads": false,
}

verdict := chain.judge(control)
