package filterpattern

import (
	"maps"
	"slices"
	"strings"
)

// Caps on what one variable may have; beyond them a vague class stands for the rest, which is sound.
const (
	maxSelections = 256 // sets of values that a wildcard selects
	maxSeeds      = 400
)

// candidates are all classes of values of a variable, before a level of assumptions rules some out.
func (p *problem) candidates(v *variable, seeds []string) []class {
	switch v.kind {
	case pathVar:
		return p.values(v, v.atoms, seeds, true)
	case wildcardVar:
		return p.selections(v, seeds)
	}
	return v.domain
}

// values are the classes of one value, seen by the atoms.
func (p *problem) values(v *variable, atoms []*atom, seeds []string, withMissing bool) []class {
	hold := func(a *atom, val any, present bool) Truth { return a.holds(val, present) }
	if !withMissing {
		hold = func(a *atom, val any, _ bool) Truth { return positive(a).holdsSelected(val) }
	}
	b := &classBuilder{p: p, v: v, atoms: atoms, hold: hold, named: map[string]bool{}, seen: map[string]bool{}}
	for _, a := range atoms {
		if a.op.hasValue() && a.text.kind == exactly {
			b.named[a.text.literal] = true
		}
	}
	usual := !withMissing || usuallyThere(v.sel)
	if !usual {
		b.add(class{shape: missing}, nil, false)
	}
	b.numbers() // first: a field compared with a number usually holds one
	b.strings(seeds)
	if withMissing && usual {
		b.add(class{shape: missing}, nil, false)
	}
	b.add(class{shape: object}, map[string]any{}, true)
	b.add(class{shape: null}, nil, true)
	b.add(class{shape: boolFalse}, false, true)
	b.add(class{shape: boolTrue}, true, true)
	b.add(class{shape: list}, []any{}, true)
	b.add(class{shape: listWithNull}, []any{nil}, true)
	return b.out
}

type classBuilder struct {
	p     *problem
	v     *variable
	atoms []*atom
	hold  func(a *atom, val any, present bool) Truth
	out   []class
	named map[string]bool // texts that a condition names: each is a class of its own
	seen  map[string]bool // strings that were added
	vague bool
}

// add completes a class with its truths and keeps it.
func (b *classBuilder) add(c class, val any, present bool) {
	if !b.p.budget.spend(4*len(b.atoms) + 1) {
		return // the decision ends as undecided
	}
	b.p.budget.store(len(b.atoms) + len(b.p.messages))
	for _, a := range b.atoms {
		t := b.hold(a, val, present)
		c.truth = append(c.truth, t)
	}
	text, _ := val.(string)
	for _, m := range b.p.messages {
		c.says = append(c.says, b.says(&b.p.vars[m].found, text, present))
	}
	b.out = append(b.out, c)
}

// says is Yes when a message that holds the value must satisfy the test: its text, or the key it stands at, does, in
// characters that every JSON writer leaves as they are.
func (b *classBuilder) says(found *textTest, text string, present bool) Truth {
	if !present || !found.plain() {
		return Unknown
	}
	if b.v.kind == pathVar && found.matches(b.v.sel[len(b.v.sel)-1].key) == Yes {
		return Yes
	}
	if text != "" && found.matches(text) == Yes {
		return Yes
	}
	return Unknown
}

// plain tells whether whatever satisfies the test does so in characters that JSON never escapes.
func (t *textTest) plain() bool {
	switch t.kind {
	case glob:
		return allRunes(strings.Join(t.parts, ""), isPlain)
	case found:
		for _, alt := range t.source.alts {
			for _, it := range alt {
				if it.anchor != 0 || len(it.set) == 0 || !plainSet(it.members(t.java)) {
					return false
				}
			}
		}
		return true
	}
	return false
}

func isPlain(r rune) bool {
	return isAlphanumeric(r) && r < 0x80 || strings.ContainsRune(" _.:=+@,;#-*?[](){}!$%^|~`", r)
}

func plainSet(s charSet) bool {
	for _, r := range s {
		if r.hi >= 0x80 {
			return false
		}
		for c := r.lo; c <= r.hi; c++ {
			if !isPlain(c) {
				return false
			}
		}
	}
	return true
}

func (b *classBuilder) addString(s string) {
	if b.seen[s] {
		return
	}
	b.seen[s] = true
	c := class{shape: str, text: s}
	if b.v.name == eventNameField && b.named[s] {
		c.source = onlySource[s]
	}
	b.add(c, s, true)
}

const eventNameField = "$.eventName"

// strings adds a class for every text that a condition names and one for every combination of wildcards and regular
// expressions that any other text can satisfy.
func (b *classBuilder) strings(seeds []string) {
	tests := b.texts()
	for _, m := range b.p.messages {
		if f := &b.p.vars[m].found; f.plain() {
			tests = append(tests, f)
		}
	}
	if b.v.name == eventNameField { // names that come from one source are told apart from their like
		for _, name := range append(b.v.linkedNames(), seeds...) {
			b.named[name] = b.named[name] || onlySource[name] != ""
		}
	}
	for _, s := range seeds[:min(len(seeds), maxSeeds)] {
		b.addString(s)
	}
	for _, a := range b.atoms {
		switch {
		case a.op.hasValue() && a.text.kind == exactly:
			b.addString(a.text.literal)
		case a.text.kind == glob:
			b.addString(strings.Join(a.text.parts, ""))
			b.addString(strings.Join(a.text.parts, "Example"))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.named)) {
		b.addString(name)
	}
	b.addString("example")
	if !b.v.bounded {
		b.product(tests)
	}
}

