package filterpattern

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func (p *parser) jsonForm() (*Pattern, error) {
	p.pos++ // the brace
	expr, err := p.or(p.jsonAtom, 0)
	if err != nil {
		return nil, err
	}
	p.space()
	if !p.accept("}") {
		return nil, p.unexpected()
	}
	p.space()
	if !p.end() {
		return nil, p.fail(p.pos, ErrTrailing, "the end of the pattern behind the closing }", trailingHint(p.text[p.pos:]))
	}
	return &Pattern{form: JSON, json: expr}, nil
}

func trailingHint(rest string) string {
	if strings.HasPrefix(rest, "}") {
		return "one closing brace too many"
	}
	return "a pattern that starts with { ends with }; join conditions with && or || inside the braces"
}

// unexpected explains what follows a whole expression where }, && or || should.
func (p *parser) unexpected() *SyntaxError {
	rest := p.text[p.pos:]
	switch {
	case rest == "":
		return p.fail(p.pos, ErrUnclosed, `a closing } for the brace at the start`, "a pattern that starts with { ends with }")
	case rest[0] == ')':
		return p.fail(p.pos, ErrConnective, "&&, || or the closing }", "one closing parenthesis too many")
	}
	return p.fail(p.pos, ErrConnective, "&&, || or the closing }", connectiveHint(rest))
}

// connectiveHint explains what people write behind a condition.
func connectiveHint(rest string) string {
	word := strings.ToUpper(firstWord(rest))
	switch {
	case word == "AND" || rest[0] == '&':
		return "and is written &&"
	case word == "OR" || rest[0] == '|':
		return "or is written ||"
	case rest[0] == '(' || rest[0] == '$':
		return "two conditions are joined by && or ||"
	case rest[0] == '"':
		return `a quote too many: a quoted value is written "..."`
	}
	return "a value with spaces or signs stands in double quotes"
}

func firstWord(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return !isTermRune(r) })
	if end < 0 {
		return s
	}
	return s[:end]
}

type atomParser func() (*node, error)

func (p *parser) or(atom atomParser, depth int) (*node, error) {
	return p.chain(opOr, "||", func() (*node, error) {
		return p.chain(opAnd, "&&", func() (*node, error) { return p.unary(atom, depth) })
	})
}

func (p *parser) chain(op nodeOp, sign string, part atomParser) (*node, error) {
	var kids []*node
	for {
		kid, err := part()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		p.space()
		if !p.accept(sign) {
			return join(op, kids), nil
		}
	}
}

func (p *parser) unary(atom atomParser, depth int) (*node, error) {
	p.space()
	if !p.at("(") {
		return atom()
	}
	open := p.pos
	p.pos++
	p.deepest = max(p.deepest, depth+1)
	inner, err := p.or(atom, depth+1)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.accept(")") {
		return inner, nil
	}
	if p.end() || p.at("}") || p.at("]") {
		return nil, p.fail(p.pos, ErrUnclosed, fmt.Sprintf("a closing ) for the parenthesis at offset %d", open),
			"each ( needs its )")
	}
	unexpected := p.unexpected()
	unexpected.Expected = "&&, || or a closing )"
	return nil, unexpected
}

func (p *parser) jsonAtom() (*node, error) {
	sel, err := p.selector()
	if err != nil {
		return nil, err
	}
	c, err := p.comparison(true)
	if err != nil {
		return nil, err
	}
	c.sel = sel
	return &node{cond: c}, nil
}

const selectorForm = "a selector such as $.eventName"

func (p *parser) selector() (selector, error) {
	start := p.pos
	if !p.at("$") {
		return nil, p.fail(p.pos, ErrSelector, selectorForm, p.selectorHint())
	}
	p.pos++
	if !p.at(".") {
		return nil, p.fail(start, ErrSelector, selectorForm, dollarHint(p.text[p.pos:]))
	}
	var sel selector
	wildcards := 0
	for first := true; ; first = false {
		st, ok, err := p.step(first)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if st.kind == stepWildcard {
			wildcards++
		}
		sel = append(sel, st)
	}
	if wildcards > maxSelectorWildcards {
		return nil, p.fail(start, ErrWildcards, fmt.Sprintf("at most %d wildcard in a selector", maxSelectorWildcards), "")
	}
	p.wildcards += wildcards
	if p.wildcards > maxWildcardSelectors {
		return nil, p.fail(start, ErrWildcards, fmt.Sprintf("at most %d selectors with a wildcard in a pattern", maxWildcardSelectors), "")
	}
	return sel, nil
}

