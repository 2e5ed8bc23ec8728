package evaluator

import (
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

func TestConftest(t *testing.T) {
	cases := []struct {
		name, policy string
		want         report.Status
		said         string // the messages of the findings, then the notes
	}{
		{"several rules", "deny contains \"a\"\n\ndeny_b contains \"b\"\n\nviolation_c_d contains {\"msg\": \"c\", \"x\": 1}\n", report.Fail, "a; b; c"},
		{"a warning", "warn contains \"careful\"\n\nwarn_x contains {\"msg\": \"now\"}\n", report.Pass, "warning: careful; warning: now"},
		{"a warning and a denial", "warn contains \"careful\"\n\ndeny contains \"no\"\n", report.Fail, "no; warning: careful"},
		{"nothing to say", "deny contains msg if {\n\tinput.account.id == \"0\"\n\tmsg := \"no\"\n}\n\nwarn_x contains \"x\" if false\n", report.Pass, ""},
		{"a name that is not conftest's", "deny contains \"no\"\n\ndeny__x contains \"y\"\n\ndenied contains \"z\"\n", report.Fail, "no"},
		{"an exception", "deny_a contains \"a\"\n\ndeny_b contains \"b\"\n\nexception contains rules if rules := [\"a\"]\n", report.Fail, `b; deny_a is excused by the package's exception "a": a`},
		{"all excused", "violation_a contains \"a\"\n\nexception contains [\"a\", \"a\"]\n", report.Pass, `violation_a is excused by the package's exception "a": a`},
		{"the plain ones", "deny contains \"a\"\n\ndeny_b contains \"b\"\n\nviolation contains \"c\"\n\nexception contains [\"\"]\n", report.Fail,
			`b; deny is excused by the package's exception "": a; violation is excused by the package's exception "": c`},
		{"an exception of nothing", "deny_a contains \"a\"\n\nexception contains [\"x\"]\n", report.Fail, `a; exception "x": the package has no such deny or violation`},
		{"a warning is never excused", "warn_a contains \"a\"\n\ndeny_a contains \"b\" if false\n\nexception contains [\"a\"]\n", report.Pass, "warning: a"},
		{"a complete rule that is undefined", "deny := [\"x\"] if input.account.id == \"0\"\n", report.Pass, ""},
		{"a function beside it", "deny contains \"a\"\n\nwarn(x) := x\n", report.Fail, "a"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v, _ := conftestRow(t, "package main\n\n"+c.policy)
			var said []string
			for _, f := range v.Findings {
				said = append(said, f.Message)
			}
			if got := strings.Join(append(said, v.Notes...), "; "); v.Status != c.want || got != c.said {
				t.Errorf("got %s: %s\nwant %s: %s", v.Status, got, c.want, c.said)
			}
		})
	}
}

// conftestRow is the row of the control main, and the engine's notes.
func conftestRow(t *testing.T, policy string) (report.Result, []string) {
	t.Helper()
	e, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(map[string]string{"x.rego": policy})}})
	if err != nil {
		t.Fatal(err)
	}
	_, o := testRun(t, nil, testEdition)
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
	if err != nil {
		t.Fatal(err)
	}
	rows := rep.Accounts[0].Results
	return rows[len(rows)-1], e.Notes()
}

func TestConftestIdioms(t *testing.T) {
	cases := []struct{ name, policy, message, note string }{
		{
			"a helper, an index and sprintf, in Rego of before 1.0",
			"package aws.trails\n\nimport input as tf\n\ntrails[t] { t := tf.cloudtrail.trails[_] }\n\nis_ours(t) { startswith(t.Name, \"ours\") }\n\n" +
				"deny_names[msg] {\n\tt := trails[_]\n\tnot is_ours(t)\n\tmsg = sprintf(\"%v is not ours\", [t.Name])\n}\n",
			"is not ours", "mine/x.rego:5: is read as Rego of before OPA 1.0",
		},
		{
			"import rego.v1 and metadata of a result",
			"package main\n\nimport rego.v1\n\nallowed := {\"eu-west-1\"}\n\nviolation contains {\"msg\": msg, \"details\": {\"region\": r}} if {\n\tsome r in input.collection.regions.enabled\n" +
				"\tnot r in allowed\n\tmsg := sprintf(\"%s is not allowed\", [r])\n}\n",
			"is not allowed", "mine/x.rego:9: `not` without `import future.keywords.not`",
		},
		{
			"future keywords and an unused variable",
			"package main\n\nimport future.keywords.if\nimport future.keywords.contains\nimport future.keywords.in\n\ndeny contains msg if {\n\tsome i, t in input.cloudtrail.trails\n\tunused := i\n" +
				"\tmsg := concat(\" \", [\"trail\", t.Name])\n}\n",
			"trail ", "",
		},
		{
			"default and count of a set",
			"package main\n\ndefault enough = false\n\nenough { count(input.cloudtrail.trails) > 5 }\n\ndeny[\"too few trails\"] { not enough }\n",
			"too few trails", "mine/x.rego:5: is read as",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v, notes := conftestRow(t, c.policy)
			if v.Status != report.Fail || len(v.Findings) == 0 || !strings.Contains(v.Findings[0].Message, c.message) {
				t.Errorf("got %+v, want it to fail: %s", v, c.message)
			}
			if got := strings.Join(notes, "\n"); !strings.Contains(got, c.note) || c.note == "" && got != "" {
				t.Errorf("got notes %q, want %q", got, c.note)
			}
		})
	}
}

func TestConftestRefuses(t *testing.T) {
	cases := []struct{ name, policy, want string }{
		{"a map", "deny[msg] := 1 if msg := \"x\"\n", "deny is an object, want a list; write deny contains"},
		{"a text", "deny := \"x\"\n", "deny is the text \"x\", want a list"},
		{"a message of another kind", "deny contains 1\n", "deny[0] is a number, want a text or an object with a text msg"},
		{"an exception of another kind", "deny contains \"a\"\n\nexception contains \"a\"\n", "exception[0] is the text"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(map[string]string{"x.rego": "package main\n\n" + c.policy})}})
			if err != nil {
				t.Fatal(err)
			}
			found, err := e.speechless(t.Context(), 0, []Input{{"a.json", sample(t, "compliant")}})
			if err != nil || len(found) != 1 || !strings.Contains(found[0].Problem, c.want) || found[0].Line == 0 {
				t.Errorf("got %v and %v, want one line that says %q", found, err, c.want)
			}
		})
	}
}

func TestOurOwnStayStrict(t *testing.T) {
	const verdict = "verdict := {\"status\": \"pass\", \"findings\": [], \"notes\": []}\n"
	cases := []struct{ name, a, b, want string }{
		{"a library without the import", "package a\n\n" + verdict, "package b\n\nx if not input.account.alias\n", "mine/b.rego:3: `not` without"},
		{"Rego of before 1.0", "package a\n\n" + verdict, "package b\n\nx { input.account.alias }\n", "mine/b.rego:3: `if` keyword"},
		{"an unused variable", "package a\n\n" + verdict, "package b\n\nx if { y := 1 }\n", "mine/b.rego:3: assigned var y unused"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(map[string]string{"a.rego": c.a, "b.rego": c.b})}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
