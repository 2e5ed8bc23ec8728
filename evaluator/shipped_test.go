package evaluator

import (
	"bytes"
	"os"
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
