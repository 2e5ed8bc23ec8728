# METADATA
# title: A trail records every region
# description: >-
#   One trail that covers all regions, is switched on and leaves no management events out, so that nothing happens
#   unrecorded.
# custom:
#   control: cloudtrail-multi-region
#   severity: critical
#   remediation: >-
#     Make one trail multi-region, start its logging, and let it record all management events, reading and writing, with
#     no event source left out.
package policies.logging.cloudtrail_multi_region

import future.keywords.not

import data.policies.lib.tally
import data.policies.lib.trails

verdict := tally.one([tally.working(object.union({"trail": trail}, answer(trail))) | some trail in trails.listed])

answer(trail) := {"state": "maybe", "link": "event_selectors", "message": message} if {
	trail.capture.state == "maybe"
	message := $"what trail {trail.name} records is not known; {trail.capture.why}"
} else := {"state": "yes", "message": $"trail {trail.name} records all management events of every region"} if {
	"" in trail.capture.reads
	"" in trail.capture.writes
} else := {"state": "no", "rank": 3, "link": "event_selectors", "message": message} if {
	message := $"trail {trail.name} does not record all management events: {concat("; ", gaps(trail.capture))}"
}

gaps(capture) := [gap |
	some side, verb in {"reads": "read", "writes": "write"}
	not "" in capture[side]
	gap := {true: $"none that {verb}", false: $"of those that {verb} only {concat(" or ", capture[side])}"}[count(capture[side]) == 0]
]
