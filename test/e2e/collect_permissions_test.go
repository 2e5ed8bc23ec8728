//go:build e2e

package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// memberAccount is an account that is read by its role Audit.
const memberAccount = "222233334444"

// reader is a user who may do what its policy says, and no more.
type reader struct {
	caller
	admin   caller   // who may change that policy
	actions []string // of the policy that cistern prints
}

// testPermissions reads accounts as users whose rights the emulator checks from now on. It goes last: root is nobody then.
func testPermissions(t *testing.T, e *emulator, program string) {
	me := e.root()
	r := reader{caller: me.user(t, "reader"), admin: me.user(t, "admin"), actions: printedPolicy(t, program)}
	me.allow(t, "admin", allowing("*"))
	member := me.become(t, memberAccount, "Admin")
	member.aws(t, "iam", "create-role", "--role-name", "Audit", "--assume-role-policy-document",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+me.account+`"},"Action":"sts:AssumeRole"}]}`)
	member.aws(t, "iam", "put-role-policy", "--role-name", "Audit", "--policy-name", "all", "--policy-document", allowing(r.actions...))
	e.enforce(t)
	r.caller = r.behind(e.front(t, "us-east-1"))
	before := r.testAll(t, program)
	for _, refused := range refusals() {
		t.Run(strings.Join(refused.actions, " "), func(t *testing.T) { r.testRefused(t, program, refused, before) })
	}
	t.Run("roles", func(t *testing.T) { r.testRoles(t, program) })
}

// printedPolicy are the actions of the policy that cistern prints.
func printedPolicy(t *testing.T, program string, arguments ...string) []string {
	t.Helper()
	stdout, _, code := run(t, nil, program, append([]string{"collect", "--iam-policy"}, arguments...)...)
	var policy struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal([]byte(stdout), &policy); err != nil || code != 0 {
		t.Fatalf("cistern collect --iam-policy: got exit code %d and %q: %v", code, stdout, err)
	}
	var actions []string
	for _, s := range policy.Statement {
		actions = append(actions, s.Action...)
	}
	return actions
}

