package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/mutation"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/evaluator/suite"
)

// mutants is what became of a snapshot that was broken.
type mutants struct {
	snapshot string
	result   *mutation.Result
}

// mutateAll breaks each snapshot of --mutate by itself and judges it with the embedded policies and those below the folders of tests.
func (f *testFlags) mutateAll(ctx context.Context, std stdio, paths []string) ([]mutants, error) {
	if len(f.mutate) == 0 {
		return nil, nil
	}
	judging := policyFlags{}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() && holdsPolicies(path) {
			judging.policies = append(judging.policies, path)
		}
	}
	from, options, err := judging.read()
	if err != nil {
		return nil, readable(err)
	}
	engine, err := evaluator.Compile(ctx, from)
	if err != nil {
		return nil, readable(err)
	}
	var all []mutants
	for _, name := range f.mutate {
		inputs, err := mutated(std, name)
		if err != nil {
			return nil, err
		}
		r, err := mutation.Test(ctx, engine, inputs, mutation.Options{Evaluate: options, Workers: f.parallel})
		if err != nil {
			return nil, unbroken(err)
		}
		all = append(all, mutants{name, r})
	}
	return all, nil
}

// mutated is the snapshot of that name: a sample, a file or a folder of files that are judged together.
func mutated(std stdio, name string) ([]evaluator.Input, error) {
	if sample, ok := strings.CutPrefix(name, samplePrefix); ok {
		in, err := readSample(sample)
		return []evaluator.Input{in}, err
	}
	if name == "-" {
		return nil, usageError(errors.New("mutate -: stdin is not read"), "name a file")
	}
	return readInputs(std.in, []string{name})
}

// samplePrefix is how a sample is told from a file.
const samplePrefix = "sample:"

// cases are the mutants as tests: one fails where somebody should have noticed, or noticed what is harmless.
func (m mutants) cases() []suite.Result {
	var all []suite.Result
	for _, one := range m.result.Mutants {
		r := suite.Result{Suite: "mutants of " + m.snapshot, Name: one.Name, File: filepath.ToSlash(m.snapshot), Outcome: suite.Pass}
		var controls []string
		switch one.Outcome {
		case mutation.Survived, mutation.Partly:
			for _, missed := range one.Missed {
				controls = append(controls, missed.Control)
			}
			r.Outcome, r.Problem = suite.Fail, string(one.Outcome)+": not noticed by "+strings.Join(controls, ", ")
		case mutation.Disturbed:
			for _, flip := range one.Flips {
				controls = append(controls, flip.Control)
			}
			r.Outcome, r.Problem = suite.Fail, "is harmless, but noticed by "+strings.Join(controls, ", ")
		}
		all = append(all, r)
	}
	return all
}

// text is the result for a person.
func (m mutants) text(verbose bool) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: ", report.Clean(m.snapshot))
	err := mutation.WriteText(&b, m.result, verbose)
	return b.String(), err
}
