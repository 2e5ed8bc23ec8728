package filterpattern

import (
	"slices"
	"strings"
)

// This file lays a question out as a search: variables (what stands at each selector that any pattern speaks of),
// the values each can have (see domain.go), and constraints on them.

// variable is one thing of an event that the patterns ask about.
type variable struct {
	kind  varKind
	sel   selector // kind pathVar and wildcardVar
	name  string   // the selector's text, or the term, or the pattern
	atoms []*atom  // the distinct conditions on it; classes hold their truth in this order
	// bounded: what is required asks for one of the texts that it names, so that no other text need be told apart.
	bounded bool
	found   textTest // kind messageVar: what the message must hold; undecided for a space-form pattern
	// domain is every class of values the variable can have, the most realistic first.
	domain []class
	near   []relation // the variables that it depends on
}

type varKind uint8

const (
	pathVar     varKind = iota // the value at a selector
	wildcardVar                // the values that a wildcard selects
	messageVar                 // whether the message as a text satisfies a term or regular expression
)

// class is a set of values between which no condition tells.
type class struct {
	shape   shape
	truth   []Truth // of the variable's atoms, in their order
	says    []Truth // Yes where the value alone makes a messageVar true, in the order of problem.messages
	text    string  // a member: a string's text or a number's source
	source  string  // of an eventName: the one event source that all members come from; "" if there are several
	members []class // of a wildcardVar: what is selected
	vague   bool    // made up to cover what could not be enumerated: it has no member to show
}

// shape is the kind of JSON value.
type shape uint16

const (
	missing shape = 1 << iota
	null
	boolTrue
	boolFalse
	str
	num
	object
	list
	listWithNull

	boolean   = boolTrue | boolFalse
	lists     = list | listWithNull
	container = object | lists
	anyShape  = 1<<9 - 1
)

// formula is a pattern over the problem's variables.
type formula struct {
	op    formulaOp
	kids  []*formula
	v     int   // fAtom: the variable
	atom  int   // fAtom: which of its atoms
	fixed Truth // fConst
}

type formulaOp uint8

const (
	fConst formulaOp = iota
	fAtom
	fAnd
	fOr
)

// constraint says which truth a formula must have.
type constraint struct {
	f    *formula
	want Truth // Yes or No
}

// problem is a question under one reading, laid out as a search.
type problem struct {
	vars     []variable
	byName   map[varKey]int
	atomAt   map[atomKey]int // its number among its variable's
	messages []int           // the messageVars
	budget   *budget
	memory   *Memory
	source   int // the variables of the two fields that the event-source assumption links; -1 if not asked about
	event    int
}

// varKey and atomKey tell variables and their atoms apart.
type (
	varKey struct {
		kind varKind
		name string
	}
	atomKey struct {
		v    int
		text string
	}
)

func newProblem(b *budget, m *Memory) *problem {
	return &problem{byName: map[varKey]int{}, atomAt: map[atomKey]int{}, budget: b, memory: m, source: -1, event: -1}
}

func (p *problem) variable(v variable) int {
	key := varKey{v.kind, v.name}
	if i, ok := p.byName[key]; ok {
		return i
	}
	p.byName[key] = len(p.vars)
	p.vars = append(p.vars, v)
	return len(p.vars) - 1
}

// formula lays out a program.
func (p *problem) formula(prog *program, pattern *Pattern) *formula {
	if prog.refused {
		return &formula{fixed: No}
	}
	switch prog.form {
	case JSON:
		return p.testFormula(prog.root)
	case Terms:
		return p.termsFormula(prog.terms)
	case Regex:
		return p.messageFormula(pattern.String(), prog.found)
	}
	for _, f := range prog.fields {
		if f.name != ellipsis {
			return p.messageFormula(pattern.String(), textTest{kind: undecided})
		}
	}
	return &formula{fixed: Yes}
}

func (p *problem) testFormula(t *test) *formula {
	if t.op == opCond {
		return p.atomFormula(t.atom)
	}
	f := &formula{op: fAnd}
	if t.op == opOr {
		f.op = fOr
	}
	for _, kid := range t.kids {
		f.kids = append(f.kids, p.testFormula(kid))
	}
	return f
}

func (p *problem) atomFormula(a *atom) *formula {
	kind := pathVar
	if a.sel.hasWildcard() {
		kind = wildcardVar
	}
	v := p.variable(variable{kind: kind, sel: a.sel, name: a.name})
	key := atomKey{v, a.label}
	n, ok := p.atomAt[key]
	if !ok {
		n = len(p.vars[v].atoms)
		p.atomAt[key] = n
		p.vars[v].atoms = append(p.vars[v].atoms, a)
	}
	return &formula{op: fAtom, v: v, atom: n}
}

