package collector_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// sample is an embedded snapshot.
func sample(t testing.TB, name string) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// open is a session of the account on the server.
func open(t testing.TB, server *fakeaws.Server, account string, o collector.Options) *collector.Session {
	t.Helper()
	server.Setenv(t, account)
	s, err := collector.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// collect reads the caller's account.
func collect(t testing.TB, s *collector.Session) *snapshots.Snapshot {
	t.Helper()
	snapshot, err := s.Account(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// content is the canonical form of all that a snapshot says of the account: without the record of how it was made.
func content(t testing.TB, s *snapshots.Snapshot) string {
	t.Helper()
	bare := *s
	bare.Collection = snapshots.Collection{}
	bare.CollectedAt = snapshots.At(time.Unix(0, 0))
	data, err := bare.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// firstDifference is the first line of got that want has otherwise, with the lines before it.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %s\nwant %s\nafter\n%s", i+1, g[i], w[i], strings.Join(g[max(0, i-8):i], "\n"))
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

// asked is the part of a snapshot that a collection asks for unless it is told to read more: topics that alarms act on, log
// groups that trails deliver to.
func asked(s *snapshots.Snapshot) *snapshots.Snapshot {
	topics, groups := map[string]bool{}, map[string]bool{}
	for _, a := range s.CloudWatch.Alarms {
		for _, action := range a.AlarmActions {
			topics[action] = true
		}
	}
	for _, trail := range s.CloudTrail.Trails {
		if trail.CloudWatchLogsLogGroupArn != nil {
			groups[*trail.CloudWatchLogsLogGroupArn] = true
		}
	}
	arn := func(region, group string) string {
		return "arn:aws:logs:" + region + ":" + s.Account.ID + ":log-group:" + group + ":*"
	}
	s.SNS.Topics = slices.DeleteFunc(s.SNS.Topics, func(t snapshots.Topic) bool { return !topics[t.TopicArn] })
	s.SNS.Subscriptions = slices.DeleteFunc(s.SNS.Subscriptions, func(u snapshots.Subscription) bool { return !topics[u.TopicArn] })
	s.Logs.LogGroups = slices.DeleteFunc(s.Logs.LogGroups, func(g snapshots.LogGroup) bool { return !groups[arn(g.Region, g.LogGroupName)] })
	s.Logs.MetricFilters = slices.DeleteFunc(s.Logs.MetricFilters, func(f snapshots.MetricFilter) bool { return !groups[arn(f.Region, f.LogGroupName)] })
	return s
}

// TestAccountGivesTheSnapshotBack collects accounts that are what a snapshot says, and wants that snapshot.
func TestAccountGivesTheSnapshotBack(t *testing.T) {
	for _, name := range samples.Names() {
		if name == "denied" {
			continue // its gaps are those of other calls
		}
		t.Run(name, func(t *testing.T) {
			want := sample(t, name)
			server := fakeaws.Start(t, fakeaws.Options{PageSize: 8}, &fakeaws.Account{Snapshot: want})
			got := collect(t, open(t, server, want.Account.ID, collector.Options{ToolVersion: "test"}))
			if g, w := content(t, got), content(t, asked(want)); g != w {
				t.Errorf("got %s", firstDifference(g, w))
			}
			data, err := got.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			if problems := snapshots.Validate(data); len(problems) > 0 {
				t.Errorf("got a snapshot with problems: %v", problems)
			}
		})
	}
}

func TestLedger(t *testing.T) {
	want := sample(t, "compliant")
	server := fakeaws.Start(t, fakeaws.Options{PageSize: 4}, &fakeaws.Account{Snapshot: want})
	got := collect(t, open(t, server, want.Account.ID, collector.Options{}))
	counts := map[string]int{}
	for _, call := range got.Collection.Calls {
		counts[call.Service+" "+call.Operation]++
		outside := call.Operation == "describe-organization" && *call.Code == "AWSOrganizationsNotInUseException" // is an answer
		if call.Status != "ok" || call.RequestID == nil || *call.Attempts < 1 || call.StartedAt == nil || call.DurationMS == nil ||
			!outside && (*call.Pages < 1 || call.SHA256 == nil) {
			t.Errorf("%s %s %s: got the record %+v, want all of it", call.Region, call.Service, call.Operation, call)
		}
	}
	regions := len(want.Collection.Regions.Enabled)
	wanted := map[string]int{
		"sts get-caller-identity": 1, "ec2 describe-regions": 1, "iam list-account-aliases": 1, "organizations describe-organization": 1,
		"cloudtrail describe-trails": regions, "cloudtrail get-trail-status": 1, "cloudtrail get-event-selectors": 1,
		"logs describe-log-groups": 1, "logs describe-metric-filters": 1, "cloudwatch describe-alarms": regions,
		"cloudwatch list-alarm-mute-rules": regions, "sns get-topic-attributes": 1, "sns list-subscriptions-by-topic": 1,
		"securityhub describe-hub": regions,
	}
	if !reflect.DeepEqual(counts, wanted) {
		t.Errorf("got calls %v, want %v: alarms once a region and never once a filter", counts, wanted)
	}
	alarms := slices.IndexFunc(got.Collection.Calls, func(c snapshots.Call) bool {
		return c.Operation == "describe-alarms" && c.Region == "us-east-1"
	})
	if pages := *got.Collection.Calls[alarms].Pages; pages != int64(len(want.CloudWatch.Alarms)+3)/4 {
		t.Errorf("got %d pages of alarms, want them all", pages)
	}
	if got.Collection.Caller == nil || got.Collection.Source != "aws" || len(got.Collection.Endpoints) != 1 || got.Collection.Endpoints[0].Service != "*" {
		t.Errorf("got the record %+v, want a caller, the source and the endpoint", got.Collection)
	}
}
