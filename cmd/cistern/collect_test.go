package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

const (
	own    = "111122223333"
	second = "444455556666"
	third  = "777788889999"
	closed = "999900001111"
)

// account is a compliant account that a fake server holds, in an organisation whose management account is own.
func account(t *testing.T, id string, roles ...string) *fakeaws.Account {
	t.Helper()
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	s.Account.Organization = &snapshots.Organization{ID: "o-exampleorgid", MasterAccountID: own}
	if s, err = fakeaws.Copy(s, id); err != nil {
		t.Fatal(err)
	}
	return &fakeaws.Account{Snapshot: s, Roles: roles}
}

// serve starts a server of accounts, and lets this test call it as own.
func serve(t *testing.T, accounts ...*fakeaws.Account) *fakeaws.Server {
	t.Helper()
	server := fakeaws.Start(t, fakeaws.Options{}, accounts...)
	server.Setenv(t, own)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	t.Chdir(t.TempDir())
	return server
}

// organization is a server of three accounts with a role, and a closed one.
func organization(t *testing.T) *fakeaws.Server {
	t.Helper()
	gone := account(t, closed, "Audit")
	gone.State = "CLOSED"
	return serve(t, account(t, own), account(t, second, "Audit"), account(t, third, "Audit"), gone)
}

// said is what a run of the program said.
type said struct {
	code        int
	out, stderr string
}

func cistern(ctx context.Context, args ...string) said {
	var out, stderr bytes.Buffer
	code := run(ctx, args, stdio{strings.NewReader(""), &out, &stderr})
	return said{code, out.String(), stderr.String()}
}

// want compares how a run ended, and what it said on stderr, line by line in any order.
func (s said) want(t *testing.T, code int, lines ...string) {
	t.Helper()
	got := slices.Sorted(strings.Lines(s.stderr))
	want := strings.Join(slices.Sorted(slices.Values(lines)), "\n")
	if len(lines) > 0 {
		want += "\n"
	}
	if s.code != code || strings.Join(got, "") != want {
		t.Errorf("got exit code %d and\n%swant %d and\n%s", s.code, s.stderr, code, strings.Join(lines, "\n"))
	}
}

func read(t *testing.T, file string) *snapshots.Snapshot {
	t.Helper()
	s, err := snapshots.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refuse refuses what asked says is to be refused.
func refuse(server *fakeaws.Server, asked func(fakeaws.Call) bool) {
	server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		if asked(c) {
			return fakeaws.Fault{Kind: fakeaws.Deny}
		}
		return fakeaws.Fault{}
	})
}

func TestCollectAccount(t *testing.T) {
	serve(t, account(t, own))
	cistern(t.Context(), "collect", "-o", "a.json").want(t, exitOK)
	s := read(t, "a.json")
	if s.Account.ID != own || len(s.Gaps) > 0 || len(s.Logs.MetricFilters) == 0 {
		t.Errorf("got account %s with %d gaps and %d filters, want %s whole", s.Account.ID, len(s.Gaps), len(s.Logs.MetricFilters), own)
	}
	cistern(t.Context(), "collect", "-o", "packed.json.gz").want(t, exitOK)
	cistern(t.Context(), "collect", "-o", "folder/").want(t, exitOK)
	for _, file := range []string{"packed.json.gz", filepath.Join("folder", own+".json")} {
		if got := read(t, file).Account.ID; got != own {
			t.Errorf("%s: got account %s, want %s", file, got, own)
		}
	}
	printed := cistern(t.Context(), "collect", "--regions", "us-east-1", "--regions", "eu-west-1, us-east-1")
	printed.want(t, exitOK)
	s, err := snapshots.Read(strings.NewReader(printed.out))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.Collection.Regions.Requested, " "); got != "eu-west-1 us-east-1" {
		t.Errorf("got regions %q, want both", got)
	}
}

func TestCollectSaysWhatIsMissing(t *testing.T) {
	server := serve(t, account(t, own))
	refuse(server, func(c fakeaws.Call) bool {
		return c.Operation == "list-alarm-mute-rules" || c.Operation == "list-account-aliases"
	})
	cistern(t.Context(), "collect", "-o", "a.json").want(t, exitUnknown,
		"cistern: note: account 111122223333: 3 gaps: 3 denied (cloudwatch:ListAlarmMuteRules, iam:ListAccountAliases)",
		"cistern: note: missing permissions: cloudwatch:ListAlarmMuteRules, iam:ListAccountAliases",
		"cistern: hint: cistern collect --iam-policy prints a policy with all that are needed")
	if got := len(read(t, "a.json").Gaps); got != 3 {
		t.Errorf("got %d gaps in the snapshot, want 3", got)
	}
}

func TestCollectWhereRegionsAreNotKnown(t *testing.T) {
	server := serve(t, account(t, own))
	refuse(server, func(c fakeaws.Call) bool { return c.Operation == "describe-regions" || c.Operation == "list-regions" })
	got := cistern(t.Context(), "collect", "-o", "a.json")
	got.want(t, exitUnknown,
		"cistern: warning: account 111122223333: only us-east-1 was read, for nobody said which regions there are",
		"cistern: hint: --regions us-east-1,... names the regions to read, or allow ec2:DescribeRegions",
		"cistern: note: account 111122223333: 2 gaps: 2 denied (account:ListRegions, ec2:DescribeRegions)",
		"cistern: note: missing permissions: account:ListRegions, ec2:DescribeRegions",
		"cistern: hint: cistern collect --iam-policy prints a policy with all that are needed")
	if !strings.HasPrefix(got.stderr, "cistern: warning: ") {
		t.Errorf("got %q first, want the warning", got.stderr)
	}
}

