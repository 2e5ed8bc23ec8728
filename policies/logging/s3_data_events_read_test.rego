package policies.logging.s3_data_events_read_test

import data.policies.lib.fixture
import data.policies.logging.s3_data_events_read

selectors := "/cloudtrail/trails/0/EventSelectors"

# classic is a selector of the data events of these S3 objects.
classic(kind, values) := {
	"ReadWriteType": kind,
	"IncludeManagementEvents": true,
	"DataResources": [{"Type": "AWS::S3::Object", "Values": values}],
}

# advanced replaces the trail's classic selectors by advanced ones, each given by its fields.
advanced(several) := [
	fixture.without(selectors),
	fixture.set_to("/cloudtrail/trails/0/AdvancedEventSelectors", [{"FieldSelectors": fields} | some fields in several]),
]

objects := [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]

narrowed(field) := array.concat(objects, [field])

other := object.union(fixture.trail, {
	"Name": "other",
	"TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/other",
	"region": "eu-west-1",
})

test_passes[note] if {
	some note, operations in {
		"reading and writing": [],
		"this side only": [fixture.set_to(selectors, [classic("ReadOnly", ["arn:aws:s3"])])],
		"read and write type not given": [fixture.set_to(selectors, [object.remove(classic("All", ["arn:aws:s3"]), ["ReadWriteType"])])],
		"with colons": [fixture.set_to(selectors, [classic("All", ["arn:aws:s3:::"])])],
		"GovCloud": [fixture.set_to(selectors, [classic("All", ["arn:aws-us-gov:s3"])])],
		"China": [fixture.set_to(selectors, [classic("All", ["arn:aws-cn:s3:::"])])],
		"a bucket named beside": [fixture.set_to(selectors, [classic("All", ["arn:aws:s3:::one/", "arn:aws:s3"])])],
		"no management events": [fixture.set_to($"{selectors}/0/IncludeManagementEvents", false)],
		"two selectors": [fixture.set_to(selectors, [classic("ReadOnly", ["arn:aws:s3"]), classic("WriteOnly", ["arn:aws:s3"])])],
		"two trails": [
			fixture.set_to(selectors, [classic("WriteOnly", ["arn:aws:s3"])]),
			fixture.set_to("/cloudtrail/trails/-", other),
		],
		"advanced": advanced([objects]),
		"advanced, this side only": advanced([narrowed({"Field": "readOnly", "Equals": ["true"]})]),
		"advanced, not the other side": advanced([narrowed({"Field": "readOnly", "NotEquals": ["false"]})]),
		"advanced, every ARN": advanced([narrowed({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::"]})]),
		"advanced, two selectors": advanced([
			narrowed({"Field": "readOnly", "Equals": ["true"]}),
			narrowed({"Field": "readOnly", "Equals": ["false"]}),
		]),
		"advanced, a narrower one beside": advanced([narrowed({"Field": "eventName", "Equals": ["PutObject"]}), objects]),
	}
	s3_data_events_read.verdict.status == "pass" with input as fixture.patched([], operations)
}

test_fails[note] if {
	some note, [link, operations] in {
		"no trail": ["trail", [fixture.set_to("/cloudtrail/trails", [])]],
		"one region": ["trail", [fixture.set_to("/cloudtrail/trails/0/IsMultiRegionTrail", false)]],
		"stopped": ["trail", [fixture.set_to("/cloudtrail/trails/0/Status/IsLogging", false)]],
		"no data events": ["event_selectors", [fixture.set_to($"{selectors}/0/DataResources", [])]],
		"AWS's default selectors": ["event_selectors", [
			fixture.without(selectors),
			fixture.set_to("/cloudtrail/trails/0/HasCustomEventSelectors", false),
		]],
		"functions": ["event_selectors", [fixture.set_to(
			$"{selectors}/0/DataResources",
			[{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}],
		)]],
		"one bucket": ["event_selectors", [fixture.set_to(selectors, [classic("All", ["arn:aws:s3:::one/"])])]],
		"the other side only": ["event_selectors", [fixture.set_to(selectors, [classic("WriteOnly", ["arn:aws:s3"])])]],
		"this side of one bucket": ["event_selectors", [fixture.set_to(selectors, [
			classic("WriteOnly", ["arn:aws:s3"]),
			classic("ReadOnly", ["arn:aws:s3:::one/"]),
		])]],
		"advanced, management events only": ["event_selectors", advanced([[{"Field": "eventCategory", "Equals": ["Management"]}]])],
		"advanced, functions": ["event_selectors", advanced([[
			{"Field": "eventCategory", "Equals": ["Data"]},
			{"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]},
		]])],
		"advanced, the other side only": ["event_selectors", advanced([narrowed({"Field": "readOnly", "Equals": ["false"]})])],
		"advanced, not this side": ["event_selectors", advanced([narrowed({"Field": "readOnly", "NotEquals": ["true"]})])],
		"advanced, one bucket": [
			"event_selectors",
			advanced([narrowed({"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::one/"]})]),
		],
		"advanced, all buckets but one": [
			"event_selectors",
			advanced([narrowed({"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::one/"]})]),
		],
		"advanced, every ARN but one bucket's": ["event_selectors", advanced([narrowed({
			"Field": "resources.ARN",
			"StartsWith": ["arn:aws:s3:::"],
			"NotStartsWith": ["arn:aws:s3:::one/"],
		})])],
		"advanced, one call": ["event_selectors", advanced([narrowed({"Field": "eventName", "Equals": ["GetObject"]})])],
		"advanced, all calls but one": ["event_selectors", advanced([narrowed({"Field": "eventName", "NotEquals": ["GetObject"]})])],
	}
	verdict := s3_data_events_read.verdict with input as fixture.patched([], operations)
	verdict.status == "fail"
	[finding] := verdict.findings
	finding.link == link
}

test_fails_and_names_the_buckets if {
	verdict := s3_data_events_read.verdict with input as fixture.patched([], [
		fixture.set_to(selectors, [classic("All", ["arn:aws:s3:::one/"])]),
	])
	verdict.status == "fail"
	contains(verdict.findings[0].message, "arn:aws:s3:::one/")
	verdict.findings[0].pointers == ["/cloudtrail/trails/0"]
}

test_unknown[note] if {
	some note, [link, operations] in {
		"trails not read": ["trail", [
			fixture.without("/cloudtrail/trails"),
			fixture.set_to("/gaps/-", fixture.gap("cloudtrail", "describe-trails")),
		]],
		"status not read": ["trail", [fixture.without("/cloudtrail/trails/0/Status")]],
		"selectors not read": ["event_selectors", [fixture.without(selectors)]],
	}
	verdict := s3_data_events_read.verdict with input as fixture.patched([], operations)
	verdict.status == "unknown"
	[finding] := verdict.findings
	finding.link == link
	contains(finding.message, "collect ")
}
