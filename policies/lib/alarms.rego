# METADATA
# title: Alarms, and how far they are heard
# description: |
#   An alarm watches a metric by name, namespace, region and account; the dimensions must agree too. How far it is heard is
#   measured in stages: 1 it is there, 2 it rings and is not muted, 3 it acts on an SNS topic, 4 the topic exists, 5 someone hears it.
#   A stage is always a pair: what is known, and what cannot be ruled out.
package policies.lib.alarms

import future.keywords.not

import data.policies.lib.evidence
import data.policies.lib.firing
import data.policies.lib.topics

# direct are the places [account, index] of the alarms on a metric [account id, region, namespace, name].
direct(metric) := [[n, i] |
	n := evidence.number[metric[0]]
	some i in watched[n][array.slice(metric, 1, 4)]
]

watched := [cistern.group(object.get(account, ["cloudwatch", "alarms"], []), ["region", "Namespace", "MetricName"]) |
	some account in evidence.accounts
]

# reaches are how far one matching event is heard, through each of the alarms on a metric without dimensions.
reaches(metric, feed) := {reach(watch.n, watch.alarm, watch.form, feed) |
	some watch in watches(metric)
	watch.dimensions == []
}

# reach is how far one matching event is heard through an alarm.
reach(n, alarm, form, feed) := rings(n, alarm) if {
	firing.on(form, feed).state == "yes"
} else := [1, rings(n, alarm)[1]] if {
	firing.on(form, feed).state == "maybe"
} else := [1, 1]

# watches are all the ways in which alarms watch a metric: {n, i, alarm, dimensions, form}, the form being what firing asks about.
watches(metric) := array.concat(found, object.get(computed, [metric], [])) if {
	found := [watch |
		some [n, i] in direct(metric)
		alarm := evidence.accounts[n].cloudwatch.alarms[i]
		watch := {
			"n": n,
			"i": i,
			"alarm": alarm,
			"dimensions": object.get(alarm, "Dimensions", []),
			"form": object.filter(alarm, firing.fields),
		}
	]
}

# computed are the watches of alarms on metric math, by metric.
computed := {metric: found |
	some watch in math
	metric := watch.metric
	found := [other | some other in math; metric == other.metric]
}

math := [watch |
	some n, account in evidence.accounts
	places := [i |
		some [metrics], found in cistern.group(object.get(account, ["cloudwatch", "alarms"], []), ["Metrics"])
		metrics != null
		some i in found
	]
	some i in sort(places)
	alarm := account.cloudwatch.alarms[i]
	metrics := alarm.Metrics
	some returned in metrics
	object.get(returned, "ReturnData", true) == true
	measured := {query.Id | some query in metrics; query.MetricStat}
	some query in metrics
	query.Id in used(returned, measured)
	metric := query.MetricStat.Metric
	watch := {
		"n": n,
		"i": i,
		"alarm": alarm,
		"metric": [object.get(query, "AccountId", evidence.ids[n]), alarm.region, metric.Namespace, metric.MetricName],
		"dimensions": object.get(metric, "Dimensions", []),
		"form": object.union_n([object.filter(alarm, firing.fields), form(query.MetricStat), doubt(returned, measured)]),
	}
]

form(stat) := object.union({"Statistic": stat.Stat}, object.filter(stat, ["Period", "Unit"]))

# used are the metrics that the returned entry of an alarm's metrics is made from. An expression that names other expressions may
# use any of them.
used(returned, measured) := {returned.Id} & measured if {
	returned.MetricStat
} else := named(returned) if {
	not contains(returned.Expression, "METRICS(")
	count(named(returned) - measured) == 0
} else := measured

named(returned) := {name | some name in regex.find_n(`\b[a-z][A-Za-z0-9_]*\b`, returned.Expression, -1)}

# doubt is empty for metric math that only wraps the metric: m1, SUM(METRICS()), SUM([m1, m2]), FILL(m1, 0), SUM(FILL(METRICS(), 0)).
doubt(returned, measured) := {} if {
	returned.MetricStat
} else := {"filled": contains(text, "FILL(")} if {
	text := regex.replace(regex.replace(returned.Expression, `\s+`, ""), `^\((.*)\)$`, "$1")
	regex.match(wrapper, text)
	count(named(returned) - measured) == 0
} else := {"unsure": $"is on the expression {returned.Expression}, and what one event does to it is not decided"}

wrapper := replace(
	replace(
		replace(
			`^(ID|FILLED(\+FILLED)*|(SUM|MAX)\((LIST|FILL\(LIST,0\)|\[(ID|FILLED)(,(ID|FILLED))*\])\))$`,
			"FILLED", `FILL\(ID,0\)`,
		),
		"LIST", `(METRICS\(\)|\[ID(,ID)*\]|ID)`,
	),
	"ID", `[a-z][A-Za-z0-9_]*`,
)

