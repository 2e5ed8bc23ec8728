package evaluator

import (
	"os"
	"testing"
)

// TestRegoPolicies runs every unit test of the shipped policies.
func TestRegoPolicies(t *testing.T) {
	results, err := Test(t.Context(), []Source{{"policies", os.DirFS("../policies")}}, TestOptions{Saved: savedSnapshots(t)})
	if err != nil {
		reportProblems(t, err)
		t.FailNow()
	}
	for _, r := range results {
		t.Run(r.Package+"."+r.Name, func(t *testing.T) {
			if r.Skipped {
				t.Skip()
			}
			if r.Failed {
				t.Errorf("%s:%d: failed %s\n%s", r.File, r.Line, r.Message, r.Output)
			}
		})
	}
}

// reportProblems says all that is wrong with the policies, not only the first.
func reportProblems(t *testing.T, err error) {
	t.Helper()
	problems, ok := err.(PolicyErrors)
	if !ok {
		t.Error(err)
		return
	}
	for _, p := range problems {
		t.Errorf("%v\n\thint: %s", p, p.Hint)
	}
}

// savedSnapshots is the embedded samples by name, as tests find them at data.saved.
func savedSnapshots(t *testing.T) map[string][]byte {
	t.Helper()
	return nil
}
