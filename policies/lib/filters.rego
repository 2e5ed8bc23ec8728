# METADATA
# title: Metric filters, and how far their events are heard
# description: |
#   Every filter of a log group is measured once, whatever the control: -1 it counts nothing, 0 it counts, 1 an alarm watches its metric,
#   2 to 5 how far that alarm is heard. A control then asks whether the patterns that reach stage 5 together cover it.
package policies.lib.filters

import future.keywords.not

import data.policies.lib.alarms
import data.policies.lib.coverage
import data.policies.lib.evidence
import data.policies.lib.firing
import data.policies.lib.trails

# groups are the log groups, one of them with the first trail: most often the only one, and the one that findings are about.
groups := {group |
	some trail in trails.listed
	trail.group != null
	group := object.union(trail.group, {"trail": object.filter(first, ["arn", "pointer"]) | trail.group == first.group})
}

first := trails.listed[0]

# joined is what the judging starts from: the filters that count one for each match, whatever the event (in most accounts, all of them)
# with the alarms on their metrics, and those of each log group that are heard alike, as one way.
joined := cistern.routes(stock, groups, {
	"form": firing.fields,
	"deciding": alarms.deciding,
	"apart": alarms.apart,
	"message": "log group %s, filter %s, alarm %s, topic %s, confirmed subscription",
})

# plain is the same where no alarm is on metric math, which names metrics in ways of its own; else all filters need a closer look.
plain := joined if {
	count(alarms.math) == 0
} else := {"routes": [], "by_text": {}, "ways": [], "left": array.concat(joined.routes, joined.left)}

stock := [{"id": account.account.id, "filters": filters, "alarms": watching, "topics": topics, "subscriptions": subscriptions} |
	some account in evidence.accounts
	filters := object.get(account, ["logs", "metric_filters"], [])
	watching := object.get(account, ["cloudwatch", "alarms"], [])
	topics := object.get(account, ["sns", "topics"], [])
	subscriptions := object.get(account, ["sns", "subscriptions"], [])
]

# alike is how far the plain filters of a way are heard; simply, if that is to the end, and no composite alarm has a part in it.
alike := [object.union_n([reach, way, {"lone": lone, "simply": simply}]) |
	some way in plain.ways
	reach := heard(way.on, {alarms.reach(watch.n, watch.alarm, watch.form, way.feed) | some watch in way.watches})
	lone := count([watch | some watch in way.watches; not alarms.lone(watch)]) == 0
	simply := [lone, reach.sure] == [true, 5]
]

# special are the entries of the filters that need a closer look, one a filter and metric transformation. Where the metric has dimensions
# there is one more for each alarm on it, its pattern narrowed to the events of that alarm's dimensions.
special := [object.union(entry, {"route": {"group": left.group, "at": [n, i, j], "text": coverage.canonical(entry.pattern)}}) |
	some left in plain.left
	[n, i] := array.slice(left.at, 0, 2)
	some j, _ in evidence.accounts[n].logs.metric_filters[i].metricTransformations
	some entry in measured(n, i, j)
]

# ways are all filters of a log group by how far they are heard: {group, sure, maybe, patterns, places}. Each special entry is a way of its
# own, its place behind those of the plain filters.
ways := array.concat(alike, [way |
	some k, entry in special
	way := {
		"group": entry.route.group,
		"sure": entry.sure,
		"maybe": entry.maybe,
		"patterns": {entry.pattern},
		"places": [count(plain.routes) + k],
	}
])

# entry is what there is at a place: {route, pattern, sure, maybe}. The route {group, at, text} is the log group, where the filter stands as
# [account, filter, transformation], and the pattern without its author's spacing; that of a plain filter has the number of its way, too,
# and what there is to show of it.
entry(place) := {"route": route, "pattern": route.pattern, "sure": reach.sure, "maybe": reach.maybe} if {
	route := plain.routes[place]
	reach := alike[route.way]
} else := special[place - count(plain.routes)]

# places are those of the entries of each log group.
places := {arn: sort([place | some i in found; some place in ways[i].places]) | some [arn], found in cistern.group(ways, ["group"])}

# stopped are the entries of a log group that come as far as a stage, and no further, as far as anyone knows.
stopped(arn, stage) := [entry(place) |
	some place in sort([place | some i in by_maybe[[arn, stage]]; ways[i].sure < 5; some place in ways[i].places])
]

