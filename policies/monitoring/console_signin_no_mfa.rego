# METADATA
# title: Console sign-in without a second factor raises an alarm
# description: A password alone opened the console. Someone must be told.
# custom:
#   control: console-signin-no-mfa
#   severity: high
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.console_signin_no_mfa

import data.policies.lib.chain
import data.policies.lib.events

# The second leaves out federated and failed sign-ins, which single sign-on makes numerous.
patterns := [
	`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`,
	`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") &&
	   ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`,
]

control := {"slug": "console-signin-no-mfa", "patterns": patterns, "scope": events.from("signin")}

verdict := chain.judge(control)
