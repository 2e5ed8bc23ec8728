package evaluator

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func TestDependencies(t *testing.T) {
	engine, err := Compile(t.Context(), append(embedded(), folder([]DraftFile{{"x.rego", []byte(`package mine.x

import future.keywords.not

deny contains "far" if {
	some l in input.linked
	some t in l.sns.topics
	not t.TopicArn
}

deny contains "late" if object.get(input, ["collection", "regions"], {}) == data.parameters.regions

deny contains "any" if {
	some list in ["metric_filters"]
	count(input.logs[list]) == 0
}
`)}})))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ slug, evidence, calls, facts string }{
		{"security-hub-enabled", "input.account.id input.collection.calls input.collection.regions.enabled input.collection.regions.skipped input.gaps input.securityhub.hubs",
			"describe-hub describe-regions", ""},
		{"cloudtrail-kms", "input.account.id input.cloudtrail.trails input.collected_at input.collection.regions.enabled input.gaps",
			"describe-regions describe-trails get-event-selectors get-trail-status", ""},
		{"x", "input.collection.regions input.logs.log_groups input.logs.metric_filters input.sns.topics", "describe-log-groups describe-metric-filters list-topics", "data.parameters.regions"},
	} {
		d, err := engine.Dependencies(t.Context(), tt.slug)
		if err != nil {
			t.Fatal(err)
		}
		var evidence, calls []string
		for _, e := range d.Evidence {
			evidence = append(evidence, e.Path)
		}
		for _, c := range d.Calls {
			calls = append(calls, c.Operation)
			if c.Action == "" {
				t.Errorf("%s: %s has no permission", tt.slug, c.Operation)
			}
		}
		for _, each := range []struct{ what, got, want string }{
			{"evidence", strings.Join(evidence, " "), tt.evidence},
			{"calls", strings.Join(calls, " "), tt.calls},
			{"facts", strings.Join(d.Facts, " "), tt.facts},
		} {
			if each.got != each.want {
				t.Errorf("%s: %s: got %s, want %s", tt.slug, each.what, each.got, each.want)
			}
		}
	}
	if _, err := engine.Dependencies(t.Context(), "root-usag"); err == nil || err.(*InputError).Hint != "did you mean root-usage?" {
		t.Errorf("got %v, want the control that was meant", err)
	}
}

// TestDependenciesAreAll takes from the samples each list that a control does not depend on: its verdict must stay.
func TestDependenciesAreAll(t *testing.T) {
	engine, err := Compile(t.Context(), embedded())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"compliant", "broken-alarm-threshold", "broken-trail-stopped"} {
		whole := verdictsOf(t, engine, name, "")
		for _, list := range snapshots.Lists() {
			without := verdictsOf(t, engine, name, list.Pointer)
			for _, slug := range slices.Sorted(maps.Keys(whole)) {
				d, err := engine.Dependencies(t.Context(), slug)
				if err != nil {
					t.Fatal(err)
				}
				path := "input" + strings.ReplaceAll(list.Pointer, "/", ".")
				depends := slices.ContainsFunc(d.Evidence, func(e Evidence) bool { return e.Path == path })
				if !depends && !reflect.DeepEqual(whole[slug], without[slug]) {
					t.Errorf("%s: %s: got another verdict without %s, of which it does not depend", name, slug, list.Pointer)
				}
			}
		}
	}
}

// verdictsOf is every control's verdict on a sample without one of its lists.
func verdictsOf(t *testing.T, e *Engine, sample, without string) map[string]verdict {
	t.Helper()
	text, err := fs.ReadFile(samples.FS(), sample+".json")
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if service, list, ok := strings.Cut(strings.TrimPrefix(without, "/"), "/"); ok {
		delete(document[service].(map[string]any), list)
	}
	if text, err = json.Marshal(document); err != nil {
		t.Fatal(err)
	}
	s, err := snapshots.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.newRun([]Input{{Name: sample, Snapshot: s}}, Options{Benchmark: &Benchmark{ID: "none"}})
	if err != nil {
		t.Fatal(err)
	}
	asked, all := r.question(t.Context(), r.subjects[0], nil, nil), map[string]verdict{}
	defer asked.rest()
	for slug, p := range e.controls {
		if all[slug], err = asked.ask(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
