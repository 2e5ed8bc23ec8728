package manifests

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// house is where command lines of manifests are run: cistern, some snapshots in the place of /snapshots, and a folder in that of /results.
type house struct{ cistern, snapshots, results string }

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{filepath.Join(t.TempDir(), "cistern"), t.TempDir(), t.TempDir()}
	build := exec.Command("go", "build", "-o", h.cistern, "./cmd/cistern")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build cistern: %v\n%s", err, said)
	}
	for i := range 12 {
		data, err := accounts.Fleet{Seed: 1}.Account(i, 0).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.snapshots, accounts.ID(i)+".json"), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// run runs a command line of a manifest, which must succeed.
func (h *house) run(t *testing.T, line []string, env ...string) {
	t.Helper()
	if line[0] != "cistern" {
		t.Fatalf("got command %q, want one of cistern", line)
	}
	var args []string
	for _, word := range line[1:] {
		switch {
		case word == "/snapshots":
			word = h.snapshots
		case strings.HasPrefix(word, "/results/"):
			word = filepath.Join(h.results, strings.TrimPrefix(word, "/results/"))
		case strings.HasPrefix(word, "/"):
			t.Fatalf("got path %s, want one below /snapshots or /results", word)
		}
		args = append(args, word)
	}
	cmd := exec.Command(h.cistern, args...)
	cmd.Env = append(os.Environ(), env...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", line, err, said)
	}
}

// same compares a merged report with that of one run over all snapshots.
func (h *house) same(t *testing.T, merged string) {
	t.Helper()
	h.run(t, []string{"cistern", "evaluate", "/snapshots", "--fail-on", "never", "--output", "/results/whole.json"})
	want, err := os.ReadFile(filepath.Join(h.results, "whole.json"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(h.results, merged))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got a merged report of %d bytes, want the %d bytes of one run", len(got), len(want))
	}
}
