package evaluator

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

const (
	passVerdict = "verdict := {\"status\": \"pass\", \"findings\": [], \"notes\": []}\n"
	goodPolicy  = "package mine.good\n\n" + passVerdict
)

// isolated is the report on the compliant account by the shipped policy and the user's.
func isolated(t *testing.T, mine map[string]string) *report.Report {
	t.Helper()
	shipped := Source{Name: "p", FS: policyFS(map[string]string{
		"v.rego":         trailPolicy,
		"lib/watch.rego": "package policies.lib.watch\n\njudge := " + strings.TrimPrefix(passVerdict, "verdict := "),
		"watched.rego": "# METADATA\n# custom: {control: watched}\npackage policies.watched\n\nimport data.policies.lib.watch\n\n" +
			"verdict := watch.judge\n",
	}), Catalogue: true}
	e, err := Isolate(t.Context(), []Source{shipped, {Name: "mine", FS: policyFS(mine)}})
	if err != nil {
		t.Fatal(err)
	}
	edition := strings.Replace(testEdition, `      - {id: "4.1"`, "      - {id: \"4.3\", control: watched}\n      - {id: \"4.1\"", 1)
	b, err := ParseBenchmark("edition.yaml", []byte(edition))
	if err != nil {
		t.Fatal(err)
	}
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, Options{Benchmark: b})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// statusesOf is "control:status" of each row but that which a human judges.
func statusesOf(rep *report.Report) string {
	var all []string
	for _, r := range rep.Accounts[0].Results {
		if r.Status != report.Manual {
			all = append(all, r.Control+":"+string(r.Status))
		}
	}
	return strings.Join(all, " ")
}