# spelled are the entries of a log group that have a text: the filters that say what an accepted pattern says need no proof.
spelled(arn, text) := [entry(place) | some place in having(arn, text)]

having(arn, text) := array.concat(
	[route.place | some route in plain.by_text[arn][text]],
	[place | some i in special_by_text[[arn, text]]; place := count(plain.routes) + i],
)

# saying are the entries of a log group that have one of some patterns.
saying(arn, patterns) := [found |
	some place in sort([place |
		some text in {coverage.canonical(pattern) | some pattern in patterns}
		some place in having(arn, text)
	])
	found := entry(place)
	found.pattern in patterns
]

# alone are the routes of the log groups by their texts, if there are no special entries.
alone := plain.by_text if plain.left == []

special_by_text := cistern.group(special, [["route", "group"], ["route", "text"]])

# heard_alone are the patterns that are heard to the end, if they are as few as AWS allows on one log group.
heard_alone(arn) := found if {
	found := union({ways[i].patterns | some i in by_sure[[arn, 5]]})
	count(found) <= 100
}

# patterns are those of the filters whose events come as far as a stage: for certain (sure), or as far as anyone knows (maybe).
patterns(arn, certainty, stage) := union({found | some reached in numbers.range(stage, 5); found := stopping[certainty][[arn, reached]]})

# stopping are the patterns of filters whose events come as far as a stage, and no further, by log group and stage.
stopping := {certainty: {place: union({ways[i].patterns | some i in places}) | some place, places in found} |
	some certainty, found in {"sure": by_sure, "maybe": by_maybe}
}

by_sure := cistern.group(ways, ["group", "sure"])

by_maybe := cistern.group(ways, ["group", "maybe"])

metric(account, filter, transformation) := [account, filter.region, transformation.metricNamespace, transformation.metricName]

feed(account, filter, transformation) := {
	"value": value(transformation),
	"unit": object.get(transformation, "unit", "None"),
	"defaults": defaults(metric(account, filter, transformation)),
}

# value is what one event adds to the metric; a selector's value is only known from the event and taken as 1, like one out of reach.
value(transformation) := to_number(transformation.metricValue) if {
	is_numeric(transformation.metricValue)
} else := 1

is_numeric(text) if regex.match(`^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?$`, text)

# defaults are the values that a metric takes when events come and none matches, from all of the filters that feed it.
defaults(on) := {feeds[i].value | some i in by_metric[[on]]}

by_metric := cistern.group(feeds, ["on"])

feeds := [{"on": metric(id, filter, transformation), "value": transformation.defaultValue} |
	some account in evidence.accounts
	id := account.account.id
	some filter in account.logs.metric_filters
	some transformation in filter.metricTransformations
	is_number(transformation.defaultValue)
]

# heard is how far an event on a metric is heard, by how far it is through each of the alarms on it. Of the metric, the account and the
# region decide.
heard(on, reaches) := {"sure": 5, "maybe": 5} if {
	reaches == {[5, 5]}
} else := {"sure": max({0} | sure), "maybe": max(blind(on) | maybe)} if {
	sure := {reach[0] | some reach in reaches}
	maybe := {reach[1] | some reach in reaches}
}

# blind is the stage that cannot be ruled out when the alarms of a region were not read.
blind(on) := {5} if {
	evidence.unread(on[0], "describe-alarms", on[1]) != ""
} else := {0}

# measured are the entries of a filter that needs a closer look: {pattern, sure, maybe}.
measured(n, i, j) := [{"pattern": found.pattern, "sure": -1, "maybe": -1}] if {
	found := detail(n, i, j)
	found.counts.state == "no"
} else := [object.union({"pattern": found.pattern}, certainty(found, heard(found.metric, alarms.reaches(found.metric, found.feed))))] if {
	found := detail(n, i, j)
	count(found.dimensions) == 0
} else := array.concat([object.union({"pattern": found.pattern}, certainty(found, unheard))], narrowed) if {
	found := detail(n, i, j)
	unheard := {"sure": 0, "maybe": max(blind(found.metric))}
	narrowed := [object.union_n([{"pattern": found.pattern}, certainty(found, reach), within(found, watch)]) |
		some watch in alarms.watches(found.metric)
		{dimension.Name | some dimension in watch.dimensions} == object.keys(found.dimensions)
		[sure, maybe] := alarms.reach(watch.n, watch.alarm, watch.form, found.feed)
		reach := {"sure": sure, "maybe": maybe}
	]
}

