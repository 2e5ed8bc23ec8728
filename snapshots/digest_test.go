package snapshots

import (
	commandline "flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// mentions are names of fields that may move by themselves.
var mentions = regexp.MustCompile(`(?i)time|date|stamp|latest|state|status|suppressed|storedBytes|SubscribedAt|_at$`)

// steady are fields whose names only sound as if they moved.
var steady = map[string]bool{
	"MuteSchedule.Timezone": true, "WallClockWindow.Timezone": true, "Call.status": true, "LogGroup.dataProtectionStatus": true,
}

// TestContentFieldsAreDecided wants a row for each field that holds a moment or sounds like one, and no row for a field that is not there.
func TestContentFieldsAreDecided(t *testing.T) {
	decided := map[string]bool{}
	for _, f := range ContentFields() {
		name := f.Type + "." + f.Field
		if decided[name] {
			t.Errorf("%s: got two rows, want one", name)
		}
		if f.Why == "" {
			t.Errorf("%s: got no reason, want one", name)
		}
		decided[name] = true
	}
	for _, s := range shapes {
		if s.form != object {
			continue
		}
		for _, f := range s.fields {
			name := typeName(s) + "." + f.name
			if (f.shape.form == moment || mentions.MatchString(f.name)) && !decided[name] && !steady[name] {
				t.Errorf("%s: got no row in ContentFields, want one that says whether the content digest counts it", name)
			}
			delete(decided, name)
		}
	}
	for name := range decided {
		t.Errorf("%s: got a row in ContentFields, want none: there is no such field", name)
	}
}

func typeName(s *shape) string {
	t := s.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// filled is a snapshot whose every field is set, each to something of its own.
func filled() *Snapshot {
	s := new(Snapshot)
	n := 0
	fill(snapshotShape, reflect.ValueOf(s).Elem(), &n)
	s.Schema = SchemaName
	return s
}

func fill(s *shape, v reflect.Value, n *int) {
	*n++
	if s.pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch s.form {
	case object:
		for _, f := range s.fields {
			fill(f.shape, v.Field(f.index), n)
		}
	case list:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(s.elem, v.Index(0), n)
	case dictionary:
		v.Set(reflect.ValueOf(map[string]string{fmt.Sprintf("key%d", *n): fmt.Sprintf("value%d", *n)}))
	case open:
		v.SetBytes(fmt.Appendf(nil, `{"open": "value%d"}`, *n))
	case text:
		v.SetString(fmt.Sprintf("value%d", *n))
	case flag:
		v.SetBool(true)
	case integer:
		v.SetInt(int64(*n))
	case number:
		v.SetFloat(float64(*n))
	case moment:
		v.Set(reflect.ValueOf(At(time.Unix(int64(*n), 0))))
	}
}

// TestContentDigestCountsWhatTheTableSays changes one field at a time.
func TestContentDigestCountsWhatTheTableSays(t *testing.T) {
	left := map[string]bool{}
	for _, f := range ContentFields() {
		if !f.Counted {
			left[f.Type+"."+f.Field] = true
		}
	}
	want := contentDigest(t, filled())
	var walk func(s *shape, at func(*Snapshot) reflect.Value, out bool, name string)
	walk = func(s *shape, at func(*Snapshot) reflect.Value, out bool, name string) {
		inner := func(root *Snapshot) reflect.Value {
			v := at(root)
			if s.pointer {
				v = v.Elem()
			}
			return v
		}
		switch s.form {
		case object:
			for _, f := range s.fields {
				field := typeName(s) + "." + f.name
				walk(f.shape, func(root *Snapshot) reflect.Value { return inner(root).Field(f.index) }, out || left[field], field)
			}
			return
		case list:
			walk(s.elem, func(root *Snapshot) reflect.Value { return inner(root).Index(0) }, out, name)
			return
		}
		if name == "Snapshot.schema" {
			return
		}
		changed := filled()
		n := 1_000_000
		fill(s, at(changed), &n)
		if s.form == flag {
			inner(changed).SetBool(false)
		}
		if got := contentDigest(t, changed) != want; got == out {
			t.Errorf("%s: got a changed content digest %v, want %v", name, got, !out)
		}
	}
	walk(snapshotShape, func(root *Snapshot) reflect.Value { return reflect.ValueOf(root).Elem() }, false, "")
}

func contentDigest(t *testing.T, s *Snapshot) string {
	t.Helper()
	before, err := s.Digest()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := s.ContentDigest()
	if err != nil {
		t.Fatal(err)
	}
	if after, err := s.Digest(); err != nil || after != before {
		t.Fatalf("got a snapshot that its content digest changed (%v), want it as it was", err)
	}
	return digest
}

const digestTable = "<!-- content digest: written by go test ./snapshots -run Golden -update -->\n"

// TestGoldenContentFields keeps the table in docs/snapshot.md as the program says it.
func TestGoldenContentFields(t *testing.T) {
	const document = "../docs/snapshot.md"
	data, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), digestTable)
	_, after, end := strings.Cut(rest, "\n\n")
	if !ok || !end {
		t.Fatalf("%s: got no line %q, want one before the table", document, digestTable)
	}
	table := "| field | counted | why |\n| --- | --- | --- |"
	for _, f := range ContentFields() {
		counted := "no"
		if f.Counted {
			counted = "yes"
		}
		table += fmt.Sprintf("\n| `%s.%s` | %s | %s |", f.Type, f.Field, counted, f.Why)
	}
	want := before + digestTable + table + "\n\n" + after
	if string(data) == want {
		return
	}
	if !updating() {
		t.Fatalf("%s is not what ContentFields says: run go test ./snapshots -run Golden -update", document)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// updating tells whether golden files are written anew; the flag is that of the package's other tests.
func updating() bool { return commandline.Lookup("update").Value.String() == "true" }