// dollarHint is for what follows a dollar sign that no period follows.
func dollarHint(rest string) string {
	if name := firstWord(rest); name != "" {
		return "a selector starts with $. : $." + name
	}
	return `a selector starts with "$." (dollar sign and period)`
}

func (p *parser) selectorHint() string {
	rest := p.text[p.pos:]
	switch {
	case strings.HasPrefix(rest, "!"):
		return "there is no negation; negate inside a condition: !=, NOT EXISTS, IS FALSE"
	case strings.HasPrefix(rest, "&"):
		return "a selector starts with $, not &; and is written && between two conditions"
	case strings.HasPrefix(rest, `"`):
		return "a condition starts with a selector: $.field = value"
	case rest != "" && isTermRune(rune(rest[0])):
		if strings.EqualFold(firstWord(rest), "NOT") {
			return "NOT EXISTS stands behind the selector: $.field NOT EXISTS"
		}
		return "a selector starts with $. : $." + firstWord(rest)
	}
	return ""
}

// step reads one step of a selector; ok is false at the selector's end.
func (p *parser) step(first bool) (st step, ok bool, err error) {
	start := p.pos
	switch {
	case p.accept(".*"):
		return step{kind: stepWildcard}, true, nil
	case p.at(".["):
		p.pos++
		if !p.at("['") {
			return step{}, false, p.fail(start, ErrSelector, "a key in single quotes: $.['my.key']", "")
		}
		return p.bracket()
	case p.at("["):
		if first {
			return step{}, false, p.fail(start, ErrSelector, selectorForm, "")
		}
		return p.bracket()
	case p.accept("."):
		name := p.word(isNameRune)
		if name == "" {
			return step{}, false, p.fail(p.pos, ErrSelector, "a property name of letters, digits, - and _",
				"no space or sign behind the period; other names are written $.['my.key']")
		}
		return step{key: name}, true, nil
	}
	return step{}, false, nil
}

func (p *parser) bracket() (step, bool, error) {
	start := p.pos
	p.pos++ // the bracket
	if p.accept("*]") {
		return step{kind: stepWildcard}, true, nil
	}
	if p.accept("'") {
		end := strings.Index(p.text[p.pos:], "']")
		if end < 0 {
			return step{}, false, p.fail(start, ErrUnclosed, "a closing '] for this key", "")
		}
		key := p.text[p.pos : p.pos+end]
		if key == "" {
			return step{}, false, p.fail(p.pos, ErrSelector, "a key between the quotes", "")
		}
		p.pos += end + len("']")
		return step{key: key}, true, nil
	}
	digits := p.word(func(r rune) bool { return r >= '0' && r <= '9' })
	index, err := strconv.Atoi(digits)
	if err != nil || !p.accept("]") {
		return step{}, false, p.fail(p.pos, ErrSelector, "an index, * or a key in single quotes, and ]",
			"an index counts from 0; a key is written ['key'] in single quotes")
	}
	return step{kind: stepIndex, index: index}, true, nil
}

// comparisonSigns in the order in which they are tried: an operator before its prefix.
var comparisonSigns = []struct {
	text string
	op   condOp
}{{"!=", opNotEqual}, {"<=", opLessEqual}, {">=", opGreaterEqual}, {"=", opEqual}, {"<", opLess}, {">", opGreater}}

// comparison reads what stands behind a selector or field name; keywords only in the JSON form.
func (p *parser) comparison(keywords bool) (*condition, error) {
	before := p.pos
	p.space()
	start := p.pos
	if keywords {
		op, ok, err := p.keywords(before)
		if ok || err != nil {
			return &condition{op: op}, err
		}
	}
	for _, sign := range comparisonSigns {
		if !p.accept(sign.text) {
			continue
		}
		if strings.ContainsRune("=<>!~", p.peek()) {
			break
		}
		val, err := p.value(sign.op)
		return &condition{op: sign.op, val: val}, err
	}
	hint := operatorHint(p.text[start:])
	switch word := firstWord(p.text[start:]); {
	case strings.EqualFold(word, "EXISTS") && strings.HasSuffix(strings.ToUpper(p.text[:before]), "NOT"):
		hint = "there is white space before NOT EXISTS"
	case hint == "" && word != "":
		hint = "there is no white space inside a selector"
	}
	return nil, p.fail(start, ErrOperator, operators(keywords), hint)
}

func operators(keywords bool) string {
	if keywords {
		return "=, !=, <, <=, >, >=, IS or NOT EXISTS"
	}
	return "=, !=, <, <=, > or >="
}

