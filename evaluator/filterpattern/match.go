package filterpattern

import (
	"encoding/json"
	"strings"
	"unicode"
)

// Truth is an answer that may be out of reach. The zero value is Unknown.
type Truth int8

// The three answers, ordered so that a conjunction is the least and a disjunction the greatest of its parts.
const (
	No      Truth = -1
	Unknown Truth = 0
	Yes     Truth = 1
)

// String is "yes", "no" or "unknown".
func (t Truth) String() string {
	return [...]string{"no", "unknown", "yes"}[t+1]
}

func truth(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// Match tells whether the pattern matches a log event's message. It is Unknown when the pattern's doubtful points matter
// for this message.
func (p *Pattern) Match(message []byte) Truth { return p.MatchEvent(NewEvent(message)) }

// MatchEvent is Match for an event that was read before.
func (p *Pattern) MatchEvent(e *Event) Truth {
	answer := p.programs[0].match(e)
	for i := range p.programs[1:] {
		if p.programs[i+1].match(e) != answer {
			return Unknown
		}
	}
	return answer
}

func (p *program) match(e *Event) Truth {
	if p.refused {
		return No
	}
	switch p.form {
	case JSON:
		if e.root == nil {
			return No
		}
		return p.root.eval(func(a *atom) Truth { return a.eval(e.root) })
	case Space:
		return matchFields(p.fields, e.message)
	case Regex:
		return p.found.matches(e.message)
	}
	return truth(matchTerms(p.terms, e.message))
}

// eval is the test's truth, given that of its atoms.
func (t *test) eval(of func(*atom) Truth) Truth {
	switch t.op {
	case opAnd:
		return least(t.kids, func(kid *test) Truth { return kid.eval(of) })
	case opOr:
		return greatest(t.kids, func(kid *test) Truth { return kid.eval(of) })
	}
	return of(t.atom)
}

// least is the truth of a conjunction.
func least[T any](kids []T, of func(T) Truth) Truth {
	out := Yes
	for _, kid := range kids {
		if out = min(out, of(kid)); out == No {
			break
		}
	}
	return out
}

// greatest is the truth of a disjunction.
func greatest[T any](kids []T, of func(T) Truth) Truth {
	out := No
	for _, kid := range kids {
		if out = max(out, of(kid)); out == Yes {
			break
		}
	}
	return out
}

// eval is the atom's truth for an event.
func (a *atom) eval(root map[string]any) Truth {
	for i, st := range a.sel {
		if st.kind == stepWildcard {
			return a.evalWildcard(root, a.sel[:i], a.sel[i+1:])
		}
	}
	v, present := lookup(root, a.sel)
	return a.holds(v, present)
}

// evalWildcard: some selected value satisfies the condition; for != the wildcard's parent exists and no selected value
// equals; for NOT EXISTS nothing is selected.
func (a *atom) evalWildcard(root map[string]any, before, after []step) Truth {
	parent, ok := lookup(root, before)
	if !ok {
		return truth(a.op == opNotExists)
	}
	if a.op == opNotExists {
		members(parent, func(m any) bool {
			_, selected := lookup(m, after)
			ok = !selected
			return ok
		})
		return truth(ok)
	}
	asked, some := positive(a), No
	members(parent, func(m any) bool {
		if v, selected := lookup(m, after); selected {
			some = max(some, asked.holdsSelected(v))
		}
		return some != Yes
	})
	if a.op == opNotEqual {
		return -some
	}
	return some
}

// positive is the atom as it is asked of each value that a wildcard selects.
func positive(a *atom) *atom {
	if a.op != opNotEqual {
		return a
	}
	eq := *a
	eq.op = opEqual
	return &eq
}

// holdsSelected is holds for a value that a wildcard selected: there, an array with a null is not null.
func (a *atom) holdsSelected(v any) Truth {
	if a.op == opIsNull {
		return truth(v == nil)
	}
	return a.holds(v, true)
}

// holds is the atom's truth for the value at its selector, after the table in the package comment.
func (a *atom) holds(v any, present bool) Truth {
	switch {
	case a.op == opNotExists:
		return truth(!present)
	case !present:
		return No
	}
	switch a.op {
	case opIsNull:
		return truth(v == nil || hasNull(v))
	case opIsTrue:
		return truth(v == true)
	case opIsFalse:
		return truth(v == false)
	}
	switch v := v.(type) {
	case string:
		return a.holdsText(v)
	case json.Number:
		return a.holdsNumber(readNumber(string(v)))
	}
	return No
}

func hasNull(v any) bool {
	null := false
	if list, ok := v.([]any); ok {
		members(list, func(m any) bool { null = m == nil; return !null })
	}
	return null
}

// holdsText is the truth of a comparison for a string.
func (a *atom) holdsText(s string) Truth {
	switch a.op {
	case opEqual:
		return a.text.matches(s)
	case opNotEqual:
		return -a.text.matches(s)
	}
	return No
}

// holdsNumber is the truth of a comparison for a number.
func (a *atom) holdsNumber(n number) Truth {
	if a.kind != numberValue {
		return a.holdsText(n.text)
	}
	return truth(n.finite && compares(a.op, n.val.compare(a.num)))
}

func compares(op condOp, order int) bool {
	switch op {
	case opEqual:
		return order == 0
	case opNotEqual:
		return order != 0
	case opLess:
		return order < 0
	case opLessEqual:
		return order <= 0
	case opGreater:
		return order > 0
	case opGreaterEqual:
		return order >= 0
	}
	return false
}

// matchTerms: every plain term occurs, no excluded one does; optional terms count only when there is no other kind.
func matchTerms(terms []termTest, message string) bool {
	optional, some := true, len(terms) == 0
	for _, t := range terms {
		occurs := strings.Contains(message, t.text)
		switch t.sign {
		case '?':
			some = some || occurs
			continue
		case '-':
			occurs = !occurs
		}
		if !occurs {
			return false
		}
		optional = false
	}
	return some || !optional
}

// matchFields splits the message at white space and holds the fields against the words.
func matchFields(fields []fieldTest, message string) Truth {
	if len(fields) == 0 {
		return Yes
	}
	gap := -1
	for i, f := range fields {
		if f.name == ellipsis {
			gap = i
		}
	}
	limit := len(fields)
	if gap >= 0 {
		limit = -1
	}
	words := splitWords(message, limit)
	if gap >= 0 && len(words) < len(fields)-1 || gap < 0 && len(words) < len(fields) {
		return No
	}
	answer := Yes
	for i, f := range fields {
		if f.root == nil {
			continue
		}
		word := i
		if gap >= 0 && i > gap {
			word = len(words) - (len(fields) - i)
		}
		answer = min(answer, f.root.eval(func(a *atom) Truth { return a.holdsWord(words[word]) }))
	}
	return answer
}

// holdsWord is the truth of a space-form comparison: numbers by value where the word is one, else by text.
func (a *atom) holdsWord(word string) Truth {
	if a.kind != numberValue {
		return a.holdsText(word)
	}
	d, ok := parseDecimal(word)
	if !ok {
		return truth(a.op == opNotEqual)
	}
	return truth(compares(a.op, d.compare(a.num)))
}

// splitWords cuts a message at white space; "..." and [...] are one word without their marks. The last of limit words
// takes the rest of the line (limit < 0: all words).
func splitWords(message string, limit int) []string {
	var words []string
	rest := strings.TrimLeftFunc(message, unicode.IsSpace)
	for rest != "" {
		if len(words) == limit-1 && !oneWord(rest) {
			return append(words, strings.TrimRightFunc(rest, unicode.IsSpace))
		}
		var word string
		word, rest = cutWord(rest)
		words = append(words, word)
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
	}
	return words
}

func oneWord(s string) bool {
	_, rest := cutWord(s)
	return strings.TrimSpace(rest) == ""
}

// cutWord takes the first word off s, which starts with one.
func cutWord(s string) (word, rest string) {
	closing := byte(0)
	switch s[0] {
	case '"':
		closing = '"'
	case '[':
		closing = ']'
	}
	if closing != 0 {
		if end := strings.IndexByte(s[1:], closing); end >= 0 {
			return s[1 : 1+end], s[1+end+1:]
		}
	}
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}