// allowing is a policy document that allows these actions. Those of CloudWatch go by the name monitoring in the emulator.
func allowing(actions ...string) string {
	all := slices.Clone(actions)
	for _, action := range actions {
		if name, ok := strings.CutPrefix(action, "cloudwatch:"); ok {
			all = append(all, "monitoring:"+name)
		}
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":["` + strings.Join(all, `","`) + `"]}]}`
}

// hubGap is a gap of every run here: the emulator calculates another signature for Security Hub than AWS does.
const hubGap = "us-east-1 securityhub describe-hub error SignatureDoesNotMatch"

// testAll reads the account with the printed policy, and returns the verdicts.
func (r reader) testAll(t *testing.T, program string) map[string]report.Status {
	t.Helper()
	r.admin.allow(t, "reader", allowing(r.actions...))
	got := collect(t, program, r.caller)
	if found := gapsOf(got.Snapshot); !slices.Equal(found, []string{hubGap}) {
		t.Errorf("with the printed policy: got gaps %q, want %q alone", found, hubGap)
	}
	evaluated, code := evaluate(t, program, got.file)
	if code != 4 {
		t.Errorf("cistern evaluate: got exit code %d, want 4", code)
	}
	for _, row := range evaluated.Accounts[0].Results {
		if unknown := row.Control == "security-hub-enabled"; row.Status != report.Manual && (row.Status == report.Unknown) != unknown || row.Status == report.Fail {
			t.Errorf("%s: got %s, want pass, but for security-hub-enabled, which is unknown: %v", row.Control, row.Status, row.Findings)
		}
	}
	return statuses(evaluated)
}

// refusal is what becomes of an account when the reader may not do all.
type refusal struct {
	actions []string // that are refused
	gaps    []string // that follow, beside those that name the actions
	chain   report.Status
	others  []string // the controls that are unknown, beside those that watch events
}

// refusals are the printed policy's actions, one at a time.
func refusals() []refusal {
	one := func(action string) []string { return []string{action} }
	trails := []string{"cloudtrail-multi-region", "s3-data-events-write", "s3-data-events-read"}
	return []refusal{
		{one("account:ListRegions"), nil, report.Pass, nil},
		{one("ec2:DescribeRegions"), []string{"account list-regions error 404"}, report.Pass, []string{"cloudtrail-log-validation", "cloudtrail-kms"}},
		{one("iam:ListAccountAliases"), nil, report.Pass, nil},
		{one("organizations:DescribeOrganization"), nil, report.Pass, nil},
		{one("cloudtrail:DescribeTrails"), []string{"logs describe-log-groups not_attempted", "logs describe-metric-filters not_attempted"},
			report.Unknown, append([]string{"cloudtrail-log-validation", "cloudtrail-kms"}, trails...)},
		{one("cloudtrail:GetEventSelectors"), nil, report.Unknown, trails},
		{one("cloudtrail:GetTrailStatus"), nil, report.Unknown, trails},
		{one("cloudwatch:DescribeAlarms"), []string{"sns list-subscriptions-by-topic not_attempted", "sns list-topics not_attempted"}, report.Unknown, nil},
		{one("cloudwatch:GetAlarmMuteRule"), nil, report.Pass, nil},
		{one("cloudwatch:ListAlarmMuteRules"), nil, report.Pass, nil},
		{one("logs:DescribeLogGroups"), nil, report.Pass, nil},
		{one("logs:DescribeMetricFilters"), nil, report.Unknown, nil},
		{one("securityhub:DescribeHub"), nil, report.Pass, nil},
		{one("sns:GetTopicAttributes"), nil, report.Pass, nil},
		{one("sns:ListSubscriptionsByTopic"), nil, report.Unknown, nil},
		{[]string{"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"}, nil, report.Unknown, nil},
	}
}

// asked are the actions that a whole account makes a collector need. Of the others, one is asked when another was refused, one of
// each mute rule, and one gets no further than its signature.
func asked(action string) bool {
	return !slices.Contains([]string{"account:ListRegions", "cloudwatch:GetAlarmMuteRule", "securityhub:DescribeHub"}, action)
}

func (r reader) testRefused(t *testing.T, program string, refused refusal, before map[string]report.Status) {
	r.admin.allow(t, "reader", allowing(slices.DeleteFunc(slices.Clone(r.actions), func(a string) bool { return slices.Contains(refused.actions, a) })...))
	got := collect(t, program, r.caller)
	if got.code != 4 {
		t.Errorf("cistern collect: got exit code %d, want 4", got.code)
	}
	named, rest := map[string]bool{}, []string{}
	for i, g := range got.Gaps {
		if g.Kind == snapshots.Denied && g.Action != nil {
			named[*g.Action] = true
		} else {
			rest = append(rest, gapsOf(got.Snapshot)[i])
		}
	}
	wanted := slices.Sorted(slices.Values(slices.DeleteFunc(slices.Clone(refused.actions), func(a string) bool { return !asked(a) })))
	if found := slices.Sorted(maps.Keys(named)); !slices.Equal(found, wanted) {
		t.Errorf("got gaps that name %q, want %q", found, wanted)
	}
	for _, action := range wanted {
		if !strings.Contains(got.stderr, action) {
			t.Errorf("cistern collect: got %q, want %s named", got.stderr, action)
		}
	}
	if want := append(slices.Clone(refused.gaps), hubGap); !slices.Equal(slices.Sorted(slices.Values(rest)), slices.Sorted(slices.Values(want))) {
		t.Errorf("got the other gaps %q, want %q", rest, want)
	}
	evaluated, _ := evaluate(t, program, got.file)
	for _, row := range evaluated.Accounts[0].Results {
		want := before[row.Control]
		switch {
		case watching(row):
			want = refused.chain
		case slices.Contains(refused.others, row.Control):
			want = report.Unknown
		}
		if row.Status != want {
			t.Errorf("%s: got %s, want %s: %v", row.Control, row.Status, want, row.Findings)
		}
	}
}

// testRoles reads two accounts, with the policy that is printed for that, and then without the right to assume a role.
func (r reader) testRoles(t *testing.T, program string) {
	file := filepath.Join(t.TempDir(), "accounts.txt")
	if err := os.WriteFile(file, []byte(account+"\n"+memberAccount+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--accounts", file, "--role-name", "Audit"}
	for _, tt := range []struct {
		name    string
		actions []string
		gaps    []string // of the member
	}{
		{"allowed", printedPolicy(t, program, flags...), []string{hubGap}},
		{"refused", r.actions, []string{
			"cloudtrail describe-trails not_attempted", "cloudwatch describe-alarms not_attempted", "cloudwatch list-alarm-mute-rules not_attempted",
			"logs describe-log-groups not_attempted", "logs describe-metric-filters not_attempted", "securityhub describe-hub not_attempted",
			"sns list-subscriptions-by-topic not_attempted", "sns list-topics not_attempted", "sts assume-role denied AccessDenied",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r.admin.allow(t, "reader", allowing(tt.actions...))
			folder := filepath.Join(t.TempDir(), "snapshots")
			_, stderr, code := run(t, r.environment(), program, append([]string{"collect", "--verbose", "-o", folder}, flags...)...)
			if code != 4 {
				t.Fatalf("cistern collect: got exit code %d, want 4: %s", code, stderr)
			}
			for id, want := range map[string][]string{account: {hubGap}, memberAccount: tt.gaps} {
				one := filepath.Join(folder, id+".json")
				found := gapsOf(readSnapshot(t, program, one))
				if slices.Sort(found); !slices.Equal(found, want) {
					t.Errorf("account %s: got gaps %q, want %q", id, found, want)
				}
				r.keepsSecrets(t, stderr, one)
			}
			evaluated, _ := evaluate(t, program, filepath.Join(folder, account+".json"))
			if found := row(t, evaluated, root); found.Status != report.Pass {
				t.Errorf("%s: got %s in the account that could be read, want pass", root, found.Status)
			}
		})
	}
	r.admin.allow(t, "reader", allowing(r.actions...))
	_, stderr, code := run(t, r.environment(), program, "collect", "--role-arn", "arn:aws:iam::"+memberAccount+":role/Audit")
	if code != 1 || !strings.Contains(stderr, "403") || !strings.Contains(stderr, "hint: ") {
		t.Errorf("cistern collect --role-arn of a role that refuses: got exit code %d and %q, want 1, status 403 and a hint", code, stderr)
	}
	r.keepsSecrets(t, stderr)
}
