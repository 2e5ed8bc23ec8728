# METADATA
# title: Use of the root user raises an alarm
# description: The root user can do everything and needs no role to do it, so that every use of it deserves a look.
# custom:
#   control: root-usage
#   severity: critical
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.root_usage

import data.policies.lib.chain

patterns := [`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`]

control := {"slug": "root-usage", "patterns": patterns}

verdict := chain.judge(control)
