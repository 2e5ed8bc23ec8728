package collector_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// judge gives the status of every control of an edition.
type judge struct {
	engine  *evaluator.Engine
	edition *evaluator.Benchmark
}

func newJudge(t testing.TB) *judge {
	t.Helper()
	sources := []evaluator.Source{{Name: "embedded", FS: policies.FS, Catalogue: true}}
	engine, err := evaluator.Compile(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	editions, err := evaluator.Benchmarks(sources)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(editions, func(b *evaluator.Benchmark) bool { return b.ID == "cis-7.0.0" })
	return &judge{engine, editions[i]}
}

func (j *judge) statuses(t testing.TB, s *snapshots.Snapshot) map[string]report.Status {
	t.Helper()
	r, err := j.engine.Evaluate(context.Background(), []evaluator.Input{{Name: "collected", Snapshot: s}}, evaluator.Options{Benchmark: j.edition})
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[string]report.Status{}
	for _, row := range r.Accounts[0].Results {
		statuses[row.ID+" "+row.Control] = row.Status
	}
	return statuses
}

// TestEveryCallMayFail makes each call of a run in turn fail, in every way. No verdict may become another because of it, except
// unknown, and a gap must name the call.
func TestEveryCallMayFail(t *testing.T) {
	j := newJudge(t)
	t.Run("compliant", func(t *testing.T) {
		everyCallFails(t, j, sample(t, "compliant"), fakeaws.Options{}, func(fakeaws.Call, fakeaws.Kind) bool { return true })
	})
	t.Run("pages", func(t *testing.T) {
		everyCallFails(t, j, sample(t, "compliant"), fakeaws.Options{PageSize: 8}, func(c fakeaws.Call, kind fakeaws.Kind) bool {
			return c.Page > 0 && (kind == fakeaws.Throttle || kind == fakeaws.Cut || kind == fakeaws.Garbage)
		})
	})
	for _, name := range []string{"broken-trail-stopped", "broken-log-group-none", "broken-metric-filter-none", "broken-alarm-none",
		"broken-topic-deleted", "broken-subscription-none", "denied"} {
		t.Run(name, func(t *testing.T) {
			everyCallFails(t, j, sample(t, name), fakeaws.Options{}, func(_ fakeaws.Call, kind fakeaws.Kind) bool { return kind == fakeaws.Deny || kind == fakeaws.Empty })
		})
	}
}

func everyCallFails(t *testing.T, j *judge, s *snapshots.Snapshot, o fakeaws.Options, chosen func(fakeaws.Call, fakeaws.Kind) bool) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := fakeaws.Start(t, o, &fakeaws.Account{Snapshot: s})
	session := open(t, server, s.Account.ID, collector.Options{})
	impatient := open(t, server, s.Account.ID, collector.Options{Timeout: 100 * time.Millisecond})
	want := j.statuses(t, collect(t, session))
	calls := server.Calls()
	for _, call := range calls {
		for _, kind := range fakeaws.Kinds() {
			if !chosen(call, kind) || call.Operation == "get-caller-identity" {
				continue
			}
			server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
				if same(c, call) {
					return fakeaws.Fault{Kind: kind}
				}
				return fakeaws.Fault{}
			})
			reader := session
			if kind == fakeaws.Hang {
				reader = impatient
			}
			got := collect(t, reader)
			where := fmt.Sprintf("%s: %s", kind, call)
			if !slices.ContainsFunc(got.Gaps, func(g snapshots.Gap) bool { return names(g, call) }) {
				t.Errorf("%s: got gaps %v, want one that names the call", where, got.Gaps)
			}
			for control, status := range j.statuses(t, got) {
				if status != want[control] && status != report.Unknown {
					t.Errorf("%s: %s: got %s, want %s or unknown", where, control, status, want[control])
				}
			}
		}
	}
}

