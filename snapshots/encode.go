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
type encoder struct{ out []byte }

// written tells whether a field is in the file at all: what was not read is absent.
func written(s *shape, v reflect.Value) bool {
	switch {
	case s.pointer, s.form == list, s.form == dictionary, s.form == open:
		return !v.IsNil()
	case s.form == moment:
		return !v.Interface().(Time).IsZero()
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
		return e.text(v.Interface().(Time).String())
	}
	return nil
}

func (e *encoder) line(depth int) {
	e.out = append(e.out, '\n')
	for range depth {
		e.out = append(e.out, ' ', ' ')
	}
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
	write := func(name string, value func() error) error {
		if err := e.named(name, first, depth+1); err != nil {
			return err
		}
		first = false
		if err := value(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	for _, f := range s.fields {
		for len(unknown) > 0 && unknown[0] < f.name {
			raw := extra[unknown[0]]
			if err := write(unknown[0], func() error { return e.raw(raw, depth+1) }); err != nil {
				return err
			}
			unknown = unknown[1:]
		}
		if len(unknown) > 0 && unknown[0] == f.name {
			return fmt.Errorf("%s: known to this version, and yet in Extra", f.name)
		}
		one := v.Field(f.index)
		if !f.required && !written(f.shape, one) {
			continue
		}
		if err := write(f.name, func() error { return e.value(f.shape, one, depth+1) }); err != nil {
			return err
		}
	}
	for _, name := range unknown {
		if err := write(name, func() error { return e.raw(extra[name], depth+1) }); err != nil {
			return err
		}
	}
	if !first {
		e.line(depth)
	}
	e.out = append(e.out, '}')
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

// item is one item of a list on its way to its place.
type item struct {
	keys []string
	out  []byte
}

func (e *encoder) list(s *shape, v reflect.Value, depth int) error {
	items := make([]item, v.Len())
	for i := range items {
		one := v.Index(i)
		inner := encoder{}
		if err := inner.value(s.elem, one, depth+1); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
		items[i].out = inner.out
		for _, k := range s.elem.keys {
			f := s.elem.fields[k]
			items[i].keys = append(items[i].keys, keyText(f.shape, one.Field(f.index)))
		}
	}
	e.sorted(items, depth)
	return nil
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

// sorted writes a list in its fixed order: by the keys of its records, then by their bytes.
func (e *encoder) sorted(items []item, depth int) {
	slices.SortFunc(items, func(a, b item) int {
		if c := slices.Compare(a.keys, b.keys); c != 0 {
			return c
		}
		return bytes.Compare(a.out, b.out)
	})
	e.out = append(e.out, '[')
	for i, one := range items {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.line(depth + 1)
		e.out = append(e.out, one.out...)
	}
	if len(items) > 0 {
		e.line(depth)
	}
	e.out = append(e.out, ']')
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
		items := []item{}
		err := s.items(func(int) error {
			inner := encoder{}
			err := inner.scanned(s, depth+1)
			items = append(items, item{out: inner.out})
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
	if !utf8.ValidString(word) {
		return fmt.Errorf("%q is not UTF-8", word)
	}
	e.out = append(e.out, '"')
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
	e.out = append(e.out, '"')
	return nil
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
