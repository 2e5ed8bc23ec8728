package mutation

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// accounts are the snapshots whose mutants the shipped policies must notice.
var accounts = map[string]func(*testing.T) []*snapshots.Snapshot{
	"compliant":          func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{compliant(t)} },
	"advanced-selectors": func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{advanced(t)} },
	"default-selectors":  func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{defaults(t)} },
	"composite-alarm":    func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{composite(t)} },
	"metric-math":        func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{math(t)} },
	"split-selectors":    func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{split(t)} },
	"every-call-known":   func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{collected(t)} },
	"two-trails":         func(t *testing.T) []*snapshots.Snapshot { return []*snapshots.Snapshot{twoTrails(t)} },
	"two-accounts":       twoAccounts,
}

func compliant(t *testing.T) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// few keeps the filters and alarms of some controls only, so that a test is short.
func few(s *snapshots.Snapshot, names ...string) *snapshots.Snapshot {
	var filters []snapshots.MetricFilter
	for _, f := range s.Logs.MetricFilters {
		for _, name := range names {
			if f.FilterName == name {
				filters = append(filters, f)
			}
		}
	}
	var alarms []snapshots.Alarm
	for _, a := range s.CloudWatch.Alarms {
		for _, name := range names {
			if a.AlarmName == name {
				alarms = append(alarms, a)
			}
		}
	}
	s.Logs.MetricFilters, s.CloudWatch.Alarms = snapshots.Listed(filters), snapshots.Listed(alarms)
	return s
}

func advanced(t *testing.T) *snapshots.Snapshot {
	s := few(compliant(t), "RootUsage", "CmkDisabledOrDeleted")
	trail := &s.CloudTrail.Trails[0]
	trail.EventSelectors = nil
	trail.AdvancedEventSelectors = []snapshots.AdvancedEventSelector{
		{FieldSelectors: []snapshots.AdvancedFieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}}},
		{FieldSelectors: []snapshots.AdvancedFieldSelector{
			{Field: "eventCategory", Equals: []string{"Data"}}, {Field: "resources.type", Equals: []string{s3Object}},
		}},
	}
	return s
}

func defaults(t *testing.T) *snapshots.Snapshot {
	s := few(compliant(t), "VpcChanges")
	trail := &s.CloudTrail.Trails[0]
	trail.EventSelectors, trail.HasCustomEventSelectors = []snapshots.EventSelector{}, snapshots.Of(false)
	return s
}

func composite(t *testing.T) *snapshots.Snapshot {
	s := few(compliant(t), "RootUsage", "ConsoleAuthenticationFailures")
	var rules []string
	for i := range s.CloudWatch.Alarms {
		a := &s.CloudWatch.Alarms[i]
		a.AlarmActions = []string{}
		rules = append(rules, `ALARM("`+a.AlarmName+`")`)
	}
	s.CloudWatch.CompositeAlarms = []snapshots.CompositeAlarm{{
		Region: "us-east-1", AlarmName: "Security", AlarmArn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm:Security",
		AlarmRule: snapshots.Of(strings.Join(rules, " OR ")), ActionsEnabled: snapshots.Of(true),
		AlarmActions: []string{s.SNS.Topics[0].TopicArn},
	}}
	return s
}

// math has alarms on metric math.
func math(t *testing.T) *snapshots.Snapshot {
	s := few(compliant(t), "RootUsage")
	a := &s.CloudWatch.Alarms[0]
	a.Metrics = []snapshots.MetricDataQuery{
		{Id: "m1", ReturnData: snapshots.Of(false), MetricStat: &snapshots.MetricStat{
			Metric: &snapshots.Metric{Namespace: a.Namespace, MetricName: a.MetricName}, Period: a.Period, Stat: a.Statistic,
		}},
		{Id: "e1", ReturnData: snapshots.Of(true), Expression: snapshots.Of("FILL(m1, 0)")},
	}
	a.Namespace, a.MetricName, a.Statistic, a.Period, a.Dimensions = nil, nil, nil, nil, nil
	return s
}

// split has one selector for reading and one for writing, and two filters for the events of one control.
func split(t *testing.T) *snapshots.Snapshot {
	s := few(compliant(t), "CmkDisabledOrDeleted")
	trail := &s.CloudTrail.Trails[0]
	reading := trail.EventSelectors[0]
	writing := reading
	reading.ReadWriteType, writing.ReadWriteType = snapshots.Of("ReadOnly"), snapshots.Of("WriteOnly")
	trail.EventSelectors = []snapshots.EventSelector{reading, writing}
	first := &s.Logs.MetricFilters[0]
	second := *first
	first.FilterPattern = snapshots.Of("{ $.eventSource = kms.amazonaws.com && $.eventName = DisableKey }")
	second.FilterPattern = snapshots.Of("{ $.eventSource = kms.amazonaws.com && $.eventName = ScheduleKeyDeletion }")
	second.FilterName = "Scheduled"
	s.Logs.MetricFilters = append(s.Logs.MetricFilters, second)
	return s
}

