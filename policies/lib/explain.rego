# METADATA
# title: What the chain found, in words
# description: Messages and evidence for the few filters that matter to a verdict. Nothing here decides.
package policies.lib.explain

import future.keywords.not

import data.policies.lib.alarms
import data.policies.lib.coverage
import data.policies.lib.evidence
import data.policies.lib.filters
import data.policies.lib.firing
import data.policies.lib.topics

# few are the first of the entries that a finding speaks of.
few(entries) := array.slice(entries, 0, 20)

detail(entry) := filters.detail(entry.route.at[0], entry.route.at[1], entry.route.at[2])

naming(entry) := filters.naming(entry.route.at[0], entry.route.at[1], entry.route.at[2])

called(entry) := evidence.accounts[entry.route.at[0]].logs.metric_filters[entry.route.at[1]].filterName

# feed is what a filter puts into its metric.
feed(entry) := filters.plain.ways[entry.route.way].feed if {
	entry.route.way
} else := detail(entry).feed

filter_names(entries) := [name | some name in {called(entry) | some entry in few(entries)}]

# watching are the watches that see a filter's events: on its metric, with its dimensions.
watching(entry) := [watch |
	alike := filters.plain.ways[entry.route.way].watches
	some k, [n, i] in array.slice(entry.route.alarms, 0, 50)
	watch := {"n": n, "i": i, "alarm": evidence.accounts[n].cloudwatch.alarms[i], "form": alike[k].form}
] if {
	entry.route.way
	count(alarms.math) == 0
} else := [watch |
	filter := naming(entry)
	some watch in array.slice(alarms.watches(filter.metric), 0, 50)
	{dimension.Name | some dimension in watch.dimensions} == object.keys(filter.dimensions)
]

# ringing are those that an event of the filter raises, or may raise.
ringing(entry) := [watch |
	some watch in watching(entry)
	firing.on(watch.form, feed(entry)).state != "no"
	not alarms.is_muted(watch)
]

alarm_name(watch) := watch.alarm.AlarmName

# seen is what a finding names of entries: filters, the alarms on their metrics, what these tell, and where all that stands.
seen(group, entries) := {"facts": object.remove(proof.evidence, ["trail"]), "pointers": array.slice(proof.pointers, 1, 30)} if {
	[entry] := entries
	proof := entry.route.finding
	filters.alike[entry.route.way].lone
} else := {
	"facts": {
		"log_group": group.arn,
		"filters": filter_names(entries),
		"alarms": [name | some name in {watch.alarm.AlarmName | some watch in watched}],
		"actions": [action | some action in actions],
	},
	"pointers": [pointer | some pointer in ((of_filters | of_alarms) | of_topics)],
} if {
	watched := [watch | some entry in few(entries); some watch in watching(entry)]
	actions := {action | some watch in watched; some action in alarms.actions(watch)}
	of_filters := {evidence.pointer(entry.route.at[0], sprintf("/logs/metric_filters/%d", [entry.route.at[1]])) | some entry in few(entries)}
	of_alarms := {evidence.pointer(watch.n, sprintf("/cloudwatch/alarms/%d", [watch.i])) | some watch in watched}
	of_topics := {pointer | some action in few([action | some action in actions]); some pointer in few(topics.pointers(action))}
}

# whole says which way an event goes to a person.
whole(group, seen) := concat(", ", [
	say("log group", [group.name]),
	say("filter", seen.facts.filters),
	say("alarm", seen.facts.alarms),
	heard_topics(seen.facts.actions),
	"confirmed subscription",
])

heard_topics(actions) := say("topic", [short(topic) | some topic in actions; topics.heard_by_someone(topic)])

# say lists a few names after their kind.
say(kind, names) := concat(" ", [kind, name]) if {
	[name] := names
} else := $"no {kind}" if {
	count(names) == 0
} else := $"{kind}s {concat(", ", names)}" if {
	count(names) <= 5
} else := $"{kind}s {concat(", ", array.slice(names, 0, 5))} and more"

# short is the last part of an ARN.
short(arn) := parts[count(parts) - 1] if parts := split(arn, ":")

# facts and pointers are what a finding is proved by.
facts(group, entries) := seen(group, entries).facts

pointers(group, entries) := seen(group, entries).pointers

# uncovered says what the patterns on a log group miss, and which of them come nearest.
uncovered(question, group, answer, near) := concat("", [
	$"the metric filters of log group {group.name} do not cover the control",
	nearness(question, near),
	$": {coverage.event(answer.event)} would go unnoticed",
])

