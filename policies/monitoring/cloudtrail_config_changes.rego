# METADATA
# title: Changes of the trails themselves raise an alarm
# description: Who stops or narrows a trail blinds everyone else, so that the change itself must be heard of.
# custom:
#   control: cloudtrail-config-changes
#   severity: critical
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.cloudtrail_config_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.named(["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"])]

control := {
	"slug": "cloudtrail-config-changes",
	"patterns": patterns,
	"scope": events.from("cloudtrail"),
	"reads": false,
}

verdict := chain.judge(control)
