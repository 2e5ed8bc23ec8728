//go:build e2e

package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// testSameReport holds what the script saves and cistern import makes of it against what cistern collect reads: the reports are the
// same, byte for byte but for the snapshot that they name.
func testSameReport(t *testing.T, e *emulator, program, script string) {
	c := e.root().behind(e.front(t, "us-east-1"))
	compared := []string{"logging stopped", "filter deleted", "no such topic", "nobody subscribed"}
	all := slices.DeleteFunc(damages(t, c), func(d damage) bool { return !slices.Contains(compared, d.name) })
	if len(all) != len(compared) {
		t.Errorf("got %d ways to break the account, want %q", len(all), compared)
	}
	for _, d := range append(all, damage{name: "nothing broken"}) {
		t.Run(d.name, func(t *testing.T) {
			c.apply(t, d.does)
			file := filepath.Join(t.TempDir(), "imported.json")
			s := imported(t, program, script, c.environment())
			if err := s.WriteFile(file); err != nil {
				t.Fatal(err)
			}
			got := blanked(t, program, file)
			want := blanked(t, program, collect(t, program, c, "--all-log-groups").file)
			if got != want {
				t.Errorf("got the report of what was imported\n%s\nwant that of what was collected\n%s", got, want)
			}
			c.apply(t, d.mends)
		})
	}
}

// blanked is the report on a snapshot without what must differ: which snapshot it was, fields of its records that the AWS CLI leaves out,
// and the gaps that only one of the two ways leaves.
func blanked(t *testing.T, program, file string) string {
	t.Helper()
	stdout, stderr, _ := run(t, nil, program, "evaluate", "-f", "json", "--no-records", "--as-of", "2030-01-01T00:00:00Z", file)
	r, err := report.Read(strings.NewReader(stdout))
	if err != nil {
		t.Fatalf("cistern evaluate: %v: %s", err, stderr)
	}
	a := &r.Accounts[0]
	a.Snapshot = report.Snapshot{}
	a.Gaps = slices.DeleteFunc(a.Gaps, func(g report.Gap) bool {
		return g.Operation == "describe-alarms" && g.Resource == "LogAlarm" && g.Kind == string(snapshots.NotAttempted) // which this AWS CLI does not know
	})
	out := &strings.Builder{}
	if err := report.Write(out, "json", r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
