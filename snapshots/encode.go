package snapshots

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Marshal writes one value of this package in canonical form, without the final newline.
func Marshal(value any) ([]byte, error) {
	v := reflect.ValueOf(value)
	if !v.IsValid() {
		return nil, errors.New("nil: write: not a value")
	}
	e := &encoder{}
	if err := e.value(shapeFor(v.Type()), v, 0); err != nil {
		return nil, fmt.Errorf("%T: write: %w", value, err)
	}
	return e.out, nil
}

// encoder writes Go values in canonical form: keys sorted, every list sorted, two spaces of indentation.
type encoder struct {
	out   []byte
	parts []part // of the lists that are being written
}

// part is where in the text one item of a list is, and which item.
type part struct{ from, to, item int }

// written tells whether a field is in the file at all: what was not read is absent.
func written(s *shape, v reflect.Value) bool {
	switch {
	case s.pointer, s.form == list, s.form == dictionary, s.form == open:
		return !v.IsNil()
	case s.form == moment:
		return !timeIn(v).IsZero()
	case s.form == object:
		return !v.IsZero() && !hollow(s, v)
	}
	return !v.IsZero()
}

// hollow tells whether an object would be written as {}.
func hollow(s *shape, v reflect.Value) bool {
	if s.extra >= 0 && v.Field(s.extra).Len() > 0 {
		return false
	}
	for _, f := range s.fields {
		if f.required || written(f.shape, v.Field(f.index)) {
			return false
		}
	}
	return true
}

func (e *encoder) value(s *shape, v reflect.Value, depth int) error {
	if s.pointer {
		if v.IsNil() {
			return errors.New("a nil pointer")
		}
		v = v.Elem()
	}
	switch s.form {
	case object:
		return e.object(s, v, depth)
	case list:
		return e.list(s, v, depth)
	case dictionary:
		return e.dictionary(v, depth)
	case open:
		return e.raw(v.Bytes(), depth)
	case text:
		return e.text(v.String())
	case flag:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case integer:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case number:
		return e.number(v.Float())
	case moment:
		e.out = append(e.out, '"')
		e.out = timeIn(v).UTC().AppendFormat(e.out, time.RFC3339Nano)
		e.out = append(e.out, '"')
	}
	return nil
}

// timeIn is the time that v holds.
func timeIn(v reflect.Value) *Time {
	if v.CanAddr() {
		return v.Addr().Interface().(*Time)
	}
	t := v.Interface().(Time)
	return &t
}

// line begins a line. There is room for what most lines hold, and for as much again as was written where there is not.
func (e *encoder) line(depth int) {
	const spaces, usual = "                                ", 256
	if cap(e.out)-len(e.out) < usual {
		e.out = slices.Grow(e.out, max(usual, len(e.out)))
	}
	e.out = append(e.out, '\n')
	for depth *= 2; depth > len(spaces); depth -= len(spaces) {
		e.out = append(e.out, spaces...)
	}
	e.out = append(e.out, spaces[:depth]...)
}

// named writes the beginning of an object's member.
func (e *encoder) named(name string, first bool, depth int) error {
	if !first {
		e.out = append(e.out, ',')
	}
	e.line(depth)
	err := e.text(name)
	e.out = append(e.out, ':', ' ')
	return err
}

func (e *encoder) object(s *shape, v reflect.Value, depth int) error {
	var extra Extra
	if s.extra >= 0 {
		extra, _ = v.Field(s.extra).Interface().(Extra)
	}
	unknown := sortedKeys(extra)
	e.out = append(e.out, '{')
	first := true
	for i := range s.fields {
		f := &s.fields[i]
		for len(unknown) > 0 && unknown[0] < f.name {
			if err := e.unknown(unknown[0], extra, first, depth+1); err != nil {
				return err
			}
			unknown, first = unknown[1:], false
		}
		if len(unknown) > 0 && unknown[0] == f.name {
			return fmt.Errorf("%s: known to this version, and yet in Extra", f.name)
		}
		one := v.Field(f.index)
		if !f.required && !written(f.shape, one) {
			continue
		}
		if !first {
			e.out = append(e.out, ',')
		}
		e.line(depth + 1)
		e.out = append(e.out, f.label...)
		if err := e.value(f.shape, one, depth+1); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		first = false
	}
	for _, name := range unknown {
		if err := e.unknown(name, extra, first, depth+1); err != nil {
			return err
		}
		first = false
	}
	if !first {
		e.line(depth)
	}
	e.out = append(e.out, '}')
	return nil
}

