# METADATA
# title: Refused API calls raise an alarm
# description: Calls that AWS refuses show someone trying what they may not do, or a broken role. Someone must be told of each.
# custom:
#   control: unauthorized-api-calls
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.unauthorized_api_calls

import data.policies.lib.chain

# The benchmark mixes || and && without parentheses. First what that says (&& binds closer), then what it evidently means.
patterns := [
	`{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") &&
	   ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }`,
	`{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) &&
	   ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }`,
]

control := {"slug": "unauthorized-api-calls", "patterns": patterns}

verdict := chain.judge(control)
