package filterpattern

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxLength is how many characters AWS accepts in one filter pattern.
// Source: the CloudWatch Logs API model, FilterPattern {min: 0, max: 1024}.
const MaxLength = 1024

// MaxLong is how many characters ParseLong reads.
const MaxLong = 16 << 10

// Limits that AWS documents or was observed to enforce; see the package comment.
const (
	maxRegexes           = 2 // %regex% values in a pattern
	maxWildcardSelectors = 3 // selectors with a wildcard in a pattern
	maxSelectorWildcards = 1 // wildcards in a selector
)

// Form is one of the four languages that a filter pattern can be written in.
type Form uint8

// The forms, chosen by the pattern's first character.
const (
	Terms Form = iota // words of any text; the empty pattern is an empty list of them
	JSON              // { $.a = "x" }
	Space             // [a, b, ...]
	Regex             // %regex%
)

// String names the form as the command line and reports do.
func (f Form) String() string {
	return [...]string{"terms", "json", "space", "regex"}[f]
}

// Pattern is one parsed filter pattern. It holds what the pattern means, not how it was spelled: two patterns that
// differ in white space, quotes or redundant parentheses alone are deeply equal. It does not change after Parse and may
// be shared between goroutines.
type Pattern struct {
	form     Form
	json     *node
	terms    []term
	fields   []field
	regex    *regex
	programs []program // one for each reading that the pattern's doubts allow; at least one
	doubts   doubts
	text     string   // canonical
	asks     []string // what its conditions ask for, as selector and value, without repetitions

	// Of the JSON form alone, for the answers that need no search:
	tells        [len(telling)]oneOf
	alternatives []alternative // of a pattern without doubts, unless it has too many
	exact        bool          // all its conditions are
}

// Form tells which of the four languages the pattern is written in.
func (p *Pattern) Form() Form { return p.form }

// node is a JSON-form expression: a conjunction or disjunction of two or more nodes, or one condition.
type node struct {
	op   nodeOp
	kids []*node
	cond *condition
}

type nodeOp uint8

const (
	opCond nodeOp = iota
	opAnd
	opOr
)

// condition compares what a selector selects (JSON form) or a field's text (space form) with a value.
type condition struct {
	sel selector
	op  condOp
	val value
}

type condOp uint8

const (
	opEqual condOp = iota
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opIsNull
	opIsTrue
	opIsFalse
	opNotExists
)

var condOpText = [...]string{"=", "!=", "<", "<=", ">", ">=", " IS NULL", " IS TRUE", " IS FALSE", " NOT EXISTS"}

// hasValue tells whether the operator is written with a value behind it.
func (o condOp) hasValue() bool { return o <= opGreaterEqual }

// selector is the steps behind "$".
type selector []step

// step goes to a key, to an array index, or (wildcard) to every member of an array or object.
type step struct {
	kind  stepKind
	key   string
	index int
}

type stepKind uint8

const (
	stepKey stepKind = iota
	stepIndex
	stepWildcard
)

// value is the right-hand side of a comparison.
type value struct {
	kind valueKind
	// text is the value's source without its quotes or percent signs; escapes stay as they were written.
	text string
	re   *regex  // kind regexValue
	num  decimal // kind numberValue
}

type valueKind uint8

const (
	noValue valueKind = iota
	textValue
	doubtfulValue // an unquoted value with a hyphen (documented as forbidden, never observed), or NULL in capitals
	numberValue
	regexValue
)

// term is one word or phrase of the terms form.
type term struct {
	sign byte   // 0 must occur, '-' must not, '?' may
	text string // source without quotes
}

// field is one entry of the space form. The one that stands for any number of fields has the name "...".
type field struct {
	name string
	cond *node
}

const ellipsis = "..."

// String is the canonical text of the pattern: Parse of it gives an equal pattern, and it is never longer than
// MaxLength characters when what was parsed was not.
func (p *Pattern) String() string { return p.text }

