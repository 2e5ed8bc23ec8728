package filterpattern

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
)

// This file turns text tests into automata and walks their product: which combinations of tests can a text satisfy, and
// which text does. It is exact; a budget bounds it.

// inst is an instruction of a nondeterministic automaton.
type inst struct {
	op   instOp
	set  charSet
	x, y int
}

type instOp uint8

const (
	instChar  instOp = iota // one character of set, then x
	instSplit               // x or y
	instBegin               // at the text's start: x
	instEnd                 // at the text's end: x
	instMatch               // the test holds, whatever follows
)

// automaton compiles a test of kind glob or found.
func (t *textTest) automaton() []inst {
	b := &automatonBuilder{}
	if t.kind == glob {
		b.glob(t.parts)
	} else {
		b.regex(t.source, t.java)
	}
	return b.prog
}

type automatonBuilder struct{ prog []inst }

func (b *automatonBuilder) emit(in inst) int {
	b.prog = append(b.prog, in)
	return len(b.prog) - 1
}

// char emits one character; the next instruction follows it.
func (b *automatonBuilder) char(set charSet) {
	at := b.emit(inst{op: instChar, set: set})
	b.prog[at].x = at + 1
}

// any emits any characters, as few or as many as it takes.
func (b *automatonBuilder) any() {
	split := b.emit(inst{op: instSplit})
	b.emit(inst{op: instChar, set: anyChar, x: split})
	b.prog[split].x, b.prog[split].y = split+1, split+2
}

func (b *automatonBuilder) glob(parts []string) {
	for i, part := range parts {
		if i > 0 && (part != "" || i < len(parts)-1) {
			b.any()
		}
		for _, r := range part {
			b.char(single(r))
		}
	}
	if parts[len(parts)-1] != "" {
		end := b.emit(inst{op: instEnd})
		b.prog[end].x = end + 1
	}
	b.emit(inst{op: instMatch})
}

func (b *automatonBuilder) regex(re *regex, java bool) {
	b.any()
	for i, alt := range re.alts {
		split := -1
		if i < len(re.alts)-1 {
			split = b.emit(inst{op: instSplit})
			b.prog[split].x = split + 1
		}
		for _, it := range alt {
			b.item(it, java)
		}
		b.emit(inst{op: instMatch})
		if split >= 0 {
			b.prog[split].y = len(b.prog)
		}
	}
}

func (b *automatonBuilder) item(it item, java bool) {
	switch {
	case it.anchor == '^':
		at := b.emit(inst{op: instBegin})
		b.prog[at].x = at + 1
		return
	case it.anchor == '$':
		if java {
			b.optional(func() { b.lineEnd() })
		}
		at := b.emit(inst{op: instEnd})
		b.prog[at].x = at + 1
		return
	}
	set := it.members(java)
	for range it.min {
		b.char(set)
	}
	if it.max < 0 {
		split := b.emit(inst{op: instSplit})
		b.emit(inst{op: instChar, set: set, x: split})
		b.prog[split].x, b.prog[split].y = split+1, split+2
		return
	}
	for range it.max - it.min {
		b.optional(func() { b.char(set) })
	}
}

// lineEnd emits one of Java's line terminators; \r\n is one.
func (b *automatonBuilder) lineEnd() {
	split := b.emit(inst{op: instSplit})
	b.prog[split].x = split + 1
	b.char(single('\r'))
	last := b.emit(inst{op: instChar, set: newline})
	b.prog[split].y = len(b.prog)
	b.char(javaLineEnds)
	b.prog[last].x = len(b.prog)
}

func (b *automatonBuilder) optional(body func()) {
	split := b.emit(inst{op: instSplit})
	b.prog[split].x = split + 1
	body()
	b.prog[split].y = len(b.prog)
}

// alphabet cuts all characters into classes that no set of the automata tells apart.
type alphabet struct {
	starts []rune // sorted; class i is [starts[i], starts[i+1])
	reps   []rune // a character of each class that people can read, where it has one
	order  []int  // the classes, the most readable first
}

func newAlphabet(progs [][]inst) *alphabet {
	starts := []rune{0}
	for _, prog := range progs {
		for _, in := range prog {
			for _, r := range in.set {
				starts = append(starts, r.lo)
				if r.hi < utf8.MaxRune {
					starts = append(starts, r.hi+1)
				}
			}
		}
	}
	// Surrogates are no characters: no text holds them.
	starts = append(starts, 0xD800, 0xE000)
	slices.Sort(starts)
	a := &alphabet{starts: slices.Compact(starts)}
	for i := range a.starts {
		a.reps = append(a.reps, a.representative(i))
		if a.starts[i] != 0xD800 {
			a.order = append(a.order, i)
		}
	}
	slices.SortStableFunc(a.order, func(x, y int) int { return readability(a.reps[x]) - readability(a.reps[y]) })
	return a
}