// texts are the tests by wildcard or regular expression.
func (b *classBuilder) texts() []*textTest {
	var tests []*textTest
	for _, a := range b.atoms {
		if a.text.kind == glob || a.text.kind == found {
			tests = append(tests, &a.text)
		}
	}
	return tests
}

// product adds a text for every combination of tests that can hold for a text which no condition names.
func (b *classBuilder) product(tests []*textTest) {
	if len(tests) == 0 {
		if len(b.named) > 0 { // some text that nobody names
			fresh := "other"
			for b.named[fresh] {
				fresh += "x"
			}
			b.addString(fresh)
		}
		return
	}
	prod, complete := b.p.memory.product(tests, b.p.budget)
	if !complete {
		b.addVague(str)
	}
	for _, c := range prod.combinations {
		text := c.text
		if b.named[text] && complete {
			other, ok := prod.other(c.holds, b.named, b.p.budget)
			if !ok {
				if b.p.budget.left < 0 {
					b.addVague(str)
				}
				continue
			}
			text = other
		}
		b.addString(text)
	}
}

// addVague adds a class of the shape that stands for whatever could not be enumerated.
func (b *classBuilder) addVague(s shape) {
	if b.vague && s == str {
		return
	}
	b.vague = b.vague || s == str
	c := class{shape: s, vague: true}
	for _, a := range b.atoms {
		t := Unknown
		if !a.op.hasValue() {
			t = b.hold(a, "", true)
		}
		c.truth = append(c.truth, t)
	}
	c.says = make([]Truth, len(b.p.messages))
	b.out = append(b.out, c)
}

// selections are the classes of a wildcard: its parent missing, or every distinguishable set of selected values.
func (p *problem) selections(v *variable, seeds []string) []class {
	elements := p.values(v, v.atoms, seeds, false)
	slices.SortStableFunc(elements, func(x, y class) int { return vagueness(x) - vagueness(y) })
	finish := func(c class) class {
		c.truth = make([]Truth, len(v.atoms))
		for i, a := range v.atoms {
			c.truth[i] = selectionTruth(a, i, &c)
		}
		return c
	}
	out := []class{finish(class{shape: list})}
	seen := map[string]bool{}
	for i := 0; i < len(out); i++ {
		for _, e := range elements {
			if !p.budget.spend(4 * len(v.atoms)) {
				return out
			}
			c := finish(class{shape: list, members: append(slices.Clone(out[i].members), e), vague: out[i].vague || e.vague})
			if key := truthKey(c.truth); !seen[key] {
				seen[key] = true
				out = append(out, c)
			}
			if len(out) > maxSelections {
				out = append(out, class{shape: list, vague: true, truth: make([]Truth, len(v.atoms))})
				return p.withoutParent(v, out, finish)
			}
		}
	}
	return p.withoutParent(v, out, finish)
}

// withoutParent adds the class in which what the wildcard ranges over is not there; the event itself always is.
func (p *problem) withoutParent(v *variable, out []class, finish func(class) class) []class {
	if v.sel[0].kind == stepWildcard {
		return out
	}
	return append(out, finish(class{shape: missing}))
}

// vagueness puts what can be shown before what cannot.
func vagueness(c class) int {
	if c.vague {
		return 1
	}
	return 0
}

func selectionTruth(a *atom, i int, c *class) Truth {
	some := No
	for _, m := range c.members {
		some = max(some, m.truth[i])
	}
	switch a.op {
	case opNotExists:
		return truth(len(c.members) == 0)
	case opNotEqual:
		if c.shape == missing {
			return No
		}
		return -some
	}
	return some
}

func truthKey(ts []Truth) string {
	key := make([]byte, len(ts))
	for i, t := range ts {
		key[i] = byte(t + 1)
	}
	return string(key)
}

// narrow sets the variable's domain to the candidates that allow accepts, one for each thing that can be told apart. tag
// keeps classes apart that an assumption distinguishes.
func (v *variable) narrow(candidates []class, allow shape, tag func(*class) string) {
	if v.kind == messageVar {
		return
	}
	v.domain = v.domain[:0:0]
	index := map[string]bool{}
	for _, c := range candidates {
		if c.shape&allow == 0 {
			continue
		}
		key := truthKey(c.truth) + "/" + truthKey(c.says) + "/" + tag(&c)
		if c.vague {
			key += "?"
		}
		if len(v.near) > 0 && (c.shape&(container|missing) != 0) {
			key += string(rune(c.shape))
		}
		if index[key] {
			continue
		}
		index[key] = true
		v.domain = append(v.domain, c)
	}
}
