package evaluator

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestReadVerdict(t *testing.T) {
	finding := func(fields string) string {
		return `{"status": "fail", "notes": [], "findings": [{"status": "fail", "message": "x"}, {"status": "fail"` + fields + `}]}`
	}
	for _, c := range []struct{ name, said, want string }{
		{"a set of findings and of notes", `{"status": "fail", "findings": {{"status": "fail", "message": "x"}}, "notes": {"b", "a"}}`, ""},
		{"pointers", finding(`, "message": "y", "pointers": {"/a/0", "111122223333#/b", ""}`), ""},
		{"a text", `"pass"`, `verdict is the text "pass", want an object with status, findings and notes`},
		{"a set", `{"pass"}`, "verdict is a list, want an object with status, findings and notes"},
		{"unknown fields", `{"status": "pass", "findings": [], "notes": [], "z": 1, "note": 2}`, `verdict has a field "note", want only status, findings, notes`},
		{"a field whose name is no text", `{"status": "pass", "findings": [], "notes": [], ["a", 1]: 1}`, `verdict has a field "[\"a\",1]", want only status, findings, notes`},
		{"no status", `{"findings": [], "notes": []}`, "verdict.status is not there, want one of pass, fail, unknown, not_applicable"},
		{"a status that is null", `{"status": null, "findings": [], "notes": []}`, "verdict.status is not there, want one of pass, fail, unknown, not_applicable"},
		{"a status that is true", `{"status": true, "findings": [], "notes": []}`, "verdict.status is true, want one of pass, fail, unknown, not_applicable"},
		{"another status", `{"status": "good", "findings": [], "notes": []}`, `verdict.status is "good", want one of pass, fail, unknown, not_applicable`},
		{"no findings", `{"status": "pass", "notes": []}`, "verdict.findings is not there, want a list (empty if there are none)"},
		{"findings that are an object", `{"status": "pass", "findings": {}, "notes": []}`, "verdict.findings is an object, want a list"},
		{"a finding that is null", `{"status": "pass", "findings": [null], "notes": []}`, "verdict.findings[0] is null, want an object with status and message"},
		{"another field of a finding", finding(`, "message": "y", "mesage": 1`), `verdict.findings[1] has a field "mesage", want only status, message, region, resource, link, evidence, pointers`},
		{"no message", finding(""), "verdict.findings[1] has no message"},
		{"a message that is a number", finding(`, "message": 1.5`), "verdict.findings[1].message is a number, want a text"},
		{"a resource that is null", finding(`, "message": "y", "resource": null`), "verdict.findings[1].resource is null, want a text"},
		{"another link", finding(`, "message": "y", "link": "chain"`), `verdict.findings[1].link is "chain", want one of `},
		{"evidence that is a list", finding(`, "message": "y", "evidence": []`), "verdict.findings[1].evidence is a list, want an object"},
		{"pointers that are null", finding(`, "message": "y", "pointers": null`), "verdict.findings[1].pointers is not there, want a list (empty if there are none)"},
		{"a pointer that is an object", finding(`, "message": "y", "pointers": ["/a", {}]`), "verdict.findings[1].pointers[1] is an object, want a text"},
		{"a pointer that is none", finding(`, "message": "y", "pointers": ["a"]`), `verdict.findings[1].pointers[0] is "a", want a JSON pointer such as /cloudtrail/trails/0`},
		{"no notes", `{"status": "pass", "findings": []}`, "verdict.notes is not there, want a list (empty if there are none)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := readVerdict(verdictRule, ast.MustParseTerm(c.said).Value)
			switch {
			case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			case c.want == "" && v.status != "fail":
				t.Errorf("got %q, want fail", v.status)
			case strings.Contains(c.name, "notes") && c.want == "" && !reflect.DeepEqual(v.notes, []string{"a", "b"}):
				t.Errorf("got the notes %q, want them in order", v.notes)
			}
		})
	}
}

func TestIsPointer(t *testing.T) {
	form := regexp.MustCompile(`^([0-9]{12}#)?(/.*)?$`)
	for _, text := range []string{
		"", "/", "/a/0", "a", "#", "#/a", "111122223333#", "111122223333#/a#b", "111122223333#a", "11112222333#/a", "1111222233334#/a",
		"11112222333x#/a", "/a\n", "/a\nb", "\n", "/a#b", "111122223333", "111122223333#111122223333#/a", "/\xff", "١١١١٢٢٢٢٣٣٣٣#/a",
	} {
		if got, want := isPointer(text), form.MatchString(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestNativeOf(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `1`, `-1.50`, `1e3`, `123456789012345678901234567890`, `"a"`, `""`, `[]`, `set()`, `{}`, `[1, "a", null, [false]]`, `{3, 1, "a", {2, 1}}`,
		`{"a": 1, "b": {"c": {2, 1}}, 3: {"x": [1]}, true: null, [1, {"a"}]: "<&>", {"k": "v"}: 1, {2, 1}: 2}`,
	} {
		value := ast.MustParseTerm(text).Value
		want, err := ast.JSONWithOpt(value, ast.JSONOpt{SortSets: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := nativeOf(value); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v and %v, want %#v", text, got, err, want)
		}
	}
}
