package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/test/fakeaws"
)

func TestAudit(t *testing.T) {
	serve(t, account(t, own))
	got := cistern(t.Context(), "audit")
	kept, err := filepath.Glob("cistern-" + own + "-????????T??????Z.json")
	if err != nil || len(kept) != 1 {
		t.Fatalf("got files %q, want one with the account and the time", kept)
	}
	want := cistern(t.Context(), "evaluate", kept[0])
	if got.code != want.code || got.out != want.out || !strings.Contains(got.out, "Use of the root user") {
		t.Errorf("got exit code %d and\n%swant, as evaluate says, %d and\n%s", got.code, got.out, want.code, want.out)
	}
	if line := "cistern: the snapshot is kept in " + kept[0] + "\n"; got.stderr != line+want.stderr {
		t.Errorf("got %q on stderr, want %q", got.stderr, line+want.stderr)
	}
}

func TestAuditFails(t *testing.T) {
	server := serve(t, account(t, own))
	a := account(t, own)
	a.Snapshot.Logs.MetricFilters = a.Snapshot.Logs.MetricFilters[:0]
	server.Put(a)
	got := cistern(t.Context(), "audit", "--keep", "kept.json", "-o", "report.json", "--control", "root-usage", "--control", "unauthorized-api-calls")
	if want := cistern(t.Context(), "evaluate", "kept.json", "--control", "root-usage", "--control", "unauthorized-api-calls"); got.code != want.code || got.code != exitFails {
		t.Errorf("got exit code %d, want %d and 3", got.code, want.code)
	}
	text, err := os.ReadFile("report.json")
	if err != nil || !strings.Contains(string(text), `"cistern/report/v1"`) {
		t.Errorf("got report %.40q (%v), want one in JSON", text, err)
	}
	server.Put(account(t, own))
	refuse(server, func(c fakeaws.Call) bool { return c.Operation == "describe-alarms" })
	got = cistern(t.Context(), "audit", "--keep", "kept.json", "--control", "root-usage")
	if got.code != exitUnknown || !strings.Contains(got.stderr, "denied (cloudwatch:DescribeAlarms)") {
		t.Errorf("got exit code %d and %q, want 4 and what was not read", got.code, got.stderr)
	}
}

func TestAuditOrganization(t *testing.T) {
	organization(t)
	several := []string{"audit", "--organization", "--role-name", "Audit", "--parallel", "1", "--control", "root-usage"}
	got := cistern(t.Context(), several...)
	kept, err := filepath.Glob("cistern-????????T??????Z")
	if err != nil || len(kept) != 1 {
		t.Fatalf("got folders %q, want one with the time", kept)
	}
	want := cistern(t.Context(), "evaluate", kept[0], "--control", "root-usage")
	if got.code != exitOK || got.out != want.out || strings.Count(got.out, "✓ pass     5.3") != 3 {
		t.Errorf("got exit code %d and\n%swant, as evaluate says, 0 and\n%s", got.code, got.out, want.out)
	}
	if want := "3 of 3 accounts are in " + kept[0] + ", 3 complete and 0 with gaps\n"; !strings.Contains(got.stderr, want) {
		t.Errorf("got %q on stderr, want where they are kept: %q", got.stderr, want)
	}
	again := cistern(t.Context(), append(several, "--keep", kept[0], "--resume")...)
	if again.code != exitOK || again.out != got.out || !strings.Contains(again.stderr, "kept 3 of 3 accounts from before") {
		t.Errorf("got exit code %d and %q, want 0 and nothing read again", again.code, again.stderr)
	}
}

func TestAuditChecksBeforeItCollects(t *testing.T) {
	server := serve(t, account(t, own))
	if err := os.WriteFile("broken.rego", []byte("package broken\nnonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, arguments := range []string{
		"--level 7", "--policies .", "--benchmark none", "--waivers none.yaml", "--as-of noon", "-f none", "--keep -", "--keep none/a.json",
		"--resume", "--resume --organization --role-name Audit", "--organization", "--sample compliant",
	} {
		got := cistern(t.Context(), append([]string{"audit"}, strings.Fields(arguments)...)...)
		if got.code != exitUsage || got.out != "" {
			t.Errorf("%s: got exit code %d and %q, want 2 and no report", arguments, got.code, got.stderr)
		}
	}
	if n := server.Served(); n > 0 {
		t.Errorf("got %d calls, want none", n)
	}
}

func TestAuditInterrupted(t *testing.T) {
	server := organization(t)
	ctx := interruptAt(t, server, func(c fakeaws.Call) bool { return c.Account == third && c.Operation == "describe-alarms" })
	got := cistern(ctx, "audit", "--organization", "--role-name", "Audit", "--parallel", "1")
	kept, err := filepath.Glob("cistern-*")
	if err != nil || len(kept) != 1 {
		t.Fatalf("got %q, want one folder", kept)
	}
	want := "cistern: collect: interrupted: 2 of 3 accounts are in " + kept[0] + "\ncistern: hint: --resume --keep " + kept[0] + " goes on\n"
	if got.code != exitFailed || got.out != "" || !strings.HasSuffix(got.stderr, want) {
		t.Errorf("got exit code %d, report %q and %q, want 1, none and %q", got.code, got.out, got.stderr, want)
	}
}
