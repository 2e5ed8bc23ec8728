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
# Most often the first trail is a whole chain, and one filter that is heard says what an accepted pattern says, or covers it. What these
# two say of the route is written twice: a function would cost every control of every account a tenth more.
judge(control) := {"status": "pass", "findings": [finding], "notes": notes} if {
	[question, shown, texts, asks] := coverage.brief(control)
	standing := ready[asks]
	[[route]] := [routes | some text in texts; routes := standing.by_text[text]]
	filters.alike[route.way].simply
	notes := coverage.alone(question, route.text, standing.asides)
	finding := object.union(route.finding, shown)
} else := {"status": "pass", "findings": [finding], "notes": notes} if {
	[question, shown, texts, asks] := coverage.brief(control)
	standing := ready[asks]
	count([text | some text in texts; standing.by_text[text]]) == 0
	pattern := coverage.chosen(question, filters.heard_alone(standing.group))
	[route] := standing.by_text[coverage.canonical(pattern)]
	filters.alike[route.way].simply
	notes := coverage.alone(question, route.text, standing.asides)
	finding := object.union(route.finding, shown)
} else := decided(plan) if {
	plan := coverage.plan(control)
	plan.refused == []
} else := object.union(found, {"notes": array.concat(found.notes, plan.refused)}) if {
	plan := coverage.plan(control)
	found := decided(plan)
}

decided(plan) := concluded([attempt(plan, standing) | some standing in stood[plan.reads]]) if {
	count(trails.listed) > 0
} else := {"status": "unknown", "findings": [finding], "notes": []} if {
	not [0, "describe-trails"] in evidence.read
	message := evidence.wanted("describe-trails", "every region", evidence.home, trails.unlisted)
	finding := {"status": "unknown", "link": "trail", "message": message, "evidence": {"wanted": plan.question.required}}
} else := {"status": "fail", "findings": [finding], "notes": []} if {
	message := $"account {evidence.home} has no trail that records every region"
	finding := {"status": "fail", "link": "trail", "message": message, "evidence": {"wanted": plan.question.required}}
}

# ready are the first trails, by what plans ask for, if there is nothing to say of them.
ready := {reads: {"group": group.arn, "by_text": by_text, "asides": explain.notes(group)} |
	some reads, standings in stood
	standings[0].clear
	standings[0].notes == []
	group := standings[0].trail.group
	by_text := filters.alone[group.arn]
}

# concluded is what the attempts come to.
concluded(found) := {"status": "fail", "findings": [found[0].finding], "notes": []} if {
	count(found) == 1
	found[0].state == "no"
} else := {"status": "pass", "findings": [whole.finding], "notes": whole.notes} if {
	whole := [each | some each in found; each.state == "yes"][0]
} else := {"status": "unknown", "findings": findings, "notes": []} if {
	"maybe" in {each.state | some each in found}
	findings := [finding | some each in found; each.state == "maybe"; some finding in each.findings]
} else := {"status": "fail", "findings": findings, "notes": []} if {
	ranks := sort({broken.rank | some broken in found})
	findings := [broken.finding | some rank in array.reverse(ranks); some broken in found; broken.rank == rank]
}

# stood are the trails as they stand before anything is asked of their patterns, by whether a control asks for reading events. Calls that
# change something are writing events: what a trail leaves out of its reading ones does not matter to a control about such calls, as long
# as the trail records reading events at all.
stood := {
	true: [standing(trail) | some trail in trails.listed],
	false: [standing(writing(trail)) | some trail in trails.listed],
}

writing(trail) := trail if {
	full(trail)
} else := object.union(trail, {"capture": {"reads": trail.capture.writes}}) if {
	count(trail.capture.reads) > 0
} else := trail

# standing is how a trail's own links hold: whole, unless one of them is broken, with those that are not known as open. Where it selects
# events, that is another question for each control.
standing(trail) := {"state": "selecting", "trail": trail} if {
	not full(trail)
	count(narrow(trail)) > 0
} else := stand({}, trail)

