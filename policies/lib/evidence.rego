# METADATA
# title: What was read, and what was not
# description: |
#   Not seen is not empty. Every question about an absent resource goes through unread first: a list that nobody read, or read
#   in part, makes a control unknown, never failed.
package policies.lib.evidence

import future.keywords.not

# accounts are the snapshots that may be looked into: this account's, and the fragments of those that it points to. A place in
# this list is how the library says whose resource it speaks of.
accounts := array.concat([input], object.get(input, "linked", []))

ids := [account.account.id | some account in accounts]

home := input.account.id

# pointer is a JSON pointer into this snapshot, or into the one of another account, which it then names.
pointer(n, path) := path if {
	n == 0
} else := $"{ids[n]}#{path}"

# permission is what a collector must be allowed to do for a call.
permission := {
	"describe-regions": "ec2:DescribeRegions",
	"describe-trails": "cloudtrail:DescribeTrails",
	"get-trail-status": "cloudtrail:GetTrailStatus",
	"get-event-selectors": "cloudtrail:GetEventSelectors",
	"describe-log-groups": "logs:DescribeLogGroups",
	"describe-metric-filters": "logs:DescribeMetricFilters",
	"describe-alarms": "cloudwatch:DescribeAlarms",
	"list-alarm-mute-rules": "cloudwatch:ListAlarmMuteRules",
	"list-topics": "sns:ListTopics",
	"list-subscriptions-by-topic": "sns:ListSubscriptionsByTopic",
	"get-topic-attributes": "sns:GetTopicAttributes",
	"describe-hub": "securityhub:DescribeHub",
}

# lists are where a snapshot holds what a call lists.
lists := {
	"describe-trails": ["cloudtrail", "trails"],
	"describe-log-groups": ["logs", "log_groups"],
	"describe-metric-filters": ["logs", "metric_filters"],
	"describe-alarms": ["cloudwatch", "alarms"],
	"list-alarm-mute-rules": ["cloudwatch", "mute_rules"],
	"list-topics": ["sns", "topics"],
	"list-subscriptions-by-topic": ["sns", "subscriptions"],
	"describe-hub": ["securityhub", "hubs"],
}

# read tells which lists an account's snapshot holds, by place of the account and call.
read := {[n, call] |
	some n, account in accounts
	some call, list in lists
	is_array(object.get(account, list, null))
}

# gapped are the calls that a gap of a whole list speaks of, in whatever region, by place of the account.
gapped := {[n, gap.operation] |
	some n, account in accounts
	some gap in account.gaps
	not gap.resource
}

# regional are the gaps that hide a whole list, by place of the account, call and region ("" means every region).
regional := {key: why |
	some n, account in accounts
	some gap in account.gaps
	not gap.resource
	key := [n, gap.operation, object.get(gap, "region", "")]
	why := [account_gap |
		some m, other in accounts
		some account_gap in other.gaps
		not account_gap.resource
		key == [m, account_gap.operation, object.get(account_gap, "region", "")]
	]
}

# particular are the gaps that hide what one resource says of itself.
particular := {key: why |
	some account in accounts
	some gap in account.gaps
	key := [gap.operation, gap.resource]
	why := [about |
		some other in accounts
		some about in other.gaps
		key == [about.operation, about.resource]
	]
}

# confessed are the same, by place of the account that was refused.
confessed := {key: why |
	some n, account in accounts
	some gap in account.gaps
	key := [n, gap.operation, gap.resource]
	why := [about |
		some m, other in accounts
		some about in other.gaps
		key == [m, about.operation, about.resource]
	]
}

# ledgers are the calls that were made, by place of the account: the operation, and the region, log group or topic that it asked of. Where a
# snapshot says which calls were made, what nobody asked for is not known.
ledgers := {n: cistern.group(account.collection.calls, [
	"operation",
	"region",
	["params", "log-group-name"],
	["params", "log-group-name-prefix"],
	["params", "topic-arn"],
]) |
	some n, account in accounts
	account.collection.calls != []
}

