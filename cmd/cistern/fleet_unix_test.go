//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestPipesAndDevicesAreNotOpened would wait for good if they were.
func TestPipesAndDevicesAreNotOpened(t *testing.T) {
	aloneFolder(t, 2)
	if err := syscall.Mkfifo("fleet/pipe.json", 0o666); err != nil {
		t.Skip(err)
	}
	for name, target := range map[string]string{"fleet/link.json.gz": "pipe.json", "fleet/zero.json": "/dev/zero"} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	got := cistern(t.Context(), "evaluate", "fleet", "--control", "root-usage")
	for _, name := range []string{"link.json.gz", "pipe.json", "zero.json"} {
		if want := "fleet/" + name + ": not a regular file"; got.code != exitUsage || !strings.Contains(got.stderr, want) {
			t.Errorf("got exit code %d and %q, want %q", got.code, got.stderr, want)
		}
	}
}
