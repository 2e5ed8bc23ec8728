package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldenPolicies walks through docs/policies.md in an empty folder, as its reader would.
func TestGoldenPolicies(t *testing.T) {
	doc, err := filepath.Abs("../../docs/policies.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	goldenScreens(t, doc, func(command string) string {
		got := cistern(t.Context(), strings.Fields(command)...)
		return got.out + got.stderr
	})
}
