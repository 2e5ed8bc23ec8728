package filterpattern

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// regex is a %regex% value: the subset of regular expressions that CloudWatch Logs accepts, which has no groups.
// It is a list of alternatives, each a list of items.
type regex struct {
	source string
	alts   [][]item
	// opaque names a construct whose meaning in CloudWatch Logs is not known; such a regex is never decided.
	opaque string
	// dialects is true when RE2 and Java, which AWS could be using, differ in what the regex matches.
	dialects bool
}

// item is a set of characters and how often it stands there, or an anchor.
type item struct {
	set      charSet
	min, max int // max < 0: without limit
	anchor   byte
	// dialect marks the sets whose members differ between RE2 and Java: '.' for the dot, 's' and 'S' for \s and \S.
	dialect byte
}

type regexError struct {
	offset         int
	expected, hint string
}

// maxRegexStates bounds the automaton of one regular expression; a{1000000} is opaque, not a bomb.
const maxRegexStates = 2000

// maxRepeat is the largest repetition count that RE2 accepts.
const maxRepeat = 1000

type regexParser struct {
	src string
	pos int
	re  *regex
}

// compileRegex reads the source between two percent signs.
func compileRegex(source string) (*regex, *regexError) {
	if source == "" {
		return nil, &regexError{0, "a regular expression between the percent signs", ""}
	}
	p := &regexParser{src: source, re: &regex{source: source}}
	var items []item
	states := 0
	for p.pos < len(source) {
		if source[p.pos] == '|' {
			p.re.alts = append(p.re.alts, items)
			items = nil
			p.pos++
			continue
		}
		it, err := p.item()
		if err != nil {
			return nil, err
		}
		if n := len(items); n > 0 && items[n-1].anchor == '$' {
			p.re.opaque = "a $ that is not at the end"
		}
		if err := p.repeat(&it); err != nil {
			return nil, err
		}
		states += max(it.min, it.max, 1)
		if states > maxRegexStates || max(it.min, it.max) > maxRepeat {
			p.re.opaque = "a repetition count too large to be decided"
		}
		p.re.dialects = p.re.dialects || it.dialect != 0 || it.anchor == '$'
		items = append(items, it)
	}
	p.re.alts = append(p.re.alts, items)
	if p.re.opaque != "" {
		p.re.alts, p.re.dialects = nil, false
	}
	return p.re, nil
}

const regexCharacters = "letters, digits, space and : _ # = @ / ; , - ^ $ ? [ ] { } | \\ * + ."

func (p *regexParser) refuse() *regexError {
	hint := "write other characters by their code: \\x21 for !"
	switch r, _ := utf8.DecodeRuneInString(p.src[p.pos:]); {
	case r == '(' || r == ')':
		hint = "there are no groups; write alternatives as %a|b% or as two conditions joined by ||"
	case r >= utf8.RuneSelf:
		hint = "only ASCII characters are accepted"
	}
	return &regexError{p.pos, "a character that regular expressions may hold: " + regexCharacters, hint}
}

func isRegexLiteral(c byte) bool {
	return c < utf8.RuneSelf && isAlphanumeric(rune(c)) || strings.IndexByte(":_#=@/;,- ]}", c) >= 0
}

