package test

import (
	"path/filepath"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// TestEveryVersionIsJudged judges the snapshots that each version of the schema wrote. That of the first release is of an account that
// meets every monitoring control, and still does.
func TestEveryVersionIsJudged(t *testing.T) {
	files, err := filepath.Glob("../snapshots/testdata/versions/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %d files (%v), want some", len(files), err)
	}
	engine := shippedEngine(t)
	editions, err := evaluator.Benchmarks(shippedSources)
	if err != nil {
		t.Fatal(err)
	}
	edition, err := evaluator.FindBenchmark(editions, "5.0.0")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		s, err := snapshots.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		rep, err := engine.Evaluate(t.Context(), []evaluator.Input{{Name: file, Snapshot: s}}, evaluator.Options{Benchmark: edition})
		if err == nil {
			err = evaluator.Unjudged(rep)
		}
		if err != nil {
			t.Errorf("%s: got %v, want a report", file, err)
			continue
		}
		for _, r := range rep.Accounts[0].Results {
			if filepath.Base(file) == "v1-first.json" && r.Section == "Monitoring" && r.Status != report.Pass {
				t.Errorf("%s: %s %s: got %s, want pass: %+v", file, r.ID, r.Control, r.Status, r.Findings)
			}
		}
	}
}
