package evaluator

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

func TestParseBenchmarkRefuses(t *testing.T) {
	const head = "id: a\ntitle: A\nsections:\n  - id: \"1\"\n    controls:\n"
	cases := []struct{ name, text, want string }{
		{"an unknown field", head + "      - {id: \"1\", control: x, levle: 2}\n", "b.yaml:6: unknown field levle"},
		{"an id twice", head + "      - {id: \"1\", control: x}\n      - {id: \"1\", control: y}\n", "b.yaml:7: control 1: the id is there twice"},
		{"a control twice", head + "      - {id: \"1\", control: x}\n      - {id: \"2\", control: x}\n", "b.yaml:7: control x: is there twice"},
		{"no slug", head + "      - {id: \"1\"}\n", "b.yaml:6: control: has no id or no control"},
		{"no controls", "id: a\ntitle: A\n", "b.yaml: edition: has no controls"},
		{"no id", "title: A\n", "b.yaml: edition: has no id"},
		{"nothing", "", "b.yaml: read: the file is empty"},
		{"a wrong type", head + "      - {id: \"1\", control: x, level: two}\n", "b.yaml:6: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseBenchmark("b.yaml", []byte(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestFindBenchmark(t *testing.T) {
	edition := func(id, version string) string {
		return "id: " + id + "\ntitle: T\nversion: \"" + version + "\"\nsections: [{id: \"1\", controls: [{id: \"1\", control: x}]}]\n"
	}
	all, err := Benchmarks([]Source{{Name: "p", FS: policyFS(map[string]string{
		"benchmarks/cis-9.0.0.yaml":  edition("cis-9.0.0", "9.0.0"),
		"benchmarks/cis-10.0.0.yaml": edition("cis-10.0.0", "10.0.0"),
		"benchmarks/other.yaml":      edition("other", "11"),
	})}})
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{"": "cis-10.0.0", "9.0.0": "cis-9.0.0", "cis-9.0.0": "cis-9.0.0", "other": "other"} {
		if got, err := FindBenchmark(all, asked); err != nil || got.ID != want {
			t.Errorf("%q: got %v and %v, want %s", asked, got, err, want)
		}
	}
	var problem *InputError
	if _, err := FindBenchmark(all, "8.0.0"); !errors.As(err, &problem) || !strings.Contains(problem.Hint, "cis-9.0.0, cis-10.0.0, other") {
		t.Errorf("got %v, want an InputError that names the editions in their order", err)
	}
}

// TestShippedEdition asks that what is found by the files' names is what is found by reading all of them.
func TestShippedEdition(t *testing.T) {
	all, err := Benchmarks(embedded())
	if err != nil {
		t.Fatal(err)
	}
	asked := []string{"", "7.0.0", "5.0.0"}
	for _, b := range all {
		asked = append(asked, b.ID)
	}
	for _, id := range asked {
		want, err := FindBenchmark(all, id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ShippedEdition(embedded(), id)
		if err != nil || got == nil {
			t.Errorf("%q: got %v and %v, want edition %s", id, got, err, want.ID)
			continue
		}
		if !maps.Equal(got.others(), want.others()) {
			t.Errorf("%q: got other controls of the other editions than of all", id)
		}
		got.elsewhere, want.elsewhere = nil, nil
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, want %+v", id, got, want)
		}
		want.Among(all)
	}
	mine := Source{Name: "mine", FS: policyFS(map[string]string{"benchmarks/mine.yaml": "id: cis-99.0.0"})}
	for id, sources := range map[string][]Source{"99.0.0": embedded(), "mine.yaml": embedded(), "": append(embedded(), mine)} {
		if got, err := ShippedEdition(sources, id); got != nil || err != nil {
			t.Errorf("%q of %d sources: got %v and %v, want that all must be read", id, len(sources), got, err)
		}
	}
}

func TestParseParameters(t *testing.T) {
	cases := []struct{ text, want string }{
		{"max_events: 3\nsubscribers: [a]\n", ""},
		{`{"max_events": 3}`, ""},
		{"subscribers: a\n", ""},
		{"a: 1\nsubscribers: {a: b}\n", "p.yaml:2: subscribers: is not a list of endpoints"},
		{"subscribers: [15550100]\n", "p.yaml:1: subscribers: is not a list of endpoints"},
		{"max_events: 0\n", "p.yaml:1: max_events: is 0"},
		{"a: 1\nmax_events: x\n", "p.yaml:2: max_events: is x"},
		{"- a\n", "p.yaml:1: "},
		{"", "p.yaml: read: the file is empty"},
	}
	for _, c := range cases {
		_, err := ParseParameters("p.yaml", []byte(c.text))
		if (err == nil) != (c.want == "") || (err != nil && !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
}

func TestNeedsMakeARowManual(t *testing.T) {
	edition := strings.Replace(testEdition, "assessment: automated", "needs: [subscribers]", 1)
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, edition)
	for _, c := range []struct {
		parameters map[string]any
		want       string
	}{{nil, "manual"}, {map[string]any{"subscribers": []any{"a"}}, "pass"}} {
		o.Parameters = c.parameters
		rep, err := e.Evaluate(t.Context(), []Input{{"a.json", sample(t, "compliant")}}, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(rep.Accounts[0].Results[0].Status); got != c.want {
			t.Errorf("%v: got %s, want %s", c.parameters, got, c.want)
		}
	}
}

func TestEvaluateCanBeInterrupted(t *testing.T) {
	const endless = `# METADATA
# custom: {control: log-validation}
package policies.x

verdict := {"status": "pass", "findings": [], "notes": [x | some a in n; some b in n; some c in n; a + b + c < 0; x := "never"]}

n := numbers.range(1, 5000)
`
	e, o := testRun(t, map[string]string{"x.rego": endless}, testEdition)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	_, err := e.Evaluate(ctx, []Input{{"a.json", sample(t, "compliant")}}, o)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's deadline", err)
	}
}

func TestAsOfIsTheLatest(t *testing.T) {
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	early, late := sample(t, "compliant"), in(t, logs)
	late.CollectedAt = snapshots.At(early.CollectedAt.Add(time.Hour))
	rep, err := e.Evaluate(t.Context(), []Input{{"late.json", late}, {"early.json", early}}, o)
	if err != nil {
		t.Fatal(err)
	}
	if want := timeText(late.CollectedAt.Time); rep.AsOf != want {
		t.Errorf("got %s, want %s", rep.AsOf, want)
	}
	for i, s := range []*snapshots.Snapshot{early, late} {
		if got, want := rep.Accounts[i].Results[0].Notes[0], timeText(s.CollectedAt.Time); got != want {
			t.Errorf("account %s: got clock %s, want its own time %s", s.Account.ID, got, want)
		}
	}
}

func TestUnreadParameters(t *testing.T) {
	for _, c := range []struct {
		name, reads string
		want        []string
	}{
		{"none", `"x"`, []string{"parameter subscriber: no policy reads it; did you mean subscribers?"}},
		{"by its name", "data.parameters.subscriber", nil},
		{"all", `object.get(data.parameters, "subscriber", "")`, nil},
	} {
		policy := "package main\n\ndeny contains " + c.reads + " if input.account.id == \"0\"\n"
		e, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(map[string]string{"x.rego": policy})}})
		if err != nil {
			t.Fatal(err)
		}
		got := e.unread(map[string]any{"subscriber": "a", "max_events": 1}, nil)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
