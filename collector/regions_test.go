package collector_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// denying refuses these operations.
func denying(operations ...string) func(fakeaws.Call) fakeaws.Fault {
	return func(c fakeaws.Call) fakeaws.Fault {
		if slices.Contains(operations, c.Operation) {
			return fakeaws.Fault{Kind: fakeaws.Deny}
		}
		return fakeaws.Fault{}
	}
}

// at is a clock that stands at the moment of a snapshot.
func at(s *snapshots.Snapshot) func() time.Time {
	return func() time.Time { return s.CollectedAt.Time }
}

func TestRegions(t *testing.T) {
	enabled := []string{"eu-south-1", "eu-west-1", "us-east-1"}
	skipped := func(pairs ...string) []snapshots.SkippedRegion {
		var all []snapshots.SkippedRegion
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, snapshots.SkippedRegion{Name: pairs[i], Why: pairs[i+1]})
		}
		return all
	}
	const optIn, notAsked, off = "not opted in", "not asked for", "asked for, but not enabled in this account"
	tests := []struct {
		name      string
		requested []string
		refuse    []string
		want      snapshots.Regions
		read      []string
		gaps      []string
	}{
		{"all that are enabled", nil, nil, snapshots.Regions{Enabled: enabled, Skipped: skipped("af-south-1", optIn)}, enabled, nil},
		{"the other way", nil, []string{"describe-regions"}, snapshots.Regions{Enabled: enabled, Skipped: skipped("af-south-1", optIn)},
			enabled, []string{"describe-regions"}},
		{"nobody says", nil, []string{"describe-regions", "list-regions"}, snapshots.Regions{}, []string{"us-east-1"}, []string{"describe-regions", "list-regions"}},
		{"told, in disorder and twice", []string{"us-east-1", "eu-west-1", "us-east-1"}, nil,
			snapshots.Regions{Requested: []string{"eu-west-1", "us-east-1"}, Enabled: enabled, Skipped: skipped("af-south-1", optIn, "eu-south-1", notAsked)},
			[]string{"eu-west-1", "us-east-1"}, nil},
		{"told, where nobody else says", []string{"eu-west-1"}, []string{"describe-regions", "list-regions"},
			snapshots.Regions{Requested: []string{"eu-west-1"}}, []string{"eu-west-1"}, []string{"describe-regions", "list-regions"}},
		{"told one that is off and one that is none", []string{"af-south-1", "us-east-1", "us-esat-1"}, nil,
			snapshots.Regions{Requested: []string{"af-south-1", "us-east-1", "us-esat-1"}, Enabled: enabled,
				Skipped: skipped("eu-south-1", notAsked, "eu-west-1", notAsked, "af-south-1", off, "us-esat-1", off)}, []string{"us-east-1"}, []string{"describe-regions"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sample(t, "compliant")
			s.Collection.Regions.Enabled = enabled
			server := fakeaws.Start(t, fakeaws.Options{PageSize: 8}, &fakeaws.Account{Snapshot: s, NotOptedIn: []string{"af-south-1"}})
			server.Interfere(denying(tt.refuse...))
			got := collect(t, open(t, server, s.Account.ID, collector.Options{Regions: tt.requested}))
			if !reflect.DeepEqual(*got.Collection.Regions, tt.want) {
				t.Errorf("got %+v, want %+v", *got.Collection.Regions, tt.want)
			}
			var read, gaps []string
			for _, call := range got.Collection.Calls {
				if call.Operation == "describe-alarms" {
					read = append(read, call.Region)
				}
			}
			for _, g := range got.Gaps {
				gaps = append(gaps, g.Operation)
			}
			slices.Sort(read)
			slices.Sort(gaps)
			if !slices.Equal(read, tt.read) || !slices.Equal(gaps, tt.gaps) {
				t.Errorf("got regions %v and gaps %v, want %v and %v", read, gaps, tt.read, tt.gaps)
			}
		})
	}
}

// TestOneRegionIsNotAll reads one of two regions, in which the trail does not live, and wants the chain to be unknown, not broken.
func TestOneRegionIsNotAll(t *testing.T) {
	s := sample(t, "compliant")
	server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: s})
	got := collect(t, open(t, server, s.Account.ID, collector.Options{Regions: []string{"eu-west-1"}, Now: at(s)}))
	j := newJudge(t)
	want := j.statuses(t, s)
	for control, status := range j.statuses(t, got) {
		if status != want[control] && status != report.Unknown {
			t.Errorf("%s: got %s, want %s or unknown: the trail's region was not read", control, status, want[control])
		}
	}
	if got.CloudTrail.Trails[0].Status == nil || len(got.Logs.MetricFilters) == 0 {
		t.Error("got no status and no filters, want those of the trail's home region")
	}
}