func TestCollectRegionThatIsNotThere(t *testing.T) {
	a := account(t, own)
	a.NotOptedIn = []string{"me-south-1"}
	serve(t, a)
	cistern(t.Context(), "collect", "-o", "a.json", "--regions", "us-east-1,me-south-1").want(t, exitOK,
		"cistern: note: account 111122223333: not enabled and not read: me-south-1")
	cistern(t.Context(), "collect", "-o", "b.json", "--regions", "us-east-1,us-esat-1").want(t, exitUnknown,
		"cistern: note: account 111122223333: not enabled and not read: us-esat-1",
		"cistern: note: account 111122223333: 1 gap: 1 not_attempted (ec2 describe-regions NoSuchRegion)")
}

func TestCollectNothing(t *testing.T) {
	server := serve(t, account(t, own))
	refuse(server, func(c fakeaws.Call) bool { return c.Operation != "get-caller-identity" })
	got := cistern(t.Context(), "collect", "-o", "a.json")
	if got.code != exitFailed || !strings.Contains(got.stderr, "cistern: collect: account 111122223333: nothing could be read\n") {
		t.Errorf("got exit code %d and %q, want 1 and that nothing could be read", got.code, got.stderr)
	}
	read(t, "a.json")
	refuse(server, func(c fakeaws.Call) bool { return c.Operation == "get-caller-identity" })
	got = cistern(t.Context(), "collect", "-o", "b.json")
	if got.code != exitFailed || !strings.Contains(got.stderr, "cistern: collect: find out who calls (sts get-caller-identity): AccessDenied: ") {
		t.Errorf("got exit code %d and %q, want 1 and why nobody knows who calls", got.code, got.stderr)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	got = cistern(t.Context(), "collect", "-o", "b.json")
	if got.code != exitFailed || !strings.Contains(got.stderr, "cistern: hint: sign in (aws sso login)") {
		t.Errorf("got exit code %d and %q, want 1 and a hint at the credentials", got.code, got.stderr)
	}
	if _, err := os.Stat("b.json"); err == nil {
		t.Error("got a snapshot of nobody knows whom, want none")
	}
}

func TestCollectRole(t *testing.T) {
	reached := account(t, second, "Audit")
	reached.ExternalID = "shared secret"
	server := serve(t, account(t, own), reached)
	const role = "arn:aws:iam::444455556666:role/Audit"
	cistern(t.Context(), "collect", "--role-arn", role, "--external-id", "shared secret", "-o", "a.json").want(t, exitOK)
	if got := read(t, "a.json").Account.ID; got != second {
		t.Errorf("got account %s, want the role's, %s", got, second)
	}
	before := server.Served()
	got := cistern(t.Context(), "collect", "--role-arn", role, "-o", "b.json")
	if got.code != exitFailed || !strings.Contains(got.stderr, "not authorized to perform: sts:AssumeRole") {
		t.Errorf("got exit code %d and %q, want 1 and AWS's refusal", got.code, got.stderr)
	}
	if n := server.Served() - before; n != 1 {
		t.Errorf("got %d calls, want only that for the role", n)
	}
}

func TestCollectVerbose(t *testing.T) {
	server := serve(t, account(t, own))
	refuse(server, func(c fakeaws.Call) bool { return c.Operation == "describe-hub" && c.Region == "us-east-1" })
	got := cistern(t.Context(), "collect", "-o", "a.json", "--verbose").stderr
	for _, want := range []string{
		"cistern: 111122223333 us-east-1 cloudtrail describe-trails ok attempts=1 pages=1 ms=",
		"cistern: 111122223333 us-east-1 securityhub describe-hub denied attempts=1 pages=0 ms=",
		" code=AccessDeniedException User: ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got\n%swant a line with %q", got, want)
		}
	}
}

func TestCollectRedacts(t *testing.T) {
	serve(t, account(t, own))
	endpoint := func(file string) string { return read(t, file).SNS.Subscriptions[0].Endpoint }
	if err := os.WriteFile("key", []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cistern(t.Context(), "collect", "-o", "file.json", "--redact", "endpoints", "--redact-key-file", "key").want(t, exitOK)
	t.Setenv("CISTERN_REDACT_KEY", "0123456789abcdef")
	cistern(t.Context(), "collect", "-o", "variable.json", "--redact", "endpoints").want(t, exitOK)
	if got, want := endpoint("file.json"), endpoint("variable.json"); got != want || !strings.HasPrefix(got, "hmac-sha256:") {
		t.Errorf("got %q of the file's key and %q of the variable's, want the same hash", got, want)
	}
	cistern(t.Context(), "collect", "-o", "plain.json").want(t, exitOK)
	if got := endpoint("plain.json"); got != "security@example.com" {
		t.Errorf("got %q, want the address", got)
	}
}
