package suite

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGoldenUpdate updates a suite of every shape, and holds the text against a file; what was written passes.
func TestGoldenUpdate(t *testing.T) {
	file := filepath.Join("testdata", "before.yaml")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(file, before)
	if err != nil {
		t.Fatal(err)
	}
	results, err := Run(t.Context(), []*Suite{s}, options())
	if err != nil {
		t.Fatal(err)
	}
	text, changes, err := Update(s, results)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for _, c := range changes {
		said.WriteString(c.String() + "\n")
	}
	golden(t, "after.yaml", string(text))
	golden(t, "changes.txt", said.String())

	after, err := Parse("testdata/after.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Run(t.Context(), []*Suite{after}, options())
	if err != nil {
		t.Fatal(err)
	}
	if got := Count(again); got.Fail > 0 || got.Error > 0 {
		t.Errorf("after the update: got %+v, want that all pass", got)
	}
	unchanged, changes, err := Update(after, again)
	if err != nil || len(changes) > 0 || string(unchanged) != string(text) {
		t.Errorf("a second update: got %v, %v, want no change", changes, err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
