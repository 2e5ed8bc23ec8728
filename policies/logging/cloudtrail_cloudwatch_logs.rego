# METADATA
# title: Every trail delivers to CloudWatch Logs
# description: >-
#   Metric filters and alarms see only what arrives in a log group, and it must have arrived within the day before the
#   snapshot.
# custom:
#   control: cloudtrail-cloudwatch-logs
#   severity: medium
#   remediation: >-
#     Give every trail a log group and a role that may write to it, and look into LatestCloudWatchLogsDeliveryError where
#     nothing arrives.
package policies.logging.cloudtrail_cloudwatch_logs

import data.policies.lib.every_trail
import data.policies.lib.filters
import data.policies.lib.trails

verdict := every_trail.judge([object.union({"trail": trail}, answer(trail)) | some trail in trails.listed])

answer(trail) := {"state": "no", "link": "log_group", "message": $"trail {trail.name} delivers to no CloudWatch Logs log group"} if {
	trail.group == null
} else := {"state": "no", "link": "log_group", "message": $"trail {trail.name} delivers to {trail.group.name}, which does not exist"} if {
	filters.no_group(trail.group)
} else := {"state": "yes", "message": message} if {
	trails.fresh(trail.status)
	message := $"trail {trail.name} delivered to {trail.group.name} at {trail.status.LatestCloudWatchLogsDeliveryTime}"
} else := {"state": "maybe", "link": "log_group", "message": message} if {
	trail.logging.state == "maybe"
	message := $"when trail {trail.name} last delivered is not known; {trail.logging.why}"
} else := {"state": "no", "link": "log_group", "message": message} if {
	last := object.get(trail.status, "LatestCloudWatchLogsDeliveryTime", "never")
	message := $"trail {trail.name} delivered nothing to {trail.group.name} within a day (last: {last}){reason(trail)}"
}

reason(trail) := ": it is not logging" if {
	trail.logging.state == "no"
} else := $": {trail.delivery.error}" if {
	trail.delivery.error != ""
} else := ""
