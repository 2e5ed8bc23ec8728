package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// versions holds reports as each version of the schema wrote them: the first of v1, the least, every field, and one with fields that this
// version does not know. They are never changed once they are released; SHA256SUMS says what they were.
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

// TestEveryVersionIsReplayed writes each saved report in every format, and loses nothing on the way that this version knows.
func TestEveryVersionIsReplayed(t *testing.T) {
	for name, data := range versionFiles(t) {
		r, err := Read(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: got %v, want a report", name, err)
			continue
		}
		for _, format := range Formats() {
			written(t, format.Name, r, Style{})
		}
		again, err := Read(bytes.NewReader(written(t, "json", r, Style{})))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%s: got another report (%v) when it is saved again, want the same", name, err)
		}
		for _, account := range r.Accounts {
			for _, result := range account.Results {
				if result.Status == "" || result.ID == "" || account.Account == "" {
					t.Errorf("%s: got a result without its account, id or status, want them: %+v", name, result)
				}
			}
		}
	}
}

// TestVersionsHoldEveryField wants each field of a report in one of the files.
func TestVersionsHoldEveryField(t *testing.T) {
	seen := map[string]bool{}
	for _, data := range versionFiles(t) {
		var document any
		if err := json.Unmarshal(data, &document); err != nil {
			t.Fatal(err)
		}
		noteFields("", document, seen)
	}
	known := map[string]bool{}
	typeFields("", reflect.TypeFor[Report](), known)
	for path := range known {
		if !seen[path] {
			t.Errorf("%s: got it in no file of %s, want it in one: CONTRIBUTING.md tells how a field is added", path, versions)
		}
	}
}

// noteFields notes the names of a document's fields, with the way to them.
func noteFields(at string, value any, seen map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			seen[at+"/"+name] = true
			noteFields(at+"/"+name, inner, seen)
		}
	case []any:
		for _, inner := range value {
			noteFields(at, inner, seen)
		}
	}
}

func typeFields(at string, typ reflect.Type, known map[string]bool) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice:
		typeFields(at, typ.Elem(), known)
	case reflect.Struct:
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || name == "-" {
				continue
			}
			known[at+"/"+name] = true
			typeFields(at+"/"+name, f.Type, known)
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
	} else if !errors.Is(err, os.ErrNotExist) || !*update {
		t.Fatalf("%s: got %v, want the file", file, err)
	}
	r := &Report{}
	n := 0
	fillReport(reflect.ValueOf(r).Elem(), &n)
	r.Schema = SchemaName
	if err := os.WriteFile(file, written(t, "json", r, Style{}), 0o666); err != nil {
		t.Fatal(err)
	}
}

// fillReport sets every field, each to something of its own.
func fillReport(v reflect.Value, n *int) {
	*n++
	if v.Type() == reflect.TypeFor[Status]() {
		v.SetString(string(Fail))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillReport(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			fillReport(v.Field(i), n)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Type.Kind() == reflect.String && (name == "as_of" || strings.HasSuffix(name, "_at")):
				v.Field(i).SetString("2026-01-05T10:00:00Z")
			case f.Type.Kind() == reflect.String && (name == "expires" || name == "created"):
				v.Field(i).SetString("2026-12-31")
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(fmt.Appendf(nil, `{"n": %d}`, *n))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillReport(v.Index(0), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillReport(key, n)
		fillReport(value, n)
		v.SetMapIndex(key, value)
	case reflect.Interface:
		v.Set(reflect.ValueOf(fmt.Sprintf("value%d", *n)))
	case reflect.String:
		v.SetString(fmt.Sprintf("value%d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n))
	}
}
