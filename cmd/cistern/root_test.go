package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStderrHoldsNothingThatATerminalObeys(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a\x1b[31m\u202e.txt": "to do", "sns-list-topics.json": `{"Topics": []}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"import", dir, "--account", "111122223333", "--region", "us-east-1"},
		{"evaluate", "\x1b[31m\u202e.json"},
	} {
		var out, stderr bytes.Buffer
		run(t.Context(), args, stdio{strings.NewReader(""), &out, &stderr})
		if got := stderr.String(); strings.ContainsAny(got, "\x1b\u202e") || !strings.Contains(got, `\u001b[31m\u202e`) {
			t.Errorf("%s: got %q, want the name with its code points", args[0], got)
		}
	}
}