# rings is how far an alarm is heard by itself or through the composite alarms over it. One without an action may have such alarms
# where they were not read.
rings(n, alarm) := acting(alarm.AlarmActions) if {
	plain
	object.get(alarm, "ActionsEnabled", true) == true
} else := [2, 5] if {
	count(unread_composites & {[n, alarm.region], [n, ""]}) > 0
	loudest(n, alarm)[1] == 2
} else := loudest(n, alarm)

# plain tells that no alarm is over another, and that none is muted: so it is in most accounts.
plain if {
	count(composites) == 0
	count(unread_composites) == 0
	count(active_rules) == 0
}

# lone tells that no other alarm has a part in what an alarm says of a metric: no composite alarm over it, no metric math.
lone(_) if {
	count(composites) == 0
	count(math) == 0
}

lone(watch) if {
	count(composites) > 0
	count(math) == 0
	not over[[watch.n, watch.alarm.region, watch.alarm.AlarmName]]
}

# deciding are the fields that decide, besides the form, how far an alarm is heard; apart are alarms of which others decide, too. Where
# these were not all read, every alarm is apart. That an account is plain says the same in fewer steps.
default deciding := ["AlarmActions", "ActionsEnabled", "AlarmName", "region"]

deciding := ["AlarmActions", "ActionsEnabled"] if {
	plain
} else := ["AlarmActions", "ActionsEnabled"] if {
	count(unread_composites) == 0
	count(hushed) == 0
}

apart := set() if {
	plain
} else := {node | some node, parents in over; count(parents) > 0} | muted

loudest(n, alarm) := heard(n, alarm) if {
	not over[[n, alarm.region, alarm.AlarmName]]
} else := [max({heard(n, alarm)[0]} | sure), max({heard(n, alarm)[1]} | maybe)] if {
	node := [n, alarm.region, alarm.AlarmName]
	sure := {composite_heard[above][0] | some above in graph.reachable(surely_over, {node})}
	maybe := {composite_heard[above][1] | some above in graph.reachable(over, {node})}
}

# unread_composites are the places where composite alarms were not read: describe-alarms leaves them out unless asked for.
unread_composites := {[n, object.get(gap, "region", "")] |
	some n, account in evidence.accounts
	some gap in account.gaps
	gap.operation == "describe-alarms"
	gap.resource == "CompositeAlarm"
}

# uncertain tells that a watch's alarm has no action, but may have composite alarms over it that nobody read.
uncertain(watch) if {
	count(unread_composites & {[watch.n, watch.alarm.region], [watch.n, ""]}) > 0
	loudest(watch.n, watch.alarm)[1] == 2
}

# heard is how far an alarm's own actions reach.
heard(n, alarm) := acting(alarm.AlarmActions) if {
	count(active_rules) == 0
	object.get(alarm, "ActionsEnabled", true) == true
} else := [1, 1] if {
	[n, alarm.region, alarm.AlarmName] in muted
} else := [2, 2] if {
	alarm.ActionsEnabled == false
} else := [1, 5] if {
	[n, alarm.region] in hushed
} else := acting(object.get(alarm, "AlarmActions", []))

# acting is how far the furthest of some actions reaches.
acting(actions) := topics.reach(actions[0]) if {
	count(actions) == 1
} else := [max({2} | sure), max({2} | maybe)] if {
	sure := {topics.reach(action)[0] | some action in actions}
	maybe := {topics.reach(action)[1] | some action in actions}
}

# muted are the alarms, as [account, region, name], that a mute rule keeps silent at the moment of the evaluation.
muted := {[n, rule.region, name] |
	some [n, rule] in active_rules
	some name in rule.MuteTargets.AlarmNames
}

is_muted(watch) if [watch.n, watch.alarm.region, watch.alarm.AlarmName] in muted

# hushed are the places where a mute rule is active and its targets were not read.
hushed := {[n, rule.region] |
	some [n, rule] in active_rules
	not rule.MuteTargets.AlarmNames
}

active_rules := [[n, rule] |
	some n, account in evidence.accounts
	some rule in account.cloudwatch.mute_rules
	rule.Status == "ACTIVE"
	not expired(rule)
]

expired(rule) if time.parse_rfc3339_ns(rule.ExpireDate) <= time.parse_rfc3339_ns(data.as_of)

