package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
)

const readme = "../../README.md"

// shown is the screen of output in the README: an indented block between two comments, its first line the command.
var shown = regexp.MustCompile(`(?s)(<!-- output:begin -->\n\n    \$ cistern ([^\n]*)\n)(.*?)(\n<!-- output:end -->)`)

// digest hides what every change of a policy or a sample changes.
var digest = regexp.MustCompile(`sha256:[0-9a-f]{12}`)

// TestGoldenReadme holds the screen that the README shows against what the program says.
func TestGoldenReadme(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	found := shown.FindSubmatch(text)
	if found == nil {
		t.Fatal("README.md: no screen of output between its comments")
	}
	var stdout, stderr bytes.Buffer
	run(context.Background(), strings.Fields(string(found[2])), stdio{strings.NewReader(""), &stdout, &stderr})
	if stderr.Len() > 0 {
		t.Fatalf("cistern %s: got %q on stderr, want nothing", found[2], stderr.String())
	}
	got := indent(stdout.String())
	if *update {
		mended := shown.ReplaceAllFunc(text, func([]byte) []byte {
			return bytes.Join([][]byte{found[1], []byte(got), found[4]}, nil)
		})
		if err := os.WriteFile(readme, mended, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := string(found[3]); digest.ReplaceAllString(got, "") != digest.ReplaceAllString(want, "") {
		t.Errorf("cistern %s: got\n%s\nwant, as README.md has it,\n%s", found[2], got, want)
	}
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
