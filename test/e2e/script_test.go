//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

const account = "123456789012" // the emulator's own

func TestScript(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	program := cistern(t)
	dir := t.TempDir()
	script := filepath.Join(dir, "collect.sh")
	if _, stderr, code := run(t, nil, program, "import", "--script", "-o", script); code != 0 {
		t.Fatalf("cistern import --script: got exit code %d: %s", code, stderr)
	}
	e.root().build(t, published(t), "us-east-1")
	t.Run("compliant", func(t *testing.T) { testCompliant(t, e, program, script) })
	t.Run("refuses", func(t *testing.T) { testScriptRefuses(t, e, script) })
	t.Run("same report", func(t *testing.T) { testSameReport(t, e, program, script) })
	t.Run("denied", func(t *testing.T) { testDenied(t, e, program, script) })
}

// imported runs the script and imports what it saved.
func imported(t *testing.T, program, script string, env []string) *snapshots.Snapshot {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "out put") // a name that a shell must quote
	_, stderr, code := run(t, env, shells()[0], script, folder)
	if code != 0 {
		t.Fatalf("the script: got exit code %d: %s", code, stderr)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*", "*", "*.part")); err != nil || len(left) > 0 {
		t.Errorf("got files %q left behind (%v), want none", left, err)
	}
	file := filepath.Join(t.TempDir(), "snapshot.json")
	if _, stderr, code := run(t, nil, program, "import", folder, "-o", file); code != 0 {
		t.Fatalf("cistern import: got exit code %d: %s", code, stderr)
	}
	if stdout, _, code := run(t, nil, program, "snapshot", "validate", file); code != 0 || !strings.Contains(stdout, "valid, 0 errors, 0 warnings") {
		t.Errorf("cistern snapshot validate: got exit code %d: %s", code, stdout)
	}
	s, err := snapshots.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// judge evaluates the snapshot as a user would and holds every control that watches events against the status.
func judge(t *testing.T, program string, s *snapshots.Snapshot, status report.Status) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "snapshot.json")
	if err := s.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	r, _ := evaluate(t, program, file)
	watched := 0
	for _, row := range r.Accounts[0].Results {
		if !watching(row) {
			continue
		}
		watched++
		if row.Status != status {
			t.Errorf("%s: got %s, want %s: %v", row.Control, row.Status, status, row.Findings)
		}
	}
	if watched != 15 {
		t.Errorf("got %d controls that watch events, want 15", watched)
	}
}

func testCompliant(t *testing.T, e *emulator, program, script string) {
	s := imported(t, program, script, e.root().environment("REGIONS=us-east-1 eu-west-1"))
	judge(t, program, s, report.Pass)
	if s.Account.ID != account || s.Collection.Caller == nil {
		t.Errorf("got account %q and caller %v, want %s and one", s.Account.ID, s.Collection.Caller, account)
	}
	if len(s.CloudTrail.Trails) != 1 {
		t.Fatalf("got %d trails, want 1", len(s.CloudTrail.Trails))
	}
	trail := s.CloudTrail.Trails[0]
	if trail.Region != "us-east-1" || !slices.Equal(trail.SeenIn, []string{"eu-west-1", "us-east-1"}) {
		t.Errorf("got a trail of %s, seen in %v, want us-east-1, seen in both regions", trail.Region, trail.SeenIn)
	}
	if trail.Status == nil || !*trail.Status.IsLogging || len(trail.EventSelectors) != 1 || !*trail.EventSelectors[0].IncludeManagementEvents {
		t.Errorf("got status %v and selectors %v, want those of a trail that logs management events", trail.Status, trail.EventSelectors)
	}
	patterns := map[string]string{}
	for _, f := range published(t) {
		patterns[f.name] = f.pattern
	}
	for _, f := range s.Logs.MetricFilters {
		if *f.FilterPattern != patterns[f.FilterName] || f.Region != "us-east-1" {
			t.Errorf("filter %s: got pattern %q in %s, want %q in us-east-1", f.FilterName, *f.FilterPattern, f.Region, patterns[f.FilterName])
		}
	}
	if len(s.Logs.MetricFilters) != 15 || len(s.CloudWatch.Alarms) != 15 || s.CloudWatch.CompositeAlarms == nil {
		t.Errorf("got %d filters, %d alarms, composite alarms %v, want 15, 15, []", len(s.Logs.MetricFilters), len(s.CloudWatch.Alarms), s.CloudWatch.CompositeAlarms)
	}
	for _, a := range s.CloudWatch.Alarms {
		if len(a.AlarmActions) != 1 || *a.Threshold != 1 || *a.Period != 300 {
			t.Errorf("alarm %s: got actions %v, threshold %v, period %v, want one topic, 1, 300", a.AlarmName, a.AlarmActions, *a.Threshold, *a.Period)
		}
	}
	if len(s.SNS.Topics) != 1 || s.SNS.Topics[0].Attributes == nil || len(s.SNS.Subscriptions) != 1 || s.SNS.Subscriptions[0].Endpoint != "security@example.com" {
		t.Errorf("got topics %v and subscriptions %v, want one each, with attributes", s.SNS.Topics, s.SNS.Subscriptions)
	}
	if len(s.SecurityHub.Hubs) != 1 || s.SecurityHub.Hubs[0].Region != "us-east-1" {
		t.Errorf("got hubs %v, want that of us-east-1", s.SecurityHub.Hubs)
	}
	for _, g := range s.Gaps { // the emulator knows no mute rules; the CLI's version no log alarms
		asked := g.Region == "us-east-1" || g.Region == "eu-west-1"
		if asked && g.Operation != "list-alarm-mute-rules" && g.Resource == nil {
			t.Errorf("got the gap %s %s %s: %s %s, want it read", g.Region, g.Service, g.Operation, g.Kind, g.Message)
		}
		if !asked && g.Kind != snapshots.NotAttempted {
			t.Errorf("got the gap %s %s: %s, want not_attempted", g.Region, g.Operation, g.Kind)
		}
	}
}

