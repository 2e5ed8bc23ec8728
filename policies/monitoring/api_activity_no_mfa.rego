# METADATA
# title: API activity without a second factor raises an alarm
# description: >-
#   Sessions that were not opened with a second factor act on the account. Published by AWS as an example of an
#   alarm on CloudTrail events.
# custom:
#   control: api-activity-no-mfa
#   severity: medium
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.api_activity_no_mfa

import data.policies.lib.chain

patterns := [`{ $.userIdentity.sessionContext.attributes.mfaAuthenticated != "true" }`]

control := {"slug": "api-activity-no-mfa", "patterns": patterns}

verdict := chain.judge(control)