// termsFormula: all plain terms and no excluded one; optional terms count only when there is no other kind.
func (p *problem) termsFormula(terms []termTest) *formula {
	all, some := &formula{op: fAnd}, &formula{op: fOr}
	for _, t := range terms {
		contains := p.messageFormula("\x00"+t.text, globTest([]string{"", t.text, ""}))
		switch t.sign {
		case 0:
			all.kids = append(all.kids, contains)
		case '-':
			all.kids = append(all.kids, &formula{op: fAtom, v: contains.v, atom: 1})
		case '?':
			some.kids = append(some.kids, contains)
		}
	}
	switch {
	case len(all.kids) > 0:
		return all
	case len(some.kids) > 0:
		return some
	}
	return &formula{fixed: Yes}
}

// messageFormula asks for the first "atom" of a messageVar; the second is its negation.
func (p *problem) messageFormula(name string, found textTest) *formula {
	if found.kind == anything {
		return &formula{fixed: Yes}
	}
	v := p.variable(variable{kind: messageVar, name: name, found: found})
	if p.vars[v].domain == nil {
		p.messages = append(p.messages, v)
		p.vars[v].domain = []class{{truth: []Truth{No, Yes}}, {truth: []Truth{Yes, No}}}
	}
	return &formula{op: fAtom, v: v}
}

// eval is the formula's truth under an assignment of classes to some variables.
func (f *formula) eval(assigned []*class) Truth {
	switch f.op {
	case fAtom:
		if c := assigned[f.v]; c != nil {
			return c.truth[f.atom]
		}
		return Unknown
	case fAnd:
		return least(f.kids, func(kid *formula) Truth { return kid.eval(assigned) })
	case fOr:
		return greatest(f.kids, func(kid *formula) Truth { return kid.eval(assigned) })
	}
	return f.fixed
}

// size is how many atoms the formula has; the cost of one evaluation.
func (f *formula) size() int {
	n := 1
	for _, kid := range f.kids {
		n += kid.size()
	}
	return n
}

// split takes a constraint apart: a conjunction that must hold into its parts, a disjunction that must not likewise.
func (c constraint) split(out []constraint) []constraint {
	if c.f.op == fAnd && c.want == Yes || c.f.op == fOr && c.want == No {
		for _, kid := range c.f.kids {
			out = constraint{kid, c.want}.split(out)
		}
		return out
	}
	return append(out, c)
}

// relation is a dependency between two variables, other than through the patterns.
type relation struct {
	other int
	kind  relationKind
	st    step // the step that leads from the upper to the lower one
	// implies: pairs of an atom of the path and one of the wildcard, and the truth that the first gives the second.
	atoms   [][2]int
	signs   []Truth
	message int // isWord, isMessage: which of problem.messages
}

type relationKind uint8

const (
	isBelow      relationKind = iota // this path goes through the other
	isAbove                          // the other goes through this path
	isBeside                         // they part at an index and a key: both cannot be there
	isLaterIndex                     // this is behind the other in one array
	isEarlierIndex
	belowSelects  // the other is a wildcard somewhere below this path
	aboveSelected // this is a wildcard, the other one of the paths above it
	implies       // atoms of this one fix atoms of the other: see lemmas
	isImplied
	isWord    // this value may hold what the other asks of the message
	isMessage // the reverse
	contains  // this term holds the other's term
	isContained
)

// relate finds the dependencies between the variables.
func (p *problem) relate() {
	for i := range p.vars {
		if !p.budget.spend(len(p.vars)) {
			return
		}
		for j := range p.vars {
			if i != j {
				p.relatePair(i, j)
			}
		}
	}
}

func (p *problem) relatePair(i, j int) {
	a, b := &p.vars[i], &p.vars[j]
	add := func(r, back relation) {
		p.budget.store(200)
		r.other, back.other = j, i
		a.near = append(a.near, r)
		b.near = append(b.near, back)
	}
	switch {
	case a.kind == messageVar && b.kind == messageVar:
		if a.name[0] == 0 && b.name[0] == 0 && strings.Contains(a.name[1:], b.name[1:]) {
			add(relation{kind: contains}, relation{kind: isContained})
		}
	case a.kind == messageVar:
		n := slices.Index(p.messages, i)
		add(relation{kind: isMessage, message: n}, relation{kind: isWord, message: n})
	case b.kind == messageVar:
	case a.kind == pathVar && b.kind == pathVar:
		p.relatePaths(a.sel, b.sel, add)
	case a.kind == pathVar && b.kind == wildcardVar:
		at := slices.IndexFunc(b.sel, func(st step) bool { return st.kind == stepWildcard })
		if len(a.sel) <= at && slices.Equal(a.sel, b.sel[:len(a.sel)]) {
			add(relation{kind: belowSelects, st: b.sel[len(a.sel)]}, relation{kind: aboveSelected, st: b.sel[len(a.sel)]})
		}
		if isInstance(a.sel, b.sel) {
			if pairs, signs := lemmas(a.atoms, b.atoms); pairs != nil {
				add(relation{kind: implies, atoms: pairs, signs: signs}, relation{kind: isImplied, atoms: pairs, signs: signs})
			}
		}
	}
}

