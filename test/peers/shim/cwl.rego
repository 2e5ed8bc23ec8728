# METADATA
# title: A stand-in for cistern's builtins, for tools that do not have them
# description: |
#   It compares words and proves nothing. A pattern is the set of its comparisons, whatever stands between them; it covers another if it
#   has all that the other asks for, and excludes nothing that the other does not. That costs a few microseconds, once a pattern and
#   account, so that it flatters the tools that are measured with it.
package policies.lib.cwl

parse(pattern) := {"valid": true, "canonical": squeezed(pattern)}

squeezed(pattern) := strings.replace_n({" ": "", "\n": "", "\t": "", "\"": ""}, pattern)

terms(pattern) := {"said": said, "barred": all - said} if {
	joined := strings.replace_n({"(": "", ")": "", "{": "", "}": "", "&&": "||"}, squeezed(pattern))
	all := {term | some term in split(joined, "||")}
	said := {term | some term in all; not contains(term, "!="); not contains(term, "NOTEXISTS")}
}

covers(question) := data.shim.covers if {
	some required in question.required
	some deployed in question.deployed
	wanted := terms(required)
	found := terms(deployed)
	count(wanted.said - found.said) == 0
	count(found.barred - wanted.barred) == 0
} else := data.shim.misses

default matches(_, _) := false
