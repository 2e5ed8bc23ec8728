package collector_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

const management, first, second, suspended = "111122223333", "222233334444", "333344445555", "444455556666"

// moved is a sample as that of another account of the organisation. Topics keep the account that they had if there is one.
func moved(t testing.TB, name, id, topicsOf string) *snapshots.Snapshot {
	t.Helper()
	data, err := sample(t, name).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.ReplaceAll(data, []byte("111122223333"), []byte(id))
	if topicsOf != "" {
		data = bytes.ReplaceAll(data, []byte(":sns:us-east-1:"+id), []byte(":sns:us-east-1:"+topicsOf))
	}
	s, err := snapshots.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	s.Account.Organization = &snapshots.Organization{ID: "o-example", MasterAccountID: management}
	return s
}

// company is an organisation of four accounts, one of them suspended.
func company(t testing.TB, o fakeaws.Options, change func(id string, a *fakeaws.Account)) *fakeaws.Server {
	t.Helper()
	var accounts []*fakeaws.Account
	for _, id := range []string{management, first, second, suspended} {
		a := &fakeaws.Account{Snapshot: moved(t, "compliant", id, ""), Roles: []string{"audit/cistern"}}
		if id == suspended {
			a.State = "SUSPENDED"
		}
		if change != nil {
			change(id, a)
		}
		accounts = append(accounts, a)
	}
	return fakeaws.Start(t, o, accounts...)
}

