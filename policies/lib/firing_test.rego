package policies.lib.firing_test

import data.policies.lib.firing

usual := {
	"ComparisonOperator": "GreaterThanOrEqualToThreshold",
	"EvaluationPeriods": 1,
	"Period": 300,
	"Statistic": "Sum",
	"Threshold": 1,
	"TreatMissingData": "notBreaching",
}

once := {"value": 1, "unit": "None", "defaults": set()}

zeroes := {"value": 1, "unit": "None", "defaults": {0}}

test_state[note] if {
	some note, [want, change, feed] in {
		"as prescribed": ["yes", {}, once],
		"more than none": ["yes", {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0}, once],
		"more than one": ["no", {"ComparisonOperator": "GreaterThanThreshold"}, once],
		"ten events": ["no", {"Threshold": 10}, once],
		"ten, and an event is worth ten": ["yes", {"Threshold": 10}, object.union(once, {"value": 10})],
		"a fraction": ["no", {}, object.union(once, {"value": 0.5})],
		"less": ["no", {"ComparisonOperator": "LessThanThreshold"}, once],
		"less or equal": ["no", {"ComparisonOperator": "LessThanOrEqualToThreshold", "Threshold": 0}, once],
		"number of events": ["yes", {"Statistic": "SampleCount"}, object.union(once, {"value": 5})],
		"two events": ["no", {"Statistic": "SampleCount", "Threshold": 2}, object.union(once, {"value": 5})],
		"highest value": ["yes", {"Statistic": "Maximum"}, once],
		"highest value too low": ["no", {"Statistic": "Maximum", "Threshold": 2}, once],
		"average": ["yes", {"Statistic": "Average"}, once],
		"average with zeroes in between": ["no", {"Statistic": "Average"}, zeroes],
		"average over zero with zeroes in between": [
			"yes",
			{"Statistic": "Average", "ComparisonOperator": "GreaterThanThreshold", "Threshold": 0},
			zeroes,
		],
		"average of one minute": ["yes", {"Statistic": "Average", "Period": 60}, zeroes],
		"lowest value": ["yes", {"Statistic": "Minimum"}, once],
		"lowest value with zeroes in between": ["no", {"Statistic": "Minimum"}, zeroes],
		"percentile": ["yes", {"Statistic": null, "ExtendedStatistic": "p99"}, once],
		"percentile with zeroes in between": ["maybe", {"Statistic": null, "ExtendedStatistic": "p99"}, zeroes],
		"high resolution": ["yes", {"Period": 10}, once],
		"one of twelve": ["yes", {"EvaluationPeriods": 12, "DatapointsToAlarm": 1}, once],
		"three of three": ["no", {"EvaluationPeriods": 3}, once],
		"two of three": ["no", {"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, once],
		"two of three, missing is breaching": [
			"no",
			{"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "TreatMissingData": "breaching"},
			once,
		],
		"missing is missing": ["yes", {"TreatMissingData": "missing"}, once],
		"missing is nothing": ["yes", {"TreatMissingData": null}, once],
		"missing keeps the state": ["yes", {"TreatMissingData": "ignore"}, once],
		"missing is breaching": ["no", {"TreatMissingData": "breaching"}, once],
		"missing is breaching, but zeroes come": ["yes", {"TreatMissingData": "breaching"}, zeroes],
		"at least none, of a sparse metric": ["yes", {"Threshold": 0}, once],
		"at least none, of zeroes": ["no", {"Threshold": 0}, zeroes],
		"the quiet value rings": ["no", {}, object.union(once, {"defaults": {1}})],
		"number of events, of zeroes": ["no", {"Statistic": "SampleCount"}, zeroes],
		"of no unit": ["yes", {"Unit": "None"}, once],
		"of another unit": ["no", {"Unit": "Count"}, once],
		"of the same unit": ["yes", {"Unit": "Count"}, object.union(once, {"unit": "Count"})],
		"any unit": ["yes", {}, object.union(once, {"unit": "Count"})],
		"a band": ["maybe", {"Threshold": null, "ComparisonOperator": "GreaterThanUpperThreshold"}, once],
		"another comparison": ["maybe", {"ComparisonOperator": "GreaterThanUpperThreshold"}, once],
		"trimmed mean": ["yes", {"Statistic": null, "ExtendedStatistic": "tm90"}, once],
		"trimmed count": ["maybe", {"Statistic": null, "ExtendedStatistic": "tc90"}, once],
		"zeroes filled in": ["yes", {"filled": true}, once],
		"zeroes filled in, at least none": ["no", {"filled": true, "Threshold": 0}, once],
		"an expression": ["maybe", {"unsure": "is on an expression"}, once],
	}
	firing.on(changed(change), feed).state == want
}

test_why[want] if {
	some want, [change, feed] in {
		"needs 10 events in 300 s": [{"Threshold": 10}, once],
		"needs 4 events in 300 s": [{"Threshold": 10}, object.union(once, {"value": 3})],
		"needs 2 events in 60 s": [{"ComparisonOperator": "GreaterThanThreshold", "Period": 60}, once],
		"needs 3 events in 300 s": [{"Statistic": "SampleCount", "Threshold": 3}, once],
		"needs 3 breaching periods of 300 s, and one event makes one": [{"EvaluationPeriods": 3}, once],
		"never reaches its threshold 5: the Maximum of one event is 1": [{"Statistic": "Maximum", "Threshold": 5}, once],
		"is LessThanThreshold: it rings only when nothing happens, or little": [{"ComparisonOperator": "LessThanThreshold"}, once],
		"looks only at data in unit Count, and the metric is in unit None": [{"Unit": "Count"}, once],
	}
	firing.on(changed(change), feed).why == want
}

test_more_events_allowed[note] if {
	some note, [want, change, most] in {
		"three, and three are allowed": ["yes", {"Threshold": 3}, 3],
		"three, and two are allowed": ["no", {"Threshold": 3}, 2],
		"three counted, and three are allowed": ["yes", {"Threshold": 3, "Statistic": "SampleCount"}, 3],
		"highest value, whatever is allowed": ["no", {"Threshold": 3, "Statistic": "Maximum"}, 3],
		"periods, whatever is allowed": ["no", {"EvaluationPeriods": 3}, 3],
	}
	firing.on(changed(change), once).state == want with data.parameters.max_events as most
}

# changed is the usual alarm with other fields; null takes one away.
changed(change) := {field: value |
	some field, value in object.union(usual, change)
	value != null
}