# composites are the alarms over other alarms: the children are those whose ringing may raise it, the certain ones those that do.
composites := [composite |
	some n, account in evidence.accounts
	some i, alarm in account.cloudwatch.composite_alarms
	rule := object.get(alarm, "AlarmRule", "")
	terms := [[lower(term[1]), [n, alarm.region, alarm_name(concat("", array.slice(term, 2, 5)))]] |
		some term in regex.find_all_string_submatch_n($"(?i)\\b(NOT\\s+OK|OK|ALARM|INSUFFICIENT_DATA){name_term}", rule, -1)
	]
	composite := {
		"node": [n, alarm.region, alarm.AlarmName],
		"children": children(terms, bare(rule)),
		"certain": certain(alarm, terms, bare(rule)),
		"n": n,
		"i": i,
		"alarm": alarm,
	}
]

name_term := `\s*\(\s*(?:([^\s"'()][^"'()]*?)|'([^']*)'|"([^"]*)")\s*\)`

# bare is a rule with A for "an alarm rings", Q for "it has no data", and without what decides nothing.
bare(rule) := regex.replace(spelled, `(?i)\bAND\s+TRUE\b|\bTRUE\s+AND\b`, " ") if {
	ringing := regex.replace(rule, $"(?i)\\b(NOT\\s+OK|ALARM){name_term}", " A ")
	spelled := regex.replace(ringing, $"(?i)\\bINSUFFICIENT_DATA{name_term}", " Q ")
}

# children: a rule that denies something may ring by any change of the alarms that it names.
children(terms, rule) := {node | some [_, node] in terms} if {
	regex.match(`(?i)\bNOT\b`, rule)
} else := {node | some [kind, node] in terms; not kind in {"ok", "insufficient_data"}}

default certain(_, _, _) := set()

# certain: "this or that rings" rings with each of them, if nothing in it is true while all is quiet.
certain(alarm, terms, rule) := {node | some [kind, node] in terms; kind != "insufficient_data"} if {
	not alarm.ActionsSuppressor
	regex.match(`^[\s(]*(A|Q|(?i:FALSE))[\s()]*((?i:OR)[\s()]*(A|Q|(?i:FALSE))[\s()]*)*$`, rule)
	every term in terms {
		quiet(term[0], term[1])
	}
}

# quiet: an alarm that treats missing data as missing has no data most of the time, and so is "not OK" already.
quiet("alarm", _) := true

quiet(kind, node) if {
	kind != "alarm"
	not node in dataless
}

dataless := {[n, alarm.region, alarm.AlarmName] |
	some n, account in evidence.accounts
	some alarm in account.cloudwatch.alarms
	object.get(alarm, "TreatMissingData", "missing") != "notBreaching"
}

# A rule names its alarms by name or ARN: arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME.
alarm_name(text) := concat(":", array.slice(split(text, ":"), 6, 99)) if {
	startswith(text, "arn:")
} else := text

# over are the composite alarms directly over an alarm, surely_over those that ring with it.
over := object.union({node: set() | some node in nodes}, {node: parents |
	some edge in edges
	node := edge.child
	parents := {other.parent | some other in edges; node == other.child}
})

surely_over := object.union({node: set() | some node in nodes}, {node: parents |
	some edge in sure_edges
	node := edge.child
	parents := {other.parent | some other in sure_edges; node == other.child}
})

edges := [{"child": child, "parent": composite.node} | some composite in composites; some child in composite.children]

sure_edges := [{"child": child, "parent": composite.node} | some composite in composites; some child in composite.certain]

nodes := {composite.node | some composite in composites} | {edge.child | some edge in edges}

# homonyms are the composite alarms by their names: one a name, unless the snapshot was edited.
homonyms := {node: found |
	some composite in composites
	node := composite.node
	found := [other | some other in composites; node == other.node]
}

composite_heard := {node: [min([reach[0] | some reach in reaches]), max([reach[1] | some reach in reaches])] |
	some node, found in homonyms
	reaches := [heard(composite.n, composite.alarm) | some composite in found]
}

# above are the composite alarms over a watch's alarm, at any height.
above(watch) := [composite |
	some node in graph.reachable(over, {[watch.n, watch.alarm.region, watch.alarm.AlarmName]})
	some composite in homonyms[node]
]

# actions are what a watch's alarm does when it rings, by itself and through the composite alarms over it.
actions(watch) := object.get(watch.alarm, "AlarmActions", []) if {
	count(composites) == 0
} else := array.concat(object.get(watch.alarm, "AlarmActions", []), [action |
	some composite in above(watch)
	some action in composite.alarm.AlarmActions
])

# by_name are the alarms on metrics of a name, to say what is near.
by_name(name) := [evidence.accounts[n].cloudwatch.alarms[i] | some n, places in by_metric_name; some i in places[[name]]]

by_metric_name := [cistern.group(object.get(account, ["cloudwatch", "alarms"], []), ["MetricName"]) | some account in evidence.accounts]
