package filterpattern

import "slices"

// doubts is a set of points on which a pattern's meaning in CloudWatch Logs is not known. Each has several possible
// readings; what they agree on is known all the same. The package comment lists the points.
type doubts uint8

const (
	doubtInnerStar doubts = 1 << iota // * in the middle of a text: wildcard or literal
	doubtEscape                       // \n, \*, \u0041 ... in a quoted text
	doubtDialect                      // ., \s, $ in a regular expression: as RE2 or as Java reads them
	doubtBare                         // an unquoted value with a hyphen, or NULL in capitals: a text, or refused
	doubtName                         // a property name with letters beyond ASCII or a key with ' in it: accepted, or refused
	doubtDepth                        // parentheses nested very deep: accepted, or refused
)

// refusals are the doubts of which one reading is that AWS refuses the pattern.
const refusals = doubtBare | doubtName | doubtDepth

// certainDepth is how deep parentheses were seen nested without a refusal by any implementation.
const certainDepth = 64

var doubtText = []struct {
	doubt doubts
	text  string
}{
	{doubtInnerStar, `whether * inside a text is a wildcard or a literal asterisk`},
	{doubtEscape, `what a backslash means inside a quoted text, other than \" and \\`},
	{doubtDialect, `which characters . and \s match and what $ may stand before in a regular expression`},
	{doubtBare, `whether an unquoted value may hold a hyphen, or be NULL in capitals`},
	{doubtName, `whether this property name is accepted`},
	{doubtDepth, `how deep parentheses may be nested`},
}

// escapeReading is a way to read a backslash that is not before a quote or another backslash.
type escapeReading uint8

const (
	escapeAsJSON   escapeReading = iota // \n is a line feed, \u0041 is A, \* is a literal asterisk
	escapeDropped                       // \n is n
	escapeKept                          // \n is a backslash and n
	escapeRefused                       // AWS refuses the pattern
	escapeReadings = iota
)

// reading is one way to read all doubtful points; the zero value reads a pattern as most people expect.
type reading struct {
	innerStarLiteral bool
	escape           escapeReading
	java             bool
	refused          doubts // of refusals
}

// readings are all ways to read the doubts, the expected one first.
func (d doubts) readings() []reading {
	out := []reading{{}}
	split := func(doubt doubts, variants ...func(*reading)) {
		if d&doubt == 0 {
			return
		}
		for _, r := range slices.Clone(out) {
			for _, variant := range variants {
				v := r
				variant(&v)
				out = append(out, v)
			}
		}
	}
	split(doubtInnerStar, func(r *reading) { r.innerStarLiteral = true })
	split(doubtEscape,
		func(r *reading) { r.escape = escapeDropped },
		func(r *reading) { r.escape = escapeKept },
		func(r *reading) { r.escape = escapeRefused })
	split(doubtDialect, func(r *reading) { r.java = true })
	for _, doubt := range []doubts{doubtBare, doubtName, doubtDepth} {
		split(doubt, func(r *reading) { r.refused |= doubt })
	}
	return out
}

// among is the reading as far as it concerns the doubts d.
func (r reading) among(d doubts) reading {
	if d&doubtInnerStar == 0 {
		r.innerStarLiteral = false
	}
	if d&doubtEscape == 0 {
		r.escape = escapeAsJSON
	}
	if d&doubtDialect == 0 {
		r.java = false
	}
	r.refused &= d
	return r
}

// Doubts are the points on which the pattern's meaning is not documented and was not observed, in words. A pattern
// without any means the same to everybody.
func (p *Pattern) Doubts() []string {
	var out []string
	for _, d := range doubtText {
		if p.doubts&d.doubt != 0 {
			out = append(out, d.text)
		}
	}
	if opaque := p.opaque(); opaque != "" {
		out = append(out, "what a regular expression means with "+opaque)
	}
	return out
}

// opaque names the construct that makes a regular expression of the pattern undecidable; empty if there is none.
func (p *Pattern) opaque() string {
	reason := ""
	note := func(re *regex) {
		if re != nil && re.opaque != "" && reason == "" {
			reason = re.opaque
		}
	}
	note(p.regex)
	p.conditions(func(c *condition) { note(c.val.re) })
	return reason
}

// conditions calls f for every condition of the pattern.
func (p *Pattern) conditions(f func(*condition)) {
	p.json.walk(f)
	for _, fd := range p.fields {
		fd.cond.walk(f)
	}
}
