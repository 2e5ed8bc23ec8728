package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

func TestFleetWritesWhatWasOrdered(t *testing.T) {
	for _, test := range []struct {
		name          string
		args          []string
		files, broken int
	}{
		{"one day", []string{"-n", "12"}, 12, 0},
		{"days", []string{"-n", "3", "-days", "4"}, 12, 0},
		{"some broken", []string{"-n", "12", "-broken", "5"}, 12, 5},
		{"all broken", []string{"-n", "4", "-broken", "4"}, 4, 4},
		{"alarms", []string{"-n", "2", "-alarms", "30"}, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "fleet")
			var out, errs bytes.Buffer
			if code := run(append(test.args, "-o", dir), &out, &errs); code != 0 {
				t.Fatalf("got exit code %d: %s", code, errs.String())
			}
			files, broken := count(t, dir)
			if files != test.files || broken != test.broken {
				t.Errorf("got %d files, %d of them broken, want %d and %d", files, broken, test.files, test.broken)
			}
		})
	}
}

func count(t *testing.T, dir string) (files, broken int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		if _, err := snapshots.ReadFile(path); err != nil {
			broken++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, broken
}

// Files are broken in more than one way, however they are spread.
func TestFleetBreaksInSeveralWays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "fleet")
	if code := run([]string{"-n", "16", "-broken", "4", "-o", dir}, io.Discard, io.Discard); code != 0 {
		t.Fatalf("got exit code %d", code)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	hints := map[string]bool{}
	for _, file := range files {
		if _, err := snapshots.ReadFile(file); err != nil {
			_, why, _ := strings.Cut(err.Error(), ".json")
			hints[why] = true
		}
	}
	if len(hints) < 3 {
		t.Errorf("got %v, want broken files of several kinds", hints)
	}
}

func TestFleetRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-n", "1"}, "name a folder"},
		{[]string{"-n", "0", "-o", "x"}, "out of range"},
		{[]string{"-n", "2", "-broken", "3", "-o", "x"}, "out of range"},
		{[]string{"-o", full}, "not empty"},
		{[]string{"-o", "x", "y"}, "only flags"},
	} {
		var errs bytes.Buffer
		if code := run(test.args, io.Discard, &errs); code != 2 || !strings.Contains(errs.String(), test.want) {
			t.Errorf("fleet %q: got exit code %d and %q, want 2 and %q", test.args, code, errs.String(), test.want)
		}
	}
}
