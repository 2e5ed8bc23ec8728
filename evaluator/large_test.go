package evaluator

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// large is the compliant account with n more metric filters, alarms, topics and subscriptions, each filter on the trail's log
// group with a metric, an alarm and a topic of its own.
func large(t testing.TB, n int) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	filter, alarm, topic, subscription := s.Logs.MetricFilters[0], s.CloudWatch.Alarms[0], s.SNS.Topics[0], s.SNS.Subscriptions[0]
	for i := range n {
		name := fmt.Sprintf("Event%05d", i)
		arn := "arn:aws:sns:us-east-1:111122223333:" + name
		f := filter
		f.FilterName, f.FilterPattern = name, snapshots.Of(fmt.Sprintf("{ ($.eventSource = service%d.amazonaws.com) && ($.eventName = %s) }", i%100, name))
		f.MetricTransformations = []snapshots.MetricTransformation{{MetricName: name, MetricNamespace: "Mine", MetricValue: snapshots.Of("1")}}
		a := alarm
		a.AlarmName, a.AlarmArn = name, "arn:aws:cloudwatch:us-east-1:111122223333:alarm:"+name
		a.MetricName, a.Namespace, a.AlarmActions = snapshots.Of(name), snapshots.Of("Mine"), []string{arn}
		to := topic
		to.TopicArn = arn
		sub := subscription
		sub.TopicArn, sub.SubscriptionArn = arn, arn+":66666666-7777-8888-9999-000000000000"
		s.Logs.MetricFilters = append(s.Logs.MetricFilters, f)
		s.CloudWatch.Alarms = append(s.CloudWatch.Alarms, a)
		s.SNS.Topics = append(s.SNS.Topics, to)
		s.SNS.Subscriptions = append(s.SNS.Subscriptions, sub)
	}
	return s
}

func BenchmarkRead(b *testing.B) {
	text, err := large(b, 10_000).Canonical()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("snapshot", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := snapshots.Read(bytes.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("canonical", func(b *testing.B) {
		s := large(b, 10_000)
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := s.Canonical(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			if _, err := decode(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// allControls is an edition of every control that the shipped policies have.
func allControls(t testing.TB, e *Engine) *Benchmark {
	t.Helper()
	controls, err := e.Controls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := &Benchmark{ID: "all", Title: "All controls", Sections: []Section{{ID: "1"}}}
	for i, c := range controls {
		b.Sections[0].Controls = append(b.Sections[0].Controls, Row{ID: fmt.Sprint(i), Control: c.Slug})
	}
	return b
}

// shipped is an engine with the shipped policies.
func shipped(t testing.TB) *Engine {
	t.Helper()
	e, err := Compile(t.Context(), []Source{{Name: "policies", FS: os.DirFS("../policies"), Catalogue: true}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func BenchmarkEvaluate(b *testing.B) {
	for _, n := range []int{0, 100, 1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := large(b, n)
			for b.Loop() {
				e := shipped(b)
				if _, err := e.Evaluate(b.Context(), []Input{{"large", s}}, Options{Benchmark: allControls(b, e)}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLimits is what it costs to keep watch over each control.
func BenchmarkLimits(b *testing.B) {
	s, e := large(b, 100), shipped(b)
	for name, l := range map[string]limits{"without": {}, "with": usual()} {
		b.Run(name, func(b *testing.B) {
			o := Options{Benchmark: allControls(b, e), Timeout: l.time, Memory: l.memory}
			for b.Loop() {
				if _, err := e.Evaluate(b.Context(), []Input{{"large", s}}, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestEvaluateIsLinear compares what twice the account costs, in allocations rather than in time.
func TestEvaluateIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("evaluates large accounts")
	}
	e := shipped(t)
	o := Options{Benchmark: allControls(t, e)}
	cases := []struct {
		name   string
		change func(*snapshots.Snapshot)
	}{
		{"controls pass", func(*snapshots.Snapshot) {}},
		{"filters are missing", func(s *snapshots.Snapshot) {
			s.Logs.MetricFilters = slices.DeleteFunc(s.Logs.MetricFilters, func(f snapshots.MetricFilter) bool { return f.MetricTransformations[0].MetricNamespace != "Mine" })
		}},
		{"nobody hears", func(s *snapshots.Snapshot) { s.SNS.Subscriptions = []snapshots.Subscription{} }},
		{"alarms watch other metrics", func(s *snapshots.Snapshot) {
			for i := range s.CloudWatch.Alarms {
				s.CloudWatch.Alarms[i].Namespace = snapshots.Of("Other")
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cost := func(n int) float64 {
				s := large(t, n)
				c.change(s)
				return testing.AllocsPerRun(1, func() {
					if _, err := e.Evaluate(t.Context(), []Input{{"large", s}}, o); err != nil {
						t.Fatal(err)
					}
				})
			}
			// OPA has the numbers up to 512 ready: smaller accounts would be compared with those that must make more of them.
			small, twice, fourTimes := cost(600), cost(1_200), cost(2_400)
			if grown, before := fourTimes-twice, twice-small; grown > 2.3*before {
				t.Errorf("got %.0f allocations more for the second 1,200 records, %.0f for 600 before: cost grows faster than the input", grown, before)
			}
		})
	}
}
