# METADATA
# title: Event selectors
# description: |
#   What a trail's selectors let through, as filter patterns: the empty pattern is every event. So the question whether a control's events
#   are recorded is the same question as whether a filter catches them, and is answered in the same way.
package policies.lib.selectors

import future.keywords.not

# captured is what the selectors that a trail's record tells of let through: of them, and of the objects that they name.
captured(told) := object.union(of(classic, advanced), {"state": "yes", "objects": objects(classic, advanced)}) if {
	classic := [selector | some selector in told.EventSelectors]
	advanced := [selector | some selector in told.AdvancedEventSelectors]
}

# of says which management events reading and which writing are recorded. With no selectors at all, AWS records all of them.
of(classic, advanced) := {"reads": {""}, "writes": {""}} if {
	count(classic) + count(advanced) == 0
} else := {"reads": reads, "writes": writes} if {
	grants := array.concat([grant | some s in classic; grant := by_classic(s)], [grant | some s in advanced; grant := by_advanced(s)])
	reads := {grant.only | some grant in grants; "read" in grant.sides}
	writes := {grant.only | some grant in grants; "write" in grant.sides}
}

sides := {"All": {"read", "write"}, "ReadOnly": {"read"}, "WriteOnly": {"write"}}

by_classic(selector) := {"sides": sides[object.get(selector, "ReadWriteType", "All")], "only": only} if {
	object.get(selector, "IncludeManagementEvents", true) == true
	only := all_of([clause |
		some source in object.get(selector, "ExcludeManagementEventSources", [])
		clause := $"$.eventSource != {quoted(source)}"
	])
}

by_advanced(selector) := {"sides": kinds(fields), "only": only} if {
	fields := object.get(selector, "FieldSelectors", [])
	only := all_of([clause |
		some field in fields
		not field.Field in {"eventCategory", "readOnly"}
		some clause in clauses(field)
	])
	selects(fields, "eventCategory", "Management")
}

# selects tells whether a field must be a value, among others perhaps.
selects(fields, name, value) if {
	some field in fields
	field.Field == name
	value in field.Equals
}

# kinds are the sides that the field readOnly leaves: both when it is absent.
kinds(fields) := {side |
	some side, value in {"read": "true", "write": "false"}
	every field in fields {
		admits(field, value)
	}
}

admits(field, _) if field.Field != "readOnly"

admits(field, value) if {
	field.Field == "readOnly"
	not value in object.get(field, "NotEquals", [])
	allowed(object.get(field, "Equals", []), value)
}

allowed(values, _) if count(values) == 0

allowed(values, value) if value in values

# clauses are the conditions of one field selector: any of the wanted values, none of the unwanted ones.
clauses(field) := array.concat([$"({joined})" | joined := concat(" || ", wanted); joined != ""], unwanted) if {
	wanted := [$"$.{field.Field} = {quoted(value)}" |
		some operator, form in {"Equals": "%s", "StartsWith": "%s*", "EndsWith": "*%s"}
		some text in object.get(field, operator, [])
		value := sprintf(form, [text])
	]
	unwanted := [$"$.{field.Field} != {quoted(value)}" |
		some operator, form in {"NotEquals": "%s", "NotStartsWith": "%s*", "NotEndsWith": "*%s"}
		some text in object.get(field, operator, [])
		value := sprintf(form, [text])
	]
}

quoted(text) := $"\"{replace(text, `"`, `\"`)}\""

all_of(conditions) := "" if count(conditions) == 0

all_of(conditions) := $"\{ {concat(" && ", conditions)} }" if count(conditions) > 0

# objects says of which S3 objects reading and writing is recorded: {"all"} of all buckets, else the narrower selections.
objects(classic, advanced) := {"reads": reads, "writes": writes} if {
	by_kind := [[grant | some s in classic; grant := classic_objects(s)], [grant | some s in advanced; grant := advanced_objects(s)]]
	grants := array.flatten(by_kind)
	reads := {grant.only | some grant in grants; "read" in grant.sides}
	writes := {grant.only | some grant in grants; "write" in grant.sides}
}

classic_objects(selector) := {"sides": sides[object.get(selector, "ReadWriteType", "All")], "only": only} if {
	values := [value | some resource in selector.DataResources; resource.Type == "AWS::S3::Object"; some value in resource.Values]
	count(values) > 0
	only := of_buckets(values)
}

advanced_objects(selector) := {"sides": kinds(fields), "only": only} if {
	fields := object.get(selector, "FieldSelectors", [])
	selects(fields, "eventCategory", "Data")
	selects(fields, "resources.type", "AWS::S3::Object")
	narrowing := [clause |
		some field in fields
		not field.Field in {"eventCategory", "readOnly", "resources.type"}
		not all_buckets(field)
		some clause in clauses(field)
	]
	only := {true: "all", false: concat(" && ", narrowing)}[count(narrowing) == 0]
}

all_buckets(field) if {
	field.Field == "resources.ARN"
	count(object.remove(field, ["Field", "StartsWith"])) == 0
	of_buckets(field.StartsWith) == "all"
}

# of_buckets: arn:aws:s3 and arn:aws:s3::: are all buckets, in any partition; arn:aws:s3:::NAME/ is one.
of_buckets(values) := "all" if {
	some value in values
	regex.match(`^arn:aws[a-z-]*:s3(:::)?$`, value)
} else := concat(", ", values)
