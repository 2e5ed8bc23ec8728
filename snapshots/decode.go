package snapshots

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Unmarshal reads one JSON value into the struct that into points to, by the rules of a snapshot: names match exactly,
// a field that the struct does not know goes to its Extra, a repeated name or a value of another type is an
// [InvalidError], text that is not JSON a [SyntaxError].
func Unmarshal(data []byte, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("%T: read into it: not a pointer", into)
	}
	d := decode(data, shapeFor(v.Type().Elem()), v.Elem())
	if d.broken != nil {
		return d.broken
	}
	return d.refusal(false)
}

// decoder reads a document into Go values and notes every problem on the way.
type decoder struct {
	scanner
	problems []Problem
	missing  []Problem // required fields that are not there
	broken   error     // a syntax error ends the reading

	known lately
	names []string // of the list of texts that is being read

	looked int // bytes that were looked through to see how long lists are

	// Where the values are that pointers lead to.
	texts    block[string]
	flags    block[bool]
	integers block[int64]
	numbers  block[float64]
	moments  block[Time]
}

// string reads a string.
func (d *decoder) string() (string, error) {
	letters, err := d.letters()
	return d.known.of(letters), err
}

func decode(data []byte, s *shape, into reflect.Value) *decoder {
	d := &decoder{scanner: scanner{data: data}}
	d.duplicate = func(offset int) {
		d.note(offset, Wrong, "one value for each name", "a second one",
			"a file that names a field twice says two things: keep one of them")
	}
	if d.broken = d.value(s, into); d.broken == nil {
		d.broken = d.whole()
	}
	return d
}

// refusal is why the document cannot be used, nil if it can. Only a strict reader asks for required fields.
func (d *decoder) refusal(strict bool) error {
	var wrong []Problem
	for _, p := range d.problems {
		if p.Severity == Wrong {
			wrong = append(wrong, p)
		}
	}
	if strict {
		wrong = append(wrong, d.missing...)
	}
	if len(wrong) == 0 {
		return nil
	}
	sortProblems(wrong)
	return &InvalidError{wrong}
}

// sortProblems puts problems into the order of the file; those without a place go last.
func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if (a.Offset < 0) != (b.Offset < 0) {
			return int(b.Offset>>63 - a.Offset>>63)
		}
		if a.Offset != b.Offset {
			return int(a.Offset - b.Offset)
		}
		return strings.Compare(a.Pointer, b.Pointer)
	})
}

func (d *decoder) note(offset int, severity Severity, expected, got, hint string) {
	d.problems = append(d.problems, Problem{severity, pointerOf(d.path), int64(offset), expected, got, hint})
}

// value reads the next value into v.
func (d *decoder) value(s *shape, v reflect.Value) error {
	c := d.peek()
	if c == 'n' {
		offset := d.pos
		if err := d.word(); err != nil {
			return err
		}
		d.note(offset, Doubtful, s.form.words(), "null, which is read as absent", "")
		return nil
	}
	if !s.pointer {
		_, err := d.plain(c, s, v)
		return err
	}
	if s.typ == textPointer && c == '"' {
		t, err := d.string()
		v.Set(reflect.ValueOf(d.texts.put(t)))
		return err
	}
	fresh := d.fresh(s)
	read, err := d.plain(c, s, fresh.Elem())
	if read {
		v.Set(fresh)
	}
	return err
}

// fresh is a new value for a pointer.
func (d *decoder) fresh(s *shape) reflect.Value {
	switch s.typ {
	case flagPointer:
		return reflect.ValueOf(d.flags.put(false))
	case integerPointer:
		return reflect.ValueOf(d.integers.put(0))
	case numberPointer:
		return reflect.ValueOf(d.numbers.put(0))
	case momentPointer:
		return reflect.ValueOf(d.moments.put(Time{}))
	}
	return reflect.New(s.typ.Elem())
}

