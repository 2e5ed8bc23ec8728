package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
)

// sources are the embedded policies, unless they are not wanted, and the folders of the user's own.
func sources(embedded bool, folders []string) ([]evaluator.Source, error) {
	var all []evaluator.Source
	if embedded {
		all = append(all, evaluator.Source{Name: "policies", FS: policies.FS, Catalogue: true})
	}
	for _, folder := range folders {
		info, err := os.Stat(folder)
		if err != nil {
			return nil, readable(err)
		}
		if !info.IsDir() {
			return nil, usageError(fmt.Errorf("%s: read policies: is not a folder", folder), "give the folder that holds the .rego files")
		}
		all = append(all, evaluator.Source{Name: folder, FS: os.DirFS(folder)})
	}
	return all, nil
}

// edition is the benchmark of that id, or in that file; the newest of CIS if none is named.
func edition(from []evaluator.Source, name string) (*evaluator.Benchmark, error) {
	if !slices.ContainsFunc(from, func(s evaluator.Source) bool { return s.Catalogue }) {
		// The user's policies stand alone; the editions are still those that are shipped.
		from = append([]evaluator.Source{{Name: "policies", FS: policies.FS}}, from...)
	}
	all, err := evaluator.Benchmarks(from)
	if err != nil {
		return nil, readable(err)
	}
	b, err := evaluator.FindBenchmark(all, name)
	if err == nil {
		return b, nil
	}
	text, failed := os.ReadFile(name)
	switch {
	case name != "" && failed == nil:
		if b, err = evaluator.ParseBenchmark(name, text); err == nil {
			b.Among(all)
		}
	case name != "" && !errors.Is(failed, fs.ErrNotExist):
		err = failed
	}
	if err != nil {
		return nil, readable(err)
	}
	return b, nil
}

// readable turns an error of what the user gave into wrong usage, with the way out where one is known.
func readable(err error) error {
	var input *evaluator.InputError
	var one *evaluator.PolicyError
	var many evaluator.PolicyErrors
	var path *fs.PathError
	var exit *exitError
	switch {
	case err == nil, errors.As(err, &exit):
		return err
	case errors.As(err, &input):
		return usageError(err, input.Hint)
	case errors.As(err, &many):
		return usageError(err, many.Hint())
	case errors.As(err, &one):
		return usageError(err, one.Hint)
	case errors.As(err, &path):
		return usageError(fmt.Errorf("%s: %s: %w", path.Path, path.Op, path.Err), snapshots.HintOf(err))
	}
	return err
}