// TestLogAlarmsAreNotKnownEverywhere wants the other alarms of a region that refuses to be asked for log alarms.
func TestLogAlarmsAreNotKnownEverywhere(t *testing.T) {
	s := sample(t, "compliant")
	server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: s, NoLogAlarms: true})
	got := collect(t, open(t, server, s.Account.ID, collector.Options{Now: at(s)}))
	if len(got.CloudWatch.Alarms) != len(s.CloudWatch.Alarms) || got.CloudWatch.CompositeAlarms == nil || got.CloudWatch.LogAlarms != nil {
		t.Errorf("got %d alarms, composite alarms %v and log alarms %v, want %d, a list and none",
			len(got.CloudWatch.Alarms), got.CloudWatch.CompositeAlarms, got.CloudWatch.LogAlarms, len(s.CloudWatch.Alarms))
	}
	for _, g := range got.Gaps {
		if g.Operation != "describe-alarms" || g.Resource == nil || *g.Resource != "LogAlarm" {
			t.Errorf("got the gap %+v, want one of log alarms", g)
		}
	}
	j := newJudge(t)
	want := j.statuses(t, s)
	for control, status := range j.statuses(t, got) {
		if status != want[control] {
			t.Errorf("%s: got %s, want %s", control, status, want[control])
		}
	}
}

// TestRegionsUnknown reads the caller's region, and that of the trail it sees there.
func TestRegionsUnknown(t *testing.T) {
	s := sample(t, "compliant")
	data, err := s.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"us-east-1", "us-swap-1"}, {"eu-west-1", "us-east-1"}, {"us-swap-1", "eu-west-1"}} {
		data = bytes.ReplaceAll(data, []byte(pair[0]), []byte(pair[1]))
	}
	if s, err = snapshots.Read(bytes.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: s})
	server.Interfere(denying("describe-regions", "list-regions"))
	got := collect(t, open(t, server, s.Account.ID, collector.Options{Now: at(s)}))
	want := map[string]report.Status{"5.3 root-usage": report.Pass, "5.16 security-hub-enabled": report.Unknown}
	statuses := newJudge(t).statuses(t, got)
	for control, status := range want {
		if statuses[control] != status {
			t.Errorf("%s: got %s, want %s", control, statuses[control], status)
		}
	}
}

// TestTopicOfAnotherAccount is asked in its own region, and may refuse.
func TestTopicOfAnotherAccount(t *testing.T) {
	for _, isOpen := range []bool{false, true} {
		owner := moved(t, "compliant", first, "")
		for i := range owner.SNS.Topics {
			owner.SNS.Topics[i].Region, owner.SNS.Topics[i].TopicArn = "eu-west-1", "arn:aws:sns:eu-west-1:"+first+":central"
		}
		for i := range owner.SNS.Subscriptions {
			owner.SNS.Subscriptions[i].Region, owner.SNS.Subscriptions[i].TopicArn = "eu-west-1", "arn:aws:sns:eu-west-1:"+first+":central"
		}
		caller := moved(t, "compliant", management, "")
		for i := range caller.CloudWatch.Alarms {
			caller.CloudWatch.Alarms[i].AlarmActions = []string{"arn:aws:sns:eu-west-1:" + first + ":central"}
		}
		server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: caller}, &fakeaws.Account{Snapshot: owner, OpenTopics: isOpen})
		got := collect(t, open(t, server, management, collector.Options{}))
		want := report.Unknown
		if isOpen {
			want = report.Pass
		}
		if status := newJudge(t).statuses(t, got)["5.3 root-usage"]; status != want {
			t.Errorf("open %v: got %s, want %s", isOpen, status, want)
		}
	}
}

// TestGovCloud is read where it is.
func TestGovCloud(t *testing.T) {
	s := inGovCloud(t)
	server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: s})
	got := collect(t, open(t, server, s.Account.ID, collector.Options{}))
	if got.Account.Partition != "aws-us-gov" || len(got.Gaps) > 0 {
		t.Errorf("got partition %s and gaps %v, want aws-us-gov and none", got.Account.Partition, got.Gaps)
	}
	if g, w := content(t, got), content(t, s); g != w {
		t.Errorf("got %s", firstDifference(g, w))
	}
}

// inGovCloud is the compliant account in GovCloud.
func inGovCloud(t *testing.T) *snapshots.Snapshot {
	t.Helper()
	data, err := sample(t, "compliant").Canonical()
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"arn:aws:", "arn:aws-us-gov:"}, {"us-east-1", "us-gov-west-1"}, {"eu-west-1", "us-gov-east-1"},
		{`"partition": "aws"`, `"partition": "aws-us-gov"`}} {
		data = bytes.ReplaceAll(data, []byte(pair[0]), []byte(pair[1]))
	}
	s, err := snapshots.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
