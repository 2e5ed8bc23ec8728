# METADATA
# title: Whether an alarm can fire
# description: |
#   A control wants to hear of one event. So the question is what one matching event (or as many as max_events allows) within one period
#   does to an alarm that is otherwise quiet: it must change the alarm's state to ALARM.
#   The alarm is its fields that decide this, with defaults filled in, so that a thousand alarms of one form are one question;
#   the feed is what a filter puts into the metric: {value, unit, defaults}.
package policies.lib.firing

import future.keywords.not

default max_events := 1

max_events := data.parameters.max_events

fields := [
	"ComparisonOperator",
	"DatapointsToAlarm",
	"EvaluationPeriods",
	"ExtendedStatistic",
	"Period",
	"Statistic",
	"Threshold",
	"TreatMissingData",
	"Unit",
]

# on tells what one matching event does: {"state": "yes" | "no" | "maybe", "why"}. The why completes "alarm X ...".
on(alarm, feed) := {"state": "maybe", "why": alarm.unsure} if {
	alarm.unsure
} else := {"state": "maybe", "why": "compares with a band that CloudWatch learns, so what one event does to it is not decided"} if {
	not is_number(alarm.Threshold)
} else := {"state": "no", "why": $"is {alarm.ComparisonOperator}: it rings only when nothing happens, or little"} if {
	startswith(alarm.ComparisonOperator, "LessThan")
} else := {"state": "maybe", "why": $"compares by {alarm.ComparisonOperator}, which is not decided"} if {
	not alarm.ComparisonOperator in {"GreaterThanThreshold", "GreaterThanOrEqualToThreshold"}
} else := {"state": "no", "why": $"looks only at data in unit {alarm.Unit}, and the metric is in unit {feed.unit}"} if {
	alarm.Unit != feed.unit
} else := {"state": "no", "why": $"is up while nothing happens (the quiet metric is {quiet}), so an event changes nothing"} if {
	quiet := max(quiets(alarm, feed))
	breaches(alarm, quiet)
} else := {"state": "no", "why": "treats missing data as breaching: it is up while nothing happens, so an event changes nothing"} if {
	alarm.TreatMissingData == "breaching"
	count(quiets(alarm, feed)) == 0
} else := {"state": "no", "why": $"needs {needed(alarm)} breaching periods of {period(alarm)} s, and one event makes one"} if {
	needed(alarm) > 1
} else := {"state": "yes"} if {
	breaches(alarm, peak(alarm, feed))
} else := {"state": "no", "why": short(alarm, feed)} if {
	is_number(peak(alarm, feed))
} else := {"state": "maybe", "why": $"uses the statistic {statistic(alarm)}, and what one event does to it is not decided"}

statistic(alarm) := object.get(alarm, "Statistic", object.get(alarm, "ExtendedStatistic", ""))

period(alarm) := object.get(alarm, "Period", 300)

# needed is the number of periods that must breach. CloudWatch also raises an alarm whose only data point breaches once as many
# periods have passed without data; that is late, and undone by any data in between, so it is not counted on.
needed(alarm) := object.get(alarm, "DatapointsToAlarm", object.get(alarm, "EvaluationPeriods", 1))

# breaches tells whether a data point is beyond the alarm's threshold.
breaches(alarm, point) if {
	alarm.ComparisonOperator == "GreaterThanOrEqualToThreshold"
	point >= alarm.Threshold
}

breaches(alarm, point) if {
	alarm.ComparisonOperator == "GreaterThanThreshold"
	point > alarm.Threshold
}

# minutes is how many of a filter's data points, one a minute at most, a period can hold.
minutes(alarm) := max([1, floor(period(alarm) / 60)])

# quiets are the data points of periods in which events came but none matched: a filter's default value, once for each minute.
quiets(alarm, feed) := {total | some point in feed.defaults; total := minutes(alarm) * point} | filled(alarm) if {
	statistic(alarm) == "Sum"
} else := {minutes(alarm) | some _ in feed.defaults} | filled(alarm) if {
	statistic(alarm) == "SampleCount"
} else := feed.defaults | filled(alarm)

default filled(_) := set()

filled(alarm) := {0} if alarm.filled

# peak is the data point of the period in which the event happens. Default values of the period's other minutes dilute an average.
# Undefined for statistics that depend on more than that.
peak(alarm, feed) := max_events * feed.value if {
	statistic(alarm) == "Sum"
} else := max_events if {
	statistic(alarm) == "SampleCount"
} else := feed.value if {
	statistic(alarm) == "Maximum"
} else := feed.value if {
	undiluted(alarm, feed)
	regex.match(`^(Average|Minimum|IQM|p[0-9.]+|(tm|wm|TM|WM).*)$`, statistic(alarm))
} else := min(feed.defaults | {feed.value}) if {
	statistic(alarm) == "Minimum"
} else := ((max_events * feed.value) + (others * min(feed.defaults))) / (max_events + others) if {
	statistic(alarm) == "Average"
	others := minutes(alarm) - 1
}

undiluted(_, feed) if count(feed.defaults) == 0

undiluted(alarm, _) if minutes(alarm) == 1

# short says what the alarm would need.
short(alarm, feed) := $"needs {least(alarm, feed.value)} events in {period(alarm)} s" if {
	statistic(alarm) == "Sum"
} else := $"needs {least(alarm, 1)} events in {period(alarm)} s" if {
	statistic(alarm) == "SampleCount"
} else := $"never reaches its threshold {alarm.Threshold}: the {statistic(alarm)} of one event is {peak(alarm, feed)}"

least(alarm, worth) := ceil(alarm.Threshold / worth) if {
	alarm.ComparisonOperator == "GreaterThanOrEqualToThreshold"
} else := floor(alarm.Threshold / worth) + 1
