package filterpattern

import (
	"fmt"
	"unicode"
)

func (p *parser) spaceForm() (*Pattern, error) {
	p.pos++ // the bracket
	pattern := &Pattern{form: Space}
	seen := map[string]bool{}
	for {
		p.space()
		start := p.pos
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		if f.name != "" && seen[f.name] {
			return nil, p.fail(start, ErrField, fmt.Sprintf("a field name other than %q, which stands there already", f.name), "")
		}
		seen[f.name] = true
		pattern.fields = append(pattern.fields, f)
		p.space()
		if p.accept(",") {
			continue
		}
		if !p.accept("]") {
			return nil, p.fieldEnd()
		}
		break
	}
	p.space()
	if !p.end() {
		return nil, p.fail(p.pos, ErrTrailing, "the end of the pattern behind the closing ]", "")
	}
	if len(pattern.fields) == 1 && pattern.fields[0].name == "" {
		pattern.fields = nil // [] asks for nothing
	}
	return pattern, nil
}

func (p *parser) fieldEnd() *SyntaxError {
	if p.end() {
		return p.fail(p.pos, ErrUnclosed, "a closing ] for the bracket at the start", "")
	}
	rest := p.text[p.pos:]
	switch rest[0] {
	case '=', '<', '>', '!':
		return p.fail(p.pos, ErrOperator, operators(false), operatorHint(rest))
	}
	return p.fail(p.pos, ErrField, "a comma, a condition or the closing ]", connectiveHint(rest))
}

func (p *parser) field() (field, error) {
	if p.accept(ellipsis) {
		return field{name: ellipsis}, nil
	}
	if p.at("(") {
		return p.fieldCondition("")
	}
	start := p.pos
	name := p.word(isNameRune)
	if name == "" {
		if p.at(",") || p.at("]") {
			return field{}, nil
		}
		return field{}, p.fail(start, ErrField, "a field name, ... or nothing", "")
	}
	if r := rune(name[0]); unicode.IsDigit(r) || r == '-' {
		return field{}, p.fail(start, ErrField, "a field name that starts with a letter", "")
	}
	p.space()
	if !p.at("=") && !p.at("!") && !p.at("<") && !p.at(">") {
		return field{name: name}, nil
	}
	p.pos = start
	return p.fieldCondition(name)
}

// fieldCondition reads conditions that all speak of one field.
func (p *parser) fieldCondition(name string) (field, error) {
	atom := func() (*node, error) {
		start := p.pos
		n := p.word(isNameRune)
		switch {
		case n == "" || unicode.IsDigit(rune(n[0])):
			return nil, p.fail(start, ErrField, "a field name", "")
		case name == "":
			name = n
		case n != name:
			return nil, p.fail(start, ErrField, fmt.Sprintf("the field %q, of which this entry speaks", name), "each entry has conditions on its own field only")
		}
		c, err := p.comparison(false)
		return &node{cond: c}, err
	}
	cond, err := p.or(atom, 0)
	return field{name: name, cond: cond}, err
}
