# METADATA
# title: Data events of S3 objects
# description: Whether a trail records the reading or writing of the objects of all buckets.
package policies.lib.objects

recorded(trail, side) := object.union({"trail": trail}, answer(trail, side, verbs[side]))

verbs := {"reads": "read", "writes": "write"}

answer(trail, side, verb) := {"state": "maybe", "link": "event_selectors", "message": message} if {
	trail.capture.state == "maybe"
	message := $"what trail {trail.name} records is not known; {trail.capture.why}"
} else := {"state": "yes", "message": $"trail {trail.name} records data events that {verb} S3 objects, of all buckets"} if {
	"all" in trail.capture.objects[side]
} else := {"state": "no", "rank": 3, "link": "event_selectors", "message": message} if {
	count(trail.capture.objects[side]) == 0
	message := $"trail {trail.name} records no data events that {verb} S3 objects"
} else := {"state": "no", "rank": 4, "link": "event_selectors", "message": message} if {
	message := $"trail {trail.name} records data events that {verb} S3 objects of some only: {concat("; ", trail.capture.objects[side])}"
}
