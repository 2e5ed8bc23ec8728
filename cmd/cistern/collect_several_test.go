package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

var collectOrganization = []string{"collect", "--organization", "--role-name", "Audit", "-o", "org", "--parallel", "1"}

func TestCollectOrganization(t *testing.T) {
	organization(t)
	cistern(t.Context(), collectOrganization...).want(t, exitOK,
		"cistern: note: 1 account of the organisation not active, and not read: 999900001111",
		"cistern: 1 of 3: account 111122223333: complete",
		"cistern: 2 of 3: account 444455556666: complete",
		"cistern: 3 of 3: account 777788889999: complete",
		"cistern: 3 of 3 accounts are in org, 3 complete and 0 with gaps")
	for _, id := range []string{own, second, third} {
		if s := read(t, filepath.Join("org", id+".json")); s.Account.ID != id || len(s.Gaps) > 0 {
			t.Errorf("%s: got account %s with %d gaps, want it whole", id, s.Account.ID, len(s.Gaps))
		}
	}
}

func TestCollectOrganizationWithARoleDenied(t *testing.T) {
	organization(t).Put(account(t, third, "Other"))
	got := cistern(t.Context(), collectOrganization...)
	gaps := gapsByKind(read(t, filepath.Join("org", third+".json")).Gaps)
	if !strings.Contains(gaps, "1 denied (sts:AssumeRole), ") || !strings.HasSuffix(gaps, " not_attempted") {
		t.Errorf("got %q of an account that nobody may read, want the role and all that follows", gaps)
	}
	got.want(t, exitUnknown,
		"cistern: note: 1 account of the organisation not active, and not read: 999900001111",
		"cistern: 1 of 3: account 111122223333: complete",
		"cistern: 2 of 3: account 444455556666: complete",
		"cistern: 3 of 3: account 777788889999: "+strings.SplitN(gaps, ":", 2)[0],
		"cistern: note: account 777788889999: "+gaps,
		"cistern: hint: a role must be there and trust the caller, and the caller must be allowed sts:AssumeRole",
		"cistern: 3 of 3 accounts are in org, 2 complete and 1 with gaps")
}

func TestCollectOrganizationOfWhichNothingCanBeRead(t *testing.T) {
	server := organization(t)
	refuse(server, func(c fakeaws.Call) bool {
		return c.Operation != "get-caller-identity" && c.Operation != "list-accounts"
	})
	got := cistern(t.Context(), collectOrganization...)
	if got.code != exitFailed || !strings.Contains(got.stderr, "cistern: collect: nothing could be read of any account\n") {
		t.Errorf("got exit code %d and %q, want 1 and that nothing could be read", got.code, got.stderr)
	}
	refuse(server, func(c fakeaws.Call) bool { return c.Operation == "list-accounts" })
	got = cistern(t.Context(), "collect", "--organization", "--role-name", "Audit", "-o", "new")
	if got.code != exitFailed || !strings.Contains(got.stderr, "cistern: collect: list the organisation's accounts") {
		t.Errorf("got exit code %d and %q, want 1 and what was refused", got.code, got.stderr)
	}
	if _, err := os.Stat("new"); err == nil {
		t.Error("got a folder, want none where no account is known")
	}
}

func TestCollectSaysTheSameOfSeveralAccountsOnce(t *testing.T) {
	server := organization(t)
	refuse(server, func(c fakeaws.Call) bool { return c.Operation == "list-alarm-mute-rules" })
	got := cistern(t.Context(), collectOrganization...).stderr
	want := "cistern: note: 3 accounts (111122223333, 444455556666, 777788889999): 2 gaps: 2 denied (cloudwatch:ListAlarmMuteRules)\n"
	if !strings.Contains(got, want) {
		t.Errorf("got\n%swant a line %q", got, want)
	}
}

func TestCollectListedAccounts(t *testing.T) {
	serve(t, account(t, own), account(t, second, "deep/path/Audit"), account(t, third, "Other"))
	list := "# ours\n\n111122223333\n444455556666   # by --role-name\r\n777788889999 arn:aws:iam::777788889999:role/Other\n"
	if err := os.WriteFile("accounts.txt", []byte(list), 0o666); err != nil {
		t.Fatal(err)
	}
	cistern(t.Context(), "collect", "--accounts", "accounts.txt", "--role-name", "deep/path/Audit", "-o", "some/where", "--parallel", "1").want(t, exitOK,
		"cistern: 1 of 3: account 111122223333: complete",
		"cistern: 2 of 3: account 444455556666: complete",
		"cistern: 3 of 3: account 777788889999: complete",
		"cistern: 3 of 3 accounts are in some/where, 3 complete and 0 with gaps")
	caller := read(t, filepath.Join("some", "where", third+".json")).Collection.Caller
	if caller == nil || !strings.HasPrefix(caller.ARN, "arn:aws:sts::777788889999:assumed-role/Other/") {
		t.Errorf("got caller %v, want the role that the file names", caller)
	}
}

