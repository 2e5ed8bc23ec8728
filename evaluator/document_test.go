package evaluator

import (
	"strconv"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// resolve follows a JSON pointer; nil if it points to nothing.
func resolve(v ast.Value, pointer string) ast.Value {
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if list, ok := v.(*ast.Array); ok {
			i, err := strconv.Atoi(step)
			if err != nil || i >= list.Len() {
				return nil
			}
			v = list.Elem(i).Value
			continue
		}
		if v = at(v, ast.StringTerm(step)); v == nil {
			return nil
		}
	}
	return v
}

func TestDocumentAccess(t *testing.T) {
	v := ast.MustParseTerm(`{"a": {"b": ["x", {"c": 1}]}, "t": "text"}`).Value
	if got := textAt(v, ast.StringTerm("t")); got != "text" {
		t.Errorf("got %q, want text", got)
	}
	if got := textAt(v, ast.StringTerm("a")); got != "" {
		t.Errorf("got %q of an object, want nothing", got)
	}
	if listAt(v, terms("a", "c")...) != nil || listAt(v, terms("t", "x")...) != nil {
		t.Error("got a list that is not there")
	}
	if got := resolve(v, "/a/b/1/c"); got == nil || got.String() != "1" {
		t.Errorf("got %v, want 1", got)
	}
	count := 0
	eachAt(v, terms("a", "b"), func(int, ast.Value) { count++ })
	if count != 2 {
		t.Errorf("got %d members, want 2", count)
	}
}
