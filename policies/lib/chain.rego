# METADATA
# title: The chain from a trail to a person
# description: |
#   trail -> event selectors -> log group -> metric filters -> alarm -> action -> topic -> confirmed subscription. What does not
#   depend on a control is measured once, in the other packages of this folder; what is left is to ask, stage by stage, whether
#   the patterns that come so far together cover the control. A control fails at the first stage where they no longer do.
package policies.lib.chain

import future.keywords.not

import data.policies.lib.coverage
import data.policies.lib.evidence
import data.policies.lib.explain
import data.policies.lib.filters
import data.policies.lib.trails

# judge gives the verdict on a control {"slug", "patterns", "scope"?, "reads"?}: any one trail with a whole chain suffices, and one of
# which something was not read leaves the question open. A failure has a finding for each trail, the one that comes furthest first.
judge(control) := decided(plan) if {
	plan := coverage.plan(control)
	plan.refused == []
} else := object.union(found, {"notes": array.concat(found.notes, coverage.refused(control))}) if {
	found := decided(coverage.plan(control))
}

decided(plan) := {"status": "pass", "findings": [found.finding], "notes": found.notes} if {
	found := whole(plan)
} else := {"status": "unknown", "findings": [finding], "notes": []} if {
	not [0, "describe-trails"] in evidence.read
	message := evidence.wanted("describe-trails", "every region", evidence.home, trails.unlisted)
	finding := {"status": "unknown", "link": "trail", "message": message, "evidence": {"wanted": plan.question.required}}
} else := {"status": "fail", "findings": [finding], "notes": []} if {
	count(trails.listed) == 0
	message := $"account {evidence.home} has no trail that records every region"
	finding := {"status": "fail", "link": "trail", "message": message, "evidence": {"wanted": plan.question.required}}
} else := {"status": "unknown", "findings": findings, "notes": []} if {
	findings := [finding | some found in attempts(plan); found.state == "maybe"; some finding in found.findings]
	count(findings) > 0
} else := {"status": "fail", "findings": findings, "notes": []} if {
	broken := [found | some found in attempts(plan); found.state == "no"]
	ranks := sort({found.rank | some found in broken})
	findings := [found.finding | some rank in array.reverse(ranks); some found in broken; found.rank == rank]
}

# whole is the first trail with a whole chain. Most often the first trail is one, and one filter that is heard says what an accepted
# pattern says.
whole(plan) := passing(plan.question, standing, {entry.pattern}, [entry]) if {
	standing := stood[plan.reads][0]
	standing.clear
	[entry] := [entry |
		some text in plan.texts
		some i in filters.by_text[[standing.trail.group.arn, text]]
		entry := filters.entries[i]
		entry.sure == 5
	]
	coverage.covers(plan.question, {entry.pattern})
} else := [found | some found in attempts(plan); found.state == "yes"][0]

attempts(plan) := [attempt(plan.question, standing) | some standing in stood[plan.reads]]

# stood are the trails as they stand before anything is asked of their patterns, by whether a control asks for reading events. Calls that
# change something are writing events: what a trail leaves out of its reading ones does not matter to a control about such calls, as long
# as the trail records reading events at all.
stood := {
	true: [standing(trail) | some trail in trails.listed],
	false: [standing(writing(trail)) | some trail in trails.listed],
}

writing(trail) := object.union(trail, {"capture": {"reads": trail.capture.writes}}) if {
	count(trail.capture.reads) > 0
} else := trail

# standing is how a trail's own links hold: whole, unless one of them is broken, with those that are not known as open. Where it selects
# events, that is another question for each control.
standing(trail) := {"state": "selecting", "trail": trail} if {
	count(narrow(trail)) > 0
} else := stand({}, trail)

stand(question, trail) := {"state": "broken", "trail": trail, "link": broken} if {
	broken := [link | some link in own(question, trail); link.state == "no"][0]
} else := {
	"state": "whole",
	"trail": trail,
	"clear": open == [],
	"open": open,
	"notes": [note | some link in own(question, trail); some note in link.notes],
} if {
	open := [link | some link in own(question, trail); link.state == "maybe"]
}

own(question, trail) := [recording(trail), capture(question, trail), delivery(trail)]

# attempt is how one trail meets a question: broken at the first link that does not hold, else open while a link is not known. What
# becomes of its events is asked when none of its own links is broken.
attempt(question, standing) := met(question, stand(question, standing.trail)) if {
	standing.state == "selecting"
} else := met(question, standing)

met(question, standing) := outcome(question, standing, standing.link) if {
	standing.state == "broken"
} else := outcome(question, standing, hearing(question, standing.trail.group))

outcome(question, standing, link) := passing(question, standing, link.found, link.needed) if {
	link.state == "yes"
	standing.clear
} else := {"state": "no", "rank": link.rank, "finding": finding(question, link, standing.trail, "fail")} if {
	link.state == "no"
} else := {"state": "maybe", "findings": [finding(question, open, standing.trail, "unknown") |
	some open in array.concat(standing.open, [link | link.state == "maybe"])
]}

held := {"state": "yes", "notes": []}

broken(link, rank, message) := {"link": link, "rank": rank, "state": "no", "message": message}

