# METADATA
# title: Security Hub is on in every region
# description: Security Hub brings the findings of AWS security services together. It is switched on region by region.
# custom:
#   control: security-hub-enabled
#   severity: medium
#   remediation: >-
#     Enable Security Hub in every region that the account can use (securityhub enable-security-hub), best by central
#     configuration.
package policies.monitoring.security_hub_enabled

import future.keywords.not

import data.policies.lib.evidence

# Most often Security Hub is on wherever the account may be: no more needs to be asked then.
verdict := {"status": "pass", "findings": [on], "notes": []} if {
	input.collection.regions.enabled != []
	dark == set()
} else := {"status": "unknown", "findings": [finding], "notes": []} if {
	regions == set()
	why := evidence.wanted("describe-hub", "every region", evidence.home, "which regions the account can use is not known")
	finding := {"status": "unknown", "message": why}
} else := {"status": "fail", "findings": array.concat(off, unseen), "notes": []} if {
	off != []
} else := {"status": "unknown", "findings": unseen, "notes": []} if {
	unseen != []
} else := {"status": "pass", "findings": [on], "notes": notes}

# regions are those that the account can use; where nobody asked which these are, those in which someone looked.
regions := {region | some region in input.collection.regions.enabled} if {
	input.collection.regions.enabled != []
} else := {region | some region in hubs} | {call.region | some call in input.collection.calls; call.operation == "describe-hub"}

hubs := {hub.region | some hub in input.securityhub.hubs; hub.HubArn != ""}

# dark are the regions that show no hub.
dark := regions - hubs

off := [finding("fail", region, message) |
	some region in dark
	unread(region) == ""
	message := $"Security Hub is off in {region}"
]

unseen := array.concat(
	[finding("unknown", region, message) |
		some region in dark
		unread(region) != ""
		message := $"whether Security Hub is on in {region} is not known; {unread(region)}"
	],
	[{"status": "unknown", "message": message} |
		evidence.uncharted != ""
		message := $"which regions the account can use is not known; {evidence.uncharted}"
	],
)

on := {
	"status": "pass",
	"message": sprintf("Security Hub is on in %s", [concat(", ", regions)]),
	"evidence": {"hubs": [hub.HubArn | some hub in input.securityhub.hubs]},
	"pointers": [sprintf("/securityhub/hubs/%d", [i]) | some i, _ in input.securityhub.hubs],
}

notes := ["which regions the account can use was not read: only those in which someone looked were judged" |
	count(object.get(input, ["collection", "regions", "enabled"], [])) == 0
]

unread(region) := why if {
	why := evidence.unread(evidence.home, "describe-hub", region)
	why != ""
} else := evidence.wanted("describe-hub", region, evidence.home, skipped[region]) if {
	skipped[region]
} else := ""

# skipped are the regions that were left out of the snapshot, with the reason.
skipped := {region.name: whys[0] |
	some region in input.collection.regions.skipped
	whys := sort([other.why | some other in input.collection.regions.skipped; other.name == region.name])
}

finding(status, region, message) := {"status": status, "region": region, "message": message}