func TestIsolate(t *testing.T) {
	const judged = "log-validation:pass watched:pass"
	cases := []struct {
		name     string
		mine     map[string]string
		statuses string
		errors   []string // "control file:line: problem", as they begin
	}{
		{"nothing wrong", map[string]string{"good.rego": goodPolicy}, judged + " good:pass", nil},
		{
			"does not parse", map[string]string{"good.rego": goodPolicy, "bad.rego": "# METADATA\n# custom: {control: my-slug}\npackage mine.bad\n\nverdict := {\n"},
			judged + " good:pass my-slug:unknown", []string{"my-slug mine/bad.rego:6: "},
		},
		{
			"no package", map[string]string{"good.rego": goodPolicy, "a/bad_one.rego": "verdict := 1\n"},
			judged + " bad-one:unknown good:pass", []string{"bad-one mine/a/bad_one.rego:1: "},
		},
		{
			"a misspelt field", map[string]string{"good.rego": goodPolicy, "bad.rego": "package mine.bad\n\nverdict := input.cloudtrail.trials\n"},
			judged + " bad:unknown good:pass", []string{"bad mine/bad.rego:3: input.cloudtrail has no field trials; did you mean trails?"},
		},
		{
			"an undefined function", map[string]string{"good.rego": goodPolicy, "bad.rego": "package mine.bad\n\nverdict := cwl.parze(\"\")\n"},
			judged + " bad:unknown good:pass", []string{"bad mine/bad.rego:3: undefined function cwl.parze"},
		},
		{
			"a rule of the house", map[string]string{"good.rego": goodPolicy, "bad.rego": "package mine.bad\n\n" + passVerdict + "\nx if not input.x\n"},
			judged + " bad:unknown good:pass", []string{"bad mine/bad.rego:5: `not` without"},
		},
		{
			"bad METADATA", map[string]string{"good.rego": goodPolicy, "bad.rego": "# METADATA\n# custom: {control: [a]}\npackage mine.bad\n\n" + passVerdict},
			judged + " bad:unknown good:pass", []string{"bad mine/bad.rego:1: METADATA custom.control is not a text"},
		},
		{
			"METADATA that is no YAML", map[string]string{"good.rego": goodPolicy, "bad.rego": "# METADATA\n# custom: {control: [a}\npackage mine.bad\n\n" + passVerdict},
			judged + " bad:unknown good:pass", []string{"bad mine/bad.rego:"},
		},
		{
			"a slug twice", map[string]string{"good.rego": goodPolicy, "twice.rego": "# METADATA\n# custom: {control: good}\npackage mine.twice\n\n" + passVerdict},
			judged + " good:unknown", []string{"good mine/twice.rego:3: control good has a policy already: mine/good.rego"},
		},
		{
			"a library, and what rests on what rests on it", map[string]string{
				"good.rego": goodPolicy,
				"lib.rego":  "package mine.lib.x\n\ny := input.cloudtrail.trials\n",
				"a.rego":    "package mine.a\n\nimport data.mine.lib.x\n\nz := x.y\n",
				"b.rego":    "package mine.b\n\nverdict := data.mine.a.z\n",
			},
			judged + " b:unknown good:pass", []string{
				" mine/a.rego:5: rests on package mine.lib.x, which cannot be used: mine/lib.rego:3: ",
				"b mine/b.rego:3: rests on package mine.a, which cannot be used: mine/lib.rego:3: ",
				" mine/lib.rego:3: input.cloudtrail has no field trials",
			},
		},
		{
			"another file of the package", map[string]string{
				"good.rego": goodPolicy,
				"a.rego":    "package mine.a\n\n" + passVerdict,
				"b.rego":    "package mine.a\n\nhelp := {\n",
			},
			judged + " a:unknown good:pass", []string{"a mine/b.rego:4: "},
		},
		{
			"a file without a package, and what may rest on it", map[string]string{
				"good.rego": goodPolicy,
				"lib.rego":  "packgae mine.lib\n\nx := 1\n",
				"b.rego":    "package mine.b\n\nverdict := data.mine.lib.x\n",
			},
			judged + " b:unknown good:pass lib:unknown", []string{"b mine/b.rego:3: rests on data.mine.lib.x, which no policy defines", "lib mine/lib.rego:1: ", "lib mine/lib.rego:1: package expected"},
		},
		{
			"a shipped library replaced by one that does not parse", map[string]string{"good.rego": goodPolicy, "w.rego": "package policies.lib.watch\n\njudge := {\n"},
			"log-validation:pass watched:unknown good:pass", []string{" mine/w.rego:4: ", "watched p/watched.rego:7: rests on package policies.lib.watch, which cannot be used: mine/w.rego:4: "},
		},
		{
			"a shipped library replaced by one that lacks a function", map[string]string{"good.rego": goodPolicy, "w.rego": "package policies.lib.watch\n\nother := 1\n"},
			"log-validation:pass watched:unknown good:pass", []string{"watched p/watched.rego"},
		},
		{
			"a shipped control replaced", map[string]string{"v.rego": strings.Replace(trailPolicy, "cloudtrail.trails", "cloudtrail.trials", 1)},
			"log-validation:unknown watched:pass", []string{"log-validation mine/v.rego:15: "},
		},
		{
			"a shipped control replaced under its slug", map[string]string{"v.rego": "# METADATA\n# custom: {control: log-validation}\npackage mine.v\n\nverdict := input.x\n"},
			"log-validation:unknown watched:pass", []string{"log-validation mine/v.rego:5: "},
		},
		{
			"a rule in the way of a shipped package", map[string]string{"good.rego": goodPolicy, "w.rego": "package policies\n\nlib := 1\n"},
			judged + " good:pass", []string{" mine/w.rego:3: rule data.policies.lib conflicts with"},
		},
		{
			"a package below a shipped rule", map[string]string{"good.rego": goodPolicy, "w.rego": "package policies.lib.watch.judge\n\nx := 1\n"},
			judged + " good:pass", []string{
				" mine/w.rego:1: is in the way of p/lib/watch.rego:1: ", " mine/w.rego:1: is in the way of p/lib/watch.rego:3: ",
			},
		},
		{
			"rules that rest on each other", map[string]string{"good.rego": goodPolicy, "bad.rego": "package mine.bad\n\nverdict := a\n\na := b\n\nb := a\n"},
			judged + " bad:unknown good:pass", []string{"bad mine/bad.rego:5: rule data.mine.bad.a is recursive", "bad mine/bad.rego:7: rule data.mine.bad.b is recursive"},
		},
		{
			"what the evaluator fills", map[string]string{"good.rego": goodPolicy, "bad.rego": "package benchmark.x\n\n" + passVerdict},
			judged + " good:pass x:unknown", []string{"x mine/bad.rego:1: package benchmark.x: the evaluator itself"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rep := isolated(t, c.mine)
			if got := statusesOf(rep); got != c.statuses {
				t.Errorf("got  %s\nwant %s", got, c.statuses)
			}
			var got []string
			for _, p := range rep.Policies.Errors {
				got = append(got, p.Control+" "+(&PolicyError{p.File, p.Line, p.Problem, ""}).Error())
			}
			if !slices.EqualFunc(got, c.errors, strings.HasPrefix) {
				t.Errorf("got errors\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.errors, "\n"))
			}
			for _, r := range rep.Accounts[0].Results {
				if r.Status == report.Unknown && (len(r.Findings) != 1 || !strings.HasPrefix(r.Findings[0].Message, "the policy could not judge: ")) {
					t.Errorf("got %+v, want one finding that says why", r)
				}
			}
		})
	}
}

func TestIsolateNothingLeft(t *testing.T) {
	e, err := Isolate(t.Context(), []Source{{Name: "mine", FS: policyFS(map[string]string{"x.rego": "package mine.x\n\nverdict := {\n"})}})
	if err != nil {
		t.Fatal(err)
	}
	_, o := testRun(t, nil, testEdition)
	rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := statusesOf(rep); got != "x:unknown" {
		t.Errorf("got %s, want x:unknown", got)
	}
	if broken := e.Broken(); len(broken) != 1 || broken[0].Line != 4 {
		t.Errorf("got %v, want the one error", broken)
	}
}

func TestIsolateRefusesShipped(t *testing.T) {
	for name, text := range map[string]string{
		"does not parse":   "package x\n\ny := {\n",
		"does not compile": "package x\n\ny := z\n",
		"house rule":       "package x\n\ny if not input.x\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Isolate(t.Context(), []Source{
				{Name: "p", FS: policyFS(map[string]string{"x.rego": text}), Catalogue: true},
				{Name: "mine", FS: policyFS(map[string]string{"good.rego": goodPolicy})},
			})
			var problems PolicyErrors
			if !errors.As(err, &problems) || problems[0].File != "p/x.rego" {
				t.Errorf("got %v, want the error of p/x.rego", err)
			}
		})
	}
}

