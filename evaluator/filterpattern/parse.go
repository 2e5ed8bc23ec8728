package filterpattern

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Parse reads a filter pattern in any of the four forms. What AWS is known to refuse is refused with a *SyntaxError.
func Parse(text string) (*Pattern, error) {
	return parseWithin(text, MaxLength, "split it into several metric filters that feed the same metric; their patterns are judged together")
}

// ParseLong is Parse for a pattern that may have up to MaxLong characters: AWS refuses it, and Simplify may make it short enough.
func ParseLong(text string) (*Pattern, error) {
	return parseWithin(text, MaxLong, "split it into several patterns, and simplify each of them")
}

// ParseValid are those of the texts that are filter patterns, in their order.
func ParseValid(texts []string) []*Pattern {
	var all []*Pattern
	for _, text := range texts {
		if p, err := Parse(text); err == nil {
			all = append(all, p)
		}
	}
	return all
}

func parseWithin(text string, limit int, hint string) (*Pattern, error) {
	p := &parser{text: text}
	if n := utf8.RuneCountInString(text); n > limit {
		return nil, &SyntaxError{Pattern: text, Offset: byteOffset(text, limit), Kind: ErrLength,
			Expected: fmt.Sprintf("at most %d characters", limit), Found: fmt.Sprintf("%d", n), Hint: hint}
	}
	pattern, err := p.pattern()
	if err != nil {
		return nil, err
	}
	pattern.compile(p.deepest)
	return pattern, nil
}

// byteOffset is where the character with the given number starts.
func byteOffset(s string, character int) int {
	for i := range s {
		if character == 0 {
			return i
		}
		character--
	}
	return len(s)
}

// parser is a cursor over the pattern's text.
type parser struct {
	text      string
	pos       int
	regexes   int
	wildcards int
	deepest   int // parentheses open at once
}

func (p *parser) pattern() (*Pattern, error) {
	p.space()
	switch {
	case p.at("{"):
		return p.jsonForm()
	case p.at("["):
		return p.spaceForm()
	case p.at("%"):
		return p.regexForm()
	default:
		return p.termsForm()
	}
}

// fail is the error at offset; found is worked out from the text.
func (p *parser) fail(offset int, kind ErrorKind, expected, hint string) *SyntaxError {
	return &SyntaxError{Pattern: p.text, Offset: offset, Kind: kind, Expected: expected, Found: p.found(offset), Hint: hint}
}

// found is the token at offset, quoted, or "the end".
func (p *parser) found(offset int) string {
	rest := p.text[min(offset, len(p.text)):]
	if strings.TrimSpace(rest) == "" {
		return "the end"
	}
	end := 0
	for i, r := range rest {
		if i > 0 && (unicode.IsSpace(r) || strings.ContainsRune("(){}[]&|,", r)) || i > 24 {
			break
		}
		end = i + utf8.RuneLen(r)
		if strings.ContainsRune("(){}[],", r) {
			break
		}
	}
	if end <= 0 || end > len(rest) {
		end = 1
	}
	return fmt.Sprintf("%q", rest[:end])
}

func (p *parser) end() bool { return p.pos >= len(p.text) }

func (p *parser) at(s string) bool { return strings.HasPrefix(p.text[p.pos:], s) }

// accept steps over s when it stands at the cursor.
func (p *parser) accept(s string) bool {
	if !p.at(s) {
		return false
	}
	p.pos += len(s)
	return true
}

