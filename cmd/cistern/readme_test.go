package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/test/fakeaws"
)

// shown is a screen of output in a document: an indented block between two comments, its first line the command.
var shown = regexp.MustCompile(`(?s)(<!-- output:begin -->\n\n    \$ cistern ([^\n]*)\n)(.*?)\n?<!-- output:end -->`)

// digest hides what every change of a policy or a sample changes.
var digest = regexp.MustCompile(`sha256:[0-9a-f]{12}`)

// goldenScreens holds every screen of a document, one after the other, against what the program says.
func goldenScreens(t *testing.T, file string, say func(command string) string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !shown.Match(text) {
		t.Fatalf("%s: no screen of output between its comments", file)
	}
	mended := shown.ReplaceAllFunc(text, func(screen []byte) []byte {
		found := shown.FindSubmatch(screen)
		got, want := indent(say(string(found[2]))), string(found[3])
		if !*update && digest.ReplaceAllString(got, "") != digest.ReplaceAllString(want, "") {
			t.Errorf("cistern %s: got\n%s\nwant, as %s has it,\n%s", found[2], got, file, want)
		}
		return bytes.Join([][]byte{found[1], []byte(got), []byte("\n<!-- output:end -->")}, nil)
	})
	if *update {
		if err := os.WriteFile(file, mended, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestGoldenReadme holds the screen that the README shows against what the program says.
func TestGoldenReadme(t *testing.T) {
	goldenScreens(t, "../../README.md", func(command string) string {
		got := cistern(t.Context(), strings.Fields(command)...)
		if got.stderr != "" {
			t.Fatalf("cistern %s: got %q on stderr, want nothing", command, got.stderr)
		}
		return got.out
	})
}

// TestGoldenCollect holds the screens of docs/collect.md against an organisation where one account's role may not do all
// that it should, and another account has none.
func TestGoldenCollect(t *testing.T) {
	doc, err := filepath.Abs("../../docs/collect.md")
	if err != nil {
		t.Fatal(err)
	}
	server := organization(t)
	server.Put(account(t, third))
	refuse(server, func(c fakeaws.Call) bool { return c.Account == second && c.Operation == "list-alarm-mute-rules" })
	moment := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	goldenScreens(t, doc, func(command string) string {
		arguments := strings.Fields(command)
		if slices.Contains(arguments, "--organization") {
			arguments = append(arguments, "--parallel", "1") // so that the order is always the same
		}
		got := cistern(t.Context(), arguments...)
		return moment.ReplaceAllString(got.stderr+got.out, "2026-01-05T10:00:00Z")
	})
}

// indent makes a Markdown code block of text.
func indent(text string) string {
	var block strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			block.WriteString("    ")
		}
		block.WriteString(line)
	}
	return block.String()
}
