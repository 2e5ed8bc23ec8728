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

# entries are the filters on the log groups that trails deliver to: {group, n, i, j, name, metric, dimensions, pattern, text, sure,
# maybe}, one entry a filter and metric transformation. Where the metric has dimensions there is one more for each alarm on it, its
# pattern narrowed to the events of that alarm's dimensions. The text is the pattern without its author's spacing.
entries := array.concat(common, special)

groups := {trail.group | some trail in trails.listed; trail.group != null}

# common are the filters that count one for each match, whatever the event: in most accounts, all of them.
common := [entry |
	some route in routes
	reach := through(route)
	entry := object.union(route, {"text": coverage.canonical(route.pattern), "sure": reach[0], "maybe": reach[1]})
]

routes := cistern.routes(stock, groups, firing.fields)

stock := [{"id": account.account.id, "filters": filters, "alarms": watching} |
	some account in evidence.accounts
	filters := object.get(account, ["logs", "metric_filters"], [])
	watching := object.get(account, ["cloudwatch", "alarms"], [])
]

# through is how far an event is heard on a route: most often all the way, by the first alarm.
through(route) := [5, 5] if {
	alarms.plain
	some watch in route.watches
	firing.on(watch.form, route.feed).state == "yes"
	object.get(watch.alarm, "ActionsEnabled", true) == true
	alarms.acting(watch.alarm.AlarmActions) == [5, 5]
} else := heard(route.metric, route.feed)

# beside are the places of an account's filters, by region and log group.
beside := [cistern.group(account.filters, ["region", "logGroupName"]) | some account in stock]

common_places := {[entry.n, entry.i] | some entry in common}

# special are the entries of the filters that need a closer look.
special := [object.union_n([place, object.filter(detail(n, i, j), ["name", "metric", "dimensions"]), entry]) |
	some group in groups
	n := evidence.number[group.account]
	some i in beside[n][[group.region, group.name]]
	not [n, i] in common_places
	some j, _ in evidence.accounts[n].logs.metric_filters[i].metricTransformations
	some entry in measured(n, i, j)
	place := {"group": group.arn, "n": n, "i": i, "j": j, "text": coverage.canonical(entry.pattern)}
]

# placed are the entries of a log group.
placed(arn) := [entry | some entry in entries; entry.group == arn]

# spelled are the entries of a log group that have a text: the filters that say what an accepted pattern says need no proof.
spelled(arn, text) := [entries[i] | some i in by_text[[arn, text]]]

by_text := cistern.group(entries, ["group", "text"])

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

# heard is how far an event on a metric without dimensions is heard through its alarms.
heard(on, fed) := [max({0} | sure), max(blind(on) | maybe)] if {
	reaches := alarms.reaches(on, fed)
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
} else := [object.union({"pattern": found.pattern}, certainty(found, heard(found.metric, found.feed)))] if {
	found := detail(n, i, j)
	count(found.dimensions) == 0
} else := array.concat([object.union({"pattern": found.pattern}, certainty(found, [0, max(blind(found.metric))]))], narrowed) if {
	found := detail(n, i, j)
	narrowed := [object.union_n([{"pattern": found.pattern}, certainty(found, reach), within(found, watch)]) |
		some watch in alarms.watches(found.metric)
		{dimension.Name | some dimension in watch.dimensions} == object.keys(found.dimensions)
		reach := alarms.reach(watch.n, watch.alarm, watch.form, found.feed)
	]
}

certainty(found, reach) := {"sure": -1, "maybe": reach[1]} if {
	found.counts.state == "maybe"
} else := {"sure": reach[0], "maybe": reach[1]}

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

# detail is all that a verdict may say of one filter.
detail(n, i, j) := {
	"name": filter.filterName,
	"pattern": object.get(filter, "filterPattern", ""),
	"metric": metric(evidence.ids[n], filter, transformation),
	"feed": feed(evidence.ids[n], filter, transformation),
	"dimensions": object.union(
		object.get(transformation, "dimensions", {}),
		{name: null | some name in filter.emitSystemFieldDimensions},
	),
	"counts": counts(filter, transformation),
} if {
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
	count(placed(group.arn)) == 0
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
	some i, alarm in evidence.accounts[n].cloudwatch.alarms
	alarm.region == group.region
	alarm.Namespace in namespaces
	not [alarm.Namespace, alarm.MetricName] in metrics
	pointer := evidence.pointer(n, $"/cloudwatch/alarms/{i}")
]
