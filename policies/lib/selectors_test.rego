package policies.lib.selectors_test

import data.policies.lib.selectors

everything := {"reads": {""}, "writes": {""}}

test_classic[note] if {
	some note, [want, given] in {
		"none set": [everything, []],
		"all": [everything, [{"ReadWriteType": "All", "IncludeManagementEvents": true}]],
		"what AWS leaves out is All, included": [everything, [{}]],
		"reading and writing in two": [everything, [{"ReadWriteType": "ReadOnly"}, {"ReadWriteType": "WriteOnly"}]],
		"reading": [{"reads": {""}, "writes": set()}, [{"ReadWriteType": "ReadOnly"}]],
		"not included": [{"reads": set(), "writes": set()}, [{"IncludeManagementEvents": false}]],
		"without two services": [
			{
				"reads": {`{ $.eventSource != "kms.amazonaws.com" && $.eventSource != "rdsdata.amazonaws.com" }`},
				"writes": {`{ $.eventSource != "kms.amazonaws.com" && $.eventSource != "rdsdata.amazonaws.com" }`},
			},
			[{"ExcludeManagementEventSources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}],
		],
	}
	selectors.of(given, []) == want
}

test_advanced[note] if {
	some note, [want, given] in {
		"management": [everything, [[category("Management")]]],
		"misspelt": [{"reads": set(), "writes": set()}, [[category("Managment")]]],
		"data only": [{"reads": set(), "writes": set()}, [[category("Data")]]],
		"read and write in two": [
			everything,
			[
				[category("Management"), {"Field": "readOnly", "Equals": ["true"]}],
				[category("Management"), {"Field": "readOnly", "Equals": ["false"]}],
			],
		],
		"read and write in one": [everything, [[category("Management"), {"Field": "readOnly", "Equals": ["true", "false"]}]]],
		"writing": [{"reads": set(), "writes": {""}}, [[category("Management"), {"Field": "readOnly", "NotEquals": ["true"]}]]],
		"contradiction": [
			{"reads": set(), "writes": set()},
			[[
				category("Management"),
				{"Field": "readOnly", "Equals": ["true"]},
				{"Field": "readOnly", "Equals": ["false"]},
			]],
		],
		"narrowed": [
			{
				"reads": {`{ ($.eventName = "Create*" || $.eventName = "Delete*") && $.eventSource != "kms.amazonaws.com" }`},
				"writes": {`{ ($.eventName = "Create*" || $.eventName = "Delete*") && $.eventSource != "kms.amazonaws.com" }`},
			},
			[[
				category("Management"),
				{"Field": "eventName", "StartsWith": ["Create", "Delete"]},
				{"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
			]],
		],
		"ends": [
			{"reads": {`{ $.eventName != "*Tags" }`}, "writes": {`{ $.eventName != "*Tags" }`}},
			[[category("Management"), {"Field": "eventName", "NotEndsWith": ["Tags"]}]],
		],
	}
	selectors.of([], [{"FieldSelectors": fields} | some fields in given]) == want
}

test_objects_classic[note] if {
	some note, [want, given] in {
		"all buckets": [{"reads": {"all"}, "writes": {"all"}}, {"ReadWriteType": "All", "DataResources": objects(["arn:aws:s3"])}],
		"all buckets, longer": [{"reads": {"all"}, "writes": {"all"}}, {"DataResources": objects(["arn:aws-us-gov:s3:::"])}],
		"writing": [{"reads": set(), "writes": {"all"}}, {"ReadWriteType": "WriteOnly", "DataResources": objects(["arn:aws:s3"])}],
		"one bucket": [
			{"reads": {"arn:aws:s3:::logs/"}, "writes": {"arn:aws:s3:::logs/"}},
			{"DataResources": objects(["arn:aws:s3:::logs/"])},
		],
		"functions": [
			{"reads": set(), "writes": set()},
			{"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]},
		],
	}
	selectors.objects([given], []) == want
}

test_objects_advanced[note] if {
	some note, [want, fields] in {
		"all": ["all", []],
		"all by ARN": ["all", [{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::"]}]],
		"one bucket": [
			`($.resources.ARN = "arn:aws:s3:::logs/*")`,
			[{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::logs/"]}],
		],
		"but one bucket": [
			`$.resources.ARN != "arn:aws:s3:::logs/*"`,
			[{"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::logs/"]}],
		],
		"one event": [`($.eventName = "PutObject")`, [{"Field": "eventName", "Equals": ["PutObject"]}]],
	}
	every_field := array.concat([category("Data"), {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}], fields)
	selectors.objects([], [{"FieldSelectors": every_field}]) == {"reads": {want}, "writes": {want}}
}

test_objects_advanced_reading if {
	fields := [
		category("Data"),
		{"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
		{"Field": "readOnly", "Equals": ["true"]},
	]
	selectors.objects([], [{"FieldSelectors": fields}]) == {"reads": {"all"}, "writes": set()}
}

category(name) := {"Field": "eventCategory", "Equals": [name]}

objects(values) := [{"Type": "AWS::S3::Object", "Values": values}]