// TestStrangeAnswers has each call in turn answered by something that is no answer to it. Nothing may be taken for an answer that
// lists nothing, and no verdict become another.
func TestStrangeAnswers(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	j := newJudge(t)
	s := sample(t, "compliant")
	s.CloudWatch.MuteRules = []snapshots.MuteRule{{Region: "us-east-1", Name: snapshots.Of("quiet"), Status: snapshots.Of("ACTIVE"),
		AlarmMuteRuleArn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:quiet", MuteTargets: &snapshots.MuteTargets{AlarmNames: []string{"other"}}}}
	server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: s})
	session := open(t, server, s.Account.ID, collector.Options{})
	want := j.statuses(t, collect(t, session))
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	bodies := []string{
		"null", "[]", "{}", `"x"`, "1", `{"__type":"AccessDeniedException","message":"no"}`, `{"message":"no","__type":"com.amazon#AccessDenied"}`,
		`{"trailList":[{}],"metricFilters":[{}],"logGroups":[{}],"MetricAlarms":[{}],"AlarmMuteRuleSummaries":[{}],"HubArn":"x","EventSelectors":[{}],"IsLogging":null}`,
		`{"trailList":null,"metricFilters":null,"logGroups":null,"MetricAlarms":null,"CompositeAlarms":[],"EventSelectors":null}`,
		`{"trailList":[],"metricFilters":[],"logGroups":[],"MetricAlarms":[],"HubArn":"arn:aws:securityhub:a:b:c","IsLogging":true,"x":` + deep + "}",
		"<?xml version='1.0'?>", "<html><body>sign in</body></html>", "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
		"<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult/></ListSubscriptionsByTopicResponse>",
		"<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions><member/></Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>",
		"<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions><item><TopicArn>a</TopicArn></item></Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>",
		"<DescribeRegionsResponse><regionInfo><item/></regionInfo></DescribeRegionsResponse>",
	}
	for _, call := range server.Calls() {
		if call.Operation == "get-caller-identity" {
			continue
		}
		for _, body := range bodies {
			object := strings.HasPrefix(body, "{") && !strings.Contains(body, "__type") && !strings.Contains(body, "AlarmMuteRuleSummaries")
			if object && call.Operation == "list-alarm-mute-rules" {
				continue // how AWS says that there are none may be this
			}
			server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
				if same(c, call) {
					return fakeaws.Fault{Kind: fakeaws.Say, Message: body}
				}
				return fakeaws.Fault{}
			})
			got := collect(t, session)
			if !slices.ContainsFunc(got.Gaps, func(g snapshots.Gap) bool { return names(g, call) }) {
				t.Errorf("%s answered by %.80s: got gaps %v, want one that names the call", call, body, got.Gaps)
			}
			for control, status := range j.statuses(t, got) {
				if status != want[control] && status != report.Unknown {
					t.Errorf("%s answered by %.80s: %s: got %s, want %s or unknown", call, body, control, status, want[control])
				}
			}
		}
	}
}

// TestNotFoundByAProxy has something other than SNS say that a topic is not there: nobody knows, then.
func TestNotFoundByAProxy(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	s := sample(t, "compliant")
	server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: s})
	server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		if c.Service == "sns" {
			return fakeaws.Fault{Kind: fakeaws.Refuse, Status: 500, Code: "NotFound", Message: "no such page"}
		}
		return fakeaws.Fault{}
	})
	got := collect(t, open(t, server, s.Account.ID, collector.Options{}))
	if status := newJudge(t).statuses(t, got)["5.3 root-usage"]; status != report.Unknown {
		t.Errorf("got %s, want unknown", status)
	}
}

// TestHalfAListIsNoList has the second page of a log group's filters say that there is no such log group.
func TestHalfAListIsNoList(t *testing.T) {
	s := sample(t, "compliant")
	server := fakeaws.Start(t, fakeaws.Options{PageSize: 8}, &fakeaws.Account{Snapshot: s})
	server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		if c.Operation == "describe-metric-filters" && c.Page == 1 {
			return fakeaws.Fault{Kind: fakeaws.Refuse, Code: "ResourceNotFoundException", Message: "The specified log group does not exist."}
		}
		return fakeaws.Fault{}
	})
	got := collect(t, open(t, server, s.Account.ID, collector.Options{}))
	if len(got.Gaps) != 1 || got.Gaps[0].Operation != "describe-metric-filters" {
		t.Errorf("got gaps %v, want one of describe-metric-filters", got.Gaps)
	}
}

// TestRoleOfAnotherAccount has a role whose credentials turn out to be another account's.
func TestRoleOfAnotherAccount(t *testing.T) {
	server := company(t, fakeaws.Options{}, nil)
	members := []collector.Member{{ID: first, Partition: "aws", RoleARN: "arn:aws:iam::" + second + ":role/audit/cistern"}}
	kept := each(t, open(t, server, management, collector.Options{}), members)
	if got := kept[first]; got.CloudTrail.Trails != nil || !slices.ContainsFunc(got.Gaps, func(g snapshots.Gap) bool { return g.Code == "OtherAccount" }) {
		t.Errorf("got trails %v and gaps %v, want nothing read", got.CloudTrail.Trails, got.Gaps)
	}
}

// same tells whether two requests are the same page of the same call.
func same(x, y fakeaws.Call) bool {
	return x.Region == y.Region && x.Operation == y.Operation && x.Params == y.Params && x.Page == y.Page
}

func names(g snapshots.Gap, call fakeaws.Call) bool {
	global := g.Region == "" && slices.Contains([]string{"ec2", "iam", "organizations", "sts", "account"}, call.Service)
	return g.Service == call.Service && g.Operation == call.Operation && (g.Region == call.Region || global)
}

// TestNobodyCalls wants an error, and no snapshot, where it cannot be found out whose account it is.
func TestNobodyCalls(t *testing.T) {
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	s := sample(t, "compliant")
	for _, kind := range fakeaws.Kinds() {
		server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: s})
		server.Interfere(func(fakeaws.Call) fakeaws.Fault { return fakeaws.Fault{Kind: kind} })
		got, err := open(t, server, s.Account.ID, collector.Options{Timeout: 300 * time.Millisecond}).Account(t.Context())
		var start *collector.StartError
		if got != nil || !errors.As(err, &start) {
			t.Errorf("%s: got snapshot %v and error %v, want no snapshot and a StartError", kind, got, err)
		}
	}
}
