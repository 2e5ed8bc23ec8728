# METADATA
# title: A stand-in for cistern.group, for tools that do not have it
# description: In one pass, as the builtin is, by a builtin of OPA's own that joins objects. A group is its places by themselves.
package policies.lib.cistern

import data.policies.lib.coverage

group(records, fields) := object.union_n([{key: {i: i}} |
	some i, record in records
	key := [object.get(record, field, null) | some field in fields]
])

# routes joins filters with alarms as the builtin does, with the alarms of an account by their metrics. No filters are left, and every
# metric is a way of its own.
routes(accounts, groups, how) := {
	"routes": found,
	"by_text": object.union_n([{arn: {text: [found[i] | some i in places]}} | some [arn, text], places in texts]),
	"ways": [object.union(plain.way, {"patterns": {plain.route.pattern}, "places": [i]}) | some i, plain in joined],
	"left": [],
} if {
	joined := [plain |
		some at in groups
		some n, account in accounts
		account.id == at.account
		alarms := group(account.alarms, ["region", "Namespace", "MetricName"])
		some i, filter in account.filters
		filter.logGroupName == at.name
		filter.region == at.region
		[transformation] := filter.metricTransformations
		transformation.metricValue == "1"
		object.get(filter, "applyOnTransformedLogs", false) == false
		count(object.filter(filter, ["fieldSelectionCriteria", "emitSystemFieldDimensions"])) == 0
		not transformation.dimensions
		on := [at.region, transformation.metricNamespace, transformation.metricName]
		pattern := object.get(filter, "filterPattern", "")
		watches := [watch |
			some k in object.get(alarms, [on], {})
			alarm := account.alarms[k]
			count(object.get(alarm, "Dimensions", [])) == 0
			watch := {"n": n, "i": k, "alarm": alarm, "form": object.filter(alarm, how.form)}
		]
		plain := {
			"way": {
				"group": at.arn,
				"on": [account.id, at.region],
				"feed": {"value": 1, "unit": object.get(transformation, "unit", "None"), "defaults": set()},
				"watches": watches,
			},
			"route": object.union(
				{
					"group": at.arn,
					"at": [n, i, 0],
					"pattern": pattern,
					"text": coverage.canonical(pattern),
					"alarms": [[watch.n, watch.i] | some watch in watches],
				},
				shown(accounts, at, filter, i, watches, how.message),
			),
		}
	]
	found := [object.union(plain.route, {"place": i, "way": i}) | some i, plain in joined]
	texts := group(found, ["group", "text"])
}

# shown is what a finding says and points at, where there is one alarm and one action of it.
shown(accounts, at, filter, i, watches, message) := {"finding": {
	"status": "pass",
	"message": sprintf(message, [at.name, filter.filterName, watch.alarm.AlarmName, regex.find_n(`[^:]*$`, action, 1)[0]]),
	"region": at.region,
	"resource": at.trail.arn,
	"evidence": {
		"trail": at.trail.arn,
		"log_group": at.arn,
		"filters": [filter.filterName],
		"alarms": [watch.alarm.AlarmName],
		"actions": [action],
	},
	"pointers": array.concat([at.trail.pointer], sort(array.flatten([
		sprintf("/logs/metric_filters/%d", [i]),
		sprintf("/cloudwatch/alarms/%d", [watch.i]),
		[sprintf("/sns/%s/%d", [list, k]) |
			some list in ["topics", "subscriptions"]
			some k, record in accounts[0][list]
			record.TopicArn == action
		],
	]))),
}} if {
	[watch] := watches
	[action] := watch.alarm.AlarmActions
	at.trail
} else := {}
