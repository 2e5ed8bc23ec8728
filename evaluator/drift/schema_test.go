package drift

import (
	"bytes"
	"io"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// TestSchemas holds comparisons against their JSON Schemas: those of the goldens, and of all samples.
func TestSchemas(t *testing.T) {
	verdicts, states := compiled(t, "diff.json", Schema()), compiled(t, "snapshot-diff.json", StatesSchema())
	all := NewStates()
	evaluate := judge(t)
	good := sample(t, "compliant")
	from := evaluate(good)
	for _, name := range samples.Names() {
		bad := sample(t, name)
		delta, err := snapshots.Diff(good, bad)
		if err != nil {
			t.Fatal(err)
		}
		all.Add(delta)
		valid(t, verdicts, compare(t, from, evaluate(bad), Options{}))
	}
	valid(t, verdicts, busy())
	valid(t, states, all)
	valid(t, states, moved())
	valid(t, states, NewStates())
}

func compiled(t *testing.T, name string, text []byte) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func valid(t *testing.T, schema *jsonschema.Schema, comparison interface {
	Write(w io.Writer, format string) error
}) {
	t.Helper()
	var b bytes.Buffer
	if err := comparison.Write(&b, "json"); err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(instance); err != nil {
		t.Error(err)
	}
}