func operatorHint(rest string) string {
	word := strings.ToUpper(firstWord(rest))
	switch {
	case strings.HasPrefix(rest, "=="):
		return "equality is one equals sign: ="
	case strings.HasPrefix(rest, "<>") || strings.HasPrefix(rest, "=!") || strings.HasPrefix(rest, "!=="):
		return "inequality is written !="
	case strings.HasPrefix(rest, "=~") || strings.HasPrefix(rest, "!~"):
		return "a regular expression is a value: = %regex%"
	case strings.HasPrefix(rest, ":"):
		return "a pattern is no JSON document: { $.field = value }"
	case word == "NOTEXISTS":
		return "it is two words: NOT EXISTS"
	case word == "EXISTS":
		return "there is no EXISTS; a text or number is there when $.field = *"
	case word == "EQUALS" || word == "EQ" || word == "LIKE" || word == "IN" || word == "CONTAINS":
		return "equality is written =, with * as wildcard"
	case strings.HasPrefix(word, "IS") && len(word) > 2:
		return "IS and what it asks are two words: IS NULL, IS TRUE, IS FALSE"
	}
	return ""
}

// keywords reads IS NULL, IS TRUE, IS FALSE and NOT EXISTS. They need white space before them.
func (p *parser) keywords(before int) (condOp, bool, error) {
	start := p.pos
	switch {
	case before == start:
		return 0, false, nil
	case p.keyword("IS"):
		p.space()
		for i, word := range []string{"NULL", "TRUE", "FALSE"} {
			if p.keyword(word) {
				return opIsNull + condOp(i), true, nil
			}
		}
		return 0, false, p.fail(p.pos, ErrOperator, "NULL, TRUE or FALSE behind IS", "IS NOT and IS with a value do not exist; use != or NOT EXISTS")
	case p.keyword("NOT"):
		p.space()
		if p.keyword("EXISTS") {
			return opNotExists, true, nil
		}
		return 0, false, p.fail(p.pos, ErrOperator, "EXISTS behind NOT", "NOT exists only as NOT EXISTS")
	}
	return 0, false, nil
}

// value reads the right-hand side of a comparison.
func (p *parser) value(op condOp) (value, error) {
	p.space()
	start := p.pos
	ordering := op != opEqual && op != opNotEqual
	v, err := p.anyValue()
	if err != nil {
		return value{}, err
	}
	if ordering && v.kind != numberValue {
		return value{}, p.fail(start, ErrValue, "a number behind "+condOpText[op], "a number stands without quotes")
	}
	return v, nil
}

const valueForm = `a value: a word, a number, "a quoted text" or %regex%`

func (p *parser) anyValue() (value, error) {
	start := p.pos
	switch {
	case p.at(`"`):
		text, err := p.quoted(ErrValue)
		return value{kind: textValue, text: text}, err
	case p.at("%"):
		re, err := p.percent()
		if err != nil {
			return value{}, err
		}
		return value{kind: regexValue, text: re.source, re: re}, nil
	case p.at("'"):
		return value{}, p.fail(start, ErrValue, valueForm, `a quoted text stands in double quotes: "..."`)
	}
	if v, ok := p.number(); ok {
		return v, nil
	}
	text := p.word(func(r rune) bool { return r == '-' || isBareRune(r) })
	switch {
	case text == "null":
		return value{}, p.fail(start, ErrValue, valueForm, "null is asked for by IS NULL; the word null is written \"null\"")
	case numeric.MatchString(text):
		return value{}, p.fail(start, ErrValue, "a number whose exponent fits 32 bits", "")
	case text == "" || p.glued():
		return value{}, p.fail(p.pos, ErrValue, valueForm, `a text with signs or spaces stands in double quotes: "..."`)
	case strings.Contains(text, "-") || strings.EqualFold(text, "null"):
		return value{kind: doubtfulValue, text: text}, nil
	}
	return value{kind: textValue, text: text}, nil
}

// numeric is the shape of a number, whatever its exponent.
var numeric = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// glued tells whether something that is no separator follows a bare word.
func (p *parser) glued() bool {
	r := p.peek()
	return !p.end() && !strings.ContainsRune(" \t\r\n\v\f})&|],", r) && r != 0x85 && r != 0xA0
}

// number reads a number that ends where a value may end.
func (p *parser) number() (value, bool) {
	start := p.pos
	text := p.word(func(r rune) bool { return strings.ContainsRune("+-.0123456789eE", r) })
	d, ok := parseDecimal(text)
	if !ok || p.glued() || !p.end() && isBareRune(p.peek()) {
		p.pos = start
		return value{}, false
	}
	return value{kind: numberValue, text: text, num: d}, true
}
