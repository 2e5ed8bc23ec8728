package mutation

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// prepared is a tester that knows what passes, and its mutants.
func prepared(t *testing.T, s *snapshots.Snapshot) (*tester, []*mutant) {
	t.Helper()
	engine, o := shipped(t)
	tt := &tester{engine: engine, options: o, covering: map[coverQuestion]bool{}}
	if err := tt.read([]evaluator.Input{{Name: "a", Snapshot: s}}); err != nil {
		t.Fatal(err)
	}
	rep, err := engine.Evaluate(t.Context(), tt.inputs, o.Evaluate)
	if err != nil {
		t.Fatal(err)
	}
	if err := tt.learn(t.Context(), rep); err != nil {
		t.Fatal(err)
	}
	all, err := tt.mutants()
	if err != nil {
		t.Fatal(err)
	}
	return tt, all
}

// Every operator makes a mutant of one account or another; a mutant is another snapshot, and a valid one.
func TestOperators(t *testing.T) {
	made := map[*operator]bool{}
	for name, account := range accounts {
		tt, all := prepared(t, account(t)[0])
		names := map[string]bool{}
		for _, m := range all {
			made[m.operator] = true
			if names[m.name] {
				t.Errorf("%s: got two mutants of the name %q", name, m.name)
			}
			names[m.name] = true
			s, err := tt.fresh(0)
			if err != nil {
				t.Fatal(err)
			}
			text, err := m.change.apply(s).Canonical()
			if err != nil {
				t.Fatal(err)
			}
			same := m.operator.name == "lists and keys in another order"
			if bytes.Equal(text, tt.texts[0]) != same {
				t.Errorf("%s: %s: got the same snapshot %v, want %v", name, m.name, !same, same)
			}
			if _, err := snapshots.Read(bytes.NewReader(text)); err != nil {
				t.Errorf("%s: %s: got %v, want a snapshot", name, m.name, err)
			}
		}
	}
	for i := range operators {
		if !made[&operators[i]] {
			t.Errorf("operator %s %q: got no mutant of any account, want one", operators[i].link, operators[i].name)
		}
	}
}

// Links are those of reports.
func TestLinksOfOperators(t *testing.T) {
	for _, op := range operators {
		if op.link != "" && !slices.Contains(report.Chain[:], op.link) {
			t.Errorf("operator %q: got link %q, want one of %q", op.name, op.link, report.Chain)
		}
		if op.harmless && (op.noticedBy.chain || op.want != "") {
			t.Errorf("operator %q: got a harmless one that should be noticed", op.name)
		}
	}
}

func TestExpectations(t *testing.T) {
	s := few(compliant(t), "CmkDisabledOrDeleted", "VpcChanges")
	twin := s.Logs.MetricFilters[1] // VpcChanges, whose events a second filter catches too
	twin.FilterName, twin.MetricTransformations = "VpcToo", []snapshots.MetricTransformation{{
		MetricName: "VpcToo", MetricNamespace: "Too", MetricValue: snapshots.Of("1"),
	}}
	s.Logs.MetricFilters = append(s.Logs.MetricFilters, twin)
	_, all := prepared(t, s)
	for name, want := range map[string]string{
		"trail management-events: KmsKeyId removed":                             "cloudtrail-kms",
		"trail management-events: kms.amazonaws.com excluded":                   "cloudtrail-multi-region cmk-disable-delete",
		"trail management-events: another log group":                            "cmk-disable-delete vpc-changes",
		"filter CmkDisabledOrDeleted: deleted":                                  "cmk-disable-delete",
		"filter CmkDisabledOrDeleted: pattern without $.eventName = DisableKey": "cmk-disable-delete",
		"filter VpcChanges: deleted":                                            "",
		"alarm VpcChanges: threshold 10":                                        "",
		"hub eu-west-1: removed":                                                "security-hub-enabled",
		"an unrelated alarm":                                                    "",
	} {
		i := slices.IndexFunc(all, func(m *mutant) bool { return m.name == name })
		if i < 0 {
			t.Errorf("%s: got no such mutant", name)
			continue
		}
		var got []string
		for _, k := range all[i].expected {
			got = append(got, k.slug)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q expected to notice, want %q", name, got, want)
		}
	}
}