// asked are the accounts that were asked about trails since there were so many calls.
func asked(server *fakeaws.Server, since int) string {
	var ids []string
	for _, c := range server.Calls()[since:] {
		if c.Operation == "describe-trails" {
			ids = append(ids, c.Account)
		}
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}

func TestCollectResumes(t *testing.T) {
	server := organization(t)
	refuse(server, func(c fakeaws.Call) bool { return c.Account == second && c.Operation == "describe-hub" })
	if got := cistern(t.Context(), collectOrganization...); got.code != exitUnknown {
		t.Fatalf("got exit code %d and %q, want 4", got.code, got.stderr)
	}
	server.Interfere(nil)
	resumed := append(slices.Clone(collectOrganization), "--resume")

	before := len(server.Calls())
	got := cistern(t.Context(), resumed...)
	if got.code != exitOK || asked(server, before) != second {
		t.Errorf("got exit code %d, accounts read %q and %q, want 0 and the one with a gap, %s", got.code, asked(server, before), got.stderr, second)
	}
	oldest := min(read(t, "org/"+own+".json").CollectedAt.String(), read(t, "org/"+third+".json").CollectedAt.String())
	if want := "cistern: note: kept 2 of 3 accounts from before, the oldest of " + oldest[:19]; !strings.Contains(got.stderr, want) {
		t.Errorf("got %q, want a line %q", got.stderr, want)
	}

	for _, c := range []struct {
		name, read string
		arguments  []string
		spoil      func() error
	}{
		{"nothing", "", nil, nil},
		{"a file is gone", own, nil, func() error { return os.Remove("org/" + own + ".json") }},
		{"a file is cut", third, nil, func() error { return os.Truncate("org/"+third+".json", 1000) }},
		{"a file of another account", third, nil, func() error { return os.Rename("org/"+own+".json", "org/"+third+".json") }},
		{"other regions", own + " " + second + " " + third, []string{"--regions", "us-east-1"}, nil},
		{"all regions again", own + " " + second + " " + third, nil, nil},
		{"more log groups", own + " " + second + " " + third, []string{"--all-log-groups"}, nil},
		{"as many log groups", "", []string{"--all-log-groups"}, nil},
		{"fewer log groups", "", nil, nil},
		{"no addresses", own + " " + second + " " + third, []string{"--redact", "endpoints"}, nil},
		{"addresses", own + " " + second + " " + third, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("CISTERN_REDACT_KEY", "0123456789abcdef")
			if c.spoil != nil {
				if err := c.spoil(); err != nil {
					t.Fatal(err)
				}
			}
			before := len(server.Calls())
			got := cistern(t.Context(), append(slices.Clone(resumed), c.arguments...)...)
			want := c.read
			if c.name == "a file of another account" {
				want = own + " " + third
			}
			if read := asked(server, before); got.code != exitOK || read != want {
				t.Errorf("got exit code %d, accounts read %q and %q, want 0 and %q", got.code, read, got.stderr, want)
			}
		})
	}
}

func TestCollectRefusesSnapshotsThatAreThere(t *testing.T) {
	server := organization(t)
	if got := cistern(t.Context(), collectOrganization...); got.code != exitOK {
		t.Fatalf("got exit code %d and %q, want 0", got.code, got.stderr)
	}
	before := server.Served()
	cistern(t.Context(), collectOrganization...).want(t, exitUsage,
		"cistern: org: write snapshots: holds 3 snapshots already",
		"cistern: hint: --resume keeps those that are complete and reads the others; or name a new folder")
	if n := server.Served() - before; n > 0 {
		t.Errorf("got %d calls, want none", n)
	}
	if err := os.WriteFile("org/"+closed+".json", []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	got := cistern(t.Context(), append(slices.Clone(collectOrganization), "--resume")...)
	want := "cistern: note: 1 file in org of no account that is read here, which evaluate would judge too: org/999900001111.json\n"
	if got.code != exitOK || !strings.Contains(got.stderr, want) {
		t.Errorf("got exit code %d and %q, want 0 and a line %q", got.code, got.stderr, want)
	}
}

// interruptAt is a context that ends when a call is made, which then hangs.
func interruptAt(t *testing.T, server *fakeaws.Server, asked func(fakeaws.Call) bool) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		if !asked(c) {
			return fakeaws.Fault{}
		}
		cancel()
		return fakeaws.Fault{Kind: fakeaws.Hang}
	})
	return ctx
}

