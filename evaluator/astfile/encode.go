package astfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Encode writes compiled modules: the same bytes for the same modules. What a compiler would not leave is an error. Of METADATA only that of
// packages is written, as far as it is texts, and of the locations those that errors, coverage and profiles name: not every term's.
func Encode(p *Policies, texts Texts) ([]byte, error) {
	e := &encoder{texts: texts, strings: map[string]int{}, places: map[place]int{}, tabs: map[string]int{}, indexed: p.Indexed}
	e.size(len(p.Modules))
	for _, name := range slices.Sorted(maps.Keys(p.Modules)) {
		e.text(name)
		e.module(p.Modules[name])
	}
	if e.err != nil {
		return nil, e.err
	}
	return e.file(), nil
}

// encoder collects the modules' parts while it writes the modules, which refer to them by number.
type encoder struct {
	out     []byte
	err     error
	texts   Texts
	indexed map[*ast.Rule]bool

	strings map[string]int
	places  map[place]int
	tabs    map[string]int

	allStrings []string
	allPlaces  []place
	allTabs    [][]int
	counts     [slabs]int
}

// place is a location: its file, its tabs and its text by number. The text is usually that of the file, and then only as long.
type place struct{ file, row, col, offset, tabs, length, text int }

// file is everything: the parts first, so that a reader knows them when it comes to the modules.
func (e *encoder) file() []byte {
	modules := e.out
	e.out = nil
	for _, n := range e.counts {
		e.size(n)
	}
	e.size(len(e.allStrings))
	for _, s := range e.allStrings {
		e.size(len(s))
	}
	for _, s := range e.allStrings {
		e.out = append(e.out, s...)
	}
	e.size(len(e.allTabs))
	for _, columns := range e.allTabs {
		e.size(len(columns))
		for _, column := range columns {
			e.size(column)
		}
	}
	e.size(len(e.allPlaces))
	for _, p := range e.allPlaces {
		for _, n := range []int{p.file, p.row, p.col, p.offset, p.tabs, p.length} {
			e.size(n)
		}
		if p.length == 0 {
			e.size(p.text)
		}
	}
	body := append(e.out, modules...)
	sum := crc32.ChecksumIEEE(body)
	return append(binary.BigEndian.AppendUint32([]byte(format), sum), body...)
}

// fail keeps the first thing that cannot be written.
func (e *encoder) fail(at *ast.Location, format string, args ...any) {
	if e.err != nil {
		return
	}
	e.err = fmt.Errorf(format, args...)
	if at != nil {
		e.err = fmt.Errorf("%s:%d: %w", at.File, at.Row, e.err)
	}
}

func (e *encoder) size(n int) {
	if n < 0 {
		e.fail(nil, "write a number: %d is negative", n)
		n = 0
	}
	e.out = binary.AppendUvarint(e.out, uint64(n))
}

func (e *encoder) byte(b int) { e.out = append(e.out, byte(b)) }

func (e *encoder) text(s string) { e.size(number(s, s, e.strings, &e.allStrings)) }

// number is that of a thing, which is new or has one.
func number[K comparable, T any](key K, thing T, numbers map[K]int, all *[]T) int {
	n, ok := numbers[key]
	if !ok {
		n = len(*all)
		numbers[key] = n
		*all = append(*all, thing)
	}
	return n
}

// location writes 0 for none.
func (e *encoder) location(at *ast.Location) {
	if at == nil {
		e.size(0)
		return
	}
	p := place{
		file: number(at.File, at.File, e.strings, &e.allStrings), row: at.Row, col: at.Col, offset: at.Offset,
		tabs: number(fmt.Sprint(at.Tabs), at.Tabs, e.tabs, &e.allTabs),
	}
	// The parser's offsets are wrong here and there.
	if file := e.texts[at.File]; at.Offset >= 0 && at.Offset < len(file) && bytes.HasPrefix(file[at.Offset:], at.Text) {
		p.length = len(at.Text)
	}
	if p.length == 0 {
		p.text = number(string(at.Text), string(at.Text), e.strings, &e.allStrings)
	}
	e.size(number(p, p, e.places, &e.allPlaces) + 1)
}

func (e *encoder) module(m *ast.Module) {
	if len(m.Imports) > 0 {
		e.fail(m.Package.Location, "write a module: its imports are not resolved")
	}
	e.location(m.Package.Location)
	e.refOf(m.Package.Path)
	e.annotations(m.Annotations)
	e.size(len(m.Rules))
	for _, r := range m.Rules {
		e.rule(r)
	}
}

func (e *encoder) annotations(all []*ast.Annotations) {
	all = slices.DeleteFunc(slices.Clone(all), func(a *ast.Annotations) bool { return a.Scope != "package" })
	e.size(len(all))
	for _, a := range all {
		e.location(a.Location)
		e.text(a.Title)
		e.text(a.Description)
		texts := maps.Clone(a.Custom)
		maps.DeleteFunc(texts, func(_ string, v any) bool { _, ok := v.(string); return !ok })
		e.size(len(texts))
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			e.text(key)
			e.text(texts[key].(string))
		}
	}
}

