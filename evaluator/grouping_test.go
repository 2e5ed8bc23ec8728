package evaluator

import (
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestGroup(t *testing.T) {
	const records = `[{"a": "x", "b": {"c": 1}}, {"a": "x"}, {"a": "x", "b": {"c": 1}}, {"a": "1:x"}, {"a": ["x"]}, "text"]`
	cases := []struct{ fields, want string }{
		{`["a"]`, `{["x"]: [0, 1, 2], ["1:x"]: [3], [["x"]]: [4], [null]: [5]}`},
		{`["a", ["b", "c"]]`, `{["x", 1]: [0, 2], ["x", null]: [1], ["1:x", null]: [3], [["x"], null]: [4], [null, null]: [5]}`},
		{`[]`, `{[]: [0, 1, 2, 3, 4, 5]}`},
	}
	for _, c := range cases {
		got, err := group(ast.MustParseTerm(records), ast.MustParseTerm(c.fields))
		if err != nil {
			t.Fatal(err)
		}
		if want := ast.MustParseTerm(c.want); !got.Equal(want) {
			t.Errorf("by %s: got %v, want %v", c.fields, got, want)
		}
	}
}

func TestGroupRefuses(t *testing.T) {
	for _, c := range []struct{ records, fields, want string }{
		{`{"a": 1}`, `["a"]`, "records is not a list"},
		{`[]`, `"a"`, "fields is not a list"},
		{`[]`, `[1]`, "neither a name nor a list of names"},
	} {
		if _, err := group(ast.MustParseTerm(c.records), ast.MustParseTerm(c.fields)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s by %s: got %v, want %s", c.records, c.fields, err, c.want)
		}
	}
}
