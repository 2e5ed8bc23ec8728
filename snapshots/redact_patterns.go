package snapshots

import (
	"regexp"
	"strings"
)

// literal is one value that a pattern or a query compares a field with.
type literal struct {
	start, end int    // of what stands between the quotes
	selector   string // the field
	inner      string
	expression bool // a regular expression
}

var comparison = pattern(`(\$(?:\.?\[\s*(?:"[^"]*"|'[^']*'|[\d*]+)\s*\]|[\w.*@-])+|[\w.\[\]'*@-]+)` +
	`\s*(?:!=|=~|=|\blike\b|\bin\b)\s*\[?\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|%([^%]*)%|/((?:[^/\\]|\\.)*)/|([\w.*@:/+-]+))`)

var brackets = strings.NewReplacer(`.[`, ".", `[`, ".", `]`, "", `"`, "", `'`, "", " ", "")

func literalsOf(text string) []literal {
	var found []literal
	for _, m := range comparison().FindAllStringSubmatchIndex(text, -1) {
		for group := 2; group <= 6; group++ {
			if start, end := m[2*group], m[2*group+1]; start >= 0 {
				inner := text[start:end]
				selector := brackets.Replace(text[m[2]:m[3]]) // $.a["b"] is $.a.b
				found = append(found, literal{start, end, selector, inner, (group == 4 || group == 5) && regexp.QuoteMeta(inner) != inner})
			}
		}
	}
	return found
}

var jsonPattern = pattern(`^\s*\{[\s(!]*(?:NOT\b)?[\s(]*\$`)

// pattern replaces originals in the values that a pattern compares with, and lets its syntax and AWS's own words be.
func (r *Redactor) pattern(text string) string {
	between := r.terms
	if jsonPattern().MatchString(text) {
		between = r.shapesOf // selectors, operators and keywords alone
	}
	var b strings.Builder
	last := 0
	for _, l := range literalsOf(text) {
		b.WriteString(between(text[last:l.start]))
		switch {
		case constantWord().MatchString(l.selector):
			b.WriteString(r.constant(l.inner))
		case identityWord().MatchString(l.selector) && l.expression:
			b.WriteString(r.identityExpression(l.inner))
		case identityWord().MatchString(l.selector):
			b.WriteString(r.identity(l.inner))
		case l.expression:
			b.WriteString(r.regularExpression(l.inner))
		default:
			b.WriteString(r.scan(l.inner))
		}
		last = l.end
	}
	return b.String() + between(text[last:])
}

var wordParts = pattern(`[A-Za-z]+`)

// terms replaces originals in a text whose words are terms as well as syntax, but where one is a reserved word.
func (r *Redactor) terms(text string) string {
	keywords := false
	for _, word := range wordParts().FindAllString(text, -1) {
		keywords = keywords || r.known.pseudonym[word] != nil && (reserved().MatchString(word) || isFieldName(word))
	}
	if keywords {
		return r.shapesOf(text)
	}
	return r.scan(text)
}

var quotedShape = pattern(`"[^"]*"|'[^']*'`)

// expression replaces originals in the quoted parts of a text.
func (r *Redactor) expression(text string) string {
	var b strings.Builder
	last := 0
	for _, at := range quotedShape().FindAllStringIndex(text, -1) {
		b.WriteString(r.terms(text[last:at[0]]) + r.scan(text[at[0]:at[1]]))
		last = at[1]
	}
	return b.String() + r.terms(text[last:])
}

var (
	// unmappable is syntax within which a name cannot be told from what matches it: classes and counts.
	unmappable = pattern(`[\[\]{}()!]|\\[A-Za-z0-9]`)
	escaped    = pattern(`\\([^A-Za-z0-9])`)
)

// identityExpression is a regular expression that names somebody. What it names becomes the pseudonyms of the same texts; one that matches by
// classes or counts becomes a pseudonym as a whole.
func (r *Redactor) identityExpression(text string) string {
	if unmappable().MatchString(escaped().ReplaceAllString(text, "")) {
		r.lost[text] = true
		return r.secret.name(text)
	}
	var b strings.Builder
	for text != "" {
		run := plainLength(text)
		if run == 0 {
			n := 1
			if text[0] == '.' {
				n = 2
			}
			b.WriteString(text[:n])
			text = text[n:]
			continue
		}
		plain := escaped().ReplaceAllString(text[:run], "$1")
		if changed := r.identity(plain); changed != plain {
			b.WriteString(strings.ReplaceAll(changed, ".", `\.`))
		} else {
			b.WriteString(text[:run])
		}
		text = text[run:]
	}
	return b.String()
}

// plainLength is how much of a regular expression stands for itself; a dot that nothing repeats is taken for one.
func plainLength(text string) int {
	n := 0
	for n < len(text) && !strings.ContainsRune("^$|*+?/:", rune(text[n])) {
		rest := text[n:]
		switch {
		case len(rest) > 1 && rest[0] == '.' && strings.ContainsRune("*+?", rune(rest[1])):
			return n
		case len(rest) > 1 && rest[0] == '\\':
			n++
		}
		n++
	}
	return n
}

// regularExpression replaces originals in a regular expression, escaped or not.
func (r *Redactor) regularExpression(text string) string {
	plain := escaped().ReplaceAllString(text, "$1")
	if changed := r.scan(plain); plain != text && changed != plain && r.scan(text) == text {
		return changed
	}
	return r.scan(text)
}

var operandShape = pattern(`\(\s*(?:([^\s"'()][^"'()]*?)|'([^']*)'|"([^"]*)")\s*\)`)

// ruleOperands are where the alarms stand in a composite alarm's rule.
func ruleOperands(text string) [][2]int {
	var found [][2]int
	for _, m := range operandShape().FindAllStringSubmatchIndex(text, -1) {
		for group := 1; group <= 3; group++ {
			if m[2*group] >= 0 {
				found = append(found, [2]int{m[2*group], m[2*group+1]})
			}
		}
	}
	return found
}

// ruleSyntax is what stands between the alarms.
var ruleSyntax = pattern(`^(?:ALARM|OK|INSUFFICIENT_DATA|AND|OR|NOT|TRUE|FALSE|[\s()"',])*$`)

// rule is a composite alarm's rule, the keywords of which stay.
func (r *Redactor) rule(kind, text string) string {
	var b strings.Builder
	last := 0
	between := func(text string) string {
		if ruleSyntax().MatchString(text) {
			return text
		}
		return r.scan(text)
	}
	for _, operand := range ruleOperands(text) {
		b.WriteString(between(text[last:operand[0]]) + r.named(kind, text[operand[0]:operand[1]]))
		last = operand[1]
	}
	return b.String() + between(text[last:])
}
