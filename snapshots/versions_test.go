package snapshots

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// versions holds snapshots as each version of the schema wrote them: the first release of v1, the least, every field, and one with fields
// that this version does not know. They are never changed once they are released; SHA256SUMS says what they were.
const versions = "testdata/versions"

func versionFiles(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(versions + "/*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("got %d files (%v), want four or more", len(files), err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		if all[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestEveryVersionIsReadable reads each file and writes it again: nothing is lost, known or not.
func TestEveryVersionIsReadable(t *testing.T) {
	for name, data := range versionFiles(t) {
		s, err := Read(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: got %v, want a snapshot", name, err)
			continue
		}
		again, err := s.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, data) {
			t.Errorf("%s: got other bytes when it is written again, want the same:\n%s", name, again)
		}
	}
}

// TestVersionsHoldEveryField wants each field of the types in one of the files.
func TestVersionsHoldEveryField(t *testing.T) {
	seen := map[string]bool{}
	var note func(s *shape, v reflect.Value)
	note = func(s *shape, v reflect.Value) {
		if s.pointer {
			v = v.Elem()
		}
		switch s.form {
		case list:
			for i := range v.Len() {
				note(s.elem, v.Index(i))
			}
		case object:
			for _, f := range s.fields {
				if written(f.shape, v.Field(f.index)) {
					seen[typeName(s)+"."+f.name] = true
					note(f.shape, v.Field(f.index))
				}
			}
		}
	}
	for _, data := range versionFiles(t) {
		s, err := Read(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		note(snapshotShape, reflect.ValueOf(s).Elem())
	}
	for _, s := range shapes {
		for _, f := range s.fields {
			name := typeName(s) + "." + f.name
			if f.shape.form == object && len(f.shape.fields) == 0 {
				continue // a mere mark
			}
			if !seen[name] {
				t.Errorf("%s: got it in no file of %s, want it in one: CONTRIBUTING.md tells how a field is added", name, versions)
			}
		}
	}
}

// TestVersionsAreNotChanged holds the files against their digests.
func TestVersionsAreNotChanged(t *testing.T) {
	list, err := os.ReadFile(versions + "/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range versionFiles(t) {
		line := fmt.Sprintf("%x  %s\n", sha256.Sum256(data), name)
		if !strings.Contains(string(list), line) {
			t.Errorf("got no line %q in SHA256SUMS, want one: a released file is never changed, a new one has its line", line)
		}
	}
}

// TestGoldenEveryField writes the file that has every field, if it is not there: what is there stays.
func TestGoldenEveryField(t *testing.T) {
	const file = versions + "/v1-every-field.json"
	if _, err := os.Stat(file); err == nil {
		return
	} else if !errors.Is(err, os.ErrNotExist) || !updating() {
		t.Fatalf("%s: got %v, want the file", file, err)
	}
	s := filled()
	plausible(snapshotShape, reflect.ValueOf(s).Elem(), "")
	s.Schema, s.Account.ID, s.Account.Partition = SchemaName, "111122223333", "aws"
	if err := s.WriteFile(file); err != nil {
		t.Fatal(err)
	}
}

// plausible gives some texts the form that their names promise.
func plausible(s *shape, v reflect.Value, name string) {
	if s.pointer {
		v = v.Elem()
	}
	switch {
	case s.form == object:
		for _, f := range s.fields {
			plausible(f.shape, v.Field(f.index), f.name)
		}
	case s.form == list:
		plausible(s.elem, v.Index(0), name)
	case s.form == moment:
		v.Set(reflect.ValueOf(At(time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC))))
	case s.form != text:
	case strings.EqualFold(name, "region") || name == "HomeRegion" || name == "seen_in" || name == "enabled" || name == "requested":
		v.SetString("us-east-1")
	case name == "kind" || name == "status":
		v.SetString("denied")
	case strings.HasSuffix(strings.ToLower(name), "arn") || strings.HasSuffix(name, "Actions"):
		v.SetString("arn:aws:sns:us-east-1:111122223333:" + v.String())
	}
}
