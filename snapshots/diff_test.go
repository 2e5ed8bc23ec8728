package snapshots_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func sample(t testing.TB, name string) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func diff(t testing.TB, from, to *snapshots.Snapshot) *snapshots.Delta {
	t.Helper()
	d, err := snapshots.Diff(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// told is a delta in short lines.
func told(d *snapshots.Delta) []string {
	lines := []string{}
	for _, c := range d.Changes {
		line := fmt.Sprintf("%s %s %s", c.Kind, c.List, c.Name)
		for _, f := range c.Fields {
			line += fmt.Sprintf(" [%s %s>%s -%s +%s %s]", f.Path, f.From, f.To, f.Removed, f.Added, f.Unread)
		}
		lines = append(lines, line)
	}
	for _, g := range d.Gaps {
		lines = append(lines, fmt.Sprintf("gap %s %s %s", g.Kind, g.Operation, g.Resource))
	}
	if !reflect.DeepEqual(d.Regions, snapshots.RegionChange{}) {
		lines = append(lines, fmt.Sprintf("regions %v %v", d.Regions.NewlyRead, d.Regions.LeftOut))
	}
	return lines
}

func TestDiff(t *testing.T) {
	of := func(text string) *string { return &text }
	const topic = "arn:aws:sns:us-east-1:111122223333:security-alarms"
	tests := []struct {
		name   string
		change func(s *snapshots.Snapshot)
		want   []string // of the compliant sample to the changed one
	}{
		{"nothing", func(*snapshots.Snapshot) {}, nil},
		{"a field", func(s *snapshots.Snapshot) { s.CloudTrail.Trails[0].Status.IsLogging = snapshots.Of(false) },
			[]string{"changed /cloudtrail/trails arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events [Status.IsLogging true>false -[] +[] ]"}},
		{"an item of a list that is one object", func(s *snapshots.Snapshot) {
			s.Logs.MetricFilters[0].MetricTransformations[0].MetricValue = of("2")
		}, []string{`changed /logs/metric_filters AwsConfigChanges of cloudtrail/management-events [metricTransformations[].metricValue "1">"2" -[] +[] ]`}},
		{"items of a list of names", func(s *snapshots.Snapshot) {
			s.CloudWatch.Alarms[0].AlarmActions = []string{"arn:aws:sns:us-east-1:111122223333:other"}
		}, []string{`changed /cloudwatch/alarms AwsConfigChanges [AlarmActions ["` + topic + `"]>["arn:aws:sns:us-east-1:111122223333:other"] -["` + topic + `"] +["arn:aws:sns:us-east-1:111122223333:other"] ]`}},
		{"removed", func(s *snapshots.Snapshot) { s.CloudWatch.Alarms = s.CloudWatch.Alarms[1:] }, []string{"removed /cloudwatch/alarms AwsConfigChanges"}},
		{"added", func(s *snapshots.Snapshot) {
			s.Logs.LogGroups = append(s.Logs.LogGroups, snapshots.LogGroup{Region: "us-east-1", LogGroupName: "new"})
		}, []string{"added /logs/log_groups new"}},
		{"a subscription that is not confirmed any more", func(s *snapshots.Snapshot) {
			s.SNS.Subscriptions[0].SubscriptionArn = "PendingConfirmation"
		}, []string{`changed /sns/subscriptions email security@example.com of ` + topic + ` [SubscriptionArn "` + topic + `:66666666-7777-8888-9999-000000000000">"PendingConfirmation" -[] +[] ]`}},
		{"another subscription of the same endpoint", func(s *snapshots.Snapshot) {
			s.SNS.Subscriptions[0].SubscriptionArn = topic + ":ffffffff-1111-4222-8333-444455556666"
		}, []string{"removed /sns/subscriptions email security@example.com of " + topic, "added /sns/subscriptions email security@example.com of " + topic}},
		{"states and times", func(s *snapshots.Snapshot) {
			s.CloudWatch.Alarms[0].StateValue = of("ALARM")
			s.CloudTrail.Trails[0].Status.LatestDeliveryTime = &s.CollectedAt
			s.Collection.ToolVersion = of("9")
			s.Collection.Calls = []snapshots.Call{{Service: "sns", RequestID: of("x")}}
		}, nil},
		{"a list that was not read", func(s *snapshots.Snapshot) {
			s.SecurityHub.Hubs = nil
			s.Gaps = []snapshots.Gap{{Region: "us-east-1", Service: "securityhub", Operation: "describe-hub", Kind: snapshots.Denied}}
		}, []string{"unseen /securityhub/hubs hub", "unseen /securityhub/hubs hub", "gap appeared describe-hub "}},
		{"a region of a list that was not read", func(s *snapshots.Snapshot) {
			s.CloudWatch.Alarms = []snapshots.Alarm{}
			s.CloudWatch.Alarms = append(s.CloudWatch.Alarms, sample(t, "compliant").CloudWatch.Alarms[1:]...)
			s.Gaps = []snapshots.Gap{{Region: "us-east-1", Service: "cloudwatch", Operation: "describe-alarms", Kind: snapshots.Throttled}}
		}, []string{"unseen /cloudwatch/alarms AwsConfigChanges", "gap appeared describe-alarms "}},
		{"a region that was not read", func(s *snapshots.Snapshot) {
			s.Collection.Regions.Requested = []string{"us-east-1"}
			s.SecurityHub.Hubs = slices.DeleteFunc(s.SecurityHub.Hubs, func(h snapshots.Hub) bool { return h.Region == "eu-west-1" })
		}, []string{"unseen /securityhub/hubs hub", "regions [] [eu-west-1]"}},
		{"a detail that was not read", func(s *snapshots.Snapshot) {
			s.SNS.Topics[0].Attributes = nil
			s.Gaps = []snapshots.Gap{{Region: "us-east-1", Service: "sns", Operation: "get-topic-attributes", Resource: of(topic), Kind: snapshots.Denied}}
		}, []string{"changed /sns/topics " + topic + " [Attributes %s> -[] +[] to]", "gap appeared get-topic-attributes " + topic}},
		{"another kind of selectors", func(s *snapshots.Snapshot) {
			s.CloudTrail.Trails[0].EventSelectors = nil
			s.CloudTrail.Trails[0].AdvancedEventSelectors = []snapshots.AdvancedEventSelector{}
		}, []string{"changed /cloudtrail/trails arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events [AdvancedEventSelectors >[] -[] +[] ] [EventSelectors %s> -[] +[] ]"}},
		{"the subscribers of one topic were not read", func(s *snapshots.Snapshot) {
			s.SNS.Subscriptions = []snapshots.Subscription{}
			s.Gaps = []snapshots.Gap{{Region: "us-east-1", Service: "sns", Operation: "list-subscriptions-by-topic", Resource: of(topic), Kind: snapshots.Denied}}
		}, []string{"unseen /sns/subscriptions email security@example.com of " + topic, "gap appeared list-subscriptions-by-topic " + topic}},
		{"the account", func(s *snapshots.Snapshot) { s.Account.Alias = of("other") },
			[]string{`changed /account account [account.alias "example">"other" -[] +[] ]`}},
		{"what this version does not know", func(s *snapshots.Snapshot) {
			s.Extra = snapshots.Extra{"iam": json.RawMessage(`{"users": ["a"]}`)}
		}, []string{`changed /iam iam [iam >{"users":["a"]} -[] +[] ]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := sample(t, "compliant"), sample(t, "compliant")
			tt.change(b)
			d := diff(t, a, b)
			got := told(d)
			if len(got) != len(tt.want) {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			for i, want := range tt.want {
				before, after, any := strings.Cut(want, "%s")
				if got[i] != want && !(any && strings.HasPrefix(got[i], before) && strings.HasSuffix(got[i], after)) {
					t.Errorf("got %q, want %q", got[i], want)
				}
			}
			if d.Same() != (len(tt.want) == 0) {
				t.Errorf("got Same %v", d.Same())
			}
		})
	}
}

func TestDiffSetsAside(t *testing.T) {
	a, b := sample(t, "compliant"), sample(t, "compliant")
	b.CloudWatch.Alarms[0].StateValue = snapshots.Of("ALARM")
	b.CollectedAt = snapshots.At(b.CollectedAt.AddDate(0, 0, 1))
	d := diff(t, a, b)
	if len(d.Aside) != 2 || d.Aside[0].Fields[0].Path != "StateValue" || d.Aside[1].Fields[0].Path != "collected_at" {
		t.Errorf("got %+v, want the state and the time", d.Aside)
	}
}

func TestDiffRefusesAnotherAccount(t *testing.T) {
	a, b := sample(t, "compliant"), sample(t, "compliant")
	b.Account.ID = "444455556666"
	var other *snapshots.AccountError
	if _, err := snapshots.Diff(a, b); !errors.As(err, &other) {
		t.Errorf("got %v, want an AccountError", err)
	}
}

// mirrored is a delta with its sides exchanged.
func mirrored(d *snapshots.Delta) *snapshots.Delta {
	other := map[snapshots.ChangeKind]snapshots.ChangeKind{snapshots.Added: snapshots.Removed, snapshots.Removed: snapshots.Added,
		snapshots.Seen: snapshots.Unseen, snapshots.Unseen: snapshots.Seen, snapshots.Changed: snapshots.Changed}
	m := *d
	m.From, m.To, m.Regions = d.To, d.From, snapshots.RegionChange{NewlyRead: d.Regions.LeftOut, LeftOut: d.Regions.NewlyRead}
	turned := func(changes []snapshots.Change) []snapshots.Change {
		out := []snapshots.Change{}
		for _, c := range changes {
			c.Kind, c.From, c.To = other[c.Kind], c.To, c.From
			c.Fields = slices.Clone(c.Fields)
			for i, f := range c.Fields {
				unread := map[string]string{"from": "to", "to": "from"}[f.Unread]
				c.Fields[i] = snapshots.FieldChange{Path: f.Path, From: f.To, To: f.From, Removed: f.Added, Added: f.Removed, Unread: unread}
			}
			out = append(out, c)
		}
		return out
	}
	m.Changes, m.Aside = turned(d.Changes), turned(d.Aside)
	m.Gaps = slices.Clone(d.Gaps)
	for i := range m.Gaps {
		m.Gaps[i].Kind = map[string]string{"appeared": "vanished", "vanished": "appeared"}[m.Gaps[i].Kind]
	}
	return &m
}

// lines is a delta without the order of its parts.
func lines(t testing.TB, d *snapshots.Delta) []string {
	t.Helper()
	var all []string
	for _, part := range []any{d.From, d.To, d.Regions} {
		text, _ := json.Marshal(part)
		all = append(all, string(text))
	}
	for _, c := range slices.Concat(d.Changes, d.Aside) {
		text, _ := json.Marshal(c)
		all = append(all, string(text))
	}
	for _, g := range d.Gaps {
		text, _ := json.Marshal(g)
		all = append(all, string(text))
	}
	slices.Sort(all)
	return all
}

func TestDiffOfAllSamples(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	names := samples.Names()
	for _, one := range names {
		a := sample(t, one)
		same := read(t, string(shuffled(t, []byte(canonical(t, a)), random)))
		if d := diff(t, a, same); !d.Same() || len(d.Aside) > 0 {
			t.Errorf("%s: got %q after shuffling, want nothing", one, told(d))
		}
		for _, two := range names {
			b := sample(t, two)
			d := diff(t, a, b)
			back := diff(t, b, a)
			if got, want := lines(t, mirrored(d)), lines(t, back); !slices.Equal(got, want) {
				t.Fatalf("%s, %s: got\n%q\nbackwards, want\n%q", one, two, want, got)
			}
			if same := contentDigest(t, a) == contentDigest(t, b); d.Same() != same {
				t.Errorf("%s, %s: got Same %v, and %v by their content digests", one, two, d.Same(), same)
			}
		}
	}
}

// TestEqualContentIsNoDifference wants the content digest and the comparison to agree about where was looked, and about lists that are empty.
func TestEqualContentIsNoDifference(t *testing.T) {
	regions := func(r *snapshots.Regions) func(*snapshots.Snapshot) {
		return func(s *snapshots.Snapshot) { s.Collection.Regions = r }
	}
	both := []string{"eu-west-1", "us-east-1"}
	skipped := func(why string) *snapshots.Regions {
		return &snapshots.Regions{Enabled: both, Skipped: []snapshots.SkippedRegion{{Name: "eu-west-1", Why: why}}}
	}
	actions := func(list []string) func(*snapshots.Snapshot) {
		return func(s *snapshots.Snapshot) { s.CloudWatch.Alarms[0].OKActions = list }
	}
	tests := []struct {
		name     string
		from, to func(*snapshots.Snapshot)
		same     bool
	}{
		{"a region skipped", regions(&snapshots.Regions{Enabled: both}), regions(skipped("--regions")), false},
		{"another reason", regions(skipped("not opted in")), regions(skipped("--regions")), true},
		{"fewer requested", regions(&snapshots.Regions{Enabled: both, Requested: both}), regions(&snapshots.Regions{Enabled: both, Requested: both[:1]}), false},
		{"a region more", regions(&snapshots.Regions{Enabled: both[:1]}), regions(&snapshots.Regions{Enabled: both}), false},
		{"no list and an empty one", actions(nil), actions([]string{}), true},
		{"an empty list and one item", actions([]string{}), actions([]string{"arn"}), false},
		{"hubs not read and none", func(s *snapshots.Snapshot) { s.SecurityHub.Hubs = nil }, func(s *snapshots.Snapshot) { s.SecurityHub.Hubs = []snapshots.Hub{} }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := sample(t, "compliant"), sample(t, "compliant")
			tt.from(a)
			tt.to(b)
			if got := contentDigest(t, a) == contentDigest(t, b); got != tt.same {
				t.Errorf("got equal content digests %v, want %v", got, tt.same)
			}
			if d := diff(t, a, b); tt.same && !d.Same() {
				t.Errorf("got the differences %q of equal contents %v", told(d), tt.same)
			}
		})
	}
}

func contentDigest(t testing.TB, s *snapshots.Snapshot) string {
	t.Helper()
	digest, err := s.ContentDigest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// FuzzDiff checks that no two snapshots make the comparison panic, that it is empty for one, and has a mirror.
func FuzzDiff(f *testing.F) {
	for _, two := range []string{
		`"sns": {"subscriptions": [{"region": "", "TopicArn": "", "SubscriptionArn": ""}, {"region": "", "TopicArn": "", "SubscriptionArn": "x"}], "x": {}}`,
		`"cloudtrail": {"trails": [{"region": "us-east-1", "TrailARN": "t", "HomeRegion": "x", "Status": {"IsLogging": true}, "New": [[1], {"a": 2}]}]}, "collection": {"regions": {"enabled": ["a"]}}`,
		`"cloudwatch": {"alarms": [{"region": "r", "AlarmName": "a", "Threshold": 1, "Dimensions": [{"Name": "n", "Value": "v"}]}]}, "gaps": [{"service": "cloudwatch", "operation": "describe-alarms", "kind": "denied"}]`,
	} {
		f.Add([]byte(minimal(`"cloudtrail": {"trails": [{"region": "us-east-1", "TrailARN": "t", "Status": {"IsLogging": false}}]}, "cloudwatch": {"alarms": []}`)), []byte(minimal(two)))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		a, err := snapshots.Read(strings.NewReader(string(one)))
		if err != nil {
			return
		}
		b, err := snapshots.Read(strings.NewReader(string(two)))
		if err != nil {
			return
		}
		b.Account = a.Account
		if d, err := snapshots.Diff(a, a); err == nil && (!d.Same() || len(d.Aside) > 0) {
			t.Fatalf("got %q of one snapshot, want nothing", told(d))
		}
		there, err := snapshots.Diff(a, b)
		if err != nil {
			return
		}
		back, err := snapshots.Diff(b, a)
		if err != nil {
			t.Fatal(err)
		}
		back.Alias = there.Alias
		if got, want := lines(t, mirrored(there)), lines(t, back); !slices.Equal(got, want) {
			t.Fatalf("got %q backwards, want %q", want, got)
		}
	})
}
