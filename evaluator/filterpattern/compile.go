package filterpattern

import (
	"slices"
	"strings"
)

// program is a pattern under one reading, ready to be matched and decided.
type program struct {
	reading reading
	refused bool // AWS would not accept the pattern: it matches nothing
	form    Form
	root    *test // JSON form
	terms   []termTest
	fields  []fieldTest
	found   textTest // Regex form
}

// test is a compiled node: a conjunction, a disjunction or one atom.
type test struct {
	op   nodeOp
	kids []*test
	atom *atom
}

// atom is a compiled condition.
type atom struct {
	sel  selector
	op   condOp
	kind valueKind // numberValue, or textValue for everything that is tested by text
	num  decimal
	text textTest

	name  string // the selector
	label string // the condition
}

type termTest struct {
	sign byte
	text string
}

type fieldTest struct {
	name string
	root *test
}

// compile works out the pattern's doubts and makes a program for each reading of them.
func (p *Pattern) compile(depth int) {
	if depth > certainDepth {
		p.doubts |= doubtDepth
	}
	p.text = p.canonical()
	p.conditions(func(c *condition) {
		p.doubts |= c.doubts()
		if ask := c.sel.String() + " " + c.val.text; !slices.Contains(p.asks, ask) {
			p.asks = append(p.asks, ask)
		}
	})
	for _, t := range p.terms {
		_, d := termText(t.text, reading{})
		p.doubts |= d
	}
	if p.regex != nil && p.regex.dialects {
		p.doubts |= doubtDialect
	}
	for _, r := range p.doubts.readings() {
		p.programs = append(p.programs, p.under(r))
	}
	if p.form == JSON {
		p.tells = p.json.tells()
		p.exact = true
		p.json.walk(func(c *condition) { p.exact = p.exact && c.isExact() })
		if p.doubts == 0 {
			p.alternatives = askedBy(p.json)
		}
	}
}

func (c *condition) doubts() doubts {
	var d doubts
	for _, st := range c.sel {
		if st.kind == stepKey && (strings.Contains(st.key, "'") || isName(st.key) && !isASCII(st.key)) {
			d |= doubtName
		}
	}
	switch c.val.kind {
	case doubtfulValue:
		d |= doubtBare
		fallthrough
	case textValue:
		_, more := compileText(c.val.text, reading{})
		d |= more
	case regexValue:
		if c.val.re.dialects {
			d |= doubtDialect
		}
	}
	return d
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// program is the pattern's program under a reading of any set of doubts.
func (p *Pattern) program(r reading) *program {
	r = r.among(p.doubts)
	for i := range p.programs {
		if p.programs[i].reading == r {
			return &p.programs[i]
		}
	}
	return &p.programs[0] // not reached: readings() lists every reading of the pattern's doubts
}

func (p *Pattern) under(r reading) program {
	prog := program{reading: r, form: p.form, refused: r.refused != 0 || r.escape == escapeRefused}
	switch p.form {
	case JSON:
		prog.root = p.json.compile(r)
	case Space:
		for _, f := range p.fields {
			prog.fields = append(prog.fields, fieldTest{name: f.name, root: f.cond.compile(r)})
		}
	case Regex:
		prog.found = compileFound(p.regex, r)
	case Terms:
		for _, t := range p.terms {
			text, _ := termText(t.text, r)
			prog.terms = append(prog.terms, termTest{sign: t.sign, text: text})
		}
	}
	return prog
}

// termText is the text that a term asks for: as a quoted value, but an asterisk is always a literal one.
func termText(source string, r reading) (string, doubts) {
	r.innerStarLiteral = true
	escaped := strings.NewReplacer(`\\`, `\\`, `\"`, `\"`, `*`, starMark).Replace(source)
	t, d := compileText(escaped, r)
	return strings.ReplaceAll(t.literal, starMark, "*"), d &^ doubtInnerStar
}

// starMark stands for a literal asterisk while a term is read; a private-use character.
const starMark = "\uE000"

func (n *node) compile(r reading) *test {
	if n == nil {
		return nil
	}
	if n.op == opCond {
		return &test{atom: n.cond.compile(r)}
	}
	t := &test{op: n.op}
	for _, kid := range n.kids {
		t.kids = append(t.kids, kid.compile(r))
	}
	return t
}

func (c *condition) compile(r reading) *atom {
	a := &atom{sel: c.sel, op: c.op, kind: textValue, name: c.sel.String(), label: c.String()}
	switch c.val.kind {
	case numberValue:
		a.kind, a.num = numberValue, c.val.num
		a.text = textTest{kind: exactly, literal: c.val.text}
	case regexValue:
		a.text = compileFound(c.val.re, r)
	case textValue, doubtfulValue:
		a.text, _ = compileText(c.val.text, r)
	}
	return a
}
