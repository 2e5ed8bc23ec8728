# METADATA
# title: Changes of AWS Config raise an alarm
# description: Without its recorder and delivery channel, AWS Config no longer knows what changed.
# custom:
#   control: config-changes
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.config_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.of("config", [
	"StopConfigurationRecorder",
	"DeleteDeliveryChannel",
	"PutDeliveryChannel",
	"PutConfigurationRecorder",
])]

control := {
	"slug": "config-changes",
	"patterns": patterns,
	"scope": events.from("config"),
	"reads": false,
}

verdict := chain.judge(control)
