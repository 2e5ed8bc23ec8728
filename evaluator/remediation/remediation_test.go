package remediation

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// shipped are the embedded policies, compiled once for all tests, and the newest edition.
func shipped(t testing.TB) (*evaluator.Engine, Options) {
	t.Helper()
	sources := []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}}
	engine, err := evaluator.Compile(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	all, err := evaluator.Benchmarks(sources)
	if err != nil {
		t.Fatal(err)
	}
	edition, err := evaluator.FindBenchmark(all, "7.0.0")
	if err != nil {
		t.Fatal(err)
	}
	return engine, Options{Evaluate: evaluator.Options{Benchmark: edition, Parameters: map[string]any{}}, Email: "security@example.com"}
}

func sample(t testing.TB, name string) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func propose(t testing.TB, engine *evaluator.Engine, o Options, all ...*snapshots.Snapshot) *Result {
	t.Helper()
	r, err := Propose(t.Context(), engine, inputsOf(all...), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func inputsOf(all ...*snapshots.Snapshot) []evaluator.Input {
	var inputs []evaluator.Input
	for _, s := range all {
		inputs = append(inputs, evaluator.Input{Name: "snapshot " + s.Account.ID, Snapshot: s})
	}
	return inputs
}

// summary is a plan in a few lines.
func summary(p *Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		action := "update"
		if c.Create {
			action = "create"
		}
		b.WriteString(strings.Join([]string{action, string(c.Kind), p.Resolve(c.Name), strings.Join(c.Fields, ","), "for", strings.Join(c.Controls, " ")}, " ") + "\n")
	}
	for _, s := range p.Steps {
		b.WriteString(string(s.When) + ": " + p.Resolve(s.Text) + " for " + strings.Join(s.Controls, " ") + "\n")
	}
	for _, c := range p.Controls {
		if c.After != report.Pass {
			b.WriteString("still " + string(c.After) + " " + c.ID + "\n")
		}
	}
	return b.String()
}

// TestGoldenPlans makes the calls of each sample's plan, and asks again: everything passes, and there is nothing left to change.
func TestGoldenPlans(t *testing.T) {
	engine, o := shipped(t)
	o.Key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
	for _, name := range samples.Names() {
		t.Run(name, func(t *testing.T) {
			s := sample(t, name)
			r := propose(t, engine, o, s)
			golden(t, name, summary(&r.Plans[0]))
			if name != "denied" {
				mended(t, engine, o, s, &r.Plans[0])
			}
		})
	}
}

// mended makes the changes and the steps of a plan, and asks that nothing be left.
func mended(t *testing.T, engine *evaluator.Engine, o Options, s *snapshots.Snapshot, p *Plan) {
	t.Helper()
	for _, c := range p.Controls {
		if c.After != report.Pass {
			t.Errorf("control %s: got %s with all changes made, want pass", c.ID, c.After)
		}
	}
	c := &cloud{t, s}
	c.make(p)
	c.confirmAll()
	again := propose(t, engine, o, s)
	if left := summary(&again.Plans[0]); left != "" || !again.Done() {
		t.Errorf("after all changes got:\n%s\nwant nothing left", left)
	}
}

// Every edition, and the alarms that AWS and others publish: a fresh account is mended whole.
func TestEditions(t *testing.T) {
	engine, o := shipped(t)
	o.Key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
	all, err := evaluator.Benchmarks([]evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, edition := range all {
		t.Run(edition.ID, func(t *testing.T) {
			o.Evaluate.Benchmark = edition
			s := sample(t, "empty")
			r := propose(t, engine, o, s)
			mended(t, engine, o, s, &r.Plans[0])
		})
	}
}

// golden compares a text with testdata/NAME.txt, or rewrites that.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant, in %s:\n%s", got, file, want)
	}
}
