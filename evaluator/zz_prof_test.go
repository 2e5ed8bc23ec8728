package evaluator

import (
	"os"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
)

func TestProf(t *testing.T) {
	s, err := snapshots.ReadFile(os.Getenv("SNAP"))
	if err != nil {
		t.Fatal(err)
	}
	e := shipped(t)
	all, _ := Benchmarks([]Source{{Name: "policies", FS: os.DirFS("../policies")}})
	b, _ := FindBenchmark(all, "7.0.0")
	for range 2 {
		if _, err := e.Evaluate(t.Context(), []Input{{"x", s}}, Options{Benchmark: b}); err != nil {
			t.Fatal(err)
		}
	}
}
