package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// guide is docs/remediation.md, as this package's tests see it.
const guide = "../../docs/remediation.md"

// catalogued is a control of the shipped catalogue, as cistern controls --benchmark lists it in an edition.
type catalogued struct {
	Control  string
	Policy   bool
	Patterns []string
	edition  string // the last of CIS that has it, else any
}

// shippedControls are the controls that a shipped policy judges.
func shippedControls(t *testing.T) []catalogued {
	t.Helper()
	var catalogue struct{ Editions []struct{ ID string } }
	readControls(t, &catalogue)
	found := map[string]catalogued{}
	for _, edition := range catalogue.Editions { // those of CIS in their order, then the others
		var its struct{ Controls []catalogued }
		readControls(t, &its, "--benchmark", edition.ID)
		for _, c := range its.Controls {
			if _, known := found[c.Control]; c.Policy && (!known || strings.HasPrefix(edition.ID, "cis-")) {
				c.edition = edition.ID
				found[c.Control] = c
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("cistern controls: got no control with a policy, want those that are shipped")
	}
	return slices.SortedFunc(maps.Values(found), func(a, b catalogued) int { return strings.Compare(a.Control, b.Control) })
}

// readControls reads what cistern controls lists as JSON.
func readControls(t *testing.T, into any, arguments ...string) {
	t.Helper()
	got := cistern(t.Context(), append([]string{"controls", "-f", "json"}, arguments...)...)
	if err := json.Unmarshal([]byte(got.out), into); err != nil {
		t.Fatalf("cistern controls: %v: %s", err, got.stderr)
	}
}

// guideSections are the sections of docs/remediation.md that are named after a control.
func guideSections(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for part := range strings.SplitSeq(string(text), "\n### ") {
		name, body, _ := strings.Cut(part, "\n")
		body, _, _ = strings.Cut(body, "\n## ")
		if sections[name] != "" {
			t.Errorf("docs/remediation.md: got two sections %s, want one", name)
		}
		sections[name] = body
	}
	return sections
}

// TestRemediationGuide asks of docs/remediation.md that every control has its section, and every section its parts.
func TestRemediationGuide(t *testing.T) {
	sections := guideSections(t)
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range shippedControls(t) {
		body, found := sections[c.Control]
		delete(sections, c.Control)
		if !found {
			t.Errorf("docs/remediation.md: no section for control %s\nhint: write \"### %s\" after the example of its neighbours: what it means when it rings, "+
				"likely false alarms, who gets it and how fast, three questions, how it is mended", c.Control, c.Control)
			continue
		}
		means, harmless := "**It rings when**", "**Mostly harmless**"
		if len(c.Patterns) == 0 {
			means, harmless = "**It fails when**", "**Often meant so**"
		}
		for _, part := range []string{means, harmless, "**Who, how fast**", "\n**Ask first**\n\n1. ", "\n2. ", "\n3. ", "**Mend** ", "--control " + c.Control} {
			if !strings.Contains(body, part) {
				t.Errorf("docs/remediation.md: %s: got no %q, want it", c.Control, part)
			}
		}
		if !strings.Contains(string(text), "\n| ["+c.Control+"](#"+c.Control+") | ") {
			t.Errorf("docs/remediation.md: %s: got no row under \"At a glance\", want one", c.Control)
		}
	}
	for name := range sections {
		if !strings.HasPrefix(name, "# ") { // what comes before the first
			t.Errorf("docs/remediation.md: got section %s, want a control of the catalogue", name)
		}
	}
}

// leftOut is what a section shows to leave out: the exception, and what the filter gets.
var leftOut = regexp.MustCompile("(?s)\n```yaml\n# in the filter: (&& \\(.*?\\))\n(- control: (\\S+)\n  except: '([^']*)'\n.*?)```\n")

// TestRemediationExceptions holds the exceptions of docs/remediation.md against their controls: a filter that leaves out what the section
// says fails without the exception, and covers the control with it.
func TestRemediationExceptions(t *testing.T) {
	sections := guideSections(t)
	for _, c := range shippedControls(t) {
		if len(c.Patterns) == 0 || sections[c.Control] == "" {
			continue
		}
		t.Run(c.Control, func(t *testing.T) {
			found := leftOut.FindStringSubmatch(sections[c.Control])
			if found == nil || found[3] != c.Control {
				t.Fatal("got no exception, want a block of YAML with one for this control, under the comment \"# in the filter: && (...)\"")
			}
			also, entry, except := found[1], found[2], found[4]
			whole := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(c.Patterns[0]), "{"), "}")
			filter := "{ (" + strings.TrimSpace(whole) + ") " + also + " }"
			if n := utf8.RuneCountInString(filter); n > 1024 {
				t.Errorf("the filter: got %d characters, want at most 1,024:\n%s", n, filter)
			}
			covers := []string{"pattern", "covers", "--required", c.Patterns[0], "--deployed", filter}
			if got := cistern(t.Context(), covers...); got.code != exitFails {
				t.Errorf("without the exception: got exit code %d, want 3, since events are left out:\n%s%s", got.code, got.out, got.stderr)
			}
			if got := cistern(t.Context(), append(covers, "--except", except)...); got.code != exitOK {
				t.Errorf("with the exception: got exit code %d, want 0:\n%s%s", got.code, got.out, got.stderr)
			}
			file := filepath.Join(t.TempDir(), "waivers.yaml")
			if err := os.WriteFile(file, []byte("exceptions:\n"+entry), 0o644); err != nil {
				t.Fatal(err)
			}
			got := cistern(t.Context(), "evaluate", "--sample", "compliant", "--benchmark", c.edition, "--control", c.Control, "--waivers", file)
			if got.code != exitOK && got.code != exitFails {
				t.Errorf("cistern evaluate --waivers: got exit code %d, want that the exception is accepted: %s", got.code, got.stderr)
			}
		})
	}
}
