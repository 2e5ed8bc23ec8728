package evaluator

import (
	"strings"
	"testing"
)

func TestDataFiles(t *testing.T) {
	const policy = "package mine.x\n\nverdict := {\"status\": \"pass\", \"findings\": [], \"notes\": [data.limits.word]}\n"
	cases := []struct {
		name  string
		files map[string]string
		want  string // the note, or the error
	}{
		{"at the root", map[string]string{"data.json": `{"limits": {"word": "a"}}`}, "a"},
		{"in a folder", map[string]string{"limits/data.json": `{"word": "b"}`}, "b"},
		{"YAML", map[string]string{"limits/data.yaml": "word: c\n"}, "c"},
		{"two files", map[string]string{"limits/data.yml": "word: d\n", "data.json": `{"limits": {"other": 1}}`}, "d"},
		{"beside a package", map[string]string{"data.json": `{"limits": {"word": "e"}, "mine": {"other": 1}}`}, "e"},
		{"ours", map[string]string{"data.json": `{"limits": {"word": "f"}, "parameters": {"max_events": 7}, "as_of": "x", "exceptions": {"mine": ["{ $.a = b }"]}}`}, "f"},
		{"other files", map[string]string{"limits.json": `{"word": "g"}`, "limits/data.json": `{"word": "h"}`}, "h"},
		{"a conflict", map[string]string{"data.json": `{"limits": {"word": "i"}}`, "limits/data.json": `{"word": "j"}`}, "mine/limits/data.json: read data: data.limits.word is in mine/data.json already"},
		{"no object", map[string]string{"data.json": `[1]`}, "mine/data.json: read data: is a list, want an object"},
		{"no JSON", map[string]string{"data.json": "{\n\n\"a\": }"}, "mine/data.json:3: read data: "},
		{"a rule there", map[string]string{"data.json": `{"mine": {"x": {"verdict": 1}}}`}, "mine/x.rego:3: data.mine.x.verdict is a rule, and mine/data.json has data there"},
		{"a value above a rule", map[string]string{"data.json": `{"mine": 1}`}, "mine/x.rego:3: data.mine is a rule, and mine/data.json has data there"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.files["x.rego"] = policy
			e, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(c.files)}})
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			_, o := testRun(t, nil, testEdition)
			rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
			if err != nil {
				t.Fatal(err)
			}
			rows := rep.Accounts[0].Results
			if got := rows[len(rows)-1].Notes; len(got) != 1 || got[0] != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if left := strings.Join(e.Notes(), "\n"); strings.Contains(left, "data.as_of") != (c.name == "ours") {
				t.Errorf("got notes %q, want them to name what is not taken", left)
			}
		})
	}
}

func TestDataFilesOfTwoSources(t *testing.T) {
	one := Source{Name: "one", FS: policyFS(map[string]string{"data.json": `{"limits": {"word": "a"}}`})}
	two := Source{Name: "two", FS: policyFS(map[string]string{"limits/data.json": `{"word": "b"}`, "x.rego": "package x\n"})}
	if _, err := Compile(t.Context(), []Source{one, two}); err == nil || !strings.Contains(err.Error(), "two/limits/data.json: read data: data.limits.word is in one/data.json already") {
		t.Errorf("got %v, want both files named", err)
	}
}

func TestDataFilesAreInTheDigest(t *testing.T) {
	digest := func(word string) string {
		files := map[string]string{"data.json": `{"a": "` + word + `"}`, "x.rego": trailPolicy}
		e, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(files)}})
		if err != nil {
			t.Fatal(err)
		}
		return e.digest(&Benchmark{}) + e.origins[0].Digest
	}
	if once, again := digest("a"), digest("a"); once == digest("b") || once != again {
		t.Error("got a digest that does not follow the data")
	}
}

func TestDataFilesInTests(t *testing.T) {
	files := map[string]string{
		"data.json":   `{"limits": {"word": "a"}}`,
		"x_test.rego": "package x_test\n\ntest_passes_with_data if data.limits.word == \"a\"\n\ntest_passes_with_ours if data.parameters.max_events == 1\n",
	}
	results, err := Test(t.Context(), []Source{{Name: "mine", FS: policyFS(files)}}, TestOptions{})
	if err != nil || len(results) != 2 || results[0].Failed || results[1].Failed {
		t.Errorf("got %+v and %v, want two tests that pass", results, err)
	}
}

// TestDigestKnowsTheOrder gives two sources that have the same package: the later one judges, so the digests differ.
func TestDigestKnowsTheOrder(t *testing.T) {
	const a, b = "package mine.x\n\n" + passVerdict, "package mine.x\n\nverdict := {\"status\": \"fail\", \"findings\": [], \"notes\": []}\n"
	digest := func(texts ...map[string]string) string {
		sources := embedded()
		for i, text := range texts {
			sources = append(sources, Source{Name: string(rune('a' + i)), FS: policyFS(text)})
		}
		e, err := Compile(t.Context(), sources)
		if err != nil {
			t.Fatal(err)
		}
		return e.digest(&Benchmark{})
	}
	for _, file := range []struct{ name, one, other string }{{"x.rego", a, b}, {"data.json", `{"x": 1}`, `{"y": 2}`}} {
		one, other := map[string]string{file.name: file.one, "z.rego": "package mine.z\n\n" + passVerdict}, map[string]string{file.name: file.other}
		if digest(one, other) == digest(other, one) {
			t.Errorf("%s: got one digest for two orders of the sources", file.name)
		}
		if again := digest(one, other); again != digest(one, other) {
			t.Errorf("%s: got another digest of the same sources", file.name)
		}
	}
	shipped, err := Compile(t.Context(), embedded())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range shipped.files {
		if f.place != 0 {
			t.Fatalf("%s: got place %d, want none: the shipped policies have no order", f.path, f.place)
		}
	}
}