# absent says that the filter of a control is missing.
absent(group, answer, waiting) := concat("", [
	$"no metric filter of log group {group.name} is about this control{idle(waiting)}",
	$": {coverage.event(answer.event)} would go unnoticed",
])

idle(waiting) := "" if {
	count(waiting) == 0
} else := $", while none of them feeds the metric of {say("alarm", [alarm.name | some alarm in waiting])}"

nearness(question, near) := $"; nearest: {say("filter", filter_names(near))}{detail_of(question, near)}" if {
	count(near) > 0
} else := ""

detail_of(question, near) := $" ({text})" if {
	text := close(question, near).text
	text != ""
} else := ""

# close says how close the nearest filters come, by themselves: the others would only add their own conditions.
close(question, near) := coverage.ask(question, {entry.pattern | some entry in near}).nearest

missed(question, group, answer, near) := object.union(
	{"log_group": group.arn, "filters": filter_names(near)},
	{key: value |
		some key, value in {
			"missed_event": object.get(answer, "event", {}),
			"caught": object.get(answer, ["nearest", "caught"], []),
			"missed": object.get(answer, ["nearest", "missed"], []),
			"excluded_by": object.get(close(question, near), "excluded_by", []),
			"refused": object.get(answer, "invalid", []),
		}
		count(value) > 0
	},
)

# stuck says why the filters that would cover the control are not heard beyond a stage.
stuck(entries, stage, alone) := $"filter {called(entries[0])} {part}, but {why(entries[0], stage)}{others(entries)}" if {
	part := {true: "covers the control", false: "is needed to cover the control"}[alone]
}

others(entries) := "" if {
	count(entries) == 1
} else := $" (and so for {count(entries) - 1} more)"

why(entry, 0) := $"it {detail(entry).counts.why}"

why(entry, 1) := mismatch(naming(entry))

why(entry, 2) := concat("; ", [text |
	some watch in array.slice(watching(entry), 0, 3)
	text := silence(watch, entry)
])

why(entry, 3) := concat("; ", [text |
	some watch in array.slice(ringing(entry), 0, 3)
	text := $"alarm {alarm_name(watch)} {inaction(watch)}"
])

why(entry, 4) := concat("; ", [text |
	some watch in array.slice(ringing(entry), 0, 3)
	some action in alarms.actions(watch)
	topics.is_topic(action)
	text := $"alarm {alarm_name(watch)} notifies {action}, which {unreachable(action)}"
])

why(entry, 5) := concat("; ", [text |
	some watch in array.slice(ringing(entry), 0, 3)
	some action in alarms.actions(watch)
	text := sprintf("alarm %s %s", [alarm_name(watch), deaf(action)])
	not endswith(text, " ")
])

# deaf says of a topic that nobody hears it; "" where that is not what is wrong with it.
deaf(action) := $"notifies topic {short(action)}, to which nobody has confirmed a subscription{pending(action)}" if {
	topics.is_topic(action)
	topics.existence(action).state == "yes"
} else := ""

unreachable(topic) := "is encrypted with alias/aws/sns, a key that CloudWatch may not use" if {
	topic in topics.mute
} else := "does not exist"

pending(topic) := $" ({number} pending)" if {
	number := count([state | some state in topics.subscriptions(topic); state == "PendingConfirmation"])
	number > 0
} else := ""

silence(watch, entry) := $"alarm {alarm_name(watch)} is muted by an alarm mute rule" if {
	alarms.is_muted(watch)
	firing.on(watch.form, feed(entry)).state != "no"
} else := $"alarm {alarm_name(watch)} {firing.on(watch.form, feed(entry)).why}"

# inaction says why neither an alarm nor the composite alarms over it act.
inaction(watch) := concat(", and ", array.concat([idleness(watch.alarm)], [text |
	some composite in array.slice(alarms.above(watch), 0, 3)
	text := $"composite alarm {composite.alarm.AlarmName} over it {idleness(composite.alarm)}"
]))

idleness(alarm) := "has its actions switched off (ActionsEnabled is false)" if {
	alarm.ActionsEnabled == false
} else := "has no action for the ALARM state" if {
	count(object.get(alarm, "AlarmActions", [])) == 0
} else := $"acts on {concat(", ", alarm.AlarmActions)}, which is no SNS topic"

