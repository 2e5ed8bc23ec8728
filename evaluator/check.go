package evaluator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// severities are those that a control may have.
var severities = []string{"low", "medium", "high", "critical"}

// Check holds the policies of the last source against everything that the engine asks of them, and against what a reader
// does: that they compile, with their tests; that they are formatted; that each control says what it is, has a test that passes
// and one that fails; and that it gives a verdict for each of the snapshots. The error is a PolicyErrors with all that is wrong.
func Check(ctx context.Context, sources []Source, snapshots []Input) error {
	last := len(sources) - 1
	files, err := regoFiles(sources[last], true)
	if err != nil {
		return err
	}
	if _, err := Benchmarks(sources); err != nil {
		return err
	}
	problems := misformatted(files)
	set, err := load(sources, true)
	if err == nil {
		_, err = compile(set.modules, newBuiltins())
	} else if set != nil && !set.unparsed {
		_, second := compile(set.modules, newBuiltins())
		err = errors.Join(err, second)
	}
	if err != nil {
		return problems.and(err)
	}
	engine, err := Compile(ctx, sources)
	if err != nil {
		return err
	}
	for _, slug := range slices.Sorted(maps.Keys(engine.controls)) {
		if p := engine.controls[slug]; p.source == last {
			problems = append(problems, unlabelled(p)...)
		}
	}
	problems = append(problems, untested(set, engine.controls, last)...)
	found, err := engine.speechless(ctx, last, snapshots)
	if err != nil {
		return err
	}
	return append(problems, found...).orNil()
}

// misformatted lists the files that are not as Format writes them.
func misformatted(files []policyFile) PolicyErrors {
	var problems PolicyErrors
	for _, f := range files {
		want, err := Format(f.name, f.text)
		if err == nil && !bytes.Equal(want, f.text) {
			problems = append(problems, &PolicyError{
				File: f.name, Line: firstDifference(f.text, want), Problem: "not formatted",
				Hint: "cistern policy check --write formats it",
			})
		}
	}
	return problems
}

// Format is a policy's text in OPA's one format; file is its name in errors.
func Format(file string, text []byte) ([]byte, error) {
	out, err := format.SourceWithOpts(file, text, format.Opts{RegoVersion: ast.RegoV1, ParserOptions: &ast.ParserOptions{RegoVersion: ast.RegoV1}})
	if err != nil {
		return nil, fromOPA(file, err).orNil()
	}
	return out, nil
}

func firstDifference(a, b []byte) int {
	other := bytes.Split(b, []byte("\n"))
	for i, line := range bytes.Split(a, []byte("\n")) {
		if i >= len(other) || !bytes.Equal(line, other[i]) {
			return i + 1
		}
	}
	return 1
}

// unlabelled is what a control does not say of itself.
func unlabelled(p *policy) PolicyErrors {
	if p.shape != verdictRule {
		return nil // conftest's policies need say nothing
	}
	var problems PolicyErrors
	say := func(problem, hint string) {
		problems = append(problems, &PolicyError{File: p.File, Problem: fmt.Sprintf("control %s: %s", p.Slug, problem), Hint: hint})
	}
	if p.Title == p.Slug {
		say("METADATA has no title", "say in one line what the control wants")
	}
	if !slices.Contains(severities, p.Severity) {
		say(fmt.Sprintf("METADATA custom.severity is %q", p.Severity), "one of "+strings.Join(severities, ", "))
	}
	return problems
}

// speechless lists the source's controls that give no verdict for one of the snapshots.
func (e *Engine) speechless(ctx context.Context, source int, inputs []Input) (PolicyErrors, error) {
	var problems PolicyErrors
	for _, in := range inputs {
		r, err := e.newRun([]Input{in}, Options{Benchmark: &Benchmark{ID: "none"}, Tool: report.Tool{}})
		if err != nil {
			return nil, err
		}
		asked := r.question(r.subjects[0], nil)
		for _, slug := range slices.Sorted(maps.Keys(e.controls)) {
			p := e.controls[slug]
			if p.source != source {
				continue
			}
			_, err := asked.ask(ctx, p)
			var problem *PolicyError
			switch {
			case errors.As(err, &problem):
				problem.Problem += " (snapshot " + in.Name + ")"
				problems = append(problems, problem)
			case err != nil:
				return nil, err
			}
		}
	}
	return problems, nil
}
