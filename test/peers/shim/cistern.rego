# METADATA
# title: A stand-in for cistern.group, for tools that do not have it
# description: In one pass, as the builtin is, by a builtin of OPA's own that joins objects. A group is its places by themselves.
package policies.lib.cistern

group(records, fields) := object.union_n([{key: {i: i}} |
	some i, record in records
	key := [object.get(record, field, null) | some field in fields]
])
