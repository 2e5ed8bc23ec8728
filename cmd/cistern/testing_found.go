package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/suite"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// foundTests is what the paths hold.
type foundTests struct {
	suites []*suite.Suite
	wrong  []suite.Result // suites that cannot be read
	rego   []suite.RegoTests
	seen   map[string]bool // suites, and files or folders of Rego tests
}

// findTests looks for Rego tests and suites at the paths. saved is where tests' snapshots are; beside each if empty.
func findTests(paths []string, saved string) (*foundTests, error) {
	found := &foundTests{seen: map[string]bool{}}
	for _, path := range paths {
		path = filepath.Clean(path)
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, readable(err)
		case info.IsDir():
			err = found.folder(path, saved)
		case isRegoTest(path):
			err = found.regoTests(filepath.Dir(path), filepath.Base(path), saved)
		case isYAML(path):
			err = found.suite(path)
		default:
			err = usageError(fmt.Errorf("%s: find tests: it is neither", path), "give a folder, a *_test.rego or a *_suite.yaml")
		}
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func isRegoTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

func isSuite(name string) bool {
	return strings.HasSuffix(name, "_suite.yaml") || strings.HasSuffix(name, "_suite.yml")
}

// folder takes every suite below the folder, in the order of their names, and its Rego tests together.
func (f *foundTests) folder(path, saved string) error {
	rego := false
	err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return readable(err)
		case name != path && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.IsDir():
		case isRegoTest(name):
			rego = true
		case isSuite(name):
			return f.suite(name)
		}
		return nil
	})
	if err != nil || !rego {
		return err
	}
	return f.regoTests(path, "", saved)
}

// suite reads a suite; one that cannot be read is a result for each thing that is wrong with it.
func (f *foundTests) suite(file string) error {
	if f.seen[file] {
		return nil // named, and below a folder that is named too
	}
	f.seen[file] = true
	text, err := os.ReadFile(file)
	if err != nil {
		return readable(err)
	}
	s, err := suite.Parse(file, text)
	var problems suite.Unexpected
	if errors.As(err, &problems) {
		for _, p := range problems {
			f.wrong = append(f.wrong, suite.Result{
				Suite: "suites", Name: p.File, File: p.File, Line: p.Line, Outcome: suite.Error, Problem: p.Problem, Hint: p.Hint,
			})
		}
		return nil
	}
	if err != nil {
		return err
	}
	f.suites = append(f.suites, s)
	return nil
}

func (f *foundTests) regoTests(folder, only, saved string) error {
	at := filepath.Join(folder, only)
	if f.seen[at] {
		return nil
	}
	f.seen[at] = true
	t := suite.RegoTests{Folder: evaluator.Source{Name: filepath.ToSlash(folder), FS: os.DirFS(folder)}, Only: only}
	var err error
	if t.Saved, err = savedSnapshots(folder, saved); err != nil {
		return err
	}
	f.rego = append(f.rego, t)
	return nil
}

// savedSnapshots is what tests find at data.saved: the samples, and the snapshots in the folder saved, by their names without the
// ending. Without saved it is the one beside the tests, if there is one.
func savedSnapshots(folder, saved string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, name := range samples.Names() {
		text, err := fs.ReadFile(samples.FS(), name+".json")
		if err != nil {
			return nil, err
		}
		all[name] = text
	}
	if saved == "" {
		saved = filepath.Join(folder, "saved")
		if _, err := os.Stat(saved); errors.Is(err, fs.ErrNotExist) {
			return all, nil
		}
	}
	files, err := snapshotFiles(saved)
	if err != nil {
		return nil, err
	}
	from := map[string]string{}
	for _, file := range files {
		s, err := snapshots.ReadFile(file)
		if err != nil {
			return nil, unreadable(err)
		}
		text, err := s.Canonical()
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(file), ".gz"), ".json")
		if other, twice := from[name]; twice {
			return nil, usageError(fmt.Errorf("%s: save as data.saved[%q]: %s is that already", file, name, other), "rename one of them")
		}
		from[name] = file
		all[name] = text
	}
	return all, nil
}

// runAll runs what was found: the suites, then the Rego tests.
func (f *foundTests) runAll(ctx context.Context, o suite.Options, run string) ([]suite.Result, error) {
	ran, err := suite.Run(ctx, f.suites, o)
	if err != nil {
		return nil, err
	}
	results := append(f.wrong, ran...)
	for _, t := range f.rego {
		t.Run, t.Timeout, t.Parallel = run, o.Timeout, o.Parallel
		t.Coverage, t.Profile = o.Coverage, o.Profile
		tested, err := suite.RunRego(ctx, o.Sources, t)
		if err != nil {
			return nil, err
		}
		results = append(results, tested...)
	}
	return results, nil
}

// update writes what was seen into the suites as what they expect, and runs those again that changed: what is left are the
// failures that no expectation mends.
func (f *foundTests) update(ctx context.Context, std stdio, o suite.Options, results []suite.Result) ([]suite.Result, error) {
	for i, s := range f.suites {
		text, changes, err := suite.Update(s, results)
		if err != nil {
			return nil, err
		}
		if len(changes) == 0 {
			continue
		}
		if err := snapshots.WriteFile(s.File, text); err != nil {
			return nil, unwritable(err)
		}
		for _, change := range changes {
			say(std.err, "updated: ", change)
		}
		again, err := suite.Parse(s.File, text)
		if err != nil {
			return nil, err
		}
		f.suites[i] = again
		ran, err := suite.Run(ctx, []*suite.Suite{again}, o)
		if err != nil {
			return nil, err
		}
		results = s.Replace(results, ran)
	}
	return results, nil
}