func (p *problem) relatePaths(a, b selector, add func(r, back relation)) {
	common := 0
	for common < len(a) && common < len(b) && a[common] == b[common] {
		common++
	}
	switch {
	case common == len(b):
		add(relation{kind: isBelow, st: a[common]}, relation{kind: isAbove, st: a[common]})
	case common == len(a):
	case a[common].kind == stepKey && b[common].kind == stepIndex:
		add(relation{kind: isBeside}, relation{kind: isBeside})
	case a[common].kind == stepIndex && b[common].kind == stepIndex && len(b) == common+1 && b[common].index < a[common].index:
		add(relation{kind: isLaterIndex}, relation{kind: isEarlierIndex})
	}
}

// isInstance tells whether the path is one of those that the wildcard selector selects.
func isInstance(path, wild selector) bool {
	if len(path) != len(wild) {
		return false
	}
	for i := range path {
		if wild[i].kind != stepWildcard && path[i] != wild[i] {
			return false
		}
	}
	return true
}

// lemmas are pairs (atom of a path, atom of a wildcard over it) where the first being true fixes the second's truth.
func lemmas(path, wild []*atom) (pairs [][2]int, signs []Truth) {
	for i, a := range path {
		if a.op != opEqual || a.text.kind != exactly {
			continue
		}
		for j, b := range wild {
			if b.kind != a.kind || b.op != opEqual && b.op != opNotEqual || b.text.matches(a.text.literal) != Yes {
				continue
			}
			sign := Yes
			if b.op == opNotEqual {
				sign = No
			}
			pairs, signs = append(pairs, [2]int{i, j}), append(signs, sign)
		}
	}
	return pairs, signs
}

// compatible tells whether two variables can have these classes at once. It may say yes in doubt, never no.
func (r relation) compatible(c, other *class) bool {
	switch r.kind {
	case isBelow:
		return childFits(c, other, r.st)
	case isAbove:
		return childFits(other, c, r.st)
	case isBeside:
		return c.shape == missing || other.shape == missing
	case isLaterIndex:
		return c.shape == missing || other.shape != missing
	case isEarlierIndex:
		return c.shape != missing || other.shape == missing
	case belowSelects:
		return selectionFits(c, other, r.st)
	case aboveSelected:
		return selectionFits(other, c, r.st)
	case implies:
		return r.lemmasHold(c, other)
	case isImplied:
		return r.lemmasHold(other, c)
	case isWord:
		return other.truth[0] != No || !c.sure(r.message)
	case isMessage:
		return c.truth[0] != No || !other.sure(r.message)
	case contains:
		return c.truth[0] != Yes || other.truth[0] != No
	case isContained:
		return other.truth[0] != Yes || c.truth[0] != No
	}
	return true
}

// sure tells whether a value of the class makes the message satisfy what a messageVar asks for.
func (c *class) sure(message int) bool { return message < len(c.says) && c.says[message] == Yes }

// lemmasHold: no atom of the path is true while the wildcard's atom has the truth that this rules out.
func (r relation) lemmasHold(c, other *class) bool {
	for k, pair := range r.atoms {
		if c.truth[pair[0]] == Yes && other.truth[pair[1]] == -r.signs[k] {
			return false
		}
	}
	return true
}

// childFits: what is there has a container of the right kind above it.
func childFits(child, parent *class, st step) bool {
	if child.shape == missing {
		return true
	}
	if st.kind == stepKey {
		return parent.shape == object
	}
	return parent.shape&lists != 0
}

// selectionFits: a wildcard selects members of containers only, and its parent is there or not.
func selectionFits(above, wild *class, st step) bool {
	if wild.vague {
		return true
	}
	selects, parentMissing := len(wild.members) > 0, wild.shape == missing
	if st.kind != stepWildcard { // above is an ancestor of the wildcard's parent
		if !parentMissing || selects {
			return childFits(&class{shape: object}, above, st)
		}
		return true
	}
	if parentMissing {
		return above.shape == missing
	}
	return above.shape != missing && (!selects || above.shape&container != 0)
}
