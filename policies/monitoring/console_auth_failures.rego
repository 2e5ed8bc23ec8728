# METADATA
# title: Failed console sign-ins raise an alarm
# description: Failed sign-ins in numbers are somebody guessing passwords.
# custom:
#   control: console-auth-failures
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.console_auth_failures

import data.policies.lib.chain
import data.policies.lib.events

patterns := [`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`]

control := {"slug": "console-auth-failures", "patterns": patterns, "scope": events.from("signin")}

verdict := chain.judge(control)