unknown(link, message) := {"link": link, "state": "maybe", "message": message}

# passing is a trail with a whole chain: the patterns found there cover the control, by the needed entries.
passing(question, standing, found, needed) := {
	"state": "yes",
	"finding": {
		"status": "pass",
		"message": explain.whole(standing.trail.group, seen),
		"region": standing.trail.group.region,
		"resource": standing.trail.arn,
		"evidence": object.union(seen.facts, {"trail": standing.trail.arn, "wanted": question.required}),
		"pointers": array.concat([standing.trail.pointer], seen.pointers),
	},
	"notes": array.flatten([standing.notes, coverage.notes(question, found), explain.notes(standing.trail.group)]),
} if {
	seen := explain.seen(standing.trail.group, needed)
}

# finding is what was concluded of a trail without one, always with the patterns of which any one would do.
finding(question, link, trail, status) := {
	"status": status,
	"link": link.link,
	"message": link.message,
	"region": object.get(trail, ["group", "region"], trail.region),
	"resource": object.get(link, "resource", trail.arn),
	"evidence": object.union({"trail": trail.arn, "wanted": question.required}, object.get(link, "evidence", {})),
	"pointers": array.concat([trail.pointer], object.get(link, "pointers", [])),
}

# recording: the trail records every region, and is switched on.
recording(trail) := broken("trail", 1, $"trail {trail.name} records its home region {trail.region} only") if {
	not trail.multi_region
} else := broken("trail", 2, $"trail {trail.name} is not logging") if {
	trail.logging.state == "no"
} else := unknown("trail", $"whether trail {trail.name} is logging is not known; {trail.logging.why}") if {
	trail.logging.state == "maybe"
} else := held

# capture: the trail's event selectors let the events through that the control is about, reading and writing.
capture(question, trail) := unknown("event_selectors", $"what trail {trail.name} records is not known; {trail.capture.why}") if {
	trail.capture.state == "maybe"
} else := broken("event_selectors", 3, $"trail {trail.name} does not record management events that {concat(" or ", missing)}") if {
	missing := [verb | some side, verb in {"reads": "read", "writes": "write"}; count(trail.capture[side]) == 0]
	count(missing) > 0
} else := narrowed(trail, [[only, coverage.ask(question, only)] | some only in narrow(trail)])

# narrow are the selections of a trail that are not simply all events.
narrow(trail) := {only |
	some only in {trail.capture.reads, trail.capture.writes}
	not "" in only
}

# narrowed is the first of a trail's selections that leaves an event out which the control is about, or may do so.
narrowed(trail, asked) := object.union(broken("event_selectors", 3, message), {"evidence": {
	"missed_event": answer.event,
	"selected": only,
}}) if {
	[only, answer] := [pair | some pair in asked; pair[1].answer == "misses"][0]
	message := $"trail {trail.name} records only {concat(" or ", only)}, so that it leaves out {coverage.event(answer.event)}"
} else := unknown("event_selectors", $"trail {trail.name} records only {concat(" or ", only)}: {answer.reason}") if {
	[only, answer] := [pair | some pair in asked; pair[1].answer == "unknown"][0]
} else := held

# delivery: the trail's events reach a log group.
delivery(trail) := broken("log_group", 4, $"trail {trail.name} delivers to no CloudWatch Logs log group") if {
	trail.group == null
} else := broken("log_group", 4, $"trail {trail.name} could not deliver to {trail.group.name}: {trail.delivery.error}") if {
	trail.delivery.stalled
} else := broken("log_group", 4, $"trail {trail.name} delivers to {trail.group.name}, which does not exist") if {
	filters.no_group(trail.group)
} else := {"state": "yes", "notes": [$"trail {trail.name} reported a delivery error: {trail.delivery.error}"]} if {
	trail.delivery.error != ""
} else := held

# hearing: what becomes of the events in a log group.
hearing(question, group) := unknown("log_group", $"the log group {group.name} is elsewhere: {why}") if {
	not evidence.number[group.account]
	why := evidence.unread_group(group, "describe-metric-filters")
} else := {"state": "yes", "found": found, "needed": needed} if {
	found := enough(question, group)
	count(found) > 0
	needed := [entry |
		some pattern in array.slice([pattern | some pattern in found], 0, 100)
		some entry in filters.spelled(group.arn, coverage.canonical(pattern))
		entry.sure == 5
	]
} else := unsure(question, group, coverage.ask(question, patterns(group, "sure", 5))) if {
	not missed(question, group, 5)
} else := unknown("metric_filter", $"the metric filters of {group.name} are not all known; {why}") if {
	why := evidence.unread_group(group, "describe-metric-filters")
	why != ""
} else := lost(question, group)

entries(group) := filters.placed(group.arn)

# patterns are those of the filters whose events come as far as a stage: for certain (sure), or as far as anyone knows (maybe).
patterns(group, certainty, stage) := {entry.pattern | some entry in entries(group); entry[certainty] >= stage}

# verbatim are the filters that say what an accepted pattern says, but for spacing. The others need a proof.
verbatim(question, group) := [entry |
	some text in coverage.texts(question)
	some i in filters.by_text[[group.arn, text]]
	entry := filters.entries[i]
]

