// Package filterpattern reads the filter-pattern language of Amazon CloudWatch Logs, matches log events, and decides
// whether the patterns that are deployed notice every event that a required pattern does.
//
// It needs nothing but the standard library and keeps no state, unless in a Memory. What follows is the language as this package reads it.
// Sources: the CloudWatch Logs user guide ("Filter pattern syntax for metric filters, subscription filters, filter log
// events, and Live Tail"), the API model of logs 2014-03-28, and answers of TestMetricFilter recorded by public projects.
//
// # Forms
//
// The first character that is not white space chooses the form: '{' JSON, '[' space-delimited, '%' a regular expression,
// anything else terms. A pattern has at most 1,024 characters.
//
//	json     = "{" or "}"
//	or       = and { "||" and }
//	and      = unary { "&&" unary }
//	unary    = "(" or ")" | selector condition
//	condition = ( "=" | "!=" ) value | ( "<" | "<=" | ">" | ">=" ) number
//	         | "IS" ( "NULL" | "TRUE" | "FALSE" ) | "NOT" "EXISTS"          keywords in any case
//	selector = "$." step { "." step | "[" index "]" | "['" key "']" }
//	step     = name | "*" | "['" key "']"
//	index    = digits | "*"
//	value    = quoted | number | bare | "%" regex "%"
//	quoted   = '"' { any character but '"' and '\' | '\"' | '\\' } '"'
//	bare     = ( letter | digit | "_" | "." | "*" ) ...                     not the word null
//	number   = [ "+" | "-" ] digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ]
//	terms    = { [ "-" | "?" ] ( word | quoted ) }
//	space    = "[" [ field { "," field } ] "]"
//	field    = nothing | "..." | name | conditions on that name joined by && and ||
//
// && binds tighter than ||. A selector has at most one wildcard, a pattern at most three selectors with one and at most
// two regular expressions. There is no ==, no NOT before a condition, no EXISTS, no IS NOT, and nothing may follow the
// closing brace.
//
// A regular expression is searched anywhere in the text. It is made of letters, digits, space, : _ # = @ / ; , - and the
// signs ^ $ ? [ ] { } | \ * + . with \d \D \s \S \w \W \xhh; it has no groups.
//
// # Truth of a condition
//
// The message must be one JSON object; of a key that stands there twice the last counts. v is what the selector finds.
//
//	condition            missing null  boolean  number           string    array               object
//	= "text", = te*t     no      no    no       text(v) fits     fits      no                  no
//	!= "text"            no      no    no       does not fit     does not  no                  no
//	= number             no      no    no       equal            same text no                  no
//	!= number            no      no    no       finite, unequal  other     no                  no
//	< <= > >= number     no      no    no       compares         no        no                  no
//	= %re%, != %re%      no      no    no       on text(v)       on v      no                  no
//	= *                  no      no    no       yes              yes       no                  no
//	IS TRUE, IS FALSE    no      no    by value no               no        no                  no
//	IS NULL              no      yes   no       no               no        has a null member   no
//	NOT EXISTS           yes     no    no       no               no        no                  no
//
// So != on a missing field is false, and a condition and the same with the operator reversed may both be false. text(v)
// of an integer is what was written; of any other number, what Java prints for the nearest double: 1e3 is "1000.0". A
// number too large for a double has a text and no value. A child of anything but an object or array is missing.
//
// With a wildcard, a condition holds if it does for some value that is selected; != if the wildcard's parent is there and
// no selected value equals; NOT EXISTS if nothing is selected.
//
// Terms are case-sensitive pieces of the message: all plain ones must occur and no excluded one; optional ones (?) count
// only when all are. In the space form, the message is cut at white space, "..." and [...] being one word; the last field
// takes the rest of the line, and a pattern with more fields than words does not match.
//
// # What is not documented
//
// Some points are neither documented nor recorded: whether * inside a text is a wildcard, what a backslash before another
// character means, whether a value with a hyphen may stand without quotes, which property names beyond ASCII letters are
// accepted, how deep parentheses may nest, and where RE2 and Java differ on regular expressions. A pattern is then read
// in every way; Match and Covers answer where all readings agree and say Unknown and Undecided where they do not.
//
// # Coverage
//
// Covers searches for an event that the required pattern matches and no deployed one does. Per selector, all possible
// values fall into finitely many classes that no condition tells apart: the kinds of JSON values, the texts that
// conditions name, for wildcards and regular expressions the classes of a product automaton, and for numbers the points
// and gaps between constants. The search assigns one class per selector. Where classes cannot be enumerated, a class
// that could be anything stands for the rest: that can turn an answer into Undecided, never into a wrong one. A gap
// counts only as a whole event on which the matcher itself confirms it. Deciding is coNP-complete; a budget of steps
// bounds time and memory.
package filterpattern
