package suite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write makes the files in a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range files {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

const (
	goodPolicy = "package mine.good\n\nverdict := {\"status\": \"pass\", \"findings\": [], \"notes\": []}\n"
	// silent gives no verdict for a snapshot that was read.
	silent = "package mine.silent\n\nverdict := {\"status\": \"pass\", \"findings\": [], \"notes\": []} if input.account.id == \"1\"\n"
)

// TestRunBroken runs suites whose policies are at fault: what is at fault fails, and the rest is judged.
func TestRunBroken(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"does not compile": {
			map[string]string{"pol/good.rego": goodPolicy, "pol/bad.rego": "package mine.bad\n\nverdict := x\n"},
			[]string{"fail pol/bad.rego:3 var x is unsafe", "pass s_suite.yaml:3 "},
		},
		"does not parse": {
			map[string]string{"pol/good.rego": goodPolicy, "pol/bad.rego": "package mine.bad\n\nverdict := )\n"},
			[]string{"fail pol/bad.rego:3 ", "pass s_suite.yaml:3 "},
		},
		"nothing compiles": {
			map[string]string{"pol/bad.rego": "package mine.good\n\nverdict := x\n"},
			[]string{"fail pol/bad.rego:3 var x is unsafe", "error s_suite.yaml:3 expect good: was not evaluated"},
		},
		"no verdict": {
			map[string]string{"pol/good.rego": goodPolicy, "pol/silent.rego": silent},
			[]string{"fail s_suite.yaml:3  silent verdict"},
		},
		"no folder": {map[string]string{}, []string{"error s_suite.yaml:1 "}},
	} {
		folder := write(t, c.files)
		s, err := Parse(filepath.Join(folder, "s_suite.yaml"), []byte("policies: pol\ncases:\n  - {name: a, sample: compliant, expect: {good: pass, root-usage: pass}}\n"))
		if err != nil {
			t.Fatal(err)
		}
		results, err := Run(t.Context(), []*Suite{s}, options())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range results {
			said := fmt.Sprintf("%s %s %s", r.Outcome, strings.TrimPrefix(r.place(), folder+"/"), r.Problem)
			for _, d := range r.Differences {
				said += " " + d.Control + " " + d.Field
			}
			got = append(got, said)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
			continue
		}
		for i := range got {
			if !strings.HasPrefix(got[i], c.want[i]) {
				t.Errorf("%s: got %q, want %q", name, got[i], c.want[i])
			}
		}
	}
}

// TestRunOrder runs many cases at a time and wants them in the order of the file.
func TestRunOrder(t *testing.T) {
	var text strings.Builder
	text.WriteString("cases:\n")
	for i := range 40 {
		fmt.Fprintf(&text, "  - {name: case %d, sample: empty, expect: {root-usage: fail}}\n", i)
	}
	for i, r := range runText(t, text.String()) {
		if want := fmt.Sprintf("case %d", i); r.Name != want || r.Outcome != Pass {
			t.Errorf("got %s %s, want %s pass", r.Name, r.Outcome, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	before, err := os.ReadFile("testdata/before.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(before))
	f.Add("cases: [{name: a, sample: [b], patch: [{op: test, path: /a, value: {a: [2026-01-01, 1.5, 0x1f, .inf]}}], rest: [pass]}]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("x.yaml", []byte(text))
		if err != nil {
			return
		}
		if _, err := Parse("x.yaml", markEmptyLines([]byte(text))); err != nil && !strings.Contains(text, "\r") {
			t.Skip()
		}
		for _, c := range s.Cases {
			if _, err := patch([]byte(`{"a": [1]}`), c.Patch); err != nil && err.Error() == "" {
				t.Errorf("%q: got an error that says nothing", text)
			}
		}
	})
}
