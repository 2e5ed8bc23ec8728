# METADATA
# title: Changes of route tables raise an alarm
# description: A route sends traffic elsewhere without anyone on the machines noticing.
# custom:
#   control: route-table-changes
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.route_table_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.named([
	"CreateRoute",
	"CreateRouteTable",
	"ReplaceRoute",
	"ReplaceRouteTableAssociation",
	"DeleteRouteTable",
	"DeleteRoute",
	"DisassociateRouteTable",
])]

control := {
	"slug": "route-table-changes",
	"patterns": patterns,
	"scope": events.from("ec2"),
	"reads": false,
}

verdict := chain.judge(control)
