//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// members are the accounts of an organisation in the emulator.
type members struct {
	management           caller
	watched, broken, off string // their ids
}

// testOrganization reads the accounts of an organisation, by a role in each. That a role is missing is for another server to tell: the
// emulator assumes any.
func testOrganization(t *testing.T, e *emulator, program string) {
	m := members{management: e.root().behind(e.front(t, "us-east-1")).become(t, "111122223333", "Auditor")}
	m.management.aws(t, "organizations", "create-organization", "--feature-set", "ALL")
	for name, id := range map[string]*string{"watched": &m.watched, "broken": &m.broken, "off": &m.off} {
		*id = m.management.aws(t, "organizations", "create-account", "--email", name+"@example.com", "--account-name", name,
			"--query", "CreateAccountStatus.AccountId")
	}
	m.management.aws(t, "organizations", "close-account", "--account-id", m.off)
	for _, id := range []string{m.watched, m.broken} {
		c := m.management.become(t, id, "OrganizationAccountAccessRole")
		c.build(t, []filter{one(t, root)}, "us-east-1")
		c.aws(t, "iam", "create-role", "--role-name", "Audit", "--assume-role-policy-document",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+m.management.account+`"},"Action":"sts:AssumeRole"}]}`)
		if id == m.broken {
			c.aws(t, alarmCall(root, c.topic(), "--namespace", "Other")...)
		}
	}
	folder := filepath.Join(t.TempDir(), "snapshots")
	t.Run("listed", func(t *testing.T) { m.testListed(t, program, folder) })
	t.Run("resumed", func(t *testing.T) { m.testResumed(t, program, folder) })
	t.Run("named in a file", func(t *testing.T) { m.testNamed(t, program) })
}

// collect runs cistern collect on several accounts, and returns what it says.
func (m members) collect(t *testing.T, program, folder string, arguments ...string) string {
	t.Helper()
	_, stderr, code := run(t, m.management.environment(), program, append([]string{"collect", "--verbose", "-o", folder}, arguments...)...)
	if code != 0 {
		t.Errorf("cistern collect %q: got exit code %d, want 0: %s", arguments, code, stderr)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	m.management.keepsSecrets(t, stderr, files...)
	return stderr
}

// testListed reads every active account.
func (m members) testListed(t *testing.T, program, folder string) {
	stderr := m.collect(t, program, folder, "--organization", "--role-name", "Audit")
	for _, want := range []string{"1 account of the organisation not active, and not read: " + m.off, "3 complete and 0 with gaps"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("cistern collect: got %q, want %q in it", stderr, want)
		}
	}
	m.expect(t, program, folder, m.management.account, m.watched, m.broken)
	r, code := evaluate(t, program, folder)
	if code != 3 || len(r.Accounts) != 3 {
		t.Fatalf("cistern evaluate: got exit code %d and %d accounts, want 3 and 3", code, len(r.Accounts))
	}
	for _, a := range r.Accounts {
		i := slices.IndexFunc(a.Results, func(x report.Result) bool { return x.Control == root })
		got := a.Results[i]
		status, link := report.Fail, "trail" // of the management account, where there is none
		switch a.Account {
		case m.watched:
			status, link = report.Pass, ""
		case m.broken:
			link = "alarm"
		}
		if got.Status != status || got.Findings[0].Link != link {
			t.Errorf("account %s: %s: got %s %+v, want %s, link %q", a.Account, root, got.Status, got.Findings, status, link)
		}
	}
}

// expect looks for the snapshots of exactly these accounts in a folder, each read as the role, or as the caller's own.
func (m members) expect(t *testing.T, program, folder string, ids ...string) {
	t.Helper()
	var want []string
	for _, id := range ids {
		file := filepath.Join(folder, id+".json")
		want = append(want, file)
		s := readSnapshot(t, program, file)
		caller := "arn:aws:sts::" + id + ":assumed-role/Audit/cistern-"
		if id == m.management.account {
			caller = "arn:aws:sts::" + id + ":assumed-role/Auditor/e2e"
		}
		if s.Account.ID != id || s.Collection.Caller == nil || !strings.HasPrefix(s.Collection.Caller.ARN, caller) {
			t.Errorf("%s: got account %s read by %+v, want %s read by %s", file, s.Account.ID, s.Collection.Caller, id, caller)
		}
		if o := s.Account.Organization; o == nil || o.MasterAccountID != m.management.account {
			t.Errorf("%s: got organisation %+v, want that of %s", file, o, m.management.account)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if slices.Sort(want); err != nil || !slices.Equal(files, want) {
		t.Errorf("got the files %q (%v), want %q", files, err, want)
	}
}

// testResumed goes on where a run left off: it reads what is missing or no snapshot, and nothing else.
func (m members) testResumed(t *testing.T, program, folder string) {
	before := m.contents(t, folder)
	if err := os.Remove(filepath.Join(folder, m.watched+".json")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, m.broken+".json"), []byte(`{"schema":`), 0o600); err != nil {
		t.Fatal(err)
	}
	stderr := m.collect(t, program, folder, "--organization", "--role-name", "Audit", "--resume")
	if want := "kept 1 of 3 accounts from before"; !strings.Contains(stderr, want) {
		t.Errorf("cistern collect --resume: got %q, want %q in it", stderr, want)
	}
	m.expect(t, program, folder, m.management.account, m.watched, m.broken)
	after := m.contents(t, folder)
	for id, text := range before {
		if kept := after[id] == text; kept != (id == m.management.account) {
			t.Errorf("account %s: got kept %v, want only the account that was whole kept", id, kept)
		}
	}
	stderr = m.collect(t, program, folder, "--organization", "--role-name", "Audit", "--resume")
	if want := "kept 3 of 3 accounts from before"; !strings.Contains(stderr, want) {
		t.Errorf("cistern collect --resume of what is whole: got %q, want %q in it", stderr, want)
	}
}

// contents are the snapshots of a folder, by account.
func (m members) contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, id := range []string{m.management.account, m.watched, m.broken} {
		text, err := os.ReadFile(filepath.Join(folder, id+".json"))
		if err != nil {
			t.Fatal(err)
		}
		all[id] = string(text)
	}
	return all
}

// testNamed reads the accounts of a file, one by its id, one by the ARN of a role.
func (m members) testNamed(t *testing.T, program string) {
	file := filepath.Join(t.TempDir(), "accounts.txt")
	text := "# ours\n" + m.watched + "\narn:aws:iam::" + m.broken + ":role/Audit # broken\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "snapshots")
	m.collect(t, program, folder, "--accounts", file, "--role-name", "Audit")
	m.expect(t, program, folder, m.watched, m.broken)
}