certainty(found, reach) := {"sure": -1, "maybe": reach.maybe} if {
	found.counts.state == "maybe"
} else := reach

# within narrows a filter's pattern to the events that reach an alarm with dimensions. AWS's own dimensions are not in the event.
within(found, watch) := {"pattern": pattern} if {
	conditions := [condition |
		some dimension in watch.dimensions
		selector := found.dimensions[dimension.Name]
		selector != null
		condition := $"{selector} = \"{dimension.Value}\""
	]
	count(conditions) == count(watch.dimensions)
	inner := trim_suffix(trim_prefix(trim_space(found.pattern), "{"), "}")
	pattern := $"\{ ({inner}) && {concat(" && ", conditions)} }"
} else := {"sure": 0}

# naming is what a filter and its metric are called.
naming(n, i, j) := {
	"name": filter.filterName,
	"metric": metric(evidence.ids[n], filter, transformation),
	"dimensions": object.union(
		object.get(transformation, "dimensions", {}),
		{name: null | some name in filter.emitSystemFieldDimensions},
	),
} if {
	filter := evidence.accounts[n].logs.metric_filters[i]
	transformation := filter.metricTransformations[j]
}

# detail is all that a verdict may say of one filter.
detail(n, i, j) := object.union(naming(n, i, j), {
	"pattern": object.get(filter, "filterPattern", ""),
	"feed": feed(evidence.ids[n], filter, transformation),
	"counts": counts(filter, transformation),
}) if {
	filter := evidence.accounts[n].logs.metric_filters[i]
	transformation := filter.metricTransformations[j]
}

# counts tells whether a match is counted: yes, no, or maybe and why.
counts(filter, transformation) := {"state": "no", "why": $"counts each match as {transformation.metricValue}"} if {
	is_numeric(transformation.metricValue)
	to_number(transformation.metricValue) <= 0
} else := {"state": "maybe", "why": $"is limited by fieldSelectionCriteria {filter.fieldSelectionCriteria}, which is not decided"} if {
	filter.fieldSelectionCriteria != ""
} else := {"state": "maybe", "why": "applies to transformed log events, which need not be CloudTrail's"} if {
	filter.applyOnTransformedLogs
} else := {"state": "maybe", "why": "counts each match as a value that cannot be read as a number"} if {
	not is_numeric(transformation.metricValue)
	not startswith(transformation.metricValue, "$")
} else := {"state": "maybe", "why": $"counts the value of {transformation.metricValue}, which only the event knows"} if {
	startswith(transformation.metricValue, "$")
} else := {"state": "yes"}

# no_group tells that a log group is known not to exist: the region's groups were read, and neither it nor a filter on it is there.
no_group(group) if {
	evidence.unread_group(group, "describe-log-groups") == ""
	not joined.by_text[group.arn]
	not group.arn in {left.group | some left in joined.left}
	not [group.region, group.name] in {[record.region, record.logGroupName] |
		some record in evidence.accounts[evidence.number[group.account]].logs.log_groups
	}
}

# unfed are the alarms that wait for a metric of this log group's namespaces which none of its filters feeds.
unfed(group) := [{"name": alarm.AlarmName, "pointer": pointer} |
	n := evidence.number[group.account]
	metrics := {[transformation.metricNamespace, transformation.metricName] |
		some filter in evidence.accounts[n].logs.metric_filters
		filter.logGroupName == group.name
		filter.region == group.region
		some transformation in filter.metricTransformations
	}
	namespaces := {namespace | some [namespace, _] in metrics}
	places := [i | some namespace in namespaces; some i in by_namespace[n][[group.region, namespace]]]
	some i in sort(places)
	alarm := evidence.accounts[n].cloudwatch.alarms[i]
	not [alarm.Namespace, alarm.MetricName] in metrics
	pointer := evidence.pointer(n, $"/cloudwatch/alarms/{i}")
]

by_namespace := [cistern.group(account.alarms, ["region", "Namespace"]) | some account in stock]
