package evaluator

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// TestShippedReportsKeepTheSchema judges every sample by every edition and holds the reports against their JSON Schema.
func TestShippedReportsKeepTheSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("report.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	editions, err := Benchmarks([]Source{{Name: "policies", FS: os.DirFS("../policies")}})
	if err != nil {
		t.Fatal(err)
	}
	e := shipped(t)
	for _, edition := range editions {
		for _, name := range samples.Names() {
			rep, err := e.Evaluate(t.Context(), []Input{{name, sample(t, name)}}, Options{Benchmark: edition})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := report.Write(&b, "json", rep, report.Style{}); err != nil {
				t.Fatal(err)
			}
			instance, err := jsonschema.UnmarshalJSON(&b)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(instance); err != nil {
				t.Errorf("%s by %s: %v", name, edition.ID, err)
			}
		}
	}
}

// TestShippedPoliciesKeepTheRules is what `cistern policy check policies` says.
func TestShippedPoliciesKeepTheRules(t *testing.T) {
	var inputs []Input
	for _, name := range samples.Names() {
		inputs = append(inputs, Input{name, sample(t, name)})
	}
	if err := Check(t.Context(), []Source{{Name: "policies", FS: os.DirFS("../policies"), Catalogue: true}}, inputs); err != nil {
		reportProblems(t, err)
	}
}

// TestShippedPoliciesFollowTheOrganisation judges a member whose chain lies in three other accounts: with them in the run it is
// whole, without one of them nobody can say.
func TestShippedPoliciesFollowTheOrganisation(t *testing.T) {
	e := shipped(t)
	all := organisation(t)
	cases := []struct {
		name   string
		inputs []Input
		want   report.Status
		names  string
	}{
		{"all accounts", all, report.Pass, ""},
		{"without the topic's", without(all, alerts), report.Unknown, alerts},
		{"without the log group's", without(all, logs), report.Unknown, logs},
		{"alone", without(all, alerts, logs, management), report.Unknown, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := &Benchmark{ID: "one", Title: "One", Sections: []Section{{Controls: []Row{{ID: "1", Control: "root-usage"}}}}}
			rep, err := e.Evaluate(t.Context(), c.inputs, Options{Benchmark: b})
			if err != nil {
				t.Fatal(err)
			}
			result := rep.Accounts[0].Results[0]
			if rep.Accounts[0].Account != member || result.Status != c.want {
				t.Errorf("got %+v, want %s", result, c.want)
			}
			if len(result.Findings) == 0 || !strings.Contains(result.Findings[0].Message, c.names) {
				t.Errorf("got findings %+v, want one that names account %s", result.Findings, c.names)
			}
		})
	}
}

// without is the inputs but for those of the accounts.
func without(inputs []Input, accounts ...string) []Input {
	return slices.DeleteFunc(slices.Clone(inputs), func(in Input) bool { return slices.Contains(accounts, in.Snapshot.Account.ID) })
}
