# METADATA
# title: Disabling or deleting customer keys raises an alarm
# description: What a KMS key has encrypted is lost with the key. There are only days to take a deletion back.
# custom:
#   control: cmk-disable-delete
#   severity: high
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.cmk_disable_delete

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.of("kms", ["DisableKey", "ScheduleKeyDeletion"])]

control := {
	"slug": "cmk-disable-delete",
	"patterns": patterns,
	"scope": events.from("kms"),
	"reads": false,
}

verdict := chain.judge(control)