// testScriptRefuses checks what the script does not do.
func testScriptRefuses(t *testing.T, e *emulator, script string) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "old.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	nobody := e.root().at("http://127.0.0.1:1").environment()
	for _, shell := range shells() {
		tests := []struct {
			name string
			env  []string
			args []string
			want string
			code int
		}{
			{"a folder that is not empty", e.root().environment(), []string{full}, "is not empty", 2},
			{"an option", nil, []string{"--fast"}, "no such option", 2},
			{"two folders", nil, []string{"a", "b"}, "more than one folder", 2},
			{"no AWS CLI", []string{"PATH=" + toolsWithoutAWS(t)}, []string{filepath.Join(t.TempDir(), "new")}, "aws: not found", 1},
			{"no answer", nobody, []string{filepath.Join(t.TempDir(), "new")}, "Could not connect", 1},
		}
		for _, tt := range tests {
			_, stderr, code := run(t, tt.env, shell, append([]string{script}, tt.args...)...)
			if code != tt.code || !strings.Contains(stderr, tt.want) {
				t.Errorf("%s: %s: got exit code %d and %q, want %d and %q", shell, tt.name, code, stderr, tt.code, tt.want)
			}
		}
		if stdout, _, code := run(t, nil, shell, script, "--help"); code != 0 || !strings.Contains(stdout, "REGIONS=") {
			t.Errorf("%s: --help: got exit code %d and %q", shell, code, stdout)
		}
	}
}

// toolsWithoutAWS is a folder with the tools that the script needs, and no AWS CLI.
func toolsWithoutAWS(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, tool := range []string{"ls", "mkdir", "sed", "grep", "head", "cut", "od", "awk", "date", "dash", "sh", "bash"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			continue
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// testDenied reads the account as a user who may not see everything. It goes last: the emulator stays strict.
func testDenied(t *testing.T, e *emulator, program, script string) {
	auditor := e.root().user(t, "auditor")
	e.root().allow(t, "auditor", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:*","ec2:*","cloudtrail:*","sns:*"],"Resource":"*"}]}`)
	e.enforce(t)
	s := imported(t, program, script, auditor.environment("REGIONS=us-east-1"))
	judge(t, program, s, report.Unknown)
	judge(t, program, collect(t, program, auditor, "--regions", "us-east-1").Snapshot, report.Unknown)
	if len(s.CloudTrail.Trails) != 1 || s.SNS.Topics == nil {
		t.Errorf("got trails %v and topics %v, want what the user may see", s.CloudTrail.Trails, s.SNS.Topics)
	}
	if s.CloudWatch.Alarms != nil || s.Logs.MetricFilters != nil {
		t.Errorf("got alarms %v and filters %v, want none read", s.CloudWatch.Alarms, s.Logs.MetricFilters)
	}
	for _, operation := range []string{"describe-alarms", "describe-metric-filters"} {
		denied := slices.ContainsFunc(s.Gaps, func(g snapshots.Gap) bool {
			return g.Region == "us-east-1" && g.Operation == operation && g.Kind == snapshots.Denied
		})
		if !denied {
			t.Errorf("got gaps %v, want %s denied", s.Gaps, operation)
		}
	}
}