func (p *regexParser) item() (item, *regexError) {
	c := p.src[p.pos]
	switch {
	case c == '^' || c == '$':
		p.pos++
		return item{anchor: c, min: 1, max: 1}, nil
	case c == '.':
		p.pos++
		return item{set: notNewline, min: 1, max: 1, dialect: '.'}, nil
	case c == '[':
		return p.class()
	case c == '\\':
		set, dialect, err := p.escape()
		return item{set: set, min: 1, max: 1, dialect: dialect}, err
	case c == '*' || c == '+' || c == '?' || c == '{':
		return item{}, &regexError{p.pos, "something to repeat before " + string(c), `a literal sign is written \` + string(c)}
	case isRegexLiteral(c):
		p.pos++
		return item{set: single(rune(c)), min: 1, max: 1}, nil
	}
	return item{}, p.refuse()
}

// escape reads \d, \x2A, \. and the like.
func (p *regexParser) escape() (charSet, byte, *regexError) {
	start := p.pos
	p.pos++
	if p.pos == len(p.src) {
		return nil, 0, &regexError{start, "a character behind the backslash", ""}
	}
	c := p.src[p.pos]
	p.pos++
	switch c {
	case 'd':
		return digits, 0, nil
	case 'D':
		return digits.complement(), 0, nil
	case 'w':
		return wordChars, 0, nil
	case 'W':
		return wordChars.complement(), 0, nil
	case 's':
		return blanks, 's', nil
	case 'S':
		return blanks.complement(), 'S', nil
	case 'x':
		if p.pos+2 > len(p.src) {
			return nil, 0, &regexError{start, `two hexadecimal digits behind \x`, ""}
		}
		n, err := strconv.ParseUint(p.src[p.pos:p.pos+2], 16, 8)
		if err != nil {
			return nil, 0, &regexError{start, `two hexadecimal digits behind \x`, ""}
		}
		p.pos += 2
		return single(rune(n)), 0, nil
	case 'p', 'P':
		return nil, 0, &regexError{start, `one of \d \D \s \S \w \W \xhh`, ""}
	}
	switch {
	case strings.IndexByte(`^$?[]{}|\*+.:_#=@/;,- `, c) >= 0:
		return single(rune(c)), 0, nil
	case c < utf8.RuneSelf && isAlphanumeric(rune(c)):
		p.re.opaque = `the escape \` + string(c) + `, which AWS does not document`
		return single(rune(c)), 0, nil
	}
	p.pos = start
	return nil, 0, p.refuse()
}

// class reads [abc], [^a-z], [\d.].
func (p *regexParser) class() (item, *regexError) {
	start := p.pos
	p.pos++
	it := item{min: 1, max: 1}
	negated := p.pos < len(p.src) && p.src[p.pos] == '^'
	if negated {
		p.pos++
	}
	for first := true; ; first = false {
		if p.pos == len(p.src) {
			return item{}, &regexError{start, "a closing ] for this bracket", `a literal [ is written \[`}
		}
		if p.src[p.pos] == ']' && !first {
			p.pos++
			break
		}
		if p.src[p.pos] == ']' {
			p.re.opaque = "a ] at the start of a bracket, which RE2 and Java read differently"
		}
		set, err := p.classRange(&it)
		if err != nil {
			return item{}, err
		}
		it.set = it.set.union(set)
	}
	if negated {
		it.set = it.set.complement()
	}
	return it, nil
}

func (p *regexParser) classRange(it *item) (charSet, *regexError) {
	start := p.pos
	low, isSet, err := p.classChar(it)
	if err != nil || isSet || p.pos+1 >= len(p.src) || p.src[p.pos] != '-' || p.src[p.pos+1] == ']' {
		return low, err
	}
	p.pos++
	high, isSet, err := p.classChar(it)
	if err != nil {
		return nil, err
	}
	if isSet || low[0].lo > high[0].lo {
		return nil, &regexError{start, "a range from a lower to a higher character", ""}
	}
	return charSet{{low[0].lo, high[0].lo}}, nil
}

// classChar reads one character of a bracket, or an escape that stands for a set.
func (p *regexParser) classChar(it *item) (set charSet, isSet bool, err *regexError) {
	c := p.src[p.pos]
	switch {
	case c == '\\':
		set, dialect, err := p.escape()
		if dialect != 0 {
			p.re.opaque = `\s or \S inside a bracket, which RE2 and Java read differently`
		}
		return set, len(set) != 1 || set[0].lo != set[0].hi, err
	case c == '[':
		p.re.opaque = "a bracket inside a bracket, which RE2 and Java read differently"
	case isRegexLiteral(c) || strings.IndexByte("^$?{|*+.", c) >= 0:
	default:
		return nil, false, p.refuse()
	}
	p.pos++
	return single(rune(c)), false, nil
}

// repeat reads ?, *, +, {n,m} and their lazy forms, which match the same texts.
func (p *regexParser) repeat(it *item) *regexError {
	start := p.pos
	if p.pos == len(p.src) {
		return nil
	}
	switch p.src[p.pos] {
	case '?':
		it.min, it.max = 0, 1
	case '*':
		it.min, it.max = 0, -1
	case '+':
		it.min, it.max = 1, -1
	case '{':
		if err := p.counts(it); err != nil {
			return err
		}
	default:
		return nil
	}
	p.pos++
	if p.pos < len(p.src) && p.src[p.pos] == '?' {
		p.pos++
	}
	if p.pos < len(p.src) && strings.IndexByte("?*+{", p.src[p.pos]) >= 0 {
		return &regexError{start, "one repetition only", "possessive and nested repetitions are refused"}
	}
	if it.anchor != 0 {
		p.re.opaque = "a repeated anchor"
	}
	return nil
}

// counts reads {n}, {n,}, {,m} or {n,m} and leaves the cursor on the closing brace.
func (p *regexParser) counts(it *item) *regexError {
	start := p.pos
	end := strings.IndexByte(p.src[start:], '}')
	if end < 0 {
		return &regexError{start, "a closing } for this repetition", `a literal { is written \{`}
	}
	low, high, ranged := strings.Cut(p.src[start+1:start+end], ",")
	bad := &regexError{start, "{n}, {n,}, {,m} or {n,m}", `a literal { is written \{`}
	if !isDigits(low) || !isDigits(high) || low == "" && high == "" {
		return bad
	}
	var err error
	it.min, it.max = 0, -1
	if low != "" {
		if it.min, err = strconv.Atoi(low); err != nil {
			return bad
		}
	}
	switch {
	case !ranged:
		it.max = it.min
	case high != "":
		if it.max, err = strconv.Atoi(high); err != nil || it.max < it.min {
			return bad
		}
	}
	p.pos = start + end
	return nil
}
