package evidence

import (
	"bytes"
	"context"
	"fmt"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// judged is what an evaluation of the bundle's own files says.
type judged struct {
	report     *report.Report
	json, page []byte
	snapshots  []*snapshots.Snapshot // in the order of the manifest
}

// judge evaluates the bundle's snapshots with the bundle's policies, edition and options: of this program it takes the engine alone.
func (b Bundle) judge(ctx context.Context, m *Manifest) (*judged, error) {
	sources, editions, err := b.sources(m)
	if err != nil {
		return nil, err
	}
	o, err := b.evaluatorOptions(m)
	if err != nil {
		return nil, err
	}
	if o.Benchmark, err = b.edition(m, editions); err != nil {
		return nil, err
	}
	engine, err := evaluator.Isolate(ctx, sources)
	if err != nil {
		return nil, err
	}
	if err := engine.CheckWaivers(ctx, o); err != nil {
		return nil, err
	}
	j := &judged{}
	var inputs []evaluator.Input
	for _, name := range m.Snapshots {
		s, err := snapshots.Read(bytes.NewReader(b[name]))
		if err != nil {
			return nil, &evaluator.InputError{File: name, Problem: "read snapshot: " + err.Error()}
		}
		j.snapshots = append(j.snapshots, s)
		inputs = append(inputs, evaluator.Input{Name: name, Snapshot: s})
	}
	if j.report, err = engine.Evaluate(ctx, inputs, o); err != nil {
		return nil, err
	}
	for _, format := range []struct {
		name string
		text *[]byte
	}{{"json", &j.json}, {"html", &j.page}} {
		var text bytes.Buffer
		if err := report.Write(&text, format.name, j.report, report.Style{}); err != nil {
			return nil, err
		}
		*format.text = text.Bytes()
	}
	return j, nil
}

// sources are the policies that judge, and those that hold editions.
func (b Bundle) sources(m *Manifest) (judging, editions []evaluator.Source, err error) {
	embedded, err := b.tree(embeddedFolder)
	if err != nil {
		return nil, nil, err
	}
	editions = []evaluator.Source{{Name: policyFolder, FS: embedded, Catalogue: true}}
	if !m.Options.NoEmbedded {
		judging = append(judging, editions[0])
	}
	v := evaluator.Verification{Key: string(b[keyFile]), KeyID: m.Options.KeyID, Algorithm: m.Options.Algorithm, Scope: m.Options.Scope}
	for _, own := range m.Policies {
		var source evaluator.Source
		if own.Kind == "bundle" {
			source, err = evaluator.OpenBundle(own.Path, bytes.NewReader(b[own.Path]), v)
		} else {
			source.Name = own.Path
			source.FS, err = b.tree(own.Path)
		}
		if err != nil {
			return nil, nil, err
		}
		judging, editions = append(judging, source), append(editions, source)
	}
	return judging, editions, nil
}

// edition is the one that the manifest names.
func (b Bundle) edition(m *Manifest, from []evaluator.Source) (*evaluator.Benchmark, error) {
	all, err := evaluator.Benchmarks(from)
	if err != nil {
		return nil, err
	}
	if m.Edition == "" {
		return evaluator.FindBenchmark(all, m.Options.Benchmark)
	}
	edition, err := evaluator.ParseBenchmark(m.Edition, b[m.Edition])
	if err != nil {
		return nil, err
	}
	if edition.ID != m.Options.Benchmark {
		return nil, &evaluator.InputError{File: m.Edition, Problem: fmt.Sprintf("is the edition %s, not %s", edition.ID, m.Options.Benchmark)}
	}
	edition.Among(all)
	return edition, nil
}
