//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// TestFix breaks accounts, runs the script of cistern fix on them with the AWS CLI, does what it leaves to a human, and reads them again: what
// the plan promised holds, and the script a second time changes nothing. Each case has an account of its own.
func TestFix(t *testing.T) {
	t.Parallel()
	e := startEmulator(t)
	program := cistern(t)
	f := e.front(t, "us-east-1", "eu-west-1")
	whole := f.desk(t)
	template := e.root().at(whole.url)
	template.build(t, published(t), "us-east-1", "eu-west-1")
	template.aws(t, "iam", "create-role", "--role-name", "CloudTrail", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	for i, b := range slices.Concat(accounts(t), breaks(one(t, root))) { // what takes longest first
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := e.root().become(t, fmt.Sprintf("3%011d", i), "Engineer")
			r := &repair{desk: f.desk(t), program: program, script: filepath.Join(t.TempDir(), "fix.sh"), broken: b, elsewhere: e.root()}
			r.caller = c.at(r.desk.url)
			if !b.bare {
				whole.replay(t, template, c)
			}
			r.caller.apply(t, b.does(r.caller))
			r.run(t)
		})
	}
}

// broken is an account at the moment when cistern fix is asked.
type broken struct {
	name string
	bare bool // with nothing in it, rather than with what build makes
	does func(c caller) calls
	// asks are the flags of cistern fix; all controls if empty.
	asks []string
	// kinds are the changes that the script must make, in order, and no others.
	kinds []string
	// steps are words of what is left to a human.
	steps []string
	// stranger tells that the script is also run in another account.
	stranger bool
}

// repair is a case on its way.
type repair struct {
	broken
	caller    caller
	elsewhere caller // of another account
	desk      *desk
	program   string
	script    string
}

// plan is what of cistern fix -f json is compared.
type plan struct {
	Accounts []struct {
		Changes []struct {
			Kind string
		}
		Steps []struct {
			When string
			Text string
		}
		Controls []struct {
			Control       string
			Before, After report.Status
		}
	}
}

func (r *repair) run(t *testing.T) {
	before := collect(t, r.program, r.caller)
	p := r.propose(t, before.file)
	r.rehearse(t, len(p.Accounts[0].Changes))
	if said := r.runScript(t); len(r.kinds) > 0 && !strings.Contains(said, "aws ") {
		t.Errorf("the script: got %q, want the calls that it makes", said)
	}
	if made := r.desk.changed(); (len(made) > 0) != (len(r.kinds) > 0) {
		t.Errorf("the script: got the calls %q, want some only if there are changes", made)
	}
	r.desk.confirm()
	after := collect(t, r.program, r.caller)
	r.holds(t, p, after.file)
	r.again(t, after.file)
}

// propose writes the script, and holds the plan against what the case expects.
func (r *repair) propose(t *testing.T, file string) plan {
	t.Helper()
	asks := append([]string{"fix", file, "--email", "alerts@example.com"}, r.asks...)
	stdout, stderr, code := run(t, nil, r.program, append(asks, "-f", "json")...)
	var p plan
	if err := json.Unmarshal([]byte(stdout), &p); err != nil || len(p.Accounts) != 1 {
		t.Fatalf("cistern fix: got exit code %d and %v, want the plan of one account: %s", code, err, stderr)
	}
	its := p.Accounts[0]
	var kinds []string
	for _, c := range its.Changes {
		kinds = append(kinds, c.Kind)
	}
	if kinds = slices.Compact(kinds); !slices.Equal(kinds, r.kinds) {
		t.Errorf("cistern fix: got changes of %q, want %q", kinds, r.kinds)
	}
	var steps []string
	for _, s := range its.Steps {
		steps = append(steps, s.When+": "+s.Text)
	}
	for i := range max(len(steps), len(r.steps)) {
		if i >= len(steps) || i >= len(r.steps) || !strings.Contains(steps[i], r.steps[i]) {
			t.Errorf("cistern fix: got steps %q, want %q", steps, r.steps)
			break
		}
	}
	if want := min(len(steps), 1) * 4; code != want {
		t.Errorf("cistern fix: got exit code %d, want %d, since %d steps are left: %s", code, want, len(steps), stderr)
	}
	if _, stderr, again := run(t, nil, r.program, append(asks, "-o", r.script)...); again != code {
		t.Errorf("cistern fix -o fix.sh: got exit code %d, want %d as with JSON: %s", again, code, stderr)
	}
	r.check(t)
	return p
}

