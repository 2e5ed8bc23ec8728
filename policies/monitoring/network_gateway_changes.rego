# METADATA
# title: Changes of network gateways raise an alarm
# description: Gateways connect a network with the internet and with the offices of its owner.
# custom:
#   control: network-gateway-changes
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.network_gateway_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.named([
	"CreateCustomerGateway",
	"DeleteCustomerGateway",
	"AttachInternetGateway",
	"CreateInternetGateway",
	"DeleteInternetGateway",
	"DetachInternetGateway",
])]

control := {
	"slug": "network-gateway-changes",
	"patterns": patterns,
	"scope": events.from("ec2"),
	"reads": false,
}

verdict := chain.judge(control)