// peek is the character at the cursor; 0 at the end.
func (p *parser) peek() rune {
	if p.end() {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return r
}

func (p *parser) next() {
	_, n := utf8.DecodeRuneInString(p.text[p.pos:])
	p.pos += n
}

func (p *parser) space() {
	for !p.end() && unicode.IsSpace(p.peek()) {
		p.next()
	}
}

// word steps over the run of characters that ok accepts and returns it.
func (p *parser) word(ok func(rune) bool) string {
	start := p.pos
	for !p.end() && ok(p.peek()) {
		p.next()
	}
	return p.text[start:p.pos]
}

// keyword steps over the word, in any case, when it stands at the cursor and ends there.
func (p *parser) keyword(word string) bool {
	end := p.pos + len(word)
	if end > len(p.text) || !strings.EqualFold(p.text[p.pos:end], word) {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(p.text[end:]); end < len(p.text) && (isTermRune(r) || r == '-') {
		return false
	}
	p.pos = end
	return true
}

// quoted reads "..." and returns the source between the quotes, escapes untouched.
func (p *parser) quoted(kind ErrorKind) (string, error) {
	start := p.pos
	p.pos++ // the opening quote
	for !p.end() {
		switch p.peek() {
		case '"':
			inner := p.text[start+1 : p.pos]
			p.pos++
			return inner, nil
		case '\\':
			p.pos++
			if p.end() {
				return "", p.unclosedQuote(start, kind)
			}
			p.next()
		default:
			p.next()
		}
	}
	return "", p.unclosedQuote(start, kind)
}

func (p *parser) unclosedQuote(start int, kind ErrorKind) *SyntaxError {
	err := p.fail(start, ErrUnclosed, `a closing " for this quote`, `a " or \ inside a quoted text is written \" or \\`)
	if kind == ErrTerm {
		err.Hint = `a phrase is written "two words"; a " inside it \"`
	}
	return err
}

// percent reads %regex% and compiles it.
func (p *parser) percent() (*regex, error) {
	start := p.pos
	p.pos++
	end := strings.IndexByte(p.text[p.pos:], '%')
	if end < 0 {
		return nil, p.fail(start, ErrUnclosed, "a closing % for this regular expression", `a literal percent sign is written \x25`)
	}
	source := p.text[p.pos : p.pos+end]
	re, err := compileRegex(source)
	if err != nil {
		return nil, p.fail(p.pos+err.offset, ErrRegex, err.expected, err.hint)
	}
	p.pos += end + 1
	p.regexes++
	if p.regexes > maxRegexes {
		return nil, p.fail(start, ErrRegexCount, fmt.Sprintf("at most %d regular expressions in a pattern", maxRegexes),
			"join them with | inside one %...%, or use wildcards")
	}
	return re, nil
}

func (p *parser) regexForm() (*Pattern, error) {
	re, err := p.percent()
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.end() {
		return nil, p.fail(p.pos, ErrTrailing, "the end of the pattern behind the closing %",
			"a standalone regular expression is the whole pattern; join several with |")
	}
	return &Pattern{form: Regex, regex: re}, nil
}

func (p *parser) termsForm() (*Pattern, error) {
	pattern := &Pattern{form: Terms}
	for {
		p.space()
		if p.end() {
			return pattern, nil
		}
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		pattern.terms = append(pattern.terms, t)
	}
}

func (p *parser) term() (term, error) {
	var t term
	start := p.pos
	if r := p.peek(); r == '-' || r == '?' {
		t.sign = byte(r)
		p.pos++
	}
	if p.at(`"`) {
		text, err := p.quoted(ErrTerm)
		t.text = text
		return t, err
	}
	t.text = p.word(isTermRune)
	if t.text != "" && (p.end() || unicode.IsSpace(p.peek()) || p.at("-") || p.at("?")) {
		return t, nil
	}
	return term{}, p.fail(p.pos, ErrTerm, "a word of letters, digits, _ and . or a quoted phrase", p.termHint(start))
}

func (p *parser) termHint(start int) string {
	switch {
	case strings.HasPrefix(p.text[start:], "$"):
		return "a pattern over JSON events stands in braces: { $.eventName = \"...\" }"
	case p.at("%"):
		return "a regular expression cannot be mixed with terms; it is the whole pattern"
	case p.at("*"):
		return "terms match anywhere in the text and have no wildcards"
	}
	return `put it in double quotes: "..."`
}

func isTermRune(r rune) bool {
	return r == '_' || r == '.' || isAlphanumeric(r)
}

func isAlphanumeric(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	default:
		return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
	}
}

func isBareTerm(s string) bool { return s != "" && allRunes(s, isTermRune) }

func isName(s string) bool { return s != "" && allRunes(s, isNameRune) }

func isNameRune(r rune) bool { return r == '-' || r == '_' || isAlphanumeric(r) }

func isBareRune(r rune) bool { return r == '*' || isTermRune(r) }

// isBareValue tells whether a text may stand without quotes and still be a text: not a number, not null.
func isBareValue(s string) bool {
	if s == "" || strings.EqualFold(s, "null") || !allRunes(s, isBareRune) {
		return false
	}
	_, isNumber := parseDecimal(s)
	return !isNumber
}

func allRunes(s string, ok func(rune) bool) bool {
	for _, r := range s {
		if !ok(r) {
			return false
		}
	}
	return true
}