# missed tells that the patterns that may come as far as a stage do not cover a control.
missed(question, group, stage) if {
	every entry in verbatim(question, group) {
		entry.maybe < stage
	}
	coverage.ask(question, patterns(group, "maybe", stage)).answer == "misses"
}

# enough are patterns of working alarms that cover a control: one alone if possible, else those that speak of it; none if they
# do not cover it together. AWS allows a hundred filters on a log group; among more, only accepted texts are sought one by one.
enough(question, group) := {pattern} if {
	pattern := coverage.chosen(question, {entry.pattern | some entry in verbatim(question, group); entry.sure == 5})
} else := set() if {
	not coverage.covers(question, patterns(group, "sure", 5))
} else := {pattern} if {
	count(patterns(group, "sure", 5)) <= 100
	pattern := coverage.chosen(question, patterns(group, "sure", 5))
} else := parts if {
	count(patterns(group, "sure", 5)) <= 100
	parts := coverage.parts(question, patterns(group, "sure", 5))
} else := patterns(group, "sure", 5)

# unsure: only with what nobody read, or nobody can decide, would the control be covered.
unsure(question, group, answer) := object.union(unknown(link, message), {
	"evidence": explain.facts(group, doubtful),
	"pointers": explain.pointers(group, doubtful),
}) if {
	doubtful := relevant(question, group, {5}, answer)
	{"link": link, "text": message} := explain.doubt(doubtful[0])
} else := unknown("pattern", $"whether the metric filters of {group.name} cover the control is not decided: {reason}") if {
	answers := [answer, coverage.ask(question, patterns(group, "maybe", 5))]
	reason := [text | some each in answers; text := each.reason; text != ""][0]
}

# lost: the stage at which the patterns no longer cover the control. Where no filter catches any of it, it is a filter that is missing
# and not a pattern that misses, if an alarm waits for a metric that no filter here feeds, or each filter here serves another control.
lost(question, group) := broken("metric_filter", 5, $"log group {group.name} has no metric filter") if {
	count(entries(group)) == 0
} else := object.union(broken("metric_filter", 5, explain.absent(group, answer, filters.unfed(group))), {
	"evidence": explain.missed(question, group, answer, []),
	"pointers": array.slice([alarm.pointer | some alarm in filters.unfed(group)], 0, 20),
}) if {
	missed(question, group, -1)
	count(partial(question, group)) == 0
	none_astray(group)
	answer := coverage.ask(question, patterns(group, "maybe", -1))
} else := object.union(broken("pattern", 6, explain.uncovered(question, group, answer, near)), {
	"evidence": explain.missed(question, group, answer, near),
	"pointers": explain.pointers(group, near),
}) if {
	missed(question, group, -1)
	answer := coverage.ask(question, patterns(group, "maybe", -1))
	near := nearest(question, group)
} else := object.union(broken(link, 7 + stage, message), {
	"resource": explain.resource(stuck[0], stage),
	"evidence": explain.facts(group, stuck),
	"pointers": explain.pointers(group, stuck),
}) if {
	stage := min([stage | some stage, _ in stages; missed(question, group, stage)])
	link := stages[stage]
	answer := coverage.ask(question, patterns(group, "maybe", stage))
	stuck := relevant(question, group, {stage - 1}, answer)
	message := explain.stuck(stuck, stage, coverage.covers(question, {stuck[0].pattern}))
}

stages := ["metric_filter", "alarm", "alarm", "action", "topic", "subscription"]

# relevant are the filters that would close a gap: those with an accepted text; else those that catch the missed event, the ones
# that cover the control alone before the others.
relevant(question, group, stages_reached, answer) := same if {
	same := [entry | some entry in verbatim(question, group); entry.maybe in stages_reached; entry.sure < 5]
	count(same) > 0
} else := found if {
	candidates := [entry | some entry in entries(group); entry.maybe in stages_reached; entry.sure < 5]
	catching := [entry | some entry in array.slice(candidates, 0, 1000); cwl.matches(entry.pattern, answer.event) == true]
	alone := [entry | some entry in array.slice(catching, 0, 100); coverage.covers(question, {entry.pattern})]
	found := [choice | some choice in [alone, catching, candidates]; count(choice) > 0][0]
} else := []

none_astray(group) if count(filters.unfed(group)) > 0

none_astray(group) if {
	count(few(group)) > 0
	every entry in few(group) {
		coverage.serves(entry.pattern)
	}
}

# nearest are the filters that catch some of the control's events; else those that look for one of its values.
nearest(question, group) := partial(question, group) if {
	count(partial(question, group)) > 0
} else := [entry |
	some entry in few(group)
	some value in coverage.values(question)
	contains(entry.pattern, value)
]

# partial are the filters that catch some of the control's events.
partial(question, group) := [entry |
	some entry in few(group)
	count(coverage.ask(question, {entry.pattern}).nearest.caught) > 0
]

# few are the filters of a log group if they are as few as AWS allows: more are not asked one by one.
few(group) := entries(group) if {
	count(entries(group)) <= 100
} else := []