// plain reads a value that is not null, and tells whether it had the right type.
func (d *decoder) plain(c byte, s *shape, v reflect.Value) (bool, error) {
	switch {
	case s.form == object && c == '{':
		return true, d.object(s, v)
	case s.form == list && c == '[':
		return true, d.list(s, v)
	case s.form == dictionary && c == '{':
		return true, d.dictionary(v)
	case s.form == open && c == '{':
		raw, err := d.skip()
		v.SetBytes(slices.Clone(raw))
		return true, err
	case s.form == text && c == '"':
		t, err := d.string()
		v.SetString(t)
		return true, err
	case s.form == flag && (c == 't' || c == 'f'):
		v.SetBool(c == 't')
		return true, d.word()
	case (s.form == integer || s.form == number || s.form == moment) && (c == '-' || c >= '0' && c <= '9'),
		s.form == moment && c == '"':
		return d.scalar(c, s, v)
	}
	return false, d.mismatch(s)
}

// mismatch notes a value of the wrong type and steps over it.
func (d *decoder) mismatch(s *shape) error {
	c, offset := d.peek(), d.pos
	raw, err := d.skip()
	if err != nil {
		return err
	}
	hint := ""
	if c == '"' && (s.form == flag || s.form == number || s.form == integer) {
		hint = "take the value out of its quotes"
	}
	d.note(offset, Wrong, s.form.words(), describe(c, raw), hint)
	return nil
}

// describe names a value to a person, short.
func describe(c byte, raw []byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "the string " + shortened(string(raw))
	case 't', 'f':
		return string(raw)
	}
	return "the number " + shortened(string(raw))
}

func shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return text
}

// scalar reads a number or a time.
func (d *decoder) scalar(c byte, s *shape, v reflect.Value) (bool, error) {
	offset := d.pos
	var word []byte
	var err error
	if c == '"' {
		word, err = d.letters()
	} else {
		word, err = d.numeral()
	}
	if err != nil {
		return false, err
	}
	switch s.form {
	case moment:
		t, bad := readTime(c, word)
		if bad == nil {
			if c != '"' || !bytes.HasSuffix(word, []byte("Z")) {
				d.note(offset, Doubtful, "a time in UTC, "+strconv.Quote(t.String()), describe(c, d.data[offset:d.pos]), "")
			}
			*v.Addr().Interface().(*Time) = t
			return true, nil
		}
	case integer:
		if whole, ok := wholeNumber(string(word)); ok {
			v.SetInt(whole)
			return true, nil
		}
	default:
		if float, bad := strconv.ParseFloat(string(word), 64); bad == nil {
			v.SetFloat(float)
			return true, nil
		}
	}
	d.note(offset, Wrong, s.form.words(), describe(c, d.data[offset:d.pos]), "")
	return false, nil
}

// readTime reads a time of a file, the quoted one as it should be without a copy of it.
func readTime(c byte, word []byte) (Time, error) {
	if c != '"' {
		return parseEpoch(string(word))
	}
	var t time.Time
	if t.UnmarshalText(word) == nil {
		if t = t.UTC(); t.Year() >= 0 && t.Year() <= 9999 {
			return Time{t}, nil
		}
	}
	return ParseTime(string(word))
}

// wholeNumber reads 300, and 300.0 as some tools print it.
func wholeNumber(word string) (int64, bool) {
	if whole, err := strconv.ParseInt(word, 10, 64); err == nil {
		return whole, true
	}
	float, err := strconv.ParseFloat(word, 64)
	if err != nil || float != float64(int64(float)) || float < -1<<53 || float > 1<<53 {
		return 0, false
	}
	return int64(float), true
}

func (d *decoder) list(s *shape, v reflect.Value) error {
	if names, ok := v.Addr().Interface().(*[]string); ok {
		return d.listOfTexts(s.elem, names)
	}
	v.SetZero()
	room := d.room()
	err := d.items(func(int) error {
		if c := d.peek(); c == 'n' { // null is no record
			return d.mismatchNull(s.elem)
		}
		n := v.Len()
		if n == v.Cap() {
			v.Grow(max(1, room))
		}
		v.SetLen(n + 1)
		return d.value(s.elem, v.Index(n))
	})
	if v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	return err
}

