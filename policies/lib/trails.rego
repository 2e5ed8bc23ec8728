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
listed := [trail(arn) | some arn in arns]

arns := {record.TrailARN | some record in input.cloudtrail.trails}

# arn:PARTITION:cloudtrail:REGION:ACCOUNT:trail/NAME
trail(arn) := {
	"arn": arn,
	"name": record.Name,
	"account": part[4],
	"region": part[3],
	"pointer": records[0].pointer,
	"record": record,
	"logging": logging(arn, part, status),
	"status": status,
	"multi_region": multi_region(record),
	"capture": capture(arn, part, records),
	"group": group(record),
	"delivery": delivery(status),
} if {
	part := split(arn, ":")
	records := seen(arn, part)
	record := object.union({"Name": arn}, records[0].record)
	status := object.union_n(array.reverse([about | some r in records; about := r.record.Status]))
}

# seen are the records of a trail, the most trustworthy first: the owner's before a member's, the home region's before a copy's.
seen(arn, part) := [candidate | some [_, candidate] in sort(ranked)] if {
	ranked := [[rank, {"pointer": pointer, "record": record}] |
		some n, account in evidence.accounts
		some i, record in account.cloudtrail.trails
		record.TrailARN == arn
		rank := [evidence.ids[n] != part[4], record.region != part[3], n, i]
		pointer := evidence.pointer(n, $"/cloudtrail/trails/{i}")
	]
}

default multi_region(_) := false

multi_region(record) if record.IsMultiRegionTrail

# logging is yes, no or maybe, with the reason for maybe.
logging(_, _, status) := {"state": "yes"} if status.IsLogging == true

logging(_, _, status) := {"state": "no"} if status.IsLogging == false

logging(arn, part, status) := {"state": "maybe", "why": why} if {
	not is_boolean(status.IsLogging)
	why := unknown("get-trail-status", arn, part)
}

# capture says which management events a trail records: selectors.of, or why nobody knows.
capture(arn, part, records) := {"state": "maybe", "why": why} if {
	not readable(records)
	why := unknown("get-event-selectors", arn, part)
} else := object.union(selectors.of(classic, advanced), {"state": "yes", "objects": objects}) if {
	classic := [selector | some selector in told(records).EventSelectors]
	advanced := [selector | some selector in told(records).AdvancedEventSelectors]
	objects := selectors.objects(classic, advanced)
}

# told is the most trustworthy record that says what the trail selects: a copy that says something else is not believed.
told(records) := [r.record | some r in records; selects(r.record)][0]

selects(record) if record.EventSelectors

selects(record) if record.AdvancedEventSelectors

readable(records) if {
	some r in records
	selects(r.record)
}

# A trail that says it has no selectors of its own has AWS's default, unless reading them was tried and failed.
readable(records) if {
	records[0].record.HasCustomEventSelectors == false
	count([gap |
		some r in records
		some gap in evidence.particular[["get-event-selectors", r.record.TrailARN]]
		gap.kind != "not_attempted"
	]) == 0
}

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
	count(part) > 6
}

# delivery is what the trail's status says of CloudWatch Logs: the last error, and whether nothing arrived since for a day.
delivery(status) := {"error": error, "stalled": stalled(error, status)} if {
	error := object.get(status, "LatestCloudWatchLogsDeliveryError", "")
}

default stalled(_, _) := false

stalled(error, status) if {
	error != ""
	not fresh(status)
}

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
