package evaluator_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func newSession(t *testing.T) *evaluator.Session {
	t.Helper()
	sources := []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}}
	all, err := evaluator.Benchmarks(sources)
	if err != nil {
		t.Fatal(err)
	}
	b, err := evaluator.FindBenchmark(all, "")
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	options := evaluator.QueryOptions{Options: evaluator.Options{Benchmark: b, Tool: report.Tool{Name: "cistern"}}, Input: &evaluator.Input{Name: "compliant", Snapshot: snapshot}}
	s, err := evaluator.NewSession(t.Context(), sources, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// enter is an entry's answer in one line: the values, the notes, or the error.
func enter(ctx context.Context, s *evaluator.Session, text string) string {
	answer, err := s.Enter(ctx, text, evaluator.TraceOf{})
	switch {
	case err != nil:
		return "error: " + err.Error()
	case !answer.Asked:
		return strings.Join(answer.Notes, "; ")
	case len(answer.Results) == 0:
		return "undefined"
	}
	var values []string
	for _, r := range answer.Results {
		for _, e := range r.Expressions {
			text, err := json.Marshal(e.Value)
			if err != nil {
				return err.Error()
			}
			values = append(values, string(text))
		}
	}
	return strings.Join(values, " ")
}

func TestSession(t *testing.T) {
	s := newSession(t)
	for _, c := range []struct{ name, entries, want string }{
		{"a query", "1 + 1", "2"},
		{"a value stays", "n := 20 | n * 2", "n: defined | 40"},
		{"what might begin a rule", "n := 20 | n*2 | m := n*2 | m", "n: defined | 40 | m: defined | 40"},
		{"a value is defined anew", "n := 1 | n := 2 | n", "n: defined | n: defined anew | 2"},
		{"what rests on it follows", "n := 1 | m := n + 1 | n := 5 | m", "n: defined | m: defined | n: defined anew | 6"},
		{"a function", "f(x) := x * 2 | f(4) | f(x) := x * 3 | f(4)", "f: defined | 8 | f: defined anew | 12"},
		{"rules of one entry add up", "p contains 1\np contains 2 | p", "p: defined | [1,2]"},
		{"a set", "p contains t.Name if { some t in input.cloudtrail.trails } | count(p)", "p: defined | 1"},
		{"an import", "import data.policies.lib.trails | some t in trails.listed; t.logging.state | n := count(trails.listed) | n",
			`trails is data.policies.lib.trails | true "yes" | n: defined | 1`},
		{"data of the policies beside a definition", "n := 1 | n == 1; data.policies.monitoring.root_usage.verdict.status", `n: defined | true "pass"`},
		{"a definition by its path", "n := 7 | data.repl.n", "n: defined | 7"},
		{"a condition is none", "n = 1", "true"},
		{"two assignments ask", "n := 1; m := 2", "true true"},
		{"with", "n := count(input.cloudtrail.trails) with input.cloudtrail.trails as [] | n", "n: defined | 0"},
		{"not is true of what is absent", "not input.linked[9].account.id", "true"},
		{"undefined", "input.linked[_]", "undefined"},
		{"a misspelt field", "input.cloudtrial", "error: query:1: input has no field cloudtrial; did you mean cloudtrail?"},
		{"a misspelt field in a definition", "n := input.cloudtrial | n",
			"error: definition of n:1: input has no field cloudtrial; did you mean cloudtrail? | error: query:1: var n is unsafe"},
		{"the network", "n := http.send({})", "error: definition of n:1: http.send: a policy may not reach the network, the process or chance: its verdict must follow from the snapshot alone"},
		{"a failed definition changes nothing", "n := 1 | n := m | n", "n: defined | error: definition of n:1: var m is unsafe | 1"},
		{"recursion", "n := 1 | n := n + 1 | n", "n: defined | error: definition of n:1: rule data.repl.n is recursive: data.repl.n -> data.repl.n | 1"},
		{"more values than one", "n := [1, 2][_] | n", "n: defined | error: definition of n:1: evaluate: rule data.repl.n produced conflicting values:\n  1 at definition of n:1\n  2 at definition of n:1"},
		{"strict builtins", "n := 1 / 0 | n", "n: defined | error: definition of n:1: evaluate: div: divide by zero"},
		{"a name that is imported", "import data.policies.lib.trails | trails := 1", "trails is data.policies.lib.trails | error: definition of trails:1: trails is imported: data.policies.lib.trails"},
		{"an import of nothing", "import data.policies.lib.trials", "error: query:1: import data.policies.lib.trials: there is no such package or rule"},
		{"a package", "package x", "error: query:1: package: the session's definitions have their own"},
		{"not Rego", "1 +", "error: query:1: unexpected eof token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := s.Clear(""); err != nil {
				t.Fatal(err)
			}
			var got []string
			for entry := range strings.SplitSeq(c.entries, " | ") {
				answer, _, _ := strings.Cut(enter(t.Context(), s, entry), " (and ")
				got = append(got, answer)
			}
			if got := strings.Join(got, " | "); got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.entries, got, c.want)
			}
		})
	}
}

func TestSessionCompletes(t *testing.T) {
	s := newSession(t)
	enter(t.Context(), s, "import data.policies.lib.trails")
	enter(t.Context(), s, "number := 1")
	for _, c := range []struct{ word, want string }{
		{"in", "indexof indexof_n input intersection"},
		{"input.cloudtr", "input.cloudtrail"},
		{"input.cloudtrail.trails[0].LogFile", "input.cloudtrail.trails[0].LogFileValidationEnabled"},
		{"input.cloudtrail.trails[_].IsLogg", ""},
		{"data.policies.li", "data.policies.lib"},
		{"data.policies.monitoring.root_usage.verd", "data.policies.monitoring.root_usage.verdict"},
		{"data.benchmark.i", "data.benchmark.id"},
		{"trails.list", "trails.listed"},
		{"num", "number numbers.range numbers.range_step"},
		{"cwl.m", "cwl.matches"},
		{"nowhere.x", ""},
	} {
		if got := strings.Join(s.Complete(c.word), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.word, got, c.want)
		}
	}
}

func TestSessionKeepsItsDefinitionsWithOtherPolicies(t *testing.T) {
	s := newSession(t)
	enter(t.Context(), s, "n := data.mine.answer")
	if got := enter(t.Context(), s, "n"); got != "undefined" {
		t.Errorf("n without the policy: got %s, want undefined", got)
	}
	sources := []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}, {Name: "mine", FS: fstest.MapFS{"x.rego": {Data: []byte("package mine\n\nanswer := 42\n")}}}}
	next, err := s.With(t.Context(), sources, s.Options())
	if err != nil {
		t.Fatal(err)
	}
	if got := enter(t.Context(), next, "n"); got != "42" {
		t.Errorf("n with the policy: got %s, want 42", got)
	}
	if got, want := strings.Join(next.Defined(), "; "), "n := data.mine.answer"; got != want {
		t.Errorf("defined: got %s, want %s", got, want)
	}
}

func TestSessionTraces(t *testing.T) {
	s := newSession(t)
	var steps strings.Builder
	if _, err := s.Enter(t.Context(), "1 == 2; true", evaluator.TraceOf{How: "full", To: &steps}); err != nil {
		t.Fatal(err)
	}
	if got := steps.String(); !strings.Contains(got, "Fail") {
		t.Errorf("trace: got %s, want the failing step", got)
	}
}
