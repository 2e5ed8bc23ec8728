package mutation

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// TestRedactionKeepsVerdicts judges snapshots and what redaction makes of them: control by control the status, the link and the number of
// findings are the same, and where names are kept the message is, too, but for the account's id.
func TestRedactionKeepsVerdicts(t *testing.T) {
	engine, o := shipped(t)
	sets := map[string][]*snapshots.Snapshot{}
	for name, make := range accounts {
		sets[name] = make(t)
	}
	sets["organisation"] = organisation(t)
	sets["people in patterns"] = []*snapshots.Snapshot{peopleInPatterns(t)}
	for _, name := range samples.Names() {
		s, err := samples.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		sets["sample "+name] = []*snapshots.Snapshot{s}
	}
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		t.Run(name, func(t *testing.T) {
			compareRedacted(t, engine, o, sets[name], nil)
			compareRedacted(t, engine, o, sets[name], snapshots.RedactableNames())
		})
	}
}

// renumbered is the compliant account as if it were another one.
func renumbered(t *testing.T, account string) *snapshots.Snapshot {
	t.Helper()
	text, err := compliant(t).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshots.Read(strings.NewReader(strings.ReplaceAll(string(text), "111122223333", account)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// organisation is a member whose trail is the management account's, whose log group and alarms are a third account's, and whose topic is a
// fourth's.
func organisation(t *testing.T) []*snapshots.Snapshot {
	const management, logs, alerts = "222233334444", "033344445555", "444455556666"
	trail := "arn:aws:cloudtrail:us-east-1:" + management + ":trail/management-events"
	group := "arn:aws:logs:us-east-1:" + logs + ":log-group:cloudtrail/management-events:*"

	member, owner, central, people := renumbered(t, "111122223333"), renumbered(t, management), renumbered(t, logs), renumbered(t, alerts)
	member.Account.Organization = &snapshots.Organization{ID: "o-exampleorgid", MasterAccountID: management}
	member.CloudTrail.Trails[0].TrailARN = trail
	member.CloudTrail.Trails[0].IsOrganizationTrail = snapshots.Of(true)
	member.CloudTrail.Trails[0].CloudWatchLogsLogGroupArn = &group
	member.CloudWatch.Alarms, member.Logs.MetricFilters = []snapshots.Alarm{}, []snapshots.MetricFilter{}
	owner.CloudTrail.Trails[0].CloudWatchLogsLogGroupArn = &group
	for i := range central.CloudWatch.Alarms {
		central.CloudWatch.Alarms[i].AlarmActions = []string{"arn:aws:sns:us-east-1:" + alerts + ":security-alarms"}
	}
	people.CloudWatch = snapshots.CloudWatch{}
	return []*snapshots.Snapshot{member, owner, central, people}
}

// peopleInPatterns has filters that name accounts, users and addresses, some of which make them miss events.
func peopleInPatterns(t *testing.T) *snapshots.Snapshot {
	s := compliant(t)
	conditions := []string{
		`$.recipientAccountId = "111122223333"`, `$.recipientAccountId = 111122223333`, `$.userIdentity.userName != "alice"`,
		`$.userIdentity.arn != "arn:aws:iam::111122223333:role/deploy*"`, `$.sourceIPAddress != "203.0.113.*"`, `$.userIdentity.userName != "*"`,
	}
	for i := range s.Logs.MetricFilters {
		pattern := strings.TrimSuffix(strings.TrimSpace(*s.Logs.MetricFilters[i].FilterPattern), "}")
		_, inner, _ := strings.Cut(pattern, "{")
		s.Logs.MetricFilters[i].FilterPattern = snapshots.Of("{ (" + inner + ") && (" + conditions[i%len(conditions)] + ") }")
	}
	return s
}

// TestRedactionKeepsVerdictsOfMutants does so with a choice of the mutants.
func TestRedactionKeepsVerdictsOfMutants(t *testing.T) {
	const each = 23 // a prime, so that the choice runs through all operators
	engine, o := shipped(t)
	for _, name := range slices.Sorted(maps.Keys(accounts)) {
		tester := &tester{engine: engine, options: o, covering: map[coverQuestion]bool{}}
		if err := tester.read(inputs(accounts[name](t))); err != nil {
			t.Fatal(err)
		}
		rep, err := engine.Evaluate(t.Context(), tester.inputs, o.Evaluate)
		if err != nil {
			t.Fatal(err)
		}
		if err := tester.learn(t.Context(), rep); err != nil {
			t.Fatal(err)
		}
		mutants, err := tester.mutants()
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(mutants); i += each {
			m := mutants[i]
			changed, err := tester.fresh(m.change.input)
			if err != nil {
				t.Fatal(err)
			}
			var all []*snapshots.Snapshot
			for _, in := range tester.inputs {
				all = append(all, in.Snapshot)
			}
			all[m.change.input] = m.change.apply(changed)
			var redacted []string
			if i%2 == 1 {
				redacted = snapshots.RedactableNames()
			}
			t.Run(name+" "+m.name, func(t *testing.T) { compareRedacted(t, engine, o, all, redacted) })
		}
	}
}

// compareRedacted judges the snapshots, and what they are with pseudonyms.
func compareRedacted(t *testing.T, engine *evaluator.Engine, o Options, all []*snapshots.Snapshot, names []string) {
	t.Helper()
	r, err := snapshots.NewRedactor([]byte("a key of enough letters for a test, 0123456789"), snapshots.RedactOptions{Names: names})
	if err != nil {
		t.Fatal(err)
	}
	var redacted []*snapshots.Snapshot
	for _, s := range all {
		r.Learn(s)
	}
	pseudonyms := map[string]string{}
	for _, s := range all {
		one, err := r.Redact(s)
		if err != nil {
			t.Fatal(err)
		}
		redacted = append(redacted, one)
		pseudonyms[s.Account.ID] = one.Account.ID
	}
	want, got := rows(t, engine, o, all), rows(t, engine, o, redacted)
	for _, original := range slices.Sorted(maps.Keys(want)) {
		account, id, _ := strings.Cut(original, " ")
		a, b := want[original], got[pseudonyms[account]+" "+id]
		if conclusions(a) != conclusions(b) {
			t.Errorf("%s (%v): got %s, want %s", original, names, conclusions(b), conclusions(a))
		}
		if len(names) == 0 && len(all) == 1 && len(all[0].Gaps) == 0 && !strings.HasSuffix(t.Name(), "people_in_patterns") {
			if was := strings.ReplaceAll(messages(a), account, pseudonyms[account]); was != messages(b) {
				t.Errorf("%s: got the messages\n%s, want\n%s", original, messages(b), was)
			}
		}
	}
}

// rows are the results of a report by account and control.
func rows(t *testing.T, engine *evaluator.Engine, o Options, all []*snapshots.Snapshot) map[string]report.Result {
	t.Helper()
	rep, err := engine.Evaluate(t.Context(), inputs(all), o.Evaluate)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]report.Result{}
	for _, a := range rep.Accounts {
		for _, r := range a.Results {
			found[a.Account+" "+r.ID+" "+r.Control] = r
		}
	}
	return found
}

func conclusions(r report.Result) string {
	var links []string
	for _, f := range r.Findings {
		links = append(links, fmt.Sprintf("%s at %q", f.Status, f.Link))
	}
	slices.Sort(links)
	return fmt.Sprintf("%s of %d findings (%s), %d notes", r.Status, len(r.Findings), strings.Join(links, ", "), len(r.Notes))
}

var keyIDs = regexp.MustCompile(`key/[0-9a-f-]+`)

func messages(r report.Result) string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.Message)
	}
	slices.Sort(all)
	return keyIDs.ReplaceAllString(strings.Join(append(all, r.Notes...), "\n"), "key/...")
}