func (p *Pattern) canonical() string {
	text := p.print(" ")
	if utf8.RuneCountInString(text) > MaxLength {
		text = p.print("")
	}
	return text
}

func (p *Pattern) print(space string) string {
	var b strings.Builder
	switch p.form {
	case JSON:
		b.WriteString("{" + space)
		p.json.print(&b, space, "$")
		b.WriteString(space + "}")
	case Space:
		b.WriteByte('[')
		for i, f := range p.fields {
			if i > 0 {
				b.WriteString("," + space)
			}
			if f.cond != nil {
				f.cond.print(&b, space, f.name)
			} else {
				b.WriteString(f.name)
			}
		}
		b.WriteByte(']')
	case Regex:
		b.WriteString("%" + p.regex.source + "%")
	case Terms:
		for i, t := range p.terms {
			if i > 0 && (space != "" || t.sign == 0) {
				b.WriteByte(' ')
			}
			t.print(&b)
		}
	}
	return b.String()
}

func (t term) print(b *strings.Builder) {
	if t.sign != 0 {
		b.WriteByte(t.sign)
	}
	if isBareTerm(t.text) {
		b.WriteString(t.text)
		return
	}
	b.WriteString(`"` + t.text + `"`)
}

func (n *node) print(b *strings.Builder, space, subject string) {
	if n.op == opCond {
		n.cond.print(b, space, subject)
		return
	}
	sign := space + "&&" + space
	if n.op == opOr {
		sign = space + "||" + space
	}
	for i, kid := range n.kids {
		if i > 0 {
			b.WriteString(sign)
		}
		if kid.op == opOr && n.op == opAnd {
			b.WriteByte('(')
			kid.print(b, space, subject)
			b.WriteByte(')')
			continue
		}
		kid.print(b, space, subject)
	}
}

// String is the condition as a pattern would write it.
func (c *condition) String() string {
	var b strings.Builder
	c.print(&b, " ", "$")
	return b.String()
}

func (c *condition) print(b *strings.Builder, space, subject string) {
	b.WriteString(subject)
	c.sel.print(b)
	if !c.op.hasValue() {
		b.WriteString(condOpText[c.op])
		return
	}
	b.WriteString(space + condOpText[c.op] + space)
	c.val.print(b)
}

func (v value) print(b *strings.Builder) {
	switch v.kind {
	case regexValue:
		b.WriteString("%" + v.text + "%")
	case numberValue, doubtfulValue:
		b.WriteString(v.text)
	default:
		if isBareValue(v.text) {
			b.WriteString(v.text)
			return
		}
		b.WriteString(`"` + v.text + `"`)
	}
}

func (s selector) print(b *strings.Builder) {
	for i, st := range s {
		switch {
		case st.kind == stepIndex:
			b.WriteString("[" + strconv.Itoa(st.index) + "]")
		case st.kind == stepWildcard:
			b.WriteString(".*")
		case isName(st.key):
			b.WriteString("." + st.key)
		default:
			if i == 0 {
				b.WriteByte('.')
			}
			b.WriteString("['" + st.key + "']")
		}
	}
}

func (s selector) String() string {
	var b strings.Builder
	b.WriteByte('$')
	s.print(&b)
	return b.String()
}

func (s selector) hasWildcard() bool {
	for _, st := range s {
		if st.kind == stepWildcard {
			return true
		}
	}
	return false
}

// walk calls f for every condition below n, from left to right.
func (n *node) walk(f func(*condition)) {
	if n == nil {
		return
	}
	if n.op == opCond {
		f(n.cond)
		return
	}
	for _, kid := range n.kids {
		kid.walk(f)
	}
}

// join makes one node of several, flattening what is nested in vain: a || (b || c) is a || b || c.
func join(op nodeOp, kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	var flat []*node
	for _, kid := range kids {
		if kid.op == op {
			flat = append(flat, kid.kids...)
			continue
		}
		flat = append(flat, kid)
	}
	return &node{op: op, kids: flat}
}