func TestCollectInterrupted(t *testing.T) {
	server := organization(t)
	ctx := interruptAt(t, server, func(c fakeaws.Call) bool { return c.Account == third && c.Operation == "describe-alarms" })
	cistern(ctx, collectOrganization...).want(t, exitFailed,
		"cistern: note: 1 account of the organisation not active, and not read: 999900001111",
		"cistern: 1 of 3: account 111122223333: complete",
		"cistern: 2 of 3: account 444455556666: complete",
		"cistern: collect: interrupted: 2 of 3 accounts are in org",
		"cistern: hint: the same command with --resume goes on")
	if files, err := filepath.Glob("org/.*"); err != nil || len(files) > 0 {
		t.Errorf("got %q, want nothing half written", files)
	}
	server.Interfere(nil)
	before := len(server.Calls())
	got := cistern(t.Context(), append(slices.Clone(collectOrganization), "--resume")...)
	if read := asked(server, before); got.code != exitOK || read != third {
		t.Errorf("got exit code %d and accounts read %q, want 0 and %s", got.code, read, third)
	}
}

func TestCollectInterruptedBeforeAnAccountIsWhole(t *testing.T) {
	server := organization(t)
	for _, operation := range []string{"get-caller-identity", "describe-trails"} {
		ctx := interruptAt(t, server, func(c fakeaws.Call) bool { return c.Operation == operation })
		cistern(ctx, "collect", "-o", "a.json").want(t, exitFailed, "cistern: collect: interrupted: nothing was written")
		if _, err := os.Stat("a.json"); err == nil {
			t.Errorf("%s: got a snapshot, want none", operation)
		}
	}
	ctx := interruptAt(t, server, func(c fakeaws.Call) bool { return c.Operation == "list-accounts" })
	cistern(ctx, collectOrganization...).want(t, exitFailed, "cistern: collect: interrupted: nothing was written")
}

func TestCollectWhereItCannotWrite(t *testing.T) {
	organization(t)
	if err := os.WriteFile("org", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	cistern(t.Context(), collectOrganization...).want(t, exitUsage,
		"cistern: org: write snapshots: is not a folder",
		"cistern: hint: several accounts need a folder")
	if err := os.MkdirAll("full/"+second+".json", 0o777); err != nil {
		t.Fatal(err)
	}
	got := cistern(t.Context(), "collect", "--organization", "--role-name", "Audit", "-o", "full", "--parallel", "1")
	if got.code != exitUsage || !strings.Contains(got.stderr, "cistern: note: 1 of 3 accounts is in full\ncistern: full/444455556666.json: write: ") {
		t.Errorf("got exit code %d and %q, want 2 and what is there", got.code, got.stderr)
	}
}

func TestGapsOfResourcesOfOthers(t *testing.T) {
	topic := "arn:aws:sns:us-east-1:444455556666:central"
	s := account(t, own).Snapshot
	s.Collection.Source = "aws"
	f := &collectFlags{}
	if !f.suffices(s) {
		t.Fatal("got an account that is not whole, want the compliant one")
	}
	s.Gaps = []snapshots.Gap{{Service: "sns", Operation: "get-topic-attributes", Resource: &topic, Kind: snapshots.Denied, Action: snapshots.Of("sns:GetTopicAttributes")}}
	o := outcomeOf(s, "")
	if !f.suffices(s) || len(o.missing) > 0 || strings.Join(o.owners, " ") != second || o.gaps == "" {
		t.Errorf("got %+v, want a gap that only %s can close", o, second)
	}
	s.Gaps[0].Resource = nil
	if o := outcomeOf(s, ""); f.suffices(s) || strings.Join(o.missing, " ") != "sns:GetTopicAttributes" || len(o.owners) > 0 {
		t.Errorf("got %+v, want a permission that is missing", o)
	}
}
