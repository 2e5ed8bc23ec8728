package evaluator

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// folder is files as a source of the user's own.
func folder(files []DraftFile) Source {
	tree := fstest.MapFS{}
	for _, f := range files {
		tree[f.Path] = &fstest.MapFile{Data: f.Text}
	}
	return Source{Name: "mine", FS: tree}
}

func sampleInputs(t *testing.T) []Input {
	t.Helper()
	var all []Input
	for _, name := range samples.Names() {
		s, err := samples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Input{Name: "sample " + name, Snapshot: s})
	}
	return all
}

func TestDraftPassesItsCheckAndTests(t *testing.T) {
	for _, d := range []Draft{
		{Slug: "trails-validate", Section: "custom"},
		{Slug: "trails-validate", Section: "custom", Root: "policies", Title: "A title: with 'all' \"quotes\" # and\na hash", Severity: "critical"},
		{Slug: "trails", Section: "my_section"},
		{Slug: "instances", Section: "monitoring", Pattern: `{ $.eventName = "RunInstances" }`},
		{Slug: "quotes", Section: "monitoring", Pattern: "{ $.errorMessage = \"a`b\" }"},
	} {
		t.Run(d.Section+"/"+d.Slug, func(t *testing.T) {
			files, err := d.Files()
			if err != nil {
				t.Fatal(err)
			}
			sources := append(embedded(), folder(files))
			if err := Check(t.Context(), sources, sampleInputs(t)); err != nil {
				reportProblems(t, err)
			}
			results, err := Test(t.Context(), sources, TestOptions{Run: `^data\.` + d.pkg() + "_test", Saved: savedSnapshots(t)})
			if err != nil {
				reportProblems(t, err)
			}
			own := 0
			for _, r := range results {
				if !strings.HasPrefix(r.File, "mine/") {
					continue
				}
				own++
				if r.Failed {
					t.Errorf("%s:%d: %s failed %s", r.File, r.Line, r.Name, r.Message)
				}
			}
			if own < 3 {
				t.Errorf("got %d tests, want 3 at least", own)
			}
		})
	}
}

func TestDraftRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    Draft
		want string
	}{
		{"capitals", Draft{Slug: "Root", Section: "custom"}, `"Root": new control: is not a slug`},
		{"a path", Draft{Slug: "../x", Section: "custom"}, `"../x": new control: is not a slug`},
		{"a keyword", Draft{Slug: "not", Section: "custom"}, "not: new control: is a name that Rego"},
		{"a builtin", Draft{Slug: "json", Section: "custom"}, "json: new control: is a name that Rego"},
		{"a test", Draft{Slug: "my-test", Section: "custom"}, "taken for a test"},
		{"a section above", Draft{Slug: "a", Section: ".."}, `section "..": new control: is no name`},
		{"no section", Draft{Slug: "a"}, `section "": new control`},
		{"a reserved section", Draft{Slug: "a", Section: "parameters"}, "is not a place for controls"},
		{"a severity", Draft{Slug: "a", Section: "custom", Severity: "urgent"}, "severity urgent: new control: there is none"},
		{"a broken pattern", Draft{Slug: "a", Section: "custom", Pattern: "{ $.x = }"}, "pattern { $.x = }: new control: "},
		{"a pattern of nothing", Draft{Slug: "a", Section: "custom", Pattern: `{ $.eventName = A && $.eventName = B }`}, "no event can match it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.d.Files()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestDraftAddTo(t *testing.T) {
	d := Draft{Slug: "b", Section: "custom"}
	first := string(Draft{Slug: "a", Section: "custom"}.Edition("mine"))
	for _, tt := range []struct{ name, text, want, err string }{
		{"ours", first, first + "      - {id: \"1.2\", control: b, level: 1, assessment: automated}\n", ""},
		{"there already", strings.ReplaceAll(first, "control: a", "control: b"), "", "mine.yaml:8: control b: is there already"},
		{"flow", "{id: x, title: x, sections: [{controls: [{id: a, control: a}]}]}", "", "does not end with a list"},
		{"something follows", "id: x\nsections:\n- controls:\n  - {id: a, control: a}\ntitle: x\n", "", "does not end with a list"},
		{"not YAML", ":", "", "mine.yaml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := d.AddTo("mine.yaml", []byte(tt.text))
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Fatalf("got %v, want %q", err, tt.err)
			}
			if string(got) != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// embedded is the embedded policies.
func embedded() []Source { return []Source{{Name: "policies", FS: policies.FS, Catalogue: true}} }
