# METADATA
# title: A stand-in for cistern.group, for tools that do not have it
# description: In one pass, as the builtin is, by a builtin of OPA's own that joins objects. A group is its places by themselves.
package policies.lib.cistern

group(records, fields) := object.union_n([{key: {i: i}} |
	some i, record in records
	key := [object.get(record, field, null) | some field in fields]
])

# routes joins filters with alarms as the builtin does, with the alarms of an account by their metrics.
routes(accounts, groups, form) := [route |
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
	route := {
		"group": at.arn,
		"n": n,
		"i": i,
		"j": 0,
		"name": filter.filterName,
		"pointer": sprintf("/logs/metric_filters/%d", [i]),
		"pattern": object.get(filter, "filterPattern", ""),
		"dimensions": {},
		"metric": array.concat([account.id], on),
		"feed": {"value": 1, "unit": object.get(transformation, "unit", "None"), "defaults": set()},
		"watches": [watch |
			some k in object.get(alarms, [on], {})
			alarm := account.alarms[k]
			count(object.get(alarm, "Dimensions", [])) == 0
			watch := {
				"n": n,
				"i": k,
				"pointer": sprintf("/cloudwatch/alarms/%d", [k]),
				"alarm": alarm,
				"form": object.filter(alarm, form),
				"dimensions": [],
			}
		],
	}
]
