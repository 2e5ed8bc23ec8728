# METADATA
# title: Changes of the organisation raise an alarm
# description: Accounts that come and go, and policies over all of them, change what every account may do.
# custom:
#   control: organizations-changes
#   severity: high
#   remediation: >-
#     Put a metric filter with one of the accepted patterns on the trail's log group, an alarm of Sum >= 1 in one period on
#     its metric, and an SNS topic with a confirmed subscriber on the alarm.
package policies.monitoring.organizations_changes

import data.policies.lib.chain
import data.policies.lib.events

patterns := [events.of("organizations", [
	"AcceptHandshake",
	"AttachPolicy",
	"CreateAccount",
	"CreateOrganizationalUnit",
	"CreatePolicy",
	"DeclineHandshake",
	"DeleteOrganization",
	"DeleteOrganizationalUnit",
	"DeletePolicy",
	"DetachPolicy",
	"DisablePolicyType",
	"EnablePolicyType",
	"InviteAccountToOrganization",
	"LeaveOrganization",
	"MoveAccount",
	"RemoveAccountFromOrganization",
	"UpdatePolicy",
	"UpdateOrganizationalUnit",
])]

control := {
	"slug": "organizations-changes",
	"patterns": patterns,
	"scope": events.from("organizations"),
	"reads": false,
}

verdict := chain.judge(control)
