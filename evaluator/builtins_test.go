package evaluator

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// asked is what cwl.covers answers, as JSON.
func asked(t *testing.T, b *builtins, question string) map[string]any {
	t.Helper()
	term, err := b.covers(ast.MustParseTerm(question))
	if err != nil {
		t.Fatal(err)
	}
	return plain(t, term)
}

func plain(t *testing.T, term *ast.Term) map[string]any {
	t.Helper()
	value, err := ast.JSON(term.Value)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestCovers(t *testing.T) {
	b := newBuiltins()
	covered := asked(t, b, `{"required": ["{ $.eventName = Never }", "{ $.eventName = A }"], "deployed": ["{ $.eventName = \"A\" }", "{ $.x = }"]}`)
	if covered["answer"] != "covers" || covered["required"] != 1.0 {
		t.Errorf("got %v, want the second alternative covered", covered)
	}
	if invalid, _ := covered["invalid"].([]any); len(invalid) != 1 || !strings.Contains(invalid[0].(map[string]any)["pattern"].(string), "$.x") {
		t.Errorf("got invalid %v, want the broken pattern", covered["invalid"])
	}
	missed := asked(t, b, `{"required": ["{ ($.eventName = A) || ($.eventName = B) }"], "deployed": {"{ $.eventName = A }"}, "scope": "{ $.eventSource = s3.amazonaws.com }", "except": []}`)
	if missed["answer"] != "misses" || missed["event"].(map[string]any)["eventName"] != "B" {
		t.Errorf("got %v, want B missed", missed)
	}
	nearest, _ := missed["nearest"].(map[string]any)
	if text, _ := nearest["text"].(string); text != "1 of 2: B is missed" {
		t.Errorf("got nearest %v, want 1 of 2: B is missed", nearest)
	}
	broad := asked(t, b, `{"required": ["{ $.eventName = A }"], "deployed": ["{ $.eventName = * }"]}`)
	if broad["answer"] != "covers" || broad["over_broad"] == nil {
		t.Errorf("got %v, want covers, over-broad", broad)
	}
}

func TestCoversRefuses(t *testing.T) {
	cases := []struct{ name, question, want string }{
		{"a broken requirement", `{"required": ["{ $.x = }"], "deployed": []}`, "required: { $.x = }: offset"},
		{"a broken scope", `{"required": ["{ $.x = 1 }"], "deployed": [], "scope": "{"}`, "scope: {: offset"},
		{"no texts", `{"required": [1], "deployed": []}`, "required: 1 is not a text"},
		{"no list", `{"required": "a", "deployed": []}`, "required is not a list"},
		{"a field too many", `{"required": [], "deployed": [], "deploied": []}`, `question has a field "deploied"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := newBuiltins().covers(ast.MustParseTerm(c.question)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestCoversRemembers(t *testing.T) {
	b := newBuiltins()
	first, err := b.covers(ast.MustParseTerm(`{"required": ["{ $.a = 1 }"], "deployed": ["{ $.a = 1 }", "{ $.b = 1 }"]}`))
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.covers(ast.MustParseTerm(`{"required": ["{ $.a = 1 }"], "deployed": ["{ $.b = 1 }", "{ $.a = 1 }", "{ $.b = 1 }"]}`))
	if err != nil {
		t.Fatal(err)
	}
	if first != again {
		t.Error("got another answer for the same question, want the remembered one")
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { asked(t, b, `{"required": ["{ $.a = 1 }"], "deployed": []}`) })
	}
	group.Wait()
}

// TestQuestionsAreToldApart: questions of the same texts in other places are others, also when texts are numbered anew.
func TestQuestionsAreToldApart(t *testing.T) {
	b := newBuiltins()
	b.numbers = newCache[string, uint64](3)
	keys := map[string]string{}
	for _, question := range []string{
		`{"required": ["x"], "deployed": ["y"]}`,
		`{"required": ["y"], "deployed": ["x"]}`,
		`{"required": ["x", "y"], "deployed": []}`,
		`{"required": ["x"], "deployed": [], "except": ["y"]}`,
		`{"required": ["x"], "deployed": [], "scope": "y"}`,
		`{"required": [], "deployed": ["x", "y"]}`,
		`{"required": ["x"], "deployed": ["z"]}`,
		`{"required": ["x"], "deployed": ["y", "z"]}`,
	} {
		q, err := b.readQuestion(ast.MustParseTerm(question))
		if err != nil {
			t.Fatal(err)
		}
		var deployed []uint64
		for _, p := range q.found {
			deployed = append(deployed, p.text)
		}
		key := b.key(&q, deployed)
		if other := keys[key]; other != "" {
			t.Errorf("got one key of %s and %s, want two", other, question)
		}
		keys[key] = question
	}
}

func TestParseAndMatches(t *testing.T) {
	b := newBuiltins()
	good, err := b.parse(ast.StringTerm(`{$.a=1}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := plain(t, good); got["valid"] != true || got["form"] != "json" || got["canonical"] == "" {
		t.Errorf("got %v, want a valid pattern of the JSON form", got)
	}
	bad, err := b.parse(ast.StringTerm(`{ $.a == 1 }`))
	if err != nil {
		t.Fatal(err)
	}
	if got := plain(t, bad); got["valid"] != false || got["offset"] == 0.0 || got["error"] == "" {
		t.Errorf("got %v, want an error and its offset", got)
	}
	for pattern, want := range map[string]string{`{ $.a = 1 }`: "true", `{ $.a = 2 }`: "false", `{ $.a == 2 }`: "null"} {
		got, err := b.matches(ast.StringTerm(pattern), ast.MustParseTerm(`{"a": 1}`))
		if err != nil || got.String() != want {
			t.Errorf("%s: got %v and %v, want %s", pattern, got, err, want)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache[int, int](10)
	for i := range 100 {
		c.put(i, i)
	}
	if len(c.values) > 10 {
		t.Errorf("got %d values, want at most 10", len(c.values))
	}
	if v, ok := c.get(99); !ok || v != 99 {
		t.Errorf("got %d, %t, want the newest value", v, ok)
	}
}