// each collects the members, and wants no error.
func each(t testing.TB, s *collector.Session, members []collector.Member) map[string]*snapshots.Snapshot {
	t.Helper()
	kept := map[string]*snapshots.Snapshot{}
	err := s.Each(context.Background(), members, func(snapshot *snapshots.Snapshot) error {
		kept[snapshot.Account.ID] = snapshot
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestOrganization(t *testing.T) {
	server := company(t, fakeaws.Options{PageSize: 8, EmptyPages: true}, nil)
	s := open(t, server, management, collector.Options{})
	active, inactive, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	want := []collector.Member{
		{ID: management, Partition: "aws"},
		{ID: first, Partition: "aws", RoleARN: "arn:aws:iam::" + first + ":role/audit/cistern"},
		{ID: second, Partition: "aws", RoleARN: "arn:aws:iam::" + second + ":role/audit/cistern"},
	}
	if !reflect.DeepEqual(active, want) || !reflect.DeepEqual(inactive, []string{suspended}) {
		t.Errorf("got active %v and inactive %v, want %v and %s", active, inactive, want, suspended)
	}
	kept := each(t, s, active)
	for _, m := range want {
		if g, w := content(t, kept[m.ID]), content(t, moved(t, "compliant", m.ID, "")); g != w {
			t.Errorf("%s: got %s", m.ID, firstDifference(g, w))
		}
	}
	caller := kept[first].Collection.Caller.ARN
	if !strings.HasPrefix(caller, "arn:aws:sts::"+first+":assumed-role/cistern/cistern-2") {
		t.Errorf("got the caller %s, want the role with the time of the run in its session's name", caller)
	}
	assumed := slices.ContainsFunc(kept[first].Collection.Calls, func(c snapshots.Call) bool {
		return c.Operation == "assume-role" && c.Status == "ok" && c.RequestID != nil
	})
	if !assumed {
		t.Error("got no record of assume-role, want one")
	}
}

func TestOrganizationListBreaksOff(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := company(t, fakeaws.Options{PageSize: 2}, nil)
	server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		if c.Operation == "list-accounts" && c.Page == 1 {
			return fakeaws.Fault{Kind: fakeaws.Deny}
		}
		return fakeaws.Fault{}
	})
	active, _, err := open(t, server, management, collector.Options{}).Members(t.Context(), "cistern")
	var start *collector.StartError
	if !errors.As(err, &start) || active != nil || start.Hint() == "" {
		t.Errorf("got accounts %v and error %v, want no account and a StartError with a hint", active, err)
	}
}

// TestOneAccountFails wants the account whose role cannot be assumed to be unknown, and all others as they are.
func TestOneAccountFails(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := company(t, fakeaws.Options{}, func(id string, a *fakeaws.Account) {
		if id == second {
			a.Roles = nil
		}
	})
	s := open(t, server, management, collector.Options{})
	active, _, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	kept := each(t, s, active)
	j := newJudge(t)
	for id, snapshot := range kept {
		for control, status := range j.statuses(t, snapshot) {
			if id == second && status == report.Pass || id == second && status == report.Fail {
				t.Errorf("%s: %s: got %s, want unknown", id, control, status)
			}
		}
	}
	denied := slices.IndexFunc(kept[second].Gaps, func(g snapshots.Gap) bool { return g.Operation == "assume-role" })
	if denied < 0 || kept[second].Gaps[denied].Kind != snapshots.Denied || *kept[second].Gaps[denied].Action != "sts:AssumeRole" {
		t.Errorf("got gaps %v, want assume-role denied, with its action", kept[second].Gaps)
	}
	data, err := kept[second].Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if problems := snapshots.Validate(data); len(problems) > 0 {
		t.Errorf("got a snapshot with problems %v, want none", problems)
	}
	if len(kept[first].Gaps) > 0 || len(kept) != 3 {
		t.Errorf("got %d accounts, %d gaps in the first, want 3 and none", len(kept), len(kept[first].Gaps))
	}
}

// TestCentralTopic has alarms of members act on a topic of the management account, which answers to its own account only.
func TestCentralTopic(t *testing.T) {
	server := company(t, fakeaws.Options{}, func(id string, a *fakeaws.Account) {
		if id == management { // its own alarms act on nothing
			for i := range a.Snapshot.CloudWatch.Alarms {
				a.Snapshot.CloudWatch.Alarms[i].AlarmActions = []string{}
			}
			return
		}
		a.Snapshot = moved(t, "compliant", id, management)
		a.Snapshot.SNS.Topics, a.Snapshot.SNS.Subscriptions = []snapshots.Topic{}, []snapshots.Subscription{}
	})
	s := open(t, server, management, collector.Options{})
	active, _, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	kept := each(t, s, active)
	checkCentral(t, kept)

	// A run that goes on after the management account was read finds out as well.
	var members []collector.Member
	for _, m := range active {
		if m.ID == management {
			old := *kept[management]
			old.SNS.Topics, old.SNS.Subscriptions = []snapshots.Topic{}, []snapshots.Subscription{}
			old.Collection.Calls = nil
			m.Known = collector.KnownOf(&old)
		}
		members = append(members, m)
	}
	checkCentral(t, each(t, s, members))
}

func checkCentral(t *testing.T, kept map[string]*snapshots.Snapshot) {
	t.Helper()
	if topics := kept[management].SNS.Topics; len(topics) != 1 || len(kept[management].SNS.Subscriptions) == 0 {
		t.Fatalf("got topics %v, want the one that members' alarms act on, with its subscribers", topics)
	}
	j := newJudge(t)
	alone := j.statuses(t, kept[first])
	if got := alone["5.3 root-usage"]; got != report.Unknown {
		t.Errorf("a member alone: got %s, want unknown: it cannot see who hears the topic", got)
	}
	if got := together(t, j, "root-usage", kept[management], kept[first])[first]; got != report.Pass {
		t.Errorf("with the topic's account: got %s, want pass", got)
	}
}

// TestCentralTopicIsGone has the members' alarms act on a topic that its owner says is not there: they fail, and are not unknown.
func TestCentralTopicIsGone(t *testing.T) {
	server := company(t, fakeaws.Options{}, func(id string, a *fakeaws.Account) {
		if id != management {
			a.Snapshot = moved(t, "compliant", id, management)
		}
		a.Snapshot.SNS.Topics, a.Snapshot.SNS.Subscriptions = []snapshots.Topic{}, []snapshots.Subscription{}
		for i := range a.Snapshot.CloudWatch.Alarms {
			if id == management {
				a.Snapshot.CloudWatch.Alarms[i].AlarmActions = []string{}
			}
		}
	})
	s := open(t, server, management, collector.Options{})
	active, _, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	kept := each(t, s, active)
	statuses := together(t, newJudge(t), "root-usage", kept[management], kept[first])
	if got := statuses[first]; got != report.Fail {
		t.Errorf("got %s, want fail: the topic's owner says that it is not there", got)
	}
}

// TestMuteRuleOfTheOwner has an active mute rule, whose targets nobody may read, beside the alarms of an organisation's trail.
func TestMuteRuleOfTheOwner(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := company(t, fakeaws.Options{}, func(id string, a *fakeaws.Account) {
		if id == management {
			a.Snapshot.CloudTrail.Trails[0].IsOrganizationTrail = snapshots.Of(true)
			a.Snapshot.CloudWatch.MuteRules = []snapshots.MuteRule{{Region: "us-east-1", Name: snapshots.Of("quiet"), Status: snapshots.Of("ACTIVE"),
				AlarmMuteRuleArn: "arn:aws:cloudwatch:us-east-1:" + management + ":alarm-mute-rule:quiet",
				MuteTargets:      &snapshots.MuteTargets{AlarmNames: []string{"RootUsage"}}}}
			return
		}
		a.Snapshot.CloudTrail.Trails = []snapshots.Trail{}
		a.Snapshot.Logs = snapshots.Logs{LogGroups: []snapshots.LogGroup{}, MetricFilters: []snapshots.MetricFilter{}}
		a.Snapshot.CloudWatch.Alarms = []snapshots.Alarm{}
	})
	s := open(t, server, management, collector.Options{})
	active, _, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	j := newJudge(t)
	for _, tt := range []struct {
		refuse string
		want   report.Status
	}{{"", report.Fail}, {"get-alarm-mute-rule", report.Unknown}} {
		server.Interfere(denying(tt.refuse))
		kept := each(t, s, active)
		statuses := together(t, j, "root-usage", kept[management], kept[first])
		if statuses[management] != tt.want || statuses[first] != tt.want {
			t.Errorf("%q refused: got owner %s and member %s, want %s of both", tt.refuse, statuses[management], statuses[first], tt.want)
		}
	}
}

// together is the status of a control in accounts that are judged together.
func together(t *testing.T, j *judge, control string, all ...*snapshots.Snapshot) map[string]report.Status {
	t.Helper()
	var inputs []evaluator.Input
	for _, s := range all {
		inputs = append(inputs, evaluator.Input{Name: s.Account.ID, Snapshot: s})
	}
	r, err := j.engine.Evaluate(t.Context(), inputs, evaluator.Options{Benchmark: j.edition})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]report.Status{}
	for _, a := range r.Accounts {
		for _, row := range a.Results {
			if row.Control == control {
				got[a.Account] = row.Status
			}
		}
	}
	return got
}

// TestTopicThatNobodyAskedTheOwnerOf must not be taken for one that is not there.
func TestTopicThatNobodyAskedTheOwnerOf(t *testing.T) {
	server := company(t, fakeaws.Options{}, func(id string, a *fakeaws.Account) {
		if id == first {
			a.Snapshot = moved(t, "compliant", id, management)
			a.Snapshot.SNS.Topics, a.Snapshot.SNS.Subscriptions = []snapshots.Topic{}, []snapshots.Subscription{}
		}
	})
	member := collect(t, open(t, server, first, collector.Options{}))
	owner := collect(t, open(t, server, second, collector.Options{}))
	data, err := owner.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.ReplaceAll(data, []byte(second), []byte(management))
	data = bytes.ReplaceAll(data, []byte("security-alarms"), []byte("other-alarms"))
	if owner, err = snapshots.Read(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	j := newJudge(t)
	got := together(t, j, "root-usage", owner, member)
	if want := map[string]report.Status{management: report.Pass, first: report.Unknown}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