// collected says which calls it was made of.
func collected(t *testing.T) *snapshots.Snapshot {
	s := few(compliant(t), "VpcChanges")
	for _, list := range snapshots.Lists() {
		for _, region := range s.Collection.Regions.Enabled {
			s.Collection.Calls = append(s.Collection.Calls, snapshots.Call{
				Service: list.Service, Operation: list.Operation, Region: region, Status: "ok",
			})
		}
	}
	return s
}

// twoTrails has a second trail that does all that the first does.
func twoTrails(t *testing.T) *snapshots.Snapshot {
	s := few(compliant(t), "RootUsage")
	second := s.CloudTrail.Trails[0]
	second.Name, second.TrailARN = second.Name+"-too", second.TrailARN+"-too"
	s.CloudTrail.Trails = append(s.CloudTrail.Trails, second)
	return s
}

// twoAccounts is an account whose trail, filters and alarms belong to the management account of its organisation.
func twoAccounts(t *testing.T) []*snapshots.Snapshot {
	management := few(compliant(t), "CloudTrailChanges", "RootUsage")
	management.CloudTrail.Trails[0].IsOrganizationTrail = snapshots.Of(true)
	member := compliant(t)
	member.Account.ID = "444455556666"
	copied := management.CloudTrail.Trails[0]
	member.CloudTrail.Trails = []snapshots.Trail{copied}
	member.Logs = snapshots.Logs{LogGroups: []snapshots.LogGroup{}, MetricFilters: []snapshots.MetricFilter{}}
	member.CloudWatch.Alarms = []snapshots.Alarm{}
	member.SNS = snapshots.SNS{Topics: []snapshots.Topic{}, Subscriptions: []snapshots.Subscription{}}
	member.SecurityHub.Hubs = []snapshots.Hub{}
	return []*snapshots.Snapshot{management, member}
}

func shipped(t *testing.T) (*evaluator.Engine, Options) {
	t.Helper()
	from := []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}}
	engine, err := evaluator.Compile(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	all, err := evaluator.Benchmarks(from)
	if err != nil {
		t.Fatal(err)
	}
	b, err := evaluator.FindBenchmark(all, "")
	if err != nil {
		t.Fatal(err)
	}
	return engine, Options{Evaluate: evaluator.Options{Benchmark: b}}
}

func inputs(all []*snapshots.Snapshot) []evaluator.Input {
	var in []evaluator.Input
	for _, s := range all {
		in = append(in, evaluator.Input{Name: s.Account.ID, Snapshot: s})
	}
	return in
}

// The shipped policies notice everything, and nothing harmless: the golden files list each mutant and who noticed it.
func TestGoldenMutants(t *testing.T) {
	engine, o := shipped(t)
	for name, account := range accounts {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name == "compliant" {
				t.Skip("takes seconds")
			}
			r, err := Test(t.Context(), engine, inputs(account(t)), o)
			if err != nil {
				t.Fatal(err)
			}
			if !r.OK() || r.Summary.Score != 100 {
				t.Errorf("got score %d, %+v, want all noticed", r.Summary.Score, r.Summary)
			}
			var b bytes.Buffer
			if err := WriteText(&b, r, true); err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", name+".txt"), b.Bytes())
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}

func TestTheSameEachTime(t *testing.T) {
	var texts []string
	for workers := range 3 {
		engine, o := shipped(t)
		o.Workers = workers + 1
		o.Run = regexp.MustCompile("RootUsage|trail")
		r, err := Test(t.Context(), engine, inputs([]*snapshots.Snapshot{compliant(t)}), o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := WriteJSON(&b, r); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, b.String())
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Errorf("got\n%s\nand\n%s\nand\n%s", texts[0], texts[1], texts[2])
	}
}

// A policy that overlooks a link is found out.
func TestFindsBadPolicies(t *testing.T) {
	engine, o := shipped(t)
	s := compliant(t)
	o.Run = regexp.MustCompile("^alarm RootUsage: threshold 10$")
	o.Evaluate.Parameters = map[string]any{"max_events": 10} // as lax as a policy can be
	r, err := Test(t.Context(), engine, inputs([]*snapshots.Snapshot{s}), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.OK() || r.Summary.Survived != 1 || r.Mutants[0].Missed[0].Control != "root-usage" {
		t.Errorf("got %+v, want that root-usage misses it", r.Mutants)
	}
}

func TestNothingPasses(t *testing.T) {
	engine, o := shipped(t)
	s, err := samples.Read("empty")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Test(t.Context(), engine, inputs([]*snapshots.Snapshot{s}), o); !errors.Is(err, ErrNothingPasses) {
		t.Errorf("got %v, want %v", err, ErrNothingPasses)
	}
}