// room guesses how many records the list that begins here has: in canonical form all of them begin in one column, after a comma.
func (d *decoder) room() int {
	const most, often = 4096, 4
	text := d.data[d.pos+1:]
	column := bytes.IndexByte(text[:min(2*maxDepth, len(text))], '{')
	n := 0
	for at := column; at > 0 && n < most && d.looked < often*len(d.data); {
		blank := at
		for blank > 0 && text[blank-1] == ' ' {
			blank--
		}
		switch {
		case blank == 0 || text[blank-1] != '\n': // a value with a name
		case at-blank < column-1, n > 0 && at-blank == column-1 && text[blank-2] != ',': // of another list
			return n
		case at-blank == column-1:
			n++
		}
		hop := bytes.IndexByte(text[at+1:], '{')
		if hop < 0 {
			break
		}
		at += hop + 1
		d.looked += hop + 1
	}
	return n
}

// listOfTexts reads a list of strings: most lists are.
func (d *decoder) listOfTexts(s *shape, into *[]string) error {
	d.names = d.names[:0] // no list of texts is within another
	err := d.items(func(int) error {
		switch d.peek() {
		case '"':
			t, err := d.string()
			d.names = append(d.names, t)
			return err
		case 'n':
			return d.mismatchNull(s)
		}
		d.names = append(d.names, "")
		return d.mismatch(s)
	})
	*into = append(make([]string, 0, len(d.names)), d.names...)
	return err
}

func (d *decoder) mismatchNull(s *shape) error {
	offset := d.pos
	if err := d.word(); err != nil {
		return err
	}
	d.note(offset, Wrong, s.form.words(), "null", "")
	return nil
}

func (d *decoder) dictionary(v reflect.Value) error {
	out := map[string]string{}
	err := d.named(func(name []byte, offset int) error {
		if _, again := out[string(name)]; again {
			d.duplicate(offset)
		}
		if d.peek() != '"' {
			return d.mismatch(&shape{form: text})
		}
		word, err := d.string()
		out[d.known.of(name)] = word
		return err
	})
	v.Set(reflect.ValueOf(out).Convert(v.Type()))
	return err
}

func (d *decoder) object(s *shape, v reflect.Value) error {
	start := d.pos
	var seen [2]uint64 // an object has fewer than 128 fields
	var extra Extra
	last := -1
	err := d.named(func(name []byte, offset int) error {
		i := s.after(last, name)
		if i < 0 {
			return d.unknown(s, &extra, string(name), offset)
		}
		if seen[i/64]&(1<<(i%64)) != 0 {
			d.duplicate(offset)
		}
		seen[i/64] |= 1 << (i % 64)
		last = i
		return d.value(s.fields[i].shape, v.Field(s.fields[i].index))
	})
	if err != nil {
		return err
	}
	if s.extra >= 0 && extra != nil {
		v.Field(s.extra).Set(reflect.ValueOf(extra))
	}
	for i, f := range s.fields {
		if f.required && seen[i/64]&(1<<(i%64)) == 0 {
			d.missing = append(d.missing, Problem{Wrong, pointerOf(d.path), int64(start),
				"the field " + strconv.Quote(f.name), "none", ""})
		}
	}
	return nil
}

// unknown keeps a field that this version does not know.
func (d *decoder) unknown(s *shape, extra *Extra, name string, offset int) error {
	if _, again := (*extra)[name]; again {
		d.duplicate(offset)
	}
	raw, err := d.skip()
	if err != nil {
		return err
	}
	hint := ""
	if near := s.nearest(name); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.note(offset, Doubtful, "a field that this version knows", strconv.Quote(name)+", which is kept as it is", hint)
	if *extra == nil {
		*extra = Extra{}
	}
	(*extra)[name] = json.RawMessage(slices.Clone(raw))
	return nil
}

// nearest is the known field whose name differs from name in case, or in a letter or two.
func (s *shape) nearest(name string) string {
	best, least := "", 3
	for _, f := range s.fields {
		if strings.EqualFold(f.name, name) {
			return f.name
		}
		if n := distance(f.name, name); n < least && n*3 < len(name) {
			best, least = f.name, n
		}
	}
	return best
}

// distance is how many letters must be put in, taken out, changed or swapped to make b of a.
func distance(a, b string) int {
	if len(a) > len(b)+2 || len(b) > len(a)+2 {
		return len(a) + len(b)
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