# asked tells whether a call asked for a list: in every region, in this one, or of the one log group or topic in it.
asked(n, operation, region, subject) if {
	some call in array.concat([operation], object.get(wider, [operation], []))
	some about in [
		[call, region, null, null, null],
		[call, null, null, null, null],
		[call, "", null, null, null],
		[call, region, subject, null, null],
		[call, region, null, subject, null],
		[call, region, null, null, subject],
	]
	ledgers[n][about]
}

# A call that names no topic by its ARN asked of all there are.
asked(n, operation, region, _) if {
	some key, _ in ledgers[n]
	key[0] == operation
	key[1] in {region, null, ""}
	key[4] != null
	not startswith(key[4], "arn:")
}

# wider are calls that answer all that another answers of one resource.
wider := {"list-subscriptions-by-topic": ["list-subscriptions"]}

# unread says why a region's list of an account is not known to be complete, and what to collect; "" when it is. It is always
# defined, because OPA remembers what a function answers, but not that it has no answer.
unread(account, operation, region) := unread_at(account, operation, region, "", [[operation, region, null, null, null]])

# unread_group and unread_topic are unread for one log group, or topic: a call may have asked of that one only.
unread_group(group, operation) := unread_at(group.account, operation, region, name, usual) if {
	region := group.region
	name := group.name
	usual := [[operation, region, null, name, null], [operation, region, name, null, null]]
}

# arn:PARTITION:sns:REGION:ACCOUNT:NAME
unread_topic(topic, operation) := unread_at(part[4], operation, region, topic, [[operation, region, null, null, topic]]) if {
	part := split(topic, ":")
	region := part[3]
}

# unread_at asks first whether all is well, as it mostly is: the list is there, no gap speaks of such lists, and the ledger has one of
# the calls that a collector makes. Only then it asks what is amiss.
unread_at(account, operation, region, subject, usual) := "" if {
	n := number[account]
	is_array(object.get(accounts[n], lists[operation], null))
	not gapped[[n, operation]]
	some call in usual
	ledgers[n][call]
} else := $"account {account} is not among the snapshots: give its snapshot too" if {
	not account in ids
} else := wanted(operation, region, account, why) if {
	why := troubles(account, operation, region)[0]
} else := wanted(operation, region, account, "it was not collected") if {
	not [number[account], operation] in read
} else := wanted(operation, region, account, "nobody asked for it there") if {
	ledgers[number[account]]
	not asked(number[account], operation, region, subject)
} else := ""

number := {id: n | some n, id in ids}

# troubles are the reasons that the gaps of one region's list give.
troubles(account, operation, region) := [reason(gap) |
	some where in [region, ""]
	some gap in regional[[number[account], operation, where]]
]

# uncharted says what to collect where asking which regions the account can use failed: there may be others than those that were
# read. It is "" where the answer is there, and where nobody asked.
default uncharted := ""

uncharted := wanted("describe-regions", "any region", home, sort(reasons)[0]) if {
	input.gaps[0]
	count(object.get(input, ["collection", "regions", "enabled"], [])) == 0
	reasons := {reason(gap) | some gap in input.gaps; gap.operation == "describe-regions"; gap.kind != "not_attempted"}
	count(reasons) > 0
}

# unseen says why what one resource says of itself was not read; "" when no gap speaks of it. Its own account knows best.
unseen(operation, region, account, resource) := wanted(operation, region, account, reason(own[0])) if {
	own := confessed[[number[account], operation, resource]]
} else := wanted(operation, region, account, reason(particular[[operation, resource]][0])) if {
	particular[[operation, resource]]
} else := ""

wanted(operation, region, account, why) := concat("", [
	$"collect {operation} in {region} of account {account}",
	$" (permission {permission[operation]}): {why}",
])

reason(gap) := text if {
	words := [word | some key in ["kind", "code", "message"]; word := gap[key]; word != ""]
	text := concat(", ", words)
}
