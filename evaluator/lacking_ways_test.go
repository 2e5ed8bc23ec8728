package evaluator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
)

// doubtedBy is the row of a control called c on some snapshots.
func doubtedBy(t *testing.T, text string, inputs ...Input) report.Result {
	t.Helper()
	sources := []Source{{Name: "policies", FS: policies.FS, Catalogue: true}, {Name: "mine", FS: policyFS(map[string]string{"c.rego": "package mine.c\n\nimport future.keywords.not\n\n" + text})}}
	engine, err := Compile(t.Context(), sources)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Benchmarks(sources)
	if err != nil {
		t.Fatal(err)
	}
	r, err := engine.Evaluate(t.Context(), inputs, Options{Benchmark: all[0], Controls: []string{"c"}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Accounts[0].Results[0]
}

func TestEvidenceIsFollowed(t *testing.T) {
	const importEvidence = "import data.policies.lib.evidence\n\n"
	noAlarms := func(s *snapshots.Snapshot) { s.CloudWatch.Alarms = nil }
	noStatus := func(s *snapshots.Snapshot) {
		s.CloudTrail.Trails[0].Status = nil
		s.Gaps = append(s.Gaps, snapshots.Gap{Region: "us-east-1", Service: "cloudtrail", Operation: "get-trail-status", Kind: snapshots.Denied})
	}
	for _, test := range []struct {
		name, policy string
		change       func(*snapshots.Snapshot)
		want         report.Status
	}{
		{"a function of the input", "deny contains \"off\" if count(off(input)) > 0\n\noff(account) := [a | some a in account.cloudwatch.alarms; a.ActionsEnabled == false]", noAlarms, report.Unknown},
		{"a function of the input that reads something else", "deny contains \"off\" if count(off(input)) > 0\n\noff(account) := [a | some a in account.sns.topics; a.TopicArn == \"\"]", noAlarms, report.Pass},
		{"a function of a service", "deny contains \"off\" if off(input.cloudwatch)\n\noff(w) if w.alarms[_].ActionsEnabled == false", noAlarms, report.Unknown},
		{"a function of a record", "deny contains \"off\" if {\n\tsome trail in input.cloudtrail.trails\n\toff(trail)\n}\n\noff(trail) if trail.Status.IsLogging == false", noStatus, report.Unknown},
		{"a function of a function", "deny contains \"off\" if f({\"a\": input})\n\nf(x) if g(x.a)\n\ng([x]) if x == 1\n\ng(x) if count(x.cloudwatch.alarms) == 0", noStatus, report.Pass},
		{"a function of a function, and what it lacks", "deny contains \"off\" if f({\"a\": input, \"b\": 1})\n\nf(x) if g(x.a)\n\ng(x) if count(x.cloudwatch.alarms) < 0", noAlarms, report.Unknown},
		{"walk", "deny contains \"off\" if {\n\twalk(input, [_, v])\n\tv == \"none such\"\n}", noAlarms, report.Unknown},
		{"json.filter", "deny contains \"off\" if json.filter(input, [\"cloudwatch/alarms\"]) == {\"x\": 1}", noAlarms, report.Unknown},
		{"object.get by a computed key", "deny contains \"off\" if object.get(input, concat(\"\", [\"cloud\", \"watch\"]), {}) == {\"x\": 1}", noAlarms, report.Unknown},
		{"object.get", "deny contains \"off\" if count(object.get(input, [\"cloudwatch\", \"alarms\"], [])) < 0", noAlarms, report.Unknown},
		{"a computed service", "deny contains \"off\" if count(input[concat(\"\", [\"cloud\", \"watch\"])].alarms) < 0", noAlarms, report.Unknown},
		{"a computed field", "deny contains \"off\" if {\n\tsome trail in input.cloudtrail.trails\n\ttrail[concat(\"\", [\"Sta\", \"tus\"])] == false\n}", noStatus, report.Unknown},
		{"a record shown", "deny contains $\"{trail}\" if {\n\tsome trail in input.cloudtrail.trails\n\ttrail.Name == \"none\"\n}", noStatus, report.Unknown},
		{"a field shown", "deny contains $\"{trail.Name}\" if {\n\tsome trail in input.cloudtrail.trails\n\ttrail.Name == \"none\"\n}", noStatus, report.Pass},
		{"a rule of its own", "trails := [t | some t in input.cloudtrail.trails]\n\ndeny contains \"off\" if trails[_].Status.IsLogging == false", noStatus, report.Unknown},
		{"a rule of its own, of another field", "trails := [t | some t in input.cloudtrail.trails]\n\ndeny contains \"off\" if trails[_].Name == \"none\"", noStatus, report.Pass},
		{"lists put together", "parts := array.concat([input], object.get(input, \"linked\", []))\n\ndeny contains \"off\" if {\n\tsome p in parts\n\tsome a in p.cloudwatch.alarms\n\ta.ActionsEnabled == false\n}", noAlarms, report.Unknown},
		{"every", "deny contains \"off\" if not fine\n\nfine if every t in input.cloudtrail.trails { t.Status != {} }", noStatus, report.Unknown},
		{"with", "deny contains \"off\" if n < 0 with input as object.union(input, {})\n\nn := count(object.keys(input))", noAlarms, report.Unknown},
		{"the library's accounts", importEvidence + "deny contains \"off\" if {\n\tsome account in evidence.accounts\n\taccount.cloudwatch.alarms[_].AlarmName == \"none\"\n}", noAlarms, report.Unknown},
		{"the library's home", importEvidence + "deny contains evidence.home if input.cloudwatch.alarms[_].AlarmName == \"none\"", noAlarms, report.Unknown},
		{"the library asked about another call", importEvidence + "deny contains evidence.home if {\n\tevidence.unread(evidence.home, \"list-topics\", \"us-east-1\") == \"\"\n\tcount(input.cloudwatch.alarms) < 0\n}", noAlarms, report.Unknown},
		{"the library asked about the call", importEvidence + "deny contains evidence.home if {\n\tevidence.unread(evidence.home, \"describe-alarms\", \"us-east-1\") == \"\"\n\tcount(input.cloudwatch.alarms) < 0\n}", noAlarms, report.Pass},
		{"the library asked about the call by a variable", importEvidence + "deny contains evidence.home if {\n\tsome call in [\"list-topics\", \"describe-alarms\"]\n\tevidence.unread(evidence.home, call, \"us-east-1\") == \"\"\n\tcount(input.cloudwatch.alarms) < 0\n}", noAlarms, report.Pass},
		{"gaps of another service", "deny contains \"off\" if {\n\tcount([g | some g in input.gaps; g.service == \"sns\"]) == 0\n\tinput.cloudtrail.trails[_].Status.IsLogging == false\n}", noStatus, report.Unknown},
		{"gaps of the call", "deny contains \"off\" if {\n\tcount([g | some g in input.gaps; g.operation == \"get-trail-status\"]) == 0\n\tinput.cloudtrail.trails[_].Status.IsLogging == false\n}", noStatus, report.Pass},
		{"gaps of calls", "deny contains \"off\" if {\n\tcount([g | some g in input.gaps; g.operation in {\"describe-trails\", \"get-trail-status\"}]) == 0\n\tinput.cloudtrail.trails[_].Status.IsLogging == false\n}", noStatus, report.Pass},
		{"no gaps at all", "deny contains \"off\" if {\n\tinput.gaps == []\n\tinput.cloudtrail.trails[_].Status.IsLogging == false\n}", noStatus, report.Pass},
		{"no gaps, and what nobody collected", "deny contains \"off\" if {\n\tcount(input.gaps) == 0\n\tcount(input.cloudwatch.alarms) < 0\n}", noAlarms, report.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := sample(t, "compliant")
			test.change(s)
			if got := doubtedBy(t, test.policy, Input{Name: "a.json", Snapshot: s}); got.Status != test.want {
				t.Errorf("got %s, want %s; %+v", got.Status, test.want, got)
			}
		})
	}
}

func TestMisspeltFieldOfAnArgument(t *testing.T) {
	const head = "package mine.c\n\nimport future.keywords.not\n\n"
	for _, test := range []struct{ name, text, want string }{
		{
			"a field", "deny contains \"x\" if count(off(input)) > 0\n\noff(account) := [a | some a in account.cloudwatch.alarm]",
			"mine/c.rego:7: input.cloudwatch has no field alarm; did you mean alarms? (account.cloudwatch.alarm)",
		},
		{
			"a field of a record", "deny contains \"x\" if off(input.cloudtrail.trails[_])\n\noff(trail) if trail.Status.IsLoging",
			"mine/c.rego:7: input.cloudtrail.trails[_].Status has no field IsLoging; did you mean IsLogging? (trail.Status.IsLoging)",
		},
		{
			"one of the values has it", "deny contains \"x\" if off(input.cloudtrail.trails[_])\n\ndeny contains \"y\" if off(input.cloudwatch.alarms[_])\n\noff(a) if a.AlarmName == \"\"", "",
		},
		{"something else is handed", "deny contains \"x\" if off(input.cloudtrail)\n\ndeny contains \"y\" if off(data.parameters)\n\noff(a) if a.AlarmName == \"\"", ""},
		{"an object around it", "deny contains \"x\" if off({\"of\": input})\n\noff(a) if a.of.sns", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Compile(t.Context(), append(embedded(), Source{Name: "mine", FS: policyFS(map[string]string{"c.rego": head + test.text})}))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if test.want == "" && got != "" || !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEvidenceOfLinkedAccounts(t *testing.T) {
	const (
		topics  = "deny contains \"x\" if input.linked[_].sns.topics[_].TopicArn == \"none\""
		groups  = "deny contains \"x\" if input.linked[_].logs.log_groups[_].logGroupName == \"none\""
		all     = "deny contains \"x\" if count(names(input)) < 0\n\nnames(account) := [t.TopicArn | some other in account.linked; some t in other.sns.topics]"
		careful = "deny contains \"x\" if {\n\tcount(input.linked[0].gaps) < 0\n\tinput.linked[_].logs.log_groups[_].logGroupName == \"none\"\n}\n\ndeny contains \"y\" if {\n\tsome other in input.linked\n\tcount(other.gaps) < 0\n}"
	)
	for _, test := range []struct {
		name, policy, lacks string
		want                report.Status
		message             string
	}{
		{"read", topics, "", report.Pass, ""},
		{"a gap in a linked account", groups, "", report.Unknown, "account 333344445555: logs describe-log-groups could not be read in us-east-1 (denied), and the policy reads it"},
		{"a list that a linked account lacks", topics, alerts, report.Unknown, "account 444455556666: the snapshot has no sns.topics (sns list-topics), and the policy reads it"},
		{"the same by a function", all, alerts, report.Unknown, "account 444455556666: the snapshot has no sns.topics (sns list-topics), and the policy reads it"},
		{"the policy counts their gaps", careful, "", report.Pass, ""},
		{"an account that is not linked", topics, "777788889999", report.Pass, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			inputs := append(organisation(t), Input{"else.json", in(t, "777788889999")})
			for _, input := range inputs {
				if input.Snapshot.Account.ID == test.lacks {
					input.Snapshot.SNS.Topics = nil
				}
			}
			got := doubtedBy(t, test.policy, inputs...)
			if got.Status != test.want {
				t.Errorf("got %s, want %s; %+v", got.Status, test.want, got)
			}
			said := []string{}
			for _, f := range got.Findings {
				said = append(said, f.Message)
			}
			if test.message != "" && !strings.Contains(strings.Join(said, "\n"), test.message) {
				t.Errorf("got %q, want %q", said, test.message)
			}
		})
	}
}

func TestDependenciesOfFunctions(t *testing.T) {
	e, err := Compile(t.Context(), append(embedded(), Source{Name: "mine", FS: policyFS(map[string]string{
		"c.rego": "package mine.c\n\ndeny contains \"x\" if off(input)\n\noff(account) if account.cloudtrail.trails[_].Status.IsLogging == false\n",
	})}))
	if err != nil {
		t.Fatal(err)
	}
	d, err := e.Dependencies(t.Context(), "c")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, each := range d.Evidence {
		got = append(got, each.Path)
	}
	for _, each := range d.Calls {
		got = append(got, each.Operation)
	}
	if want := "input.cloudtrail.trails describe-trails get-trail-status"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestValuesThatDoubleEnd hands on a list of two lists of two lists, which holds more than can be told: then all of it is read.
func TestValuesThatDoubleEnd(t *testing.T) {
	var text strings.Builder
	text.WriteString("s0(x) := [x, x]\n\nd0(x) := {\"a\": x}\n\n")
	for i := 1; i < 60; i++ {
		fmt.Fprintf(&text, "s%d(x) := s%d([x, x])\n\nd%d(x) := d%d({\"a\": x})\n\n", i, i-1, i, i-1)
	}
	text.WriteString("deny contains \"x\" if count(s59(input)) < 0\n\ndeny contains \"y\" if count(d59(input)) < 0\n")
	e, err := Compile(t.Context(), append(embedded(), Source{Name: "mine", FS: policyFS(map[string]string{"c.rego": "package mine.c\n\n" + text.String()})}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(e.controls["c"].reads), len(snapshots.Lists())+len(linkedWays); got != want {
		t.Errorf("got %d lists, want all %d", got, want)
	}
}
