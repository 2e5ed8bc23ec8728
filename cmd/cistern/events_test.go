package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"slices"
	"strings"
	"testing"
)

func zip(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadEvents(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"nothing", "", nil},
		{"white space", " \n\n", nil},
		{"lines", "{\"a\": 1}\n{\"a\":2}", []string{`{"a": 1}`, `{"a":2}`}},
		{"lines with CR", "{\"a\":1}\r\n{\"a\":2}\r\n", []string{`{"a":1}`, `{"a":2}`}},
		{"over several lines", "{\n \"a\": 1\n}", []string{`{"a":1}`}},
		{"list", `[{"a": 1}, {"a":2}]`, []string{`{"a":1}`, `{"a":2}`}},
		{"delivered file", `{"Records": [{"a": 1},{"a":2}]}`, []string{`{"a":1}`, `{"a":2}`}},
		{"empty delivered file", `{"Records": []}`, nil},
		{"an event with records of its own", `{"Records":[1],"a":1}`, []string{`{"Records":[1],"a":1}`}},
		{"records that are no list", `{"Records":{"a":1}}`, []string{`{"Records":{"a":1}}`}},
		{"compressed", zip(t, `{"Records":[{"a":1}]}`), []string{`{"a":1}`}},
		{"compressed lines", zip(t, "{\"a\":1}\n{\"a\":2}\n"), []string{`{"a":1}`, `{"a":2}`}},
	} {
		var got []string
		err := readEvents("in", strings.NewReader(c.in), func(event []byte) error {
			got = append(got, string(event))
			return nil
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestReadEventsRefuses(t *testing.T) {
	for _, c := range []struct{ name, in string }{
		{"no JSON", "eventName=StopLogging"},
		{"cut off", `{"a":1}` + "\n" + `{"a":`},
		{"cut off, compressed", zip(t, `{"Records":[{"a":1}]}`)[:20]},
		{"no gzip", "\x1f\x8b\x00"},
	} {
		err := readEvents("in", strings.NewReader(c.in), func([]byte) error { return nil })
		var exit *exitError
		if !errors.As(err, &exit) || exit.code != exitUsage || !strings.HasPrefix(err.Error(), "in: byte ") {
			t.Errorf("%s: got %v, want an error of usage that names the place", c.name, err)
		}
	}
}

func TestLineReader(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	in := newLineReader(strings.NewReader("a\n\n" + long + "\nb"))
	for i, want := range []string{"a", "", "too long", "b", "end"} {
		line, err := in.next()
		got := string(line)
		switch {
		case errors.Is(err, errLineTooLong):
			got = "too long"
		case err != nil:
			got = "end"
		}
		if got != want {
			t.Errorf("line %d: got %q, want %q", i+1, got, want)
		}
	}
}
