# METADATA
# title: Trails, and where they deliver
# description: |
#   A trail is its ARN: copies of a multi-region trail in other regions, and of an organisation's trail in member accounts, are the
#   same trail. It is judged by the record of its home region in the account that owns it, as far as that was read.
package policies.lib.trails

import future.keywords.not

import data.policies.lib.evidence
import data.policies.lib.selectors

# listed are the trails that this account lists, one entry a trail.
listed := [trail(arn) | some arn in {record.TrailARN | some record in input.cloudtrail.trails}]

# arn:PARTITION:cloudtrail:REGION:ACCOUNT:trail/NAME
trail(arn) := {
	"arn": arn,
	"name": record.Name,
	"account": part[4],
	"region": part[3],
	"pointer": pointer,
	"record": record,
	"logging": logging(arn, part, status),
	"status": status,
	"multi_region": object.get(record, "IsMultiRegionTrail", false),
	"capture": capture(arn, part, records),
	"group": group(record),
	"delivery": delivery(status),
} if {
	part := split(arn, ":")
	[pointer, record, status, records] := seen(arn, part)
}

# seen is what is recorded of a trail: where its most trustworthy record stands, and that record; its status; and all of its records, the
# most trustworthy first. Most often there is one record, with nothing to hold it against.
seen(arn, part) := [sprintf("/cloudtrail/trails/%d", [i]), record, object.get(record, "Status", {}), [record]] if {
	[[i, record]] := [[i, record] |
		some account in evidence.accounts
		some i, record in account.cloudtrail.trails
		record.TrailARN == arn
	]
	record.Name
} else := [first.pointer, object.union({"Name": arn}, first.record), status, [r.record | some r in copies]] if {
	copies := ranked(arn, part)
	first := copies[0]
	status := object.union_n(array.reverse([about | some r in copies; about := r.record.Status]))
}

# ranked are the records of a trail, the owner's before a member's, the home region's before a copy's.
ranked(arn, part) := [candidate | some [_, candidate] in sort(candidates)] if {
	candidates := [[rank, {"pointer": pointer, "record": record}] |
		some n, account in evidence.accounts
		some i, record in account.cloudtrail.trails
		record.TrailARN == arn
		rank := [evidence.ids[n] != part[4], record.region != part[3], n, i]
		pointer := evidence.pointer(n, $"/cloudtrail/trails/{i}")
	]
}

# logging is yes, no or maybe, with the reason for maybe.
logging(arn, part, status) := {"state": "yes"} if {
	status.IsLogging == true
} else := {"state": "no"} if {
	status.IsLogging == false
} else := {"state": "maybe", "why": unknown("get-trail-status", arn, part)}

# capture says which management events a trail records: selectors.of, or why nobody knows. The most trustworthy record that says what the
# trail selects is believed, and no copy that says something else. A trail that says it has no selectors of its own has AWS's default,
# unless reading them was tried and failed.
capture(arn, part, records) := selectors.captured(told) if {
	told := object.filter(records[0], ["AdvancedEventSelectors", "EventSelectors"])
	told != {}
} else := selectors.captured(told) if {
	told := [told |
		some record in records
		told := object.filter(record, ["AdvancedEventSelectors", "EventSelectors"])
		told != {}
	][0]
} else := selectors.captured({}) if {
	records[0].HasCustomEventSelectors == false
	count([gap |
		some record in records
		some gap in evidence.particular[["get-event-selectors", record.TrailARN]]
		gap.kind != "not_attempted"
	]) == 0
} else := {"state": "maybe", "why": unknown("get-event-selectors", arn, part)}

# unknown says what to collect to know what a trail says of itself.
unknown(operation, arn, part) := evidence.unread(part[4], operation, part[3]) if {
	not part[4] in evidence.ids
} else := why if {
	why := evidence.unseen(operation, part[3], part[4], arn)
	why != ""
} else := evidence.wanted(operation, part[3], part[4], $"what it says of {arn} is not in the snapshot")

# group is the log group that a trail delivers to; undefined fields never happen: null is no log group.
# arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME:*
default group(_) := null

group(record) := {"account": part[4], "region": part[3], "name": part[6], "arn": record.CloudWatchLogsLogGroupArn} if {
	part := split(record.CloudWatchLogsLogGroupArn, ":")
}

# delivery is what the trail's status says of CloudWatch Logs: the last error, and whether nothing arrived since for a day.
delivery(status) := {"error": "", "stalled": false} if {
	object.get(status, "LatestCloudWatchLogsDeliveryError", "") == ""
} else := {"error": status.LatestCloudWatchLogsDeliveryError, "stalled": false} if {
	fresh(status)
} else := {"error": status.LatestCloudWatchLogsDeliveryError, "stalled": true}

# fresh tells whether events arrived in CloudWatch Logs within a day of the moment that the snapshot shows.
fresh(status) if {
	now := time.parse_rfc3339_ns(input.collected_at)
	last := time.parse_rfc3339_ns(status.LatestCloudWatchLogsDeliveryTime)
	now - last <= time.parse_duration_ns("24h")
}

# unlisted are the reasons why describe-trails was not read.
default unlisted := "it was not collected"

unlisted := concat("; ", reasons) if {
	reasons := {evidence.reason(gap) | some gap in input.gaps; gap.operation == "describe-trails"}
	count(reasons) > 0
}