stand(question, trail) := {"state": "whole", "trail": trail, "clear": true, "open": [], "notes": []} if {
	own(question, trail) == [held, held, held]
} else := {"state": "broken", "trail": trail, "link": broken} if {
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
attempt(plan, standing) := met(plan, stand(plan.question, standing.trail)) if {
	standing.state == "selecting"
} else := met(plan, standing)

met(plan, standing) := outcome(plan.question, standing, standing.link) if {
	standing.state == "broken"
} else := outcome(plan.question, standing, hearing(plan, standing.trail.group))

outcome(question, standing, link) := {"state": "no", "rank": link.rank, "finding": finding(question, link, standing.trail, "fail")} if {
	link.state == "no"
} else := passing(question, standing, link.found, link.needed) if {
	link.state == "yes"
	standing.clear
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
capture(question, trail) := held if {
	full(trail)
} else := unknown("event_selectors", $"what trail {trail.name} records is not known; {trail.capture.why}") if {
	trail.capture.state == "maybe"
} else := broken("event_selectors", 3, $"trail {trail.name} does not record management events that {concat(" or ", missing)}") if {
	missing := [verb | some side, verb in {"reads": "read", "writes": "write"}; count(trail.capture[side]) == 0]
	count(missing) > 0
} else := narrowed(trail, [[only, coverage.ask(question, only)] | some only in narrow(trail)])

# full tells that a trail records all management events.
full(trail) if {
	"" in trail.capture.reads
	"" in trail.capture.writes
}

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
hearing(plan, group) := unknown("log_group", $"the log group {group.name} is elsewhere: {why}") if {
	not evidence.number[group.account]
	why := evidence.unread_group(group, "describe-metric-filters")
} else := told({
	"question": plan.question,
	"group": group,
	"verbatim": verbatim,
	"known": max(array.concat([-2], [entry.maybe | some entry in verbatim])),
}) if {
	verbatim := [entry | some text in plan.texts; some entry in filters.spelled(group.arn, text)]
}

# told: the case is a question to a log group, with the filters that say what an accepted pattern says, but for spacing. These need no
# proof, and so it is known without asking how far the furthest of them may bring the control's events.
told(case) := {"state": "yes", "found": found, "needed": needed} if {
	found := enough(case)
	needed := [entry |
		some pattern in array.slice([pattern | some pattern in found], 0, 100)
		some entry in filters.spelled(case.group.arn, coverage.canonical(pattern))
		entry.sure == 5
	]
} else := unsure(case, asked(case, "sure", 5)) if {
	answered(case, 5) != "misses"
} else := unknown("metric_filter", $"the metric filters of {case.group.name} are not all known; {why}") if {
	why := evidence.unread_group(case.group, "describe-metric-filters")
	why != ""
} else := lost(case)

# asked is what is answered to the patterns that come as far as a stage.
asked(case, certainty, stage) := coverage.ask(case.question, filters.patterns(case.group.arn, certainty, stage))

# answered is what is answered to the patterns that may come as far as a stage.
answered(case, stage) := asked(case, "maybe", stage).answer if {
	case.known < stage
} else := "covers"

# enough are patterns of working alarms that cover a control: one alone if possible, else those that speak of it. AWS allows a hundred
# filters on a log group; among more, only accepted texts are sought one by one.
enough(case) := {pattern} if {
	heard := {entry.pattern | some entry in case.verbatim; entry.sure == 5}
	count(heard) > 0
	pattern := coverage.chosen(case.question, heard)
} else := chosen(case.question, filters.patterns(case.group.arn, "sure", 5)) if {
	filters.by_sure[[case.group.arn, 5]]
	asked(case, "sure", 5).answer == "covers"
}

chosen(question, patterns) := {pattern} if {
	count(patterns) <= 100
	pattern := coverage.chosen(question, patterns)
} else := parts if {
	count(patterns) <= 100
	parts := coverage.parts(question, patterns)
} else := patterns

# unsure: only with what nobody read, or nobody can decide, would the control be covered.
unsure(case, answer) := object.union(unknown(link, message), {
	"evidence": explain.facts(case.group, doubtful),
	"pointers": explain.pointers(case.group, doubtful),
}) if {
	doubtful := relevant(case, 5, answer)
	{"link": link, "text": message} := explain.doubt(doubtful[0])
} else := unknown("pattern", $"whether the metric filters of {case.group.name} cover the control is not decided: {reason}") if {
	answers := [answer, asked(case, "maybe", 5)]
	reason := [text | some each in answers; text := each.reason; text != ""][0]
} else := unknown("pattern", concat(" ", [
	$"whether the metric filters of {case.group.name} cover the control is not decided:",
	"its patterns may ask for no event at all",
]))

# lost: the stage at which the patterns no longer cover the control. Where no filter catches any of it, it is a filter that is missing
# and not a pattern that misses, if an alarm waits for a metric that no filter here feeds, or each filter here serves another control.
lost(case) := broken("metric_filter", 5, $"log group {case.group.name} has no metric filter") if {
	not filters.places[case.group.arn]
} else := uncaught(case, asked(case, "maybe", -1)) if {
	answered(case, -1) == "misses"
} else := object.union(broken(link, 7 + stage, explain.stuck(stuck, stage, alone)), {
	"resource": explain.resource(stuck[0], stage),
	"evidence": seen.facts,
	"pointers": seen.pointers,
}) if {
	stops := sort([last | some [group, last], _ in filters.by_maybe; group == case.group.arn; last < 5])
	stage := [next | some last in stops; next := last + 1; answered(case, next) == "misses"][0]
	link := stages[stage]
	stuck := relevant(case, stage - 1, asked(case, "maybe", stage))
	alone := coverage.covers(case.question, {stuck[0].pattern})
	seen := explain.seen(case.group, stuck)
}

stages := ["metric_filter", "alarm", "alarm", "action", "topic", "subscription"]

# uncaught: no filter looks for all of the control's events.
uncaught(case, answer) := object.union(broken("metric_filter", 5, explain.absent(case.group, answer, filters.unfed(case.group))), {
	"evidence": explain.missed(case.question, case.group, answer, []),
	"pointers": array.slice([alarm.pointer | some alarm in filters.unfed(case.group)], 0, 20),
}) if {
	count(partial(case)) == 0
	none_astray(case.group)
} else := object.union(broken("pattern", 6, explain.uncovered(case.question, case.group, answer, near)), {
	"evidence": explain.missed(case.question, case.group, answer, near),
	"pointers": explain.pointers(case.group, near),
}) if {
	near := nearest(case)
}

# relevant are the filters that come to a stage and no further, and would close a gap: those with an accepted text; else those that
# catch the missed event, the ones that cover the control alone before the others.
relevant(case, stage, answer) := same if {
	same := [entry | some entry in case.verbatim; entry.maybe == stage; entry.sure < 5]
	count(same) > 0
} else := found if {
	candidates := filters.stopped(case.group.arn, stage)
	catching := [entry | some entry in array.slice(candidates, 0, 1000); cwl.matches(entry.pattern, answer.event) == true]
	alone := [entry | some entry in array.slice(catching, 0, 100); coverage.covers(case.question, {entry.pattern})]
	found := [choice | some choice in [alone, catching, candidates]; count(choice) > 0][0]
} else := []

none_astray(group) if count(filters.unfed(group)) > 0

none_astray(group) if {
	few(group)
	count(coverage.astray(filters.patterns(group.arn, "maybe", -1))) == 0
}

# nearest are the filters that catch some of the control's events; else those that look for one of its values.
nearest(case) := partial(case) if {
	count(partial(case)) > 0
} else := filters.saying(case.group.arn, found) if {
	few(case.group)
	values := coverage.values(case.question)
	found := {pattern |
		some pattern in filters.patterns(case.group.arn, "maybe", -1)
		some value in values
		contains(pattern, value)
	}
} else := []

# partial are the filters that catch some of the control's events.
partial(case) := filters.saying(case.group.arn, catching) if {
	few(case.group)
	catching := coverage.catching(case.question, filters.patterns(case.group.arn, "maybe", -1))
	count(catching) > 0
} else := []

# few tells that a log group has as few filters as AWS allows: more are not asked one by one.
few(group) if count(filters.places[group.arn]) <= 100