// TestIsolateLeavesTheShipped gives packages that lie among the shipped ones: what is wrong with them is wrong with nothing else.
func TestIsolateLeavesTheShipped(t *testing.T) {
	const broken = "verdict := {\n"
	for _, test := range []struct {
		name, file, text string
		want             string // the rows that do not pass
		reason           string
	}{
		{"a new control that does not parse", "zz.rego", "package policies.monitoring.zz\n\n" + broken, "zz:unknown", "mine/zz.rego:4: "},
		{"a new control with an unused import", "zz.rego", "package policies.monitoring.zz\n\nimport data.policies.lib.chain\n\n" + passVerdict, "zz:unknown", "mine/zz.rego:3: import data.policies.lib.chain unused"},
		{"a new control that goes in a circle", "zz.rego", "package policies.monitoring.zz\n\nimport data.policies.lib.coverage\n\n" + passVerdict + "\npatterns := [x | some x in coverage.known]\n", "zz:unknown", "mine/zz.rego:7: "},
		{"a new control with patterns", "zz.rego", "package policies.monitoring.zz\n\npatterns := [\"{ $.a = 1 }\"]\n\n" + passVerdict, "", ""},
		{"a control replaced by what does not parse", "r.rego", "package policies.monitoring.root_usage\n\n" + broken, "root-usage:unknown", "mine/r.rego:4: "},
		{
			"a control replaced under another name", "r.rego", "# METADATA\n# custom: {control: mynew}\npackage policies.monitoring.root_usage\n\n" + passVerdict,
			"root-usage:unknown", "mine/r.rego:3: replaces package policies.monitoring.root_usage, which is control root-usage, and is no policy of that control",
		},
		{"a rule where the shipped packages are", "m.rego", "package policies\n\nmonitoring := {}\n", "", ""},
		{"data where a shipped rule is", "policies/lib/trails/data.json", `{"listed": 3, "other": 4}`, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			sources := append(embedded(), Source{Name: "mine", FS: policyFS(map[string]string{test.file: test.text, "good.rego": goodPolicy})})
			e, err := Isolate(t.Context(), sources)
			if err != nil {
				t.Fatal(err)
			}
			all, err := Benchmarks(sources)
			if err != nil {
				t.Fatal(err)
			}
			rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, Options{Benchmark: all[len(all)-1]})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range rep.Accounts[0].Results {
				if r.Status == report.Pass || r.Status == report.Manual {
					continue
				}
				got = append(got, r.Control+":"+string(r.Status))
				if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, test.reason) {
					t.Errorf("got %+v, want %q", r.Findings, test.reason)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if shadowed := strings.Contains(test.file, "data"); shadowed && !slices.ContainsFunc(e.Broken(), func(p *PolicyError) bool {
				return strings.HasPrefix(p.Problem, "data.policies.lib.trails.listed is not taken")
			}) {
				t.Errorf("got %v, want what is said of the data", e.Broken())
			}
		})
	}
}