// unknown writes a member that this version does not know.
func (e *encoder) unknown(name string, extra Extra, first bool, depth int) error {
	if err := e.named(name, first, depth); err != nil {
		return err
	}
	if err := e.raw(extra[name], depth); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (e *encoder) dictionary(v reflect.Value, depth int) error {
	names := make([]string, 0, v.Len())
	for _, key := range v.MapKeys() {
		names = append(names, key.String())
	}
	slices.Sort(names)
	e.out = append(e.out, '{')
	for i, name := range names {
		if err := e.named(name, i == 0, depth+1); err != nil {
			return err
		}
		if err := e.text(v.MapIndex(reflect.ValueOf(name)).String()); err != nil {
			return err
		}
	}
	if len(names) > 0 {
		e.line(depth)
	}
	e.out = append(e.out, '}')
	return nil
}

// list writes the items as they come, and puts them into their fixed order if they are not in it: by the keys of their records, then by
// their bytes.
func (e *encoder) list(s *shape, v reflect.Value, depth int) error {
	e.out = append(e.out, '[')
	begin, base := len(e.out), len(e.parts)
	compare := func(a, b part) int {
		for _, k := range s.elem.keys {
			f := &s.elem.fields[k]
			if c := strings.Compare(keyText(f.shape, v.Index(a.item).Field(f.index)), keyText(f.shape, v.Index(b.item).Field(f.index))); c != 0 {
				return c
			}
		}
		return bytes.Compare(e.out[a.from:a.to], e.out[b.from:b.to])
	}
	ordered := true
	for i := range v.Len() {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.line(depth + 1)
		from := len(e.out)
		if err := e.value(s.elem, v.Index(i), depth+1); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
		e.parts = append(e.parts, part{from, len(e.out), i})
		ordered = ordered && (i == 0 || compare(e.parts[base+i-1], e.parts[base+i]) <= 0)
	}
	if !ordered {
		e.reorder(begin, e.parts[base:], depth, compare)
	}
	e.parts = e.parts[:base]
	e.close(v.Len(), depth)
	return nil
}

// reorder sorts the items of a list that begins there.
func (e *encoder) reorder(begin int, parts []part, depth int, compare func(a, b part) int) {
	slices.SortFunc(parts, compare)
	written := slices.Clone(e.out[begin:])
	e.out = e.out[:begin]
	for i, p := range parts {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.line(depth + 1)
		e.out = append(e.out, written[p.from-begin:p.to-begin]...)
	}
}

// close ends a list.
func (e *encoder) close(items, depth int) {
	if items > 0 {
		e.line(depth)
	}
	e.out = append(e.out, ']')
}

// keyText is a field as a list is ordered by it.
func keyText(s *shape, v reflect.Value) string {
	if s.pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if s.form == text {
		return v.String()
	}
	return fmt.Sprint(v.Interface())
}

// sorted writes a list in the order of its items' bytes.
func (e *encoder) sorted(items [][]byte, depth int) {
	slices.SortFunc(items, bytes.Compare)
	e.out = append(e.out, '[')
	for i, one := range items {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.line(depth + 1)
		e.out = append(e.out, one...)
	}
	e.close(len(items), depth)
}

// raw writes JSON text that this version does not know the meaning of: keys and lists sorted, numbers as they stand.
func (e *encoder) raw(data []byte, depth int) error {
	s := &scanner{data: data, depth: depth}
	var repeated bool
	s.duplicate = func(int) { repeated = true }
	if err := e.scanned(s, depth); err != nil {
		return err
	}
	if repeated {
		return errors.New("an object names a field twice")
	}
	return s.whole()
}

func (e *encoder) scanned(s *scanner, depth int) error {
	switch s.peek() {
	case '{':
		return e.scannedObject(s, depth)
	case '[':
		items := [][]byte{}
		err := s.items(func(int) error {
			inner := encoder{}
			err := inner.scanned(s, depth+1)
			items = append(items, inner.out)
			return err
		})
		e.sorted(items, depth)
		return err
	case '"':
		word, err := s.text()
		if err != nil {
			return err
		}
		return e.text(word)
	}
	word, err := s.skip()
	e.out = append(e.out, word...)
	return err
}

func (e *encoder) scannedObject(s *scanner, depth int) error {
	members := map[string][]byte{}
	err := s.members(func(name string, offset int) error {
		if _, again := members[name]; again {
			s.duplicate(offset)
		}
		inner := encoder{}
		err := inner.scanned(s, depth+1)
		members[name] = inner.out
		return err
	})
	if err != nil {
		return err
	}
	e.out = append(e.out, '{')
	for i, name := range sortedKeys(members) {
		if err := e.named(name, i == 0, depth+1); err != nil {
			return err
		}
		e.out = append(e.out, members[name]...)
	}
	if len(members) > 0 {
		e.line(depth)
	}
	e.out = append(e.out, '}')
	return nil
}

func (e *encoder) number(float float64) error {
	if math.IsNaN(float) || math.IsInf(float, 0) {
		return fmt.Errorf("%v is no number of JSON", float)
	}
	format := byte('f')
	if size := math.Abs(float); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	if float == 0 {
		float = 0 // not -0
	}
	e.out = strconv.AppendFloat(e.out, float, format, -1, 64)
	return nil
}

// text writes a string: only what JSON demands is escaped.
func (e *encoder) text(word string) error {
	e.out = append(e.out, '"')
	from := len(e.out)
	e.out = append(e.out, word...)
	if done := plain(e.out[from:]); done < len(word) {
		if !utf8.ValidString(word) {
			return fmt.Errorf("%q is not UTF-8", word)
		}
		e.out = e.out[:from+done]
		e.escaped(word[done:])
	}
	e.out = append(e.out, '"')
	return nil
}

func (e *encoder) escaped(word string) {
	for _, c := range []byte(word) {
		switch {
		case c == '"' || c == '\\':
			e.out = append(e.out, '\\', c)
		case c >= 0x20:
			e.out = append(e.out, c)
		default:
			if i := strings.IndexByte("\b\t\n\f\r", c); i >= 0 {
				e.out = append(e.out, '\\', "btnfr"[i])
				continue
			}
			e.out = fmt.Appendf(e.out, "\\u%04x", c)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	if len(m) == 0 {
		return nil
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// MarshalJSON writes the snapshot in canonical form for encoding/json.
func (s *Snapshot) MarshalJSON() ([]byte, error) { return s.Canonical() }

// UnmarshalJSON reads the snapshot for encoding/json, as [Read] does.
func (s *Snapshot) UnmarshalJSON(data []byte) error {
	read, err := Read(bytes.NewReader(data))
	if err != nil {
		return err
	}
	*s = *read
	return nil
}

var _ json.Marshaler = (*Snapshot)(nil)