# mismatch says what the alarm nearest to a filter's metric watches instead: the first of what several are near by.
mismatch(filter) := array.flatten([
	[$"its alarm {near.AlarmName} watches namespace {near.Namespace} while the metric is in {filter.metric[2]}" |
		some near in alarms.by_name(filter.metric[3])
		near.region == filter.metric[1]
		near.Namespace != filter.metric[2]
	],
	[$"its alarm {near.AlarmName} is in {near.region} while the metric is in {filter.metric[1]}" |
		some near in alarms.by_name(filter.metric[3])
		near.Namespace == filter.metric[2]
		near.region != filter.metric[1]
	],
	[$"its alarm {alarm_name(near)} has {listed} while the metric has {wanted}" |
		some near in array.slice(alarms.watches(filter.metric), 0, 1)
		listed := dimensions([$"{dimension.Name}={dimension.Value}" | some dimension in near.dimensions])
		wanted := dimensions([named(name, value) | some name, value in filter.dimensions])
	],
	[$"its alarm {near.AlarmName} watches metric {near.MetricName}, the filter's name; the metric is {filter.metric[3]}" |
		some near in alarms.by_name(filter.name)
		near.region == filter.metric[1]
		near.Namespace == filter.metric[2]
	],
	[$"no alarm watches its metric {filter.metric[2]}/{filter.metric[3]} in {filter.metric[1]}"],
])[0]

dimensions(list) := "no dimensions" if {
	count(list) == 0
} else := $"the dimensions {concat(", ", list)}"

named(name, null) := name

named(name, value) := $"{name}={value}" if value != null

# doubt is the first thing about a filter that is not known: [link, words].
doubt(entry) := array.flatten([
	[{"link": "metric_filter", "text": text} |
		detail(entry).counts.state == "maybe"
		text := $"filter {called(entry)} {detail(entry).counts.why}"
	],
	[{"link": "alarm", "text": text} |
		[account, region, _, _] := naming(entry).metric
		reason := evidence.unread(account, "describe-alarms", region)
		reason != ""
		text := $"the alarms on {shown(entry)} are not all known; {reason}"
	],
	[{"link": "alarm", "text": text} |
		some watch in watching(entry)
		answer := firing.on(watch.form, feed(entry))
		answer.state == "maybe"
		text := $"alarm {alarm_name(watch)} {answer.why}"
	],
	[{"link": "topic", "text": text} |
		some action in told(entry)
		answer := topics.existence(action)
		answer.state == "maybe"
		text := $"whether topic {action} exists is not known; {answer.why}"
	],
	[{"link": "subscription", "text": text} |
		some action in told(entry)
		answer := topics.hearing(action)
		answer.state == "maybe"
		text := $"who hears topic {action} is not known; {answer.why}"
	],
	[{"link": "alarm", "text": text} |
		some watch in watching(entry)
		[watch.n, watch.alarm.region] in alarms.hushed
		text := $"alarm {alarm_name(watch)} may be muted: a mute rule is active and the alarms it names were not read"
	],
	[{"link": "action", "text": text} |
		some watch in ringing(entry)
		alarms.uncertain(watch)
		text := concat(" ", [
			$"alarm {alarm_name(watch)} does not tell a topic itself, and whether a composite alarm over it does is not known;",
			$"collect describe-alarms --alarm-types CompositeAlarm in {watch.alarm.region}",
			$"of account {evidence.ids[watch.n]} (permission cloudwatch:DescribeAlarms)",
		])
	],
	[{"link": "alarm", "text": $"what the alarms on {shown(entry)} do depends on other alarms, or on dimensions that AWS sets"}],
])[0]

# told are the topics that a filter's alarms tell.
told(entry) := [action |
	some action in acts(entry)
	topics.is_topic(action)
]

acts(entry) := entry.route.finding.evidence.actions if {
	filters.alike[entry.route.way].lone
} else := {action | some watch in watching(entry); some action in alarms.actions(watch)}

shown(entry) := $"{namespace}/{metric}" if [_, _, namespace, metric] := naming(entry).metric

# notes are what was left aside on a whole chain: mute rules are beyond the audit procedure, and few may read them.
notes(group) := [note |
	evidence.unread(group.account, "list-alarm-mute-rules", group.region) != ""
	note := concat(" ", [
		"whether a mute rule silences the alarm is not known:",
		$"collect list-alarm-mute-rules in {group.region} (permission cloudwatch:ListAlarmMuteRules)",
	])
]

# resource is the thing to mend.
resource(entry, stage) := called(entry) if {
	stage < 2
} else := object.get(watching(entry)[0].alarm, "AlarmArn", alarm_name(watching(entry)[0])) if {
	stage < 4
} else := told(entry)[0]
