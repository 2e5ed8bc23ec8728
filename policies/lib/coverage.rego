# METADATA
# title: Whether patterns cover a control
# description: The questions put to cwl.covers, and what an auditor should know about a yes.
package policies.lib.coverage

import future.keywords.not

# plan is what there is to judge of a control, and the same for every account: its question, whether it asks for reading events, and what
# there is to say of its exceptions.
plan(control) := {
	"question": question(control),
	"shown": {"evidence": {"wanted": question(control).required}},
	"texts": texts(question(control)),
	"reads": object.get(control, "reads", true),
	"asks": asks(control),
	"refused": refused(control),
}

# brief is what most accounts need of a plan: [question, shown, texts, asks].
brief(control) := [plan(control).question, plan(control).shown, plan(control).texts, plan(control).asks]

# asks is whether a control asks for reading events, too; null where its exceptions are refused, of which there is something to say.
asks(control) := object.get(control, "reads", true) if {
	refused(control) == []
} else := null

# question is what a control asks: any one of its accepted patterns, within the events it means, but for those of the exceptions.
# An edition's own list of patterns goes before the control's. A pattern all of whose events are excepted would be met by no filter
# at all, so it is no longer asked for; where that is so of every pattern, the exceptions are not applied.
question(control) := object.union(within(control, left(control)), {"except": excepted(control)}) if {
	count(left(control)) > 0
} else := object.union(within(control, accepted(control)), {"except": []})

within(control, patterns) := object.union({"required": patterns}, object.filter(control, ["scope"]))

# excepted are patterns of the events that someone knowingly does not want to hear of.
excepted(control) := object.get(exceptions, [control.slug], [])

default exceptions := {}

exceptions := data.exceptions

# left are the accepted patterns of which the exceptions leave something.
left(control) := accepted(control) if {
	count(excepted(control)) == 0
} else := [pattern |
	some pattern in accepted(control)
	not covers(within(control, [pattern]), excepted(control))
]

# refused says that the exceptions leave nothing to watch.
refused(control) := [note |
	count(left(control)) == 0
	note := $"the exceptions leave out every event that the control is about, so they are not applied: {concat(", ", excepted(control))}"
]

accepted(control) := object.get(editions, [control.slug], control.patterns)

default editions := {}

editions := data.benchmark.patterns

# values are the texts that a control's patterns look for, to recognise a filter that was meant for it.
values(asked) := {value |
	some pattern in asked.required
	some [_, value] in regex.find_all_string_submatch_n(`[^!]=\s*"?\*?([A-Za-z][A-Za-z. ]{2,}[A-Za-z])`, pattern, -1)
}

# catching are those of some patterns that by themselves catch some of a control's events, astray those that serve no control.
catching(asked, patterns) := {pattern | some pattern in patterns; count(ask(asked, {pattern}).nearest.caught) > 0} if {
	count(patterns) <= 100
} else := set()

astray(patterns) := {pattern | some pattern in patterns; not serves(pattern)}

# serves tells whether a filter catches events of some control, whichever.
default serves(_) := false

serves(pattern) if {
	some accepted_pattern in known
	answer := ask({"required": [accepted_pattern]}, {pattern})
	catches(answer)
}

catches(answer) if answer.answer == "covers"

catches(answer) if count(answer.nearest.caught) > 0

known := {pattern | some subject in subjects; some pattern in data.policies.monitoring[subject].patterns}

# subjects are the controls whose patterns are known: the shipped ones. What others put beside them changes no verdict but their own.
subjects := {
	"api_activity_no_mfa",
	"cloudtrail_config_changes",
	"cmk_disable_delete",
	"config_changes",
	"console_auth_failures",
	"console_signin_no_mfa",
	"iam_policy_changes",
	"nacl_changes",
	"network_gateway_changes",
	"organizations_changes",
	"root_usage",
	"route_table_changes",
	"s3_bucket_policy_changes",
	"security_group_changes",
	"unauthorized_api_calls",
	"vpc_changes",
}

# ask is evaluated once for the same question and the same patterns, whoever asks.
ask(asked, deployed) := cwl.covers(object.union(asked, {"deployed": deployed}))

default covers(_, _) := false

covers(asked, deployed) if ask(asked, deployed).answer == "covers"

# alone is what an auditor should know, before some other notes, where a filter that says a text covers a control by itself; undefined
# where it does not.
alone(asked, text, others) := array.concat(notes(asked, {text}), others) if covers(asked, {text})

# canonical is a pattern without its author's spacing; an invalid one is only itself.
canonical(pattern) := read.canonical if {
	read := cwl.parse(pattern)
	read.valid
} else := pattern

# texts are a question's accepted patterns without their authors' spacing.
texts(asked) := [canonical(pattern) | some pattern in asked.required]

# chosen is the pattern that covers alone, one that is not over-broad if there is one.
chosen(asked, patterns) := array.concat(narrow, alone)[0] if {
	alone := [pattern | some pattern in patterns; covers(asked, {pattern})]
	narrow := [pattern | some pattern in alone; not ask(asked, {pattern}).over_broad]
}

# parts are the patterns that speak of the control's events only, if they cover it together. One that AWS would refuse is none of them.
parts(asked, patterns) := found if {
	found := {pattern |
		some pattern in patterns
		cwl.parse(pattern).valid
		about := object.union(asked, {"required": [pattern]})
		ask(about, set()).answer == "misses" # there are such events
		covers(about, asked.required)
	}
	covers(asked, found)
}

# notes are what an auditor should know about patterns that cover a control. Of more than AWS allows on one log group, none are
# sought: each is another question about all of them.
notes(asked, patterns) := [note |
	count(patterns) <= 100
	some note in [
		scope_note(asked, patterns),
		assumption_note(asked, patterns),
		broad_note(asked, patterns),
		alternative_note(asked, patterns),
	]
	note != ""
]

scope_note(asked, patterns) := concat(" ", [
	"covers the control's own events only,",
	$"{asked.scope}: events of the same name elsewhere are not asked for",
]) if {
	asked.scope
	not covers(object.remove(asked, ["scope"]), patterns)
} else := ""

assumptions := {
	"cloudtrail": "holds for events that have the fields and types of CloudTrail records",
	"event-source": "holds because CloudTrail reports these event names from one service only",
}

assumption_note(asked, patterns) := object.get(assumptions, [ask(asked, patterns).assumes], "")

broad_note(asked, patterns) := $"over-broad: also rings for routine events, for instance {event(example)}" if {
	example := ask(asked, patterns).over_broad
} else := ""

alternative_note(asked, patterns) := $"meets an accepted alternative; the first text would also report {event(first.event)}" if {
	ask(asked, patterns).required > 0
	first := ask(object.union(asked, {"required": [asked.required[0]]}), patterns)
	first.answer == "misses"
} else := ""

# event is a CloudTrail event in a few words.
event(record) := concat(" ", words) if {
	words := [word |
		some [form, path] in [
			["%s", ["eventName"]],
			["of %s", ["eventSource"]],
			["by %s", ["userIdentity", "type"]],
			["with result %s", ["responseElements", "ConsoleLogin"]],
			["with error %s", ["errorCode"]],
			["(%s)", ["errorMessage"]],
		]
		value := object.get(record, path, "")
		value != ""
		word := sprintf(form, [value])
	]
}
