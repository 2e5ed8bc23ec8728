package fakeaws_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// TestGapsAreRefusedAgain asks an account whose snapshot says what could not be read.
func TestGapsAreRefusedAgain(t *testing.T) {
	held := alarmed(t)
	held.Gaps = []snapshots.Gap{
		{Region: "eu-west-1", Service: "cloudwatch", Operation: "describe-alarms", Kind: snapshots.Denied, Code: "AccessDenied", Message: "no"},
		{Region: home, Service: "cloudwatch", Operation: "describe-alarms", Resource: snapshots.Of("LogAlarm"), Kind: snapshots.Failed,
			Code: "ValidationError", Message: "no such type"},
		{Region: home, Service: "cloudtrail", Operation: "get-trail-status", Resource: snapshots.Of(trailARN), Kind: snapshots.Throttled,
			Code: "ThrottlingException", Message: "Rate exceeded"},
		{Service: "iam", Operation: "list-account-aliases", Kind: snapshots.NotAttempted},
	}
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held})
	c := connect(t, s, own, home)
	for _, tt := range []struct {
		name, want string
		call       func() error
	}{
		{"metric alarms", "", func() error {
			_, err := c.cloudwatch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
			return err
		}},
		{"log alarms", "ValidationError", func() error {
			_, err := c.cloudwatch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmTypes: everyAlarm()})
			return err
		}},
		{"alarms elsewhere", "AccessDenied", func() error {
			_, err := connect(t, s, own, "eu-west-1").cloudwatch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
			return err
		}},
		{"status", "ThrottlingException", func() error {
			name := trailARN
			_, err := c.cloudtrail.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: &name})
			return err
		}},
		{"aliases", "", func() error {
			_, err := c.iam.ListAccountAliases(t.Context(), &iam.ListAccountAliasesInput{})
			return err
		}},
	} {
		if got := code(tt.call()); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCustomFaultsAndTime(t *testing.T) {
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	s := fakeaws.Start(t, fakeaws.Options{Latency: time.Millisecond, Clock: func() time.Time { return now }},
		&fakeaws.Account{Snapshot: compliant(t)})
	trails := connect(t, s, own, home).cloudtrail
	s.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		switch c.Attempt {
		case 1:
			return fakeaws.Fault{Kind: fakeaws.Refuse, Status: 418, Code: "TeapotException", Message: "short and stout"}
		case 2:
			return fakeaws.Fault{SlowBody: 10 * time.Millisecond}
		}
		return fakeaws.Fault{Delay: time.Hour}
	})
	_, err := trails.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	if code(err) != "TeapotException" || status(err) != 418 || !strings.Contains(err.Error(), "short and stout") {
		t.Errorf("refused: got %v, want the fault's own words", err)
	}
	out, err := trails.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	if err != nil || len(out.TrailList) != 1 {
		t.Errorf("slow body: got %+v, %v; want a trail", out, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err = trails.DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("delayed: got %v, want the deadline", err)
	}
	if calls := s.Calls(); len(calls) != 3 || !calls[2].At.Equal(now) || s.Served() != 3 {
		t.Errorf("got calls %v, want three at %v", calls, now)
	}
}

func TestPutReplacesAnAccount(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{Forget: true}, &fakeaws.Account{Snapshot: compliant(t)})
	trails := connect(t, s, own, home).cloudtrail
	for want := 1; want >= 0; want-- {
		out, err := trails.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
		if err != nil || len(out.TrailList) != want {
			t.Errorf("got %+v, %v; want %d trails", out, err, want)
		}
		empty, err := samples.Read("empty")
		if err != nil {
			t.Fatal(err)
		}
		s.Put(&fakeaws.Account{Snapshot: empty})
	}
	if calls := s.Calls(); len(calls) != 0 || s.Served() != 2 {
		t.Errorf("got %d calls kept of %d, want none of 2", len(calls), s.Served())
	}
}

func TestCopy(t *testing.T) {
	regions := fakeaws.Regions("aws")
	made, err := fakeaws.Copy(compliant(t), other, regions...)
	if err != nil {
		t.Fatal(err)
	}
	data, err := made.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if problems := snapshots.Validate(data); len(problems) > 0 {
		t.Errorf("got a snapshot with problems: %v", problems)
	}
	if got := strings.ReplaceAll(string(data), `"master_account_id": "`+own, ""); strings.Contains(got, own) {
		t.Errorf("got the old id in\n%s", got)
	}
	if !slices.Equal(made.CloudTrail.Trails[0].SeenIn, regions) {
		t.Errorf("got the trail seen in %q, want all regions", made.CloudTrail.Trails[0].SeenIn)
	}
}

// TestManyAtOnce asks many accounts at once, twice, and wants each call to have the same id in both runs.
func TestManyAtOnce(t *testing.T) {
	var ids [2]map[string]string
	for run := range ids {
		var accounts []*fakeaws.Account
		for i := range 8 {
			made, err := fakeaws.Copy(compliant(t), fmt.Sprintf("%012d", 500000000000+i))
			if err != nil {
				t.Fatal(err)
			}
			accounts = append(accounts, &fakeaws.Account{Snapshot: made})
		}
		s := fakeaws.Start(t, fakeaws.Options{PageSize: 3}, accounts...)
		var all sync.WaitGroup
		for _, a := range accounts {
			c := connect(t, s, a.Snapshot.Account.ID, home).cloudwatch
			all.Go(func() {
				for range 3 {
					pages := cloudwatch.NewDescribeAlarmsPaginator(c, &cloudwatch.DescribeAlarmsInput{})
					for pages.HasMorePages() {
						if _, err := pages.NextPage(t.Context()); err != nil {
							t.Error(err)
							return
						}
					}
				}
			})
		}
		all.Wait()
		ids[run] = map[string]string{}
		unique := map[string]bool{}
		for _, c := range s.Calls() {
			ids[run][fmt.Sprint(c, c.Attempt)] = c.RequestID
			unique[c.RequestID] = true
		}
		if len(unique) != 8*3*5 {
			t.Errorf("got %d ids, want %d", len(unique), 8*3*5)
		}
	}
	for call, id := range ids[0] {
		if ids[1][call] != id {
			t.Errorf("%s: got id %s, then %s", call, id, ids[1][call])
		}
	}
}

// BenchmarkAnswers is what a call costs the server and a plain client, from the second time on.
func BenchmarkAnswers(b *testing.B) {
	held, err := samples.Read("compliant")
	if err != nil {
		b.Fatal(err)
	}
	s := fakeaws.Start(b, fakeaws.Options{Forget: true}, &fakeaws.Account{Snapshot: held})
	b.ReportAllocs()
	for b.Loop() {
		ask(b, s, "monitoring", "GraniteServiceVersion20100801.DescribeAlarms", `{"AlarmTypes":["MetricAlarm","CompositeAlarm"]}`)
	}
}
