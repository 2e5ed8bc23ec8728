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

# direct are the places [account, index] of the alarms on a metric, by [account id, region, namespace, name].
direct := {metric: places |
	some account in evidence.accounts
	some alarm in account.cloudwatch.alarms
	metric := [account.account.id, alarm.region, alarm.Namespace, alarm.MetricName]
	places := [[n, i] |
		some n, other in evidence.accounts
		some i, on in other.cloudwatch.alarms
		metric == [other.account.id, on.region, on.Namespace, on.MetricName]
	]
}

# reaches are how far one matching event is heard, through each of the alarms on a metric without dimensions.
reaches(metric, feed) := {pair |
	some [n, i] in direct[metric]
	alarm := evidence.accounts[n].cloudwatch.alarms[i]
	count(object.get(alarm, "Dimensions", [])) == 0
	pair := reach(n, alarm, object.filter(alarm, firing.fields), feed)
} | {pair |
	some watch in computed[metric]
	count(watch.dimensions) == 0
	pair := reach(watch.n, alarm_of(watch), watch.form, feed)
}

# reach is how far one matching event is heard through an alarm.
reach(n, alarm, form, feed) := rings(n, alarm) if {
	firing.on(form, feed).state == "yes"
} else := [1, rings(n, alarm)[1]] if {
	firing.on(form, feed).state == "maybe"
} else := [1, 1]

# watches are all the ways in which alarms watch a metric: {n, i, dimensions, form}, the form being what firing asks about.
watches(metric) := array.concat(found, object.get(computed, [metric], [])) if {
	found := [{"n": n, "i": i, "dimensions": object.get(alarm, "Dimensions", []), "form": object.filter(alarm, firing.fields)} |
		some [n, i] in direct[metric]
		alarm := evidence.accounts[n].cloudwatch.alarms[i]
	]
}

alarm_of(watch) := evidence.accounts[watch.n].cloudwatch.alarms[watch.i]

# computed are the watches of alarms on metric math, by metric.
computed := {metric: found |
	some watch in math
	metric := watch.metric
	found := [other | some other in math; metric == other.metric]
}

math := [watch |
	some n, account in evidence.accounts
	some i, alarm in account.cloudwatch.alarms
	some returned in alarm.Metrics
	object.get(returned, "ReturnData", true) == true
	measured := {query.Id | some query in alarm.Metrics; query.MetricStat}
	some query in alarm.Metrics
	query.Id in used(returned, measured)
	metric := query.MetricStat.Metric
	watch := {
		"n": n,
		"i": i,
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
	text := regex.replace(returned.Expression, `\s+`, "")
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

# rings is how far an alarm is heard by itself or through the composite alarms over it.
rings(n, alarm) := heard(n, alarm) if {
	count(composites) == 0
} else := heard(n, alarm) if {
	not over[[n, alarm.region, alarm.AlarmName]]
} else := [max({heard(n, alarm)[0]} | sure), max({heard(n, alarm)[1]} | maybe)] if {
	node := [n, alarm.region, alarm.AlarmName]
	sure := {composite_heard[above][0] | some above in graph.reachable(surely_over, {node})}
	maybe := {composite_heard[above][1] | some above in graph.reachable(over, {node})}
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

is_muted(watch) if [watch.n, alarm_of(watch).region, alarm_of(watch).AlarmName] in muted

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

# composites are the alarms over other alarms. A plain one only says "this or that rings", and so rings with each of them.
composites := [{"node": node, "children": children, "plain": plain(alarm, rule), "n": n, "i": i, "alarm": alarm} |
	some n, account in evidence.accounts
	some i, alarm in account.cloudwatch.composite_alarms
	node := [n, alarm.region, alarm.AlarmName]
	rule := object.get(alarm, "AlarmRule", "")
	children := {[n, alarm.region, name] |
		some term in regex.find_all_string_submatch_n(alarm_term, rule, -1)
		name := alarm_name(concat("", array.slice(term, 1, 4)))
	}
]

alarm_term := `(?i:ALARM)\s*\(\s*(?:([^\s"'()][^"'()]*?)|'([^']*)'|"([^"]*)")\s*\)`

default plain(_, _) := false

plain(alarm, rule) if {
	not alarm.ActionsSuppressor
	regex.match(`^[\s(]*A[\s()]*((?i:OR)[\s()]*(A|(?i:FALSE))[\s()]*)*$`, regex.replace(rule, alarm_term, " A "))
}

# A rule names its alarms by name or ARN: arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME.
alarm_name(text) := concat(":", array.slice(split(text, ":"), 6, 99)) if {
	startswith(text, "arn:")
} else := text

# over are the composite alarms directly over an alarm, surely_over those that ring with it.
over := {node: parents |
	some node in nodes
	parents := {composite.node | some composite in composites; some child in composite.children; node == child}
}

surely_over := {node: parents |
	some node in nodes
	parents := {composite.node | some composite in composites; composite.plain; some child in composite.children; node == child}
}

nodes := {composite.node | some composite in composites} | {child | some composite in composites; some child in composite.children}

composite_heard := {composite.node: heard(composite.n, composite.alarm) | some composite in composites}

# above are the composite alarms over a watch's alarm, at any height.
above(watch) := [composite |
	some composite in composites
	composite.node in graph.reachable(over, {[watch.n, alarm_of(watch).region, alarm_of(watch).AlarmName]})
]

# actions are what a watch's alarm does when it rings, by itself and through the composite alarms over it.
actions(watch) := array.concat(object.get(alarm_of(watch), "AlarmActions", []), [action |
	some composite in above(watch)
	some action in composite.alarm.AlarmActions
])

# by_name are the alarms on metrics of a name, to say what is near.
by_name := {name: found |
	some account in evidence.accounts
	some alarm in account.cloudwatch.alarms
	name := alarm.MetricName
	found := [other | some owner in evidence.accounts; some other in owner.cloudwatch.alarms; name == other.MetricName]
}
