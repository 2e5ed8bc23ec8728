package evaluator

import (
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/snapshots/samples"
)

// TestRegoPolicies runs every unit test of the shipped policies.
func TestRegoPolicies(t *testing.T) {
	results, err := Test(t.Context(), []Source{{Name: "policies", FS: os.DirFS("../policies")}}, TestOptions{Saved: savedSnapshots(t), Timeout: 10 * time.Minute})
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
	saved := map[string][]byte{}
	for _, name := range samples.Names() {
		text, err := fs.ReadFile(samples.FS(), name+".json")
		if err != nil {
			t.Fatal(err)
		}
		saved[name] = text
	}
	return saved
}
