package policies.logging.cloudtrail_multi_region_test

import data.policies.lib.fixture
import data.policies.logging.cloudtrail_multi_region

selectors := "/cloudtrail/trails/0/EventSelectors"

classic(kind) := {"ReadWriteType": kind, "IncludeManagementEvents": true, "DataResources": [], "ExcludeManagementEventSources": []}

# advanced replaces the trail's classic selectors by advanced ones, each given by its fields.
advanced(several) := [
	fixture.without(selectors),
	fixture.set_to("/cloudtrail/trails/0/AdvancedEventSelectors", [{"FieldSelectors": fields} | some fields in several]),
]

equals(field, value) := {"Field": field, "Equals": [value]}

management := equals("eventCategory", "Management")

other := object.union(fixture.trail, {
	"Name": "other",
	"TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/other",
	"region": "eu-west-1",
})

copy := object.union(object.remove(fixture.trail, ["Status", "EventSelectors"]), {"region": "eu-west-1"})

test_passes[note] if {
	some note, operations in {
		"one trail": [],
		"reading and writing in two selectors": [fixture.set_to(selectors, [classic("ReadOnly"), classic("WriteOnly")])],
		"data events beside": [fixture.set_to($"{selectors}/-", {
			"ReadWriteType": "ReadOnly",
			"IncludeManagementEvents": false,
			"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::one/"]}],
		})],
		"an advanced selector": advanced([[management]]),
		"two advanced selectors": advanced([[management, equals("readOnly", "true")], [management, equals("readOnly", "false")]]),
		"AWS's default selectors": [
			fixture.without(selectors),
			fixture.set_to("/cloudtrail/trails/0/HasCustomEventSelectors", false),
		],
		"no log group": [fixture.without("/cloudtrail/trails/0/CloudWatchLogsLogGroupArn")],
		"its copy in another region": [fixture.set_to("/cloudtrail/trails/-", copy)],
		"its copy in another region first": [fixture.set_to("/cloudtrail/trails", [copy, fixture.trail])],
		"another trail that is stopped": [fixture.set_to("/cloudtrail/trails/-", object.union(other, {"Status": {"IsLogging": false}}))],
		"another trail that is not read": [fixture.set_to("/cloudtrail/trails/-", object.remove(other, ["Status", "EventSelectors"]))],
		"one region not read, where a copy would be": [fixture.set_to("/gaps/-", object.union(
			fixture.gap("cloudtrail", "describe-trails"),
			{"region": "eu-west-1"},
		))],
	}
	verdict := cloudtrail_multi_region.verdict with input as fixture.patched([], operations)
	verdict.status == "pass"
	verdict.findings[0].resource == fixture.trail.TrailARN
}

test_fails[note] if {
	some note, [link, operations] in {
		"no trail": ["trail", [fixture.set_to("/cloudtrail/trails", [])]],
		"one region": ["trail", [fixture.set_to("/cloudtrail/trails/0/IsMultiRegionTrail", false)]],
		"regions not said": ["trail", [fixture.without("/cloudtrail/trails/0/IsMultiRegionTrail")]],
		"stopped": ["trail", [fixture.set_to("/cloudtrail/trails/0/Status/IsLogging", false)]],
		"two trails, each with a half": ["trail", [
			fixture.set_to("/cloudtrail/trails/0/Status/IsLogging", false),
			fixture.set_to("/cloudtrail/trails/-", object.union(other, {"IsMultiRegionTrail": false})),
		]],
		"no writing": ["event_selectors", [fixture.set_to(selectors, [classic("ReadOnly")])]],
		"no reading": ["event_selectors", [fixture.set_to(selectors, [classic("WriteOnly")])]],
		"no management events": ["event_selectors", [fixture.set_to($"{selectors}/0/IncludeManagementEvents", false)]],
		"a source left out": ["event_selectors", [fixture.set_to(
			$"{selectors}/0/ExcludeManagementEventSources",
			["kms.amazonaws.com"],
		)]],
		"advanced, no reading": ["event_selectors", advanced([[management, equals("readOnly", "false")]])],
		"advanced, a source left out": [
			"event_selectors",
			advanced([[management, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]]),
		],
		"advanced, some names": ["event_selectors", advanced([[management, {"Field": "eventName", "StartsWith": ["Create"]}]])],
		"advanced, misspelt": ["event_selectors", advanced([[equals("eventCategory", "Managment")]])],
		"advanced, data events only": [
			"event_selectors",
			advanced([[equals("eventCategory", "Data"), equals("resources.type", "AWS::S3::Object")]]),
		],
	}
	verdict := cloudtrail_multi_region.verdict with input as fixture.patched([], operations)
	verdict.status == "fail"
	verdict.findings[0].link == link
}

