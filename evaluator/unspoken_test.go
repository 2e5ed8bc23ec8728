package evaluator

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// TestMistakes makes the mistakes of a first evening with a new control: each is said first, alone where the others only follow from it.
func TestMistakes(t *testing.T) {
	const policy, tests = "custom/mine.rego", "custom/mine_test.rego"
	verdict := regexp.MustCompile(`(?s)\nverdict := .*`)
	for _, tt := range []struct {
		name, file string
		change     func(text string) string
		want, hint string
	}{
		{"no verdict", policy, func(s string) string { return verdict.ReplaceAllString(s, "\n") },
			"mine/custom/mine.rego:1: control mine: gives no verdict: the package defines none of verdict, deny, violation and warn", "define verdict"},
		{"a status that is none", policy, func(s string) string {
			return verdict.ReplaceAllString(s, "\nverdict := {\"status\": \"passed\", \"findings\": [], \"notes\": []}\n")
		}, `verdict.status is "passed", want one of pass, fail, unknown, not_applicable`, "did you mean pass?"},
		{"a misspelt function", policy, func(s string) string { return strings.Replace(s, "every_trail.judge", "every_trail.juge", 1) },
			"undefined function data.policies.lib.every_trail.juge", "did you mean every_trail.judge?"},
		{"METADATA that is no YAML", policy, func(s string) string { return strings.Replace(s, "# title: ", "# title: a: ", 1) },
			"mine/custom/mine.rego:2: METADATA is no YAML: mapping values", `title: "a: b"`},
		{"a severity", policy, func(s string) string { return strings.Replace(s, "severity: medium", "severity: hihg", 1) },
			`control mine: METADATA custom.severity is "hihg"`, "did you mean high?"},
		{"another package", policy, func(s string) string { return strings.Replace(s, "package custom.mine", "package custom.mine2", 1) },
			"no test in which it fails: mine/custom/mine_test.rego asks nothing of package custom.mine2", "what its tests import"},
		{"a status in a test", tests, func(s string) string { return strings.Replace(s, `== "pass"`, `== "passs"`, 1) },
			`mine.verdict.status is compared with "passs", and a verdict's status is one of`, "did you mean pass?"},
		{"an empty file", "custom/empty.rego", func(string) string { return "" }, "mine/custom/empty.rego:1: the file is empty", "cistern policy new"},
		{"a slug twice", "custom/other.rego", func(string) string {
			return "# METADATA\n# title: x\n# custom: {control: mine, severity: low}\npackage custom.other\n\nverdict := {\"status\": \"pass\", \"findings\": [], \"notes\": []}\n"
		}, "mine/custom/other.rego:4: control mine has a policy already: mine/custom/mine.rego", "another custom.control"},
		{"no rule that speaks", "custom/main.rego", func(string) string { return "package main\n\nvoilation contains \"x\"\n" },
			"mine/custom/main.rego:1: no control: package main defines none of verdict, deny, violation, warn, and nothing uses it; did you mean violation?", "a rule verdict"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files, err := Draft{Slug: "mine", Section: "custom"}.Files()
			if err != nil {
				t.Fatal(err)
			}
			tree := fstest.MapFS{tt.file: {}}
			for _, f := range files {
				tree[f.Path] = &fstest.MapFile{Data: f.Text}
			}
			tree[tt.file] = &fstest.MapFile{Data: []byte(tt.change(string(tree[tt.file].Data)))}
			err = Check(t.Context(), append(embedded(), Source{Name: "mine", FS: tree}), sampleInputs(t)[:1])
			problems, ok := err.(PolicyErrors)
			if !ok {
				t.Fatalf("got %v, want problems", err)
			}
			for _, p := range problems {
				if strings.HasSuffix(p.Problem, " unused") {
					t.Errorf("got %v, which only follows", p)
				}
				if strings.Contains(p.Error(), tt.want) && strings.Contains(p.Hint, tt.hint) {
					return
				}
			}
			for _, p := range problems {
				t.Errorf("got %v (%s), want %q (%s)", p, p.Hint, tt.want, tt.hint)
			}
		})
	}
}

func TestMislabelledIsNoted(t *testing.T) {
	policy := "# METADATA\n# title: x\n# custom: {control: Mine, severity: hihg}\npackage mine.x\n\nverdict := {\"status\": \"pass\", \"findings\": [], \"notes\": []}\n"
	e, err := Isolate(t.Context(), append(embedded(), Source{Name: "mine", FS: policyFS(map[string]string{"x.rego": policy})}))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(e.Notes(), "\n")
	for _, want := range []string{"mine/x.rego:4: control Mine: custom.control is not a slug", `custom.severity is "hihg"; did you mean high?`} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