// check reads the script as shells and their linter do.
func (r *repair) check(t *testing.T) {
	t.Helper()
	for _, tool := range [][]string{{"bash", "-n"}, {"shellcheck", "--severity=style"}} {
		if _, err := exec.LookPath(tool[0]); err != nil {
			continue // only the linter may be missing: runScript needs bash
		}
		if stdout, stderr, code := run(t, os.Environ(), tool[0], append(tool[1:], r.script)...); code != 0 {
			t.Errorf("%s: got exit code %d, want 0:\n%s%s", strings.Join(tool, " "), code, stdout, stderr)
		}
	}
}

// rehearse runs the script dry, without credentials, and as somebody of another account: neither changes anything.
func (r *repair) rehearse(t *testing.T, changes int) {
	t.Helper()
	r.desk.changed()
	env := append(os.Environ(), "DRY_RUN=1", "AWS_ENDPOINT_URL="+r.desk.url)
	stdout, stderr, code := run(t, env, "bash", r.script)
	if code != 0 || strings.Count(stdout, "aws ") < changes {
		t.Errorf("DRY_RUN=1 bash fix.sh: got exit code %d and %q, want 0 and the commands of %d changes: %s", code, stdout, changes, stderr)
	}
	if heard := r.desk.questions(); heard > 0 {
		t.Errorf("DRY_RUN=1 bash fix.sh: got %d calls, want none", heard)
	}
	if !r.stranger {
		return
	}
	if _, stderr, code = run(t, r.elsewhere.at(r.desk.url).environment(), "bash", r.script); code != 1 || !strings.Contains(stderr, r.elsewhere.account) {
		t.Errorf("bash fix.sh in account %s: got exit code %d and %q, want 1 and that it is another account", r.elsewhere.account, code, stderr)
	}
	if made := r.desk.changed(); len(made) > 0 {
		t.Errorf("bash fix.sh in account %s: got the calls %q, want none that changes anything", r.elsewhere.account, made)
	}
}

func (r *repair) runScript(t *testing.T) string {
	t.Helper()
	stdout, stderr, code := run(t, r.caller.environment(), "bash", r.script)
	if code != 0 {
		t.Fatalf("bash fix.sh: got exit code %d, want 0:\n%s%s", code, stdout, stderr)
	}
	return stdout
}

// holds compares what the account's controls say with what the plan said that they would, and asks that those that watch events pass.
func (r *repair) holds(t *testing.T, p plan, file string) {
	t.Helper()
	said, _ := evaluate(t, r.program, file)
	for _, c := range p.Accounts[0].Controls {
		if got := row(t, said, c.Control); got.Status != c.After {
			t.Errorf("%s: got %s, want %s as the plan said: %v", c.Control, got.Status, c.After, got.Findings)
		}
	}
	for _, found := range said.Accounts[0].Results {
		asked := !slices.Contains(r.asks, "--control") || slices.Contains(r.asks, found.Control)
		if asked && watching(found) && found.Status != report.Pass {
			t.Errorf("%s: got %s, want pass: %v", found.Control, found.Status, found.Findings)
		}
	}
}

// again runs the script a second time, and asks for another plan: there is nothing to do.
func (r *repair) again(t *testing.T, file string) {
	t.Helper()
	r.desk.changed()
	if said := r.runScript(t); strings.Contains(said, "aws ") && !strings.Contains(said, "left out") {
		t.Errorf("the script a second time: got %q, want no call", said)
	}
	if made := r.desk.changed(); len(made) > 0 {
		t.Errorf("the script a second time: got the calls %q, want none that changes anything", made)
	}
	if got, want := r.content(t, collect(t, r.program, r.caller).file), r.content(t, file); got != want {
		t.Errorf("the script a second time: got an account with digest %s, want it unchanged, %s", got, want)
	}
	stdout, stderr, code := run(t, nil, r.program, append([]string{"fix", file, "-f", "json"}, r.asks...)...)
	var p plan
	if err := json.Unmarshal([]byte(stdout), &p); err != nil {
		t.Fatalf("cistern fix: %v: %s", err, stderr)
	}
	if left := p.Accounts[0]; len(left.Changes) > 0 || len(left.Steps) > 0 || code != 0 {
		t.Errorf("cistern fix of the mended account: got %+v and exit code %d, want nothing to do and 0", left, code)
	}
}

// content is the digest of what a snapshot saw.
func (r *repair) content(t *testing.T, file string) string {
	t.Helper()
	stdout, stderr, code := run(t, nil, r.program, "snapshot", "digest", "--content", file)
	if code != 0 {
		t.Fatalf("cistern snapshot digest: got exit code %d: %s", code, stderr)
	}
	digest, _, _ := strings.Cut(stdout, " ")
	return strings.TrimSpace(digest)
}