test_fails_for_each_trail_the_nearest_first if {
	verdict := cloudtrail_multi_region.verdict with input as fixture.patched([], [
		fixture.set_to(selectors, [classic("ReadOnly")]),
		fixture.set_to("/cloudtrail/trails/-", object.union(other, {"IsMultiRegionTrail": false})),
	])
	verdict.status == "fail"
	[finding, farther] := verdict.findings
	finding.resource == fixture.trail.TrailARN
	finding.pointers == ["/cloudtrail/trails/0"]
	contains(finding.message, "none that write")
	farther.resource == other.TrailARN
}

test_unknown[note] if {
	some note, [link, operations] in {
		"trails not read": ["trail", [
			fixture.without("/cloudtrail/trails"),
			fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails")),
		]],
		"status not read": ["trail", [fixture.without("/cloudtrail/trails/0/Status")]],
		"status says nothing of logging": ["trail", [fixture.without("/cloudtrail/trails/0/Status/IsLogging")]],
		"selectors not read": ["event_selectors", [fixture.without(selectors)]],
		"selectors not read, though there are none": ["event_selectors", [
			fixture.without(selectors),
			fixture.set_to("/cloudtrail/trails/0/HasCustomEventSelectors", false),
			fixture.set_to("/gaps/-", object.union(
				fixture.gap("cloudtrail", "get-event-selectors"),
				{"resource": fixture.trail.TrailARN},
			)),
		]],
		"another trail is no help": ["event_selectors", [
			fixture.without(selectors),
			fixture.set_to("/cloudtrail/trails/-", object.union(other, {"Status": {"IsLogging": false}})),
		]],
	}
	verdict := cloudtrail_multi_region.verdict with input as fixture.patched([], operations)
	verdict.status == "unknown"
	[finding] := verdict.findings
	finding.link == link
	contains(finding.message, "collect ")
}

# A member sees the organisation's trail, but neither its selectors nor always its status: the owner does.
organisation := object.union(
	object.remove(fixture.trail, ["EventSelectors", "HasCustomEventSelectors"]),
	{"TrailARN": owned, "IsOrganizationTrail": true},
)

owned := "arn:aws:cloudtrail:us-east-1:444455556666:trail/main"

owner := {
	"account": {"id": "444455556666"},
	"cloudtrail": {"trails": [object.union(fixture.trail, {"TrailARN": owned, "IsOrganizationTrail": true})]},
	"gaps": [],
}

test_unknown_without_the_owner if {
	verdict := cloudtrail_multi_region.verdict with input as fixture.patched([], [fixture.set_to("/cloudtrail/trails", [organisation])])
	verdict.status == "unknown"
	contains(verdict.findings[0].message, "444455556666")
}

test_passes_with_the_owner if {
	verdict := cloudtrail_multi_region.verdict with input as fixture.patched([], [
		fixture.set_to("/cloudtrail/trails", [organisation]),
		fixture.set_to("/linked", [owner]),
	])
	verdict.status == "pass"
	verdict.findings[0].resource == owned
}
