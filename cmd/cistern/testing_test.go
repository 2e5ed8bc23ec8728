package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGoldenTesting holds the screens of docs/test.md against the suite that it shows.
func TestGoldenTesting(t *testing.T) {
	doc, err := filepath.Abs("../../docs/test.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	suite := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	if suite == nil {
		t.Fatal("docs/test.md shows no suite")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("accounts_suite.yaml", suite[1], 0o644); err != nil {
		t.Fatal(err)
	}
	goldenScreens(t, doc, func(command string) string {
		got := cistern(t.Context(), strings.Fields(command)...)
		return got.stderr + got.out
	})
}
