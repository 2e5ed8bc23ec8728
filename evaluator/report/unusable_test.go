package report

import "testing"

// TestGoldenPolicyErrors is what a person reads first of all where policies could not judge.
func TestGoldenPolicyErrors(t *testing.T) {
	r := full()
	r.Policies.Errors = []PolicyError{
		{File: "mine/lib.rego", Line: 3, Problem: "input.cloudtrail has no field trials; did you mean trails?", Hint: "input.cloudtrail has status, trails"},
		{
			Control: "slow", Account: "111122223333", File: "mine/slow.rego", Line: 5, Problem: "control slow: did not end within 1m0s",
			Hint: "a rule that tries every pair of two long lists is the usual cause; --timeout gives it more time",
		},
		{Control: "odd", Account: "222233334444", File: "mine/odd.rego", Problem: "control odd: evaluate: object insert conflict"},
	}
	golden(t, "unusable.txt", written(t, "text", r, Style{Width: 80}))
}