func (e *encoder) rule(r *ast.Rule) {
	e.counts[slabRules]++
	h := r.Head
	e.byte(flags(r.Default, isDefault) | flags(e.indexed[r], isIndexed) | flags(h.Assign, isAssigned) | flags(h.Key != nil, hasKey) |
		flags(h.Value != nil, hasValue) | flags(h.Args != nil, hasArgs) | flags(r.Else != nil, hasElse))
	e.location(r.Location)
	e.location(h.Location)
	e.text(string(h.Name))
	e.refOf(h.Reference)
	if h.Args != nil {
		e.terms(h.Args)
	}
	if h.Key != nil {
		e.term(h.Key)
	}
	if h.Value != nil {
		e.term(h.Value)
	}
	e.body(r.Body)
	if r.Else != nil {
		e.rule(r.Else)
	}
}

func flags(is bool, flag int) int {
	if is {
		return flag
	}
	return 0
}

func (e *encoder) body(b ast.Body) {
	e.size(len(b))
	e.counts[slabBodies] += len(b)
	for _, expr := range b {
		e.expr(expr)
	}
}

func (e *encoder) expr(x *ast.Expr) {
	e.counts[slabExprs]++
	head := flags(x.Generated, isGenerated) | flags(x.Negated, isNegated)
	write := func(kind int) {
		e.byte(head | kind)
		e.location(x.Location)
		e.size(x.Index)
		e.size(len(x.With))
		for _, w := range x.With {
			e.location(w.Location)
			e.term(w.Target)
			e.term(w.Value)
		}
	}
	switch held := x.Terms.(type) {
	case *ast.Term:
		write(holdsTerm)
		e.placed(held)
	case []*ast.Term:
		write(holdsTerms)
		e.terms(held)
	case *ast.Every:
		write(holdsEvery)
		e.every(held)
	case *ast.Not:
		write(holdsNot)
		e.location(held.Location)
		e.byte(flags(held.ExplicitBody, explicitLhs))
		e.body(held.Body)
	case *ast.LogicalAnd:
		write(holdsAnd)
		e.sides(held.Location, held.Lhs, held.Rhs, flags(held.ExplicitLhs, explicitLhs)|flags(held.ExplicitRhs, explicitRhs))
	case *ast.LogicalOr:
		write(holdsOr)
		e.sides(held.Location, held.Lhs, held.Rhs, flags(held.ExplicitLhs, explicitLhs)|flags(held.ExplicitRhs, explicitRhs))
	default:
		e.fail(x.Location, "write an expression: a compiler leaves no %T", held)
	}
}

func (e *encoder) every(x *ast.Every) {
	e.location(x.Location)
	e.byte(flags(x.Key != nil, hasKey))
	if x.Key != nil {
		e.placed(x.Key)
	}
	e.placed(x.Value)
	e.placed(x.Domain)
	e.body(x.Body)
}

func (e *encoder) sides(at *ast.Location, lhs, rhs ast.Body, explicit int) {
	e.location(at)
	e.byte(explicit)
	e.body(lhs)
	e.body(rhs)
}

// terms writes several terms, and counts them as a slice of their own.
func (e *encoder) terms(all []*ast.Term) {
	e.size(len(all))
	e.counts[slabSlices] += len(all)
	for _, t := range all {
		e.term(t)
	}
}

func (e *encoder) refOf(r ast.Ref) {
	if len(r) == 0 {
		e.err = errors.Join(e.err, errors.New("write a reference: it is empty"))
		return
	}
	e.terms(r)
}

// placed is a term whose place an error may name.
func (e *encoder) placed(t *ast.Term) {
	e.location(t.Location)
	e.term(t)
}

func (e *encoder) term(t *ast.Term) {
	e.counts[slabTerms]++
	switch v := t.Value.(type) {
	case ast.Null:
		e.byte(kindNull)
	case ast.Boolean:
		e.byte(kindFalse + flags(bool(v), kindTrue-kindFalse))
	case ast.Number:
		e.byte(kindNumber)
		e.text(string(v))
	case ast.String:
		e.byte(kindString)
		e.text(string(v))
	case ast.Var:
		e.byte(kindVar)
		e.text(string(v))
	case ast.Ref:
		e.byte(kindRef)
		e.refOf(v)
	case ast.Call:
		e.byte(kindCall)
		e.refOf(ast.Ref(v))
	default:
		e.composite(t)
	}
}

// composite writes what holds terms that are values of their own.
func (e *encoder) composite(t *ast.Term) {
	switch v := t.Value.(type) {
	case *ast.Array:
		e.byte(kindArray)
		all := make([]*ast.Term, 0, v.Len())
		v.Foreach(func(each *ast.Term) { all = append(all, each) })
		e.terms(all)
	case ast.Object:
		e.byte(kindObject)
		e.size(v.Len())
		v.Foreach(func(key, value *ast.Term) {
			e.term(key)
			e.term(value)
		})
	case ast.Set:
		e.byte(kindSet)
		e.terms(v.Slice())
	case *ast.ArrayComprehension:
		e.byte(kindArrayComprehension)
		e.placed(v.Term)
		e.body(v.Body)
	case *ast.SetComprehension:
		e.byte(kindSetComprehension)
		e.placed(v.Term)
		e.body(v.Body)
	case *ast.ObjectComprehension:
		e.byte(kindObjectComprehension)
		e.placed(v.Key)
		e.placed(v.Value)
		e.body(v.Body)
	default:
		e.fail(t.Location, "write a term: a compiler leaves no %T", v)
	}
}
