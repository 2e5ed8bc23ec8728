package filterpattern

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textTest is a test on one text: that it is a given text, that it fits a text with wildcards, or that a regular
// expression is found in it.
type textTest struct {
	kind    textKind
	literal string         // kind exactly
	parts   []string       // kind glob: the texts between the wildcards; an empty first or last part is a wildcard at the end
	re      *regexp.Regexp // kind found
	source  *regex
	java    bool
}

type textKind uint8

const (
	anything textKind = iota
	exactly
	glob
	found
	undecided // a regular expression whose meaning is not known
)

// matches tells whether the test holds for s.
func (t *textTest) matches(s string) Truth {
	switch t.kind {
	case anything:
		return Yes
	case exactly:
		return truth(s == t.literal)
	case glob:
		return truth(fits(t.parts, s))
	case found:
		return truth(t.re.MatchString(s))
	}
	return Unknown
}

// fits tells whether s is the parts in order with anything between them.
func fits(parts []string, s string) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// compileText reads the source of a text value: wildcards and escapes as r reads them, and which doubts it raises.
func compileText(source string, r reading) (textTest, doubts) {
	var d doubts
	parts := []string{""}
	starsInside := 0
	runes := []rune(source)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		switch {
		case c == '*':
			inside := i > 0 && i < len(runes)-1
			if inside {
				starsInside++
			}
			if inside && r.innerStarLiteral {
				parts[len(parts)-1] += "*"
				continue
			}
			parts = append(parts, "")
			continue
		case c == '\\' && i+1 < len(runes):
			i++
			text, wild, skip, doubtful := unescape(runes[i:], r.escape)
			i += skip
			if doubtful {
				d |= doubtEscape
			}
			parts[len(parts)-1] += text
			if wild {
				parts = append(parts, "")
			}
		default:
			parts[len(parts)-1] += string(c)
		}
	}
	if starsInside > 0 {
		d |= doubtInnerStar
	}
	return globTest(parts), d
}

// globTest is the test that the parts stand in order with wildcards between them; runs of wildcards are one.
func globTest(parts []string) textTest {
	if len(parts) == 1 {
		return textTest{kind: exactly, literal: parts[0]}
	}
	kept := []string{parts[0]}
	for i, part := range parts[1:] {
		if part != "" || i == len(parts)-2 {
			kept = append(kept, part)
		}
	}
	if len(kept) == 2 && kept[0] == "" && kept[1] == "" {
		return textTest{kind: anything}
	}
	return textTest{kind: glob, parts: kept}
}

// unescape reads what stands behind a backslash. wild: a wildcard follows the text; skip: how many further characters
// were used.
func unescape(rest []rune, r escapeReading) (text string, wild bool, skip int, doubtful bool) {
	c := rest[0]
	if c == '"' || c == '\\' {
		return string(c), false, 0, false
	}
	switch r {
	case escapeDropped:
		if c == '*' {
			return "", true, 0, true
		}
		return string(c), false, 0, true
	case escapeKept:
		if c == '*' {
			return `\`, true, 0, true
		}
		return `\` + string(c), false, 0, true
	}
	if c == 'u' && len(rest) >= 5 {
		if n, err := strconv.ParseUint(string(rest[1:5]), 16, 32); err == nil && utf8.ValidRune(rune(n)) {
			return string(rune(n)), false, 4, true
		}
	}
	if i := strings.IndexRune("nrtbf", c); i >= 0 {
		return "\n\r\t\b\f"[i : i+1], false, 0, true
	}
	return string(c), false, 0, true
}

// compileFound makes the test that a regular expression is found in a text.
func compileFound(re *regex, r reading) textTest {
	if re.opaque != "" {
		return textTest{kind: undecided, source: re}
	}
	java := r.java && re.dialects
	return textTest{kind: found, re: regexp.MustCompile(re.goSource(java)), source: re, java: java}
}

// goSource writes the regular expression for Go's package. Every alternative, item and count was checked on reading, so
// the result always compiles; a fuzz test holds that against Go's parser.
func (re *regex) goSource(java bool) string {
	var b strings.Builder
	for i, alt := range re.alts {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, it := range alt {
			it.goSource(&b, java)
		}
	}
	return b.String()
}

func (it item) goSource(b *strings.Builder, java bool) {
	switch {
	case it.anchor == '^':
		b.WriteString(`\A`)
		return
	case it.anchor == '$' && java:
		b.WriteString(`(?:\r\n|[\n\r\x{85}\x{2028}\x{2029}])?\z`)
		return
	case it.anchor == '$':
		b.WriteString(`\z`)
		return
	}
	b.WriteByte('[')
	for _, r := range it.members(java) {
		fmt.Fprintf(b, `\x{%x}-\x{%x}`, r.lo, r.hi)
	}
	b.WriteByte(']')
	switch {
	case it.max < 0:
		fmt.Fprintf(b, "{%d,}", it.min)
	case it.min != 1 || it.max != 1:
		fmt.Fprintf(b, "{%d,%d}", it.min, it.max)
	}
}

// members are the characters of the item in a dialect.
func (it item) members(java bool) charSet {
	switch {
	case !java:
		return it.set
	case it.dialect == '.':
		return javaLineEnds.complement()
	case it.dialect == 's':
		return javaBlanks
	case it.dialect == 'S':
		return javaBlanks.complement()
	}
	return it.set
}
