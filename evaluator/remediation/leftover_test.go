package remediation

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// What no change mends is left to a human, with the reason.
func TestLeftToHuman(t *testing.T) {
	engine, o := shipped(t)
	for _, c := range []struct {
		name string
		is   func(*snapshots.Snapshot)
		want string
	}{
		{"an alarm that somebody muted", func(s *snapshots.Snapshot) {
			s.CloudWatch.MuteRules = []snapshots.MuteRule{{
				Region: "us-east-1", AlarmMuteRuleArn: "arn:aws:cloudwatch:us-east-1:111122223333:alarm-mute-rule:quiet", Status: said("ACTIVE"),
				MuteTargets: &snapshots.MuteTargets{AlarmNames: []string{"RootUsage"}},
			}}
		}, "End the mute rule that silences alarm RootUsage."},
		{"a log group that is full", func(s *snapshots.Snapshot) {
			f := filterIn(s, "RootUsage")
			f.FilterPattern = said("{ $.eventName = Nothing }")
			for i := len(s.Logs.MetricFilters); i < mostFilters; i++ {
				more := *filterIn(s, "VpcChanges")
				more.FilterName = fmt.Sprint("more ", i)
				s.Logs.MetricFilters = append(s.Logs.MetricFilters, more)
			}
			f = filterIn(s, "RootUsage")
			f.MetricTransformations = append([]snapshots.MetricTransformation(nil), f.MetricTransformations...)
			f.MetricTransformations[0].Dimensions = map[string]string{"a": "$.b"} // not to be extended
		}, "Log group cloudtrail/management-events has 100 metric filters, and AWS allows 100: take some away first."},
		{"selectors that were not read", func(s *snapshots.Snapshot) {
			trailIn(s).EventSelectors = nil
			s.Gaps = append(s.Gaps, snapshots.Gap{
				Region: "us-east-1", Service: "cloudtrail", Operation: "get-event-selectors", Resource: said(trailIn(s).TrailARN), Kind: snapshots.Denied, Code: "AccessDenied",
			})
		}, "Let the role that collects call get-event-selectors in us-east-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sample(t, "compliant")
			c.is(s)
			p := propose(t, engine, o, s).Plans[0]
			if len(p.Changes) > 0 || len(p.Steps) == 0 || p.Steps[0].When != Instead || !strings.Contains(p.Steps[0].Text, c.want) {
				t.Errorf("got\n%s\nwant no change, and the step %q", summary(&p), c.want)
			}
		})
	}
}

// A log group of a class that knows no metric filters is left, for one that does.
func TestInfrequentAccess(t *testing.T) {
	engine, o := shipped(t)
	s := sample(t, "broken-metric-filter-none")
	s.Logs.LogGroups[0].LogGroupClass = said("INFREQUENT_ACCESS")
	r := propose(t, engine, o, s)
	if c := r.Plans[0].Changes[0]; c.Kind != LogGroupKind || !c.Create {
		t.Errorf("got %s %s first, want a new log group", c.Kind, c.Name)
	}
	mended(t, engine, o, s, &r.Plans[0])
}

// Where a change would break a control that passes, it is not offered.
func TestNothingIsBroken(t *testing.T) {
	engine, o := shipped(t)
	s := sample(t, "broken-alarm-threshold")
	m := &mending{search: &search{engine: engine, options: o}, before: map[string][]report.Result{}, failed: map[goalKey]string{}}
	if err := m.find(t.Context(), inputsOf(s)); err != nil {
		t.Fatal(err)
	}
	d := m.now.draft(goal{account: s.Account.ID})
	d.edit(s.Account.ID).SNS.Subscriptions = []snapshots.Subscription{}
	next, err := d.settled()
	if err != nil {
		t.Fatal(err)
	}
	if broken, err := m.breaks(t.Context(), m.start, next); err != nil || !strings.HasPrefix(broken, "control 5.") {
		t.Errorf("without subscriptions got %q, %v, want a control that breaks", broken, err)
	}
}

// In another partition all names are of that partition.
func TestPartition(t *testing.T) {
	engine, o := shipped(t)
	for _, name := range []string{"empty", "broken-log-group-none", "broken-topic-deleted"} {
		text, err := sample(t, name).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		moved := strings.NewReplacer("arn:aws:", "arn:aws-us-gov:", `"partition": "aws"`, `"partition": "aws-us-gov"`, "us-east-1", "us-gov-west-1", "eu-west-1", "us-gov-east-1")
		p, err := placeOf(name, []byte(moved.Replace(string(text))))
		if err != nil {
			t.Fatal(err)
		}
		r := propose(t, engine, o, p.snapshot)
		var script bytes.Buffer
		if err := Write(&script, "aws-cli", &r.Plans[0]); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{"arn:aws:", "us-east-1", "eu-west-1"} {
			if strings.Contains(script.String(), wrong) {
				t.Errorf("%s: got %s in\n%s", name, wrong, script.String())
			}
		}
		for _, c := range r.Plans[0].Controls {
			if c.After != report.Pass {
				t.Errorf("%s: control %s: got %s, want pass", name, c.ID, c.After)
			}
		}
	}
}
