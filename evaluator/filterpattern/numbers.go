package filterpattern

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// numbers adds the numbers that the conditions tell apart. Numeric conditions see a number's value, the others its text.
// Without a numeric condition a number behaves as a string of the same text does, and none is needed, unless the message as
// a text matters: there, a number need not be spelled as it is read (1e3 is read as 1000.0).
func (b *classBuilder) numbers() {
	var points []decimal
	for _, a := range b.atoms {
		if a.kind == numberValue {
			points = append(points, a.num)
		}
	}
	if len(points) == 0 {
		if len(b.p.messages) > 0 {
			b.otherSpellings()
		}
		return
	}
	slices.SortFunc(points, decimal.compare)
	points = slices.CompactFunc(points, func(x, y decimal) bool { return x.compare(y) == 0 })
	for _, s := range b.line(points) {
		if s.complete = s.complete && (!s.gap || b.gapTexts(s)); !s.complete {
			b.addVague(num)
		}
		for _, text := range s.samples {
			b.add(class{shape: num, text: text}, json.Number(text), true)
		}
	}
	for _, text := range []string{"-0", "-0.0", "1e999", "-1e999"} {
		b.add(class{shape: num, text: text}, json.Number(text), true)
	}
	for _, text := range b.namedNumbers() {
		b.add(class{shape: num, text: text}, json.Number(text), true)
	}
}

// namedNumbers are the texts that conditions name and that a number may be spelled by.
func (b *classBuilder) namedNumbers() []string {
	var out []string
	for _, a := range b.atoms {
		if l := a.text.literal; a.op.hasValue() && a.text.kind == exactly && json.Valid([]byte(l)) && strings.Trim(l, "-+.eE0123456789") == "" {
			out = append(out, l)
		}
	}
	return out
}

// span is one point that a condition names, or the gap between two; outside of all points there are two gaps more.
type span struct {
	samples  []string // JSON numbers: of a point all spellings, of a gap one that no condition names by its text
	gap      bool
	complete bool
}

func (b *classBuilder) line(points []decimal) []span {
	var out []span
	one := decimal{digits: "1", exp: 1}
	for i, d := range points {
		if i == 0 {
			out = append(out, b.gap(d, func(x decimal) decimal { return x.plus(one.negated()) }))
		} else {
			below := points[i-1]
			out = append(out, b.gap(d, func(x decimal) decimal {
				middle := below.middle(x)
				// Between large numbers there are integers where there is no double.
				if whole := middle.integer(); len(middle.samples()) == 0 && whole.compare(below) > 0 {
					return whole
				}
				return middle
			}))
		}
		_, small := d.rat()
		out = append(out, span{samples: d.samples(), complete: small})
	}
	return append(out, b.gap(points[len(points)-1], func(x decimal) decimal { return x.plus(one) }))
}

// gap looks for a number that no condition names by its text, from one to the next.
func (b *classBuilder) gap(from decimal, next func(decimal) decimal) span {
	const more = 8 // beyond the named ones: some steps are no doubles
	for range len(b.named) + more {
		from = next(from)
		for _, text := range from.samples() {
			if !b.named[readNumber(text).text] {
				return span{samples: []string{text}, gap: true, complete: true}
			}
		}
	}
	return span{gap: true}
}

// numberTexts are the texts that numbers are read as.
var numberTexts = textTest{kind: found, source: &regex{alts: [][]item{
	sequence("-?", "0+"), sequence("-?", "0+", ".", "0+"), sequence("-?", "0+", ".", "0+", "E", "-?", "0+"), sequence("-?", "I", "n", "f", "i", "n", "i", "t", "y"),
}}}

// sequence is an anchored alternative: "0+" digits, "-?" an optional sign, else the character itself.
func sequence(parts ...string) []item {
	out := []item{{anchor: '^', min: 1, max: 1}}
	for _, part := range parts {
		switch part {
		case "-?":
			out = append(out, item{set: single('-'), min: 0, max: 1})
		case "0+":
			out = append(out, item{set: digits, min: 1, max: -1})
		default:
			out = append(out, item{set: single(rune(part[0])), min: 1, max: 1})
		}
	}
	return append(out, item{anchor: '$', min: 1, max: 1})
}

// textVectors are the combinations of tests by wildcard or regular expression that the text of a number can satisfy.
func (b *classBuilder) textVectors() (vectors []string, complete bool) {
	tests := b.texts()
	if len(tests) == 0 {
		return []string{""}, true
	}
	prod, complete := b.p.memory.product(append(tests, &numberTexts), b.p.budget)
	seen := map[string]bool{}
	for _, c := range prod.combinations {
		vector := c.holds[:len(tests)]
		if c.holds[len(tests)] == 1 && !seen[vector] {
			seen[vector] = true
			vectors = append(vectors, vector)
		}
	}
	return vectors, complete
}

// gapTexts adds, for a gap, a class for every combination of texts that its numbers might have and that no condition names.
// Which of them it does have is not worked out.
func (b *classBuilder) gapTexts(s span) bool {
	if len(b.texts()) == 0 {
		return true
	}
	vectors, complete := b.textVectors()
	for _, vector := range vectors {
		b.out = append(b.out, b.textClass(vector, func(a *atom) Truth { return b.hold(a, json.Number(s.samples[0]), true) }))
	}
	return complete
}

// otherSpellings adds numbers whose text is not how they are spelled.
func (b *classBuilder) otherSpellings() {
	vectors, complete := b.textVectors()
	if !complete {
		b.addVague(num)
	}
	for _, vector := range vectors {
		b.out = append(b.out, b.textClass(vector, nil))
	}
	for _, text := range slices.Sorted(maps.Keys(b.named)) {
		if !fractional.MatchString(text) {
			continue
		}
		c := class{shape: num, vague: true, says: b.keySays()}
		for _, a := range b.atoms {
			c.truth = append(c.truth, b.hold(a, text, true))
		}
		b.out = append(b.out, c)
	}
}

// fractional is the text of a number that can be spelled in other ways.
var fractional = regexp.MustCompile(`^-?([0-9]+\.[0-9]+(E-?[0-9]+)?|Infinity)$`)

// textClass is a class of numbers whose texts satisfy the tests as the vector says and are named by no condition. value
// is the truth of numeric conditions.
func (b *classBuilder) textClass(vector string, value func(*atom) Truth) class {
	c := class{shape: num, vague: true, says: b.keySays()}
	next := 0
	for _, a := range b.atoms {
		t := No
		switch {
		case a.kind == numberValue:
			c.truth = append(c.truth, value(a))
			continue
		case !a.op.hasValue():
			c.truth = append(c.truth, b.hold(a, json.Number("1"), true))
			continue
		case a.text.kind == anything:
			t = Yes
		case a.text.kind == undecided:
			t = Unknown
		case a.text.kind == glob || a.text.kind == found:
			t = truth(vector[next] == 1)
			next++
		}
		if b.negates(a) {
			t = -t
		}
		c.truth = append(c.truth, t)
	}
	return c
}

// negates tells whether the atom's truth is the reverse of its test's; under a wildcard it is asked as if it were not.
func (b *classBuilder) negates(a *atom) bool { return a.op == opNotEqual && b.v.kind == pathVar }

// keySays is what any value there makes certain of the message: that it holds the key.
func (b *classBuilder) keySays() []Truth {
	var out []Truth
	for _, m := range b.p.messages {
		out = append(out, b.says(&b.p.vars[m].found, "", true))
	}
	return out
}
