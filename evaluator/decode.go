package evaluator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
)

// decode reads JSON as the values that OPA computes with, without the detour over Go's maps: half the time and memory of
// ast.ValueFromReader. Terms of the same text are one term. Keys must be unique, as they are in what snapshots writes.
func decode(text []byte) (ast.Value, error) {
	if !json.Valid(text) {
		var ignored any
		return nil, json.Unmarshal(text, &ignored) // for its message
	}
	return decodeValid(text)
}

// decodeValid is decode for text that is known to be JSON.
func decodeValid(text []byte) (ast.Value, error) {
	d := &decoder{text: text, known: map[string]*ast.Term{}}
	root := d.value()
	return root.Value, d.err
}

// decoder walks over text that is known to be valid.
type decoder struct {
	text  []byte
	at    int
	err   error // a number that OPA does not take
	known map[string]*ast.Term

	// What has been read of the lists and objects that are open: stacks, so that none has to grow by itself.
	members []*ast.Term
	pairs   [][2]*ast.Term
}

// Texts up to this length, and so many of them, are kept to be used again: field names, regions, service names.
const (
	knownLength = 40
	knownTexts  = 10_000
)

// next skips white space, and the separators that only valid text has.
func (d *decoder) next() byte {
	for {
		switch c := d.text[d.at]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			d.at++
		default:
			return c
		}
	}
}

func (d *decoder) value() *ast.Term {
	switch d.next() {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.string()
	case 't':
		d.at += len("true")
		return ast.InternedTerm(true)
	case 'f':
		d.at += len("false")
		return ast.InternedTerm(false)
	case 'n':
		d.at += len("null")
		return ast.InternedNullTerm
	}
	return d.number()
}

// number is a short one as it stands; OPA decides which others it can compute with.
func (d *decoder) number() *ast.Term {
	start := d.at
	for d.at < len(d.text) && bytes.IndexByte([]byte("+-.eE0123456789"), d.text[d.at]) >= 0 {
		d.at++
	}
	text := json.Number(d.text[start:d.at])
	const short = 18
	if len(text) <= short && !strings.ContainsAny(string(text), "eE") {
		return ast.NumberTerm(text)
	}
	value, err := ast.InterfaceToValue(text)
	if err != nil {
		d.err = fmt.Errorf("number %.40s: %w", text, err)
		return ast.InternedNullTerm
	}
	return ast.NewTerm(value)
}

func (d *decoder) object() *ast.Term {
	d.at++
	start := len(d.pairs)
	for d.next() != '}' {
		key := d.string()
		value := d.value()
		d.pairs = append(d.pairs, [2]*ast.Term{key, value})
	}
	d.at++
	object := ast.ObjectTerm(d.pairs[start:]...) // copies them
	d.pairs = d.pairs[:start]
	return object
}

func (d *decoder) array() *ast.Term {
	d.at++
	start := len(d.members)
	for d.next() != ']' {
		member := d.value()
		d.members = append(d.members, member)
	}
	d.at++
	array := ast.ArrayTerm(slices.Clone(d.members[start:])...) // keeps them
	d.members = d.members[:start]
	return array
}

func (d *decoder) string() *ast.Term {
	d.next()
	start, escaped := d.at, false
	d.at++
	for d.text[d.at] != '"' {
		if d.text[d.at] == '\\' {
			escaped = true
			d.at++
		}
		d.at++
	}
	d.at++
	raw := d.text[start:d.at]
	if escaped || !utf8.Valid(raw) {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			panic(fmt.Sprintf("decode %s: %v", raw, err)) // it was found valid
		}
		return ast.StringTerm(s)
	}
	raw = raw[1 : len(raw)-1]
	if term, ok := d.known[string(raw)]; ok {
		return term
	}
	term := ast.StringTerm(string(raw))
	if len(raw) <= knownLength && len(d.known) < knownTexts {
		d.known[string(raw)] = term
	}
	return term
}
