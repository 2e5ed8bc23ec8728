package main

import (
	"testing"

	"github.com/cistern-audit/cistern/evaluator/mutation"
	"github.com/cistern-audit/cistern/evaluator/suite"
)

func TestMutantsAsCases(t *testing.T) {
	who := []mutation.Flip{{Control: "root-usage"}, {Control: "vpc-changes"}}
	for _, c := range []struct {
		mutant  mutation.Mutant
		outcome suite.Outcome
		problem string
	}{
		{mutation.Mutant{Outcome: mutation.Noticed, Flips: who}, suite.Pass, ""},
		{mutation.Mutant{Outcome: mutation.Spare}, suite.Pass, ""},
		{mutation.Mutant{Outcome: mutation.Survived, Missed: who}, suite.Fail, "survived: not noticed by root-usage, vpc-changes"},
		{mutation.Mutant{Outcome: mutation.Partly, Missed: who[:1]}, suite.Fail, "partly: not noticed by root-usage"},
		{mutation.Mutant{Outcome: mutation.Disturbed, Flips: who[1:]}, suite.Fail, "is harmless, but noticed by vpc-changes"},
	} {
		t.Run(string(c.mutant.Outcome), func(t *testing.T) {
			m := mutants{"prod.json", &mutation.Result{Mutants: []mutation.Mutant{c.mutant}}}
			got := m.cases()[0]
			if got.Outcome != c.outcome || got.Problem != c.problem || got.Suite != "mutants of prod.json" {
				t.Errorf("got %s %q in %s, want %s %q", got.Outcome, got.Problem, got.Suite, c.outcome, c.problem)
			}
		})
	}
}
