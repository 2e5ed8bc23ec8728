# METADATA
# title: What every trail, or one trail, must be
# description: |
#   The controls of the logging section ask something of the trails themselves. An answer about one trail is
#   {"state": "yes" | "no" | "maybe", "link", "message", "rank"?}.
package policies.lib.tally

import future.keywords.not

import data.policies.lib.evidence
import data.policies.lib.trails

# each gives the verdict when every trail must do: with no trail, there is nothing to ask it of.
each(answers) := unread if {
	not [0, "describe-trails"] in evidence.read
} else := {"status": "not_applicable", "findings": [], "notes": ["the account has no trail"]} if {
	count(trails.listed) == 0
} else := verdict("fail", [finding(answer, "fail") | some answer in answers; answer.state == "no"]) if {
	"no" in {answer.state | some answer in answers}
} else := verdict("unknown", [finding(answer, "unknown") | some answer in answers; answer.state == "maybe"]) if {
	"maybe" in {answer.state | some answer in answers}
} else := verdict("unknown", [{"status": "unknown", "link": "trail", "message": message}]) if {
	count(unlisted_regions) > 0
	message := $"other trails may exist; {several(unlisted_regions)}"
} else := verdict("pass", [finding(answer, "pass") | some answer in answers])

# unlisted_regions say what to collect where trails of one region only may have escaped notice: where reading failed, and where
# nobody asked, because the collector was told to leave the region out, or because nobody knows which regions there are.
unlisted_regions := {why |
	some region in (refused_regions | enabled_regions)
	why := evidence.unread(evidence.home, "describe-trails", region)
	why != ""
} | {evidence.uncharted | evidence.uncharted != ""}

# several are the first of many sentences that differ in the region only.
several(sentences) := concat("; ", sentences) if {
	count(sentences) <= 3
} else := $"{concat("; ", array.slice([text | some text in sentences], 0, 2))}; and so in {count(sentences) - 2} more regions"

refused_regions := {object.get(gap, "region", "") | some gap in input.gaps; gap.operation == "describe-trails"}

enabled_regions := {region | some region in input.collection.regions.enabled}

# one gives the verdict when one trail suffices: a multi-region trail is seen from every region, so that one region's list will do. A
# failure has a finding for each trail, the one that comes furthest first.
one(answers) := unread if {
	not [0, "describe-trails"] in evidence.read
} else := verdict("fail", [{"status": "fail", "link": "trail", "message": message}]) if {
	count(trails.listed) == 0
	message := $"account {evidence.home} has no trail that records every region"
} else := verdict("pass", [finding(enough[0], "pass")]) if {
	enough := [answer | some answer in answers; answer.state == "yes"]
	count(enough) > 0
} else := verdict("unknown", [finding(answer, "unknown") | some answer in answers; answer.state == "maybe"]) if {
	"maybe" in {answer.state | some answer in answers}
} else := verdict("fail", [finding(answer, "fail") | some rank in array.reverse(ranks); some answer in answers; answer.rank == rank]) if {
	ranks := sort({answer.rank | some answer in answers})
}

unread := verdict("unknown", [{"status": "unknown", "link": "trail", "message": message}]) if {
	message := evidence.wanted("describe-trails", "every region", evidence.home, trails.unlisted)
}

verdict(status, findings) := {"status": status, "findings": findings, "notes": []}

finding(answer, status) := object.union_n([
	{
		"status": status,
		"message": answer.message,
		"region": answer.trail.region,
		"resource": answer.trail.arn,
		"evidence": object.union({"trail": answer.trail.arn}, object.get(answer, "evidence", {})),
		"pointers": [answer.trail.pointer],
	},
	{"link": answer.link | status != "pass"},
])

# working are the answers about trails that must record every region and be switched on before anything else is asked.
working(answer) := answer if {
	answer.trail.multi_region
	answer.trail.logging.state == "yes"
} else := object.union(answer, {"state": "no", "rank": 1, "link": "trail", "message": message}) if {
	not answer.trail.multi_region
	message := $"trail {answer.trail.name} records its home region {answer.trail.region} only"
} else := object.union(answer, {"state": "no", "rank": 2, "link": "trail", "message": $"trail {answer.trail.name} is not logging"}) if {
	answer.trail.logging.state == "no"
} else := answer if {
	answer.state == "no"
} else := object.union(answer, {"state": "maybe", "link": "trail", "message": message}) if {
	message := $"whether trail {answer.trail.name} is logging is not known; {answer.trail.logging.why}"
}