func (a *alphabet) end(i int) rune {
	if i+1 < len(a.starts) {
		return a.starts[i+1] - 1
	}
	return utf8.MaxRune
}

func (a *alphabet) representative(i int) rune {
	lo, hi := a.starts[i], a.end(i)
	for _, good := range []charRange{{'a', 'z'}, {'0', '9'}, {'A', 'Z'}, {'-', '/'}, {' ', '~'}} {
		if start := max(lo, good.lo); start <= min(hi, good.hi) {
			return start
		}
	}
	return lo
}

// readability is lower for characters that look at home in a CloudTrail record.
func readability(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return 0
	case r < utf8.RuneSelf && isAlphanumeric(r):
		return 1
	case r >= ' ' && r <= '~':
		return 2
	case unicode.IsPrint(r):
		return 3
	}
	return 4
}

// dfa is one test's automaton, made deterministic as far as it is walked.
type dfa struct {
	prog   []inst
	alpha  *alphabet
	states [][]int
	index  map[string]int
	next   [][]int32 // by state and class; -1 when not walked yet
	holds  []bool    // by state: the test holds if the text ends here
	budget *budget
}

func newDFA(prog []inst, alpha *alphabet, b *budget) *dfa {
	d := &dfa{prog: prog, alpha: alpha, index: map[string]int{}, budget: b}
	d.state(d.closure([]int{0}, true))
	return d
}

// reach follows the instructions that take no character, from all of the given ones, and calls stay for those where it
// stops. It ends with true when it comes to the match.
func (d *dfa) reach(from []int, begin, end bool, stay func(pc int)) (match bool) {
	seen := make([]bool, len(d.prog))
	stack := slices.Clone(from)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := d.prog[pc]; {
		case in.op == instMatch:
			return true
		case in.op == instSplit:
			stack = append(stack, in.x, in.y)
		case in.op == instBegin && begin, in.op == instEnd && end:
			stack = append(stack, in.x)
		case in.op != instBegin:
			stay(pc)
		}
	}
	return false
}

// closure is every instruction reached without a character. An instEnd stays in the set: it waits for the end. The match
// is alone: whatever follows, the test holds.
func (d *dfa) closure(from []int, begin bool) []int {
	var out []int
	if d.reach(from, begin, false, func(pc int) { out = append(out, pc) }) {
		return []int{slices.IndexFunc(d.prog, func(in inst) bool { return in.op == instMatch })}
	}
	slices.Sort(out)
	return out
}

// state is the number of a closed set of instructions.
func (d *dfa) state(set []int) int {
	key := make([]byte, 0, 2*len(set))
	for _, pc := range set {
		key = binary.AppendUvarint(key, uint64(pc))
	}
	if s, ok := d.index[string(key)]; ok {
		return s
	}
	d.budget.store(16*len(set) + 4*len(d.alpha.reps))
	s := len(d.states)
	d.index[string(key)] = s
	d.states = append(d.states, set)
	row := make([]int32, len(d.alpha.reps))
	for i := range row {
		row[i] = -1
	}
	d.next = append(d.next, row)
	d.holds = append(d.holds, d.reach(set, s == 0, true, func(int) {}))
	return s
}

// step is the state behind a character of the class.
func (d *dfa) step(state, class int) int {
	if next := d.next[state][class]; next >= 0 {
		return int(next)
	}
	d.budget.spend(12*len(d.states[state]) + len(d.prog)/8)
	r := d.alpha.reps[class]
	var to []int
	for _, pc := range d.states[state] {
		switch in := d.prog[pc]; {
		case in.op == instMatch:
			to = append(to, pc)
		case in.op == instChar && in.set.contains(r):
			to = append(to, in.x)
		}
	}
	slices.Sort(to)
	next := d.state(d.closure(slices.Compact(to), false))
	d.next[state][class] = int32(next)
	return next
}

// product walks several automata at once.
type product struct {
	dfas   []*dfa
	alpha  *alphabet
	budget *budget
	tuples [][]int32
	index  map[string]int
	next   [][]int32 // by product state, then in the order of alpha.order
	parent []int32
	via    []rune

	combinations []combination // each once, in the order in which they were come upon
}

// combination is some of the tests that hold for a text together.
type combination struct {
	holds string // a byte for each test: 1 if it holds
	text  string // a shortest one
}

// newProduct explores every product state reachable, or fewer when the budget ends; complete tells which.
func newProduct(tests []*textTest, budget *budget) (p *product, complete bool) {
	if budget.left < 0 {
		return &product{}, false
	}
	p, complete = explore(tests, budget)
	seen := map[string]bool{}
	holds := make([]byte, len(tests))
	for s := range p.tuples {
		p.fill(holds, s)
		if !seen[string(holds)] {
			c := combination{string(holds), p.text(s)}
			seen[c.holds] = true
			p.combinations = append(p.combinations, c)
		}
	}
	return p, complete
}

