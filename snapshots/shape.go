package snapshots

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Extra holds the fields of a record that this version does not know, by name, so that they survive reading and
// writing.
type Extra map[string]json.RawMessage

// form is what a value looks like in a file.
type form int

const (
	object form = iota
	list
	dictionary // a map from text to text, whose names are free
	text
	flag
	integer
	number
	moment
	open // any object, kept as it is
)

// words is how a form is named to a person.
func (f form) words() string {
	return [...]string{"an object", "a list", "an object of strings", "a string", "true or false", "a whole number",
		"a number", "a time (RFC 3339)", "an object"}[f]
}

// shape is how one Go type is read and written. All of reading, writing, the schema and the documentation follow from
// it.
type shape struct {
	form    form
	pointer bool // the Go type is a pointer to what the form describes
	typ     reflect.Type
	elem    *shape  // of a list
	fields  []field // of an object, sorted by name
	keys    []int   // the fields that order a list of such objects, the first key first
	extra   int     // index of the Go field that takes what is unknown; -1: none
}

// field is one field of an object.
type field struct {
	name     string
	label    string // as it begins a member: `"name": `
	index    int    // in the Go struct
	required bool
	enum     []string
	shape    *shape
}

// snapshotShape is the shape of a whole snapshot.
var snapshotShape = shapeOf(reflect.TypeFor[Snapshot](), nil)

// shapes are the shapes of all types that a snapshot holds, by their Go type.
var shapes = shapesIn(snapshotShape, map[reflect.Type]*shape{})

func shapesIn(s *shape, known map[reflect.Type]*shape) map[reflect.Type]*shape {
	known[s.typ] = s
	if s.elem != nil {
		shapesIn(s.elem, known)
	}
	for _, f := range s.fields {
		shapesIn(f.shape, known)
	}
	return known
}

// shapeFor is the shape of a type that a caller brings.
func shapeFor(t reflect.Type) *shape { return shapeOf(t, shapes) }

var (
	timeType  = reflect.TypeFor[Time]()
	rawType   = reflect.TypeFor[json.RawMessage]()
	extraType = reflect.TypeFor[Extra]()

	textPointer    = reflect.TypeFor[*string]()
	flagPointer    = reflect.TypeFor[*bool]()
	integerPointer = reflect.TypeFor[*int64]()
	numberPointer  = reflect.TypeFor[*float64]()
	momentPointer  = reflect.TypeFor[*Time]()
)

// shapeOf derives the shape of a Go type, unless it is known. A type that no file can hold is a mistake in this package and panics.
func shapeOf(t reflect.Type, known map[reflect.Type]*shape) *shape {
	if s := known[t]; s != nil {
		return s
	}
	s := &shape{typ: t, extra: -1}
	if t.Kind() == reflect.Pointer {
		s.pointer = true
		t = t.Elem()
	}
	switch {
	case t == timeType:
		s.form = moment
	case t == rawType:
		s.form = open
	case t.Kind() == reflect.Struct:
		s.structure(t, known)
	case t.Kind() == reflect.Slice:
		s.form = list
		s.elem = shapeOf(t.Elem(), known)
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.String:
		s.form = dictionary
	case t.Kind() == reflect.String:
		s.form = text
	case t.Kind() == reflect.Bool:
		s.form = flag
	case t.Kind() == reflect.Int64:
		s.form = integer
	case t.Kind() == reflect.Float64:
		s.form = number
	default:
		panic(fmt.Sprintf("snapshots: %v: derive its shape: no such form", t))
	}
	return s
}

func (s *shape) structure(t reflect.Type, known map[reflect.Type]*shape) {
	s.form = object
	ordered := map[string]string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if options == "extra" && f.Type == extraType {
			s.extra = i
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		one := field{name: name, label: strconv.Quote(name) + ": ", index: i, required: options == "required", shape: shapeOf(f.Type, known)}
		if words := f.Tag.Get("enum"); words != "" {
			one.enum = strings.Split(words, ",")
		}
		if key := f.Tag.Get("key"); key != "" {
			ordered[key] = name
		}
		s.fields = append(s.fields, one)
	}
	slices.SortFunc(s.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	for i := 1; i <= len(ordered); i++ {
		name := ordered[fmt.Sprint(i)]
		s.keys = append(s.keys, slices.IndexFunc(s.fields, func(f field) bool { return f.name == name }))
	}
}

// find is the index of the field called name, or -1.
func (s *shape) find(name []byte) int {
	low, high := 0, len(s.fields)
	for low < high {
		middle := (low + high) / 2
		if s.fields[middle].name < string(name) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(s.fields) && s.fields[low].name == string(name) {
		return low
	}
	return -1
}

// after is find for who comes from the field with index last: the names of a file mostly are in order.
func (s *shape) after(last int, name []byte) int {
	for _, f := range s.fields[last+1:] {
		if last++; f.name == string(name) {
			return last
		}
		if f.name > string(name) {
			break
		}
	}
	return s.find(name)
}
