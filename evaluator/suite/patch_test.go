package suite

import (
	"errors"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots/samples"
)

func TestPatch(t *testing.T) {
	const document = `{"a": {"b/c": [1, 2, 3], "~": null}, "d": "text"}`
	for name, c := range map[string]struct {
		of   []Operation
		want string // the document, or what is wrong with it
	}{
		"add a member":        {[]Operation{{Op: "add", Path: "/e", Value: true}}, `{"a":{"b/c":[1,2,3],"~":null},"d":"text","e":true}`},
		"add in a list":       {[]Operation{{Op: "add", Path: "/a/b~1c/1", Value: "x"}}, `{"a":{"b/c":[1,"x",2,3],"~":null},"d":"text"}`},
		"add at the end":      {[]Operation{{Op: "add", Path: "/a/b~1c/-", Value: "x"}}, `{"a":{"b/c":[1,2,3,"x"],"~":null},"d":"text"}`},
		"add behind the end":  {[]Operation{{Op: "add", Path: "/a/b~1c/4", Value: "x"}}, "patch: add /a/b~1c/4: /a/b~1c has no item 4"},
		"replace the whole":   {[]Operation{{Op: "replace", Path: "", Value: "x"}}, `"x"`},
		"replace an escaped":  {[]Operation{{Op: "replace", Path: "/a/~0", Value: "x"}}, `{"a":{"b/c":[1,2,3],"~":"x"},"d":"text"}`},
		"replace nothing":     {[]Operation{{Op: "replace", Path: "/f", Value: "x"}}, "patch: replace /f: the snapshot has no f"},
		"remove an item":      {[]Operation{{Op: "remove", Path: "/a/b~1c/0"}}, `{"a":{"b/c":[2,3],"~":null},"d":"text"}`},
		"remove a member":     {[]Operation{{Op: "remove", Path: "/a"}}, `{"d":"text"}`},
		"remove all":          {[]Operation{{Op: "remove", Path: ""}}, "patch: remove : the whole snapshot cannot be removed"},
		"remove -":            {[]Operation{{Op: "remove", Path: "/a/b~1c/-"}}, "patch: remove /a/b~1c/-: /a/b~1c is a list, and - is no place in it"},
		"into a text":         {[]Operation{{Op: "add", Path: "/d/x", Value: 1}}, `patch: add /d/x: /d is "text": nothing is in it`},
		"move":                {[]Operation{{Op: "move", From: "/a/b~1c", Path: "/e"}}, `{"a":{"~":null},"d":"text","e":[1,2,3]}`},
		"move into itself":    {[]Operation{{Op: "move", From: "/a", Path: "/a/x"}}, "patch: move /a/x: a value cannot move into itself"},
		"move to where it is": {[]Operation{{Op: "move", From: "/d", Path: "/d"}}, `{"a":{"b/c":[1,2,3],"~":null},"d":"text"}`},
		"a copy is another":   {[]Operation{{Op: "copy", From: "/a", Path: "/e"}, {Op: "remove", Path: "/a/b~1c"}}, `{"a":{"~":null},"d":"text","e":{"b/c":[1,2,3],"~":null}}`},
		"test holds":          {[]Operation{{Op: "test", Path: "/a/b~1c", Value: []any{1, 2.0, 3}}}, `{"a":{"b/c":[1,2,3],"~":null},"d":"text"}`},
		"test does not hold":  {[]Operation{{Op: "test", Path: "/d", Value: "dog"}}, `patch: test /d: is "text", not "dog"`},
	} {
		got, err := patch([]byte(document), c.of)
		said := string(got)
		var wrong *patchError
		if errors.As(err, &wrong) {
			said = wrong.Error()
		}
		if !strings.HasPrefix(said, c.want) {
			t.Errorf("%s: got %s, want %s", name, said, c.want)
		}
	}
}

func FuzzPatch(f *testing.F) {
	f.Add("add", "/a/0", "/a")
	f.Add("move", "/a/-", "")
	f.Fuzz(func(_ *testing.T, op, path, from string) {
		if path != "" && path[0] != '/' || from != "" && from[0] != '/' {
			return // refused when the suite is read
		}
		_, _ = patch([]byte(`{"a": [1, {"b": 2}], "": {}}`), []Operation{{Op: op, Path: path, From: from, Value: 1}})
	})
}

func TestPatchAddsNoStrangeField(t *testing.T) {
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, want, hint string }{
		{"/cloudwatch/alarms/0/ActionEnabled", `no snapshot has a field "ActionEnabled" there`, "ActionsEnabled"},
		{"/cloudtrail/trails/0/Foo", `no snapshot has a field "Foo" there`, "cistern snapshot schema"},
		{"/cloudwatch/alarms/0/ActionsEnabled", "", ""},
	} {
		_, err := patched(s, []Operation{{Op: "add", Path: c.path, Value: false, Line: 7}})
		var wrong *patchError
		switch {
		case c.want == "" && err == nil:
		case !errors.As(err, &wrong) || wrong.line != 7 || !strings.Contains(wrong.problem, c.want) || !strings.Contains(wrong.hint, c.hint):
			t.Errorf("%s: got %v, want %q (%q)", c.path, err, c.want, c.hint)
		}
	}
}