// explore walks the automata together as far as the budget goes.
func explore(tests []*textTest, budget *budget) (p *product, complete bool) {
	progs := make([][]inst, len(tests))
	for i, t := range tests {
		progs[i] = t.automaton()
	}
	p = &product{alpha: newAlphabet(progs), index: map[string]int{}, budget: budget}
	start := make([]int32, len(tests))
	for _, prog := range progs {
		p.dfas = append(p.dfas, newDFA(prog, p.alpha, budget))
	}
	p.add(start, -1, 0)
	tuple := make([]int32, len(tests))
	for s := 0; s < len(p.tuples); s++ {
		row := make([]int32, 0, len(p.alpha.order))
		if !budget.spend(len(p.alpha.order) * (len(tests) + 2)) {
			return p, false
		}
		for _, class := range p.alpha.order {
			for i, d := range p.dfas {
				tuple[i] = int32(d.step(int(p.tuples[s][i]), class))
			}
			row = append(row, int32(p.add(tuple, s, p.alpha.reps[class])))
		}
		p.next = append(p.next, row)
	}
	return p, true
}

func (p *product) add(tuple []int32, parent int, via rune) int {
	key := make([]byte, 0, 2*len(tuple))
	for _, s := range tuple {
		key = binary.AppendUvarint(key, uint64(s))
	}
	if s, ok := p.index[string(key)]; ok {
		return s
	}
	p.budget.store(8*len(tuple) + 4*len(p.alpha.order))
	s := len(p.tuples)
	p.index[string(key)] = s
	p.tuples = append(p.tuples, slices.Clone(tuple))
	p.parent = append(p.parent, int32(parent))
	p.via = append(p.via, via)
	return s
}

// fill notes which tests hold for the texts that end in the state.
func (p *product) fill(holds []byte, state int) {
	for i, d := range p.dfas {
		holds[i] = 0
		if d.holds[p.tuples[state][i]] {
			holds[i] = 1
		}
	}
}

// text is a shortest text that ends in the state.
func (p *product) text(state int) string {
	var runes []rune
	for s := state; p.parent[s] >= 0; s = int(p.parent[s]) {
		runes = append(runes, p.via[s])
	}
	slices.Reverse(runes)
	return string(runes)
}

// other finds a shortest text with the same tests holding as want that is none of the texts to avoid; ok is false when
// there is none. The product must be complete.
func (p *product) other(want string, avoid map[string]bool, budget *budget) (text string, ok bool) {
	prefixes, used := map[string]bool{}, map[rune]bool{}
	for s := range avoid {
		for i, r := range s {
			prefixes[s[:i]] = true
			used[r] = true
		}
		prefixes[s] = true
	}
	type node struct {
		state int
		text  string
		free  bool // no longer the beginning of a text to avoid
	}
	type key struct {
		state  int
		prefix string
	}
	seen := map[key]bool{}
	queue := []node{{}}
	holds := make([]byte, len(p.dfas))
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		if p.fill(holds, n.state); string(holds) == want && (n.free || !avoid[n.text]) {
			return n.text, true
		}
		for i, class := range p.alpha.order {
			if !budget.spend(1) {
				return "", false
			}
			for _, r := range p.alpha.spread(class, used) {
				next := node{state: int(p.next[n.state][i]), text: n.text + string(r)}
				next.free = n.free || !prefixes[next.text]
				k := key{state: next.state}
				if !next.free {
					k.prefix = next.text
				}
				if next.free {
					k.prefix = "\x00free"
				}
				if !seen[k] {
					seen[k] = true
					queue = append(queue, next)
				}
			}
		}
	}
	return "", false
}

// spread is enough characters of the class to leave a set of texts that uses the given ones: one that they do not use,
// or all of them.
func (a *alphabet) spread(class int, used map[rune]bool) []rune {
	out := []rune{a.reps[class]}
	if !used[a.reps[class]] {
		return out
	}
	for r := a.starts[class]; r <= a.end(class); r++ {
		if !used[r] {
			return append(out, r)
		}
		if r != a.reps[class] {
			out = append(out, r)
		}
	}
	return out
}

// budget bounds the work of one decision, in steps of about ten nanoseconds.
type budget struct{ left int }

func (b *budget) spend(steps int) bool {
	b.left -= steps
	return b.left >= 0
}

// store accounts for memory that is kept until the decision is made, so that the budget bounds that too.
func (b *budget) store(bytes int) { b.left -= (bytes + 128) / 3 }
