package suite

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
)

// hiding is a folder of policies without those that do not compile.
type hiding struct {
	fs.FS
	hidden map[string]bool
}

// Open opens a file that is not hidden.
func (h hiding) Open(name string) (fs.File, error) {
	if h.hidden[name] {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return h.FS.Open(name)
}

// ReadDir lists what is not hidden.
func (h hiding) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(h.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return h.hidden[path.Join(name, e.Name())] }), err
}

// bare tells that nothing is left.
func (h hiding) bare() bool {
	found := false
	err := fs.WalkDir(h, ".", func(name string, _ fs.DirEntry, err error) error {
		found = found || path.Ext(name) == ".rego"
		return err
	})
	return err == nil && !found
}

// withoutBroken calls use with the sources, and again without the files that do not compile, until it works; each of what was
// wrong is a result that failed. The first so many sources are ours and stay.
func withoutBroken(ours int, sources []evaluator.Source, use func([]evaluator.Source) error) ([]Result, error) {
	var broken []Result
	hidden := map[int]map[string]bool{}
	for {
		err := use(remaining(sources, hidden))
		var problems evaluator.PolicyErrors
		if !errors.As(err, &problems) {
			return broken, err
		}
		more := false
		for _, p := range problems {
			r := Result{Suite: "policies", Name: p.File, File: p.File, Line: p.Line, Outcome: Fail, Problem: p.Problem, Hint: p.Hint}
			if last := len(broken) - 1; last >= 0 && broken[last].place() == r.place() && strings.HasPrefix(r.Problem, broken[last].Problem) {
				broken = broken[:last] // OPA says it twice, the second time in full
			}
			broken = append(broken, r)
			more = hide(hidden, ours, sources, p.File) || more
		}
		if !more {
			return broken, errBroken
		}
	}
}

// errBroken is a set of policies that does not compile even without the files at fault.
var errBroken = errors.New("the policies do not compile")

// hide hides a file and its test in the source that it is of.
func hide(hidden map[int]map[string]bool, ours int, sources []evaluator.Source, file string) bool {
	for i := ours; i < len(sources); i++ {
		name, ok := strings.CutPrefix(file, path.Clean(sources[i].Name)+"/")
		if path.Clean(sources[i].Name) == "." {
			name, ok = file, true
		}
		if _, err := fs.Stat(sources[i].FS, name); !ok || err != nil || hidden[i][name] {
			continue
		}
		if hidden[i] == nil {
			hidden[i] = map[string]bool{}
		}
		hidden[i][name] = true
		hidden[i][strings.TrimSuffix(name, ".rego")+"_test.rego"] = true
		return true
	}
	return false
}

func remaining(sources []evaluator.Source, hidden map[int]map[string]bool) []evaluator.Source {
	var left []evaluator.Source
	for i, source := range sources {
		if len(hidden[i]) > 0 {
			h := hiding{source.FS, hidden[i]}
			if h.bare() {
				continue
			}
			source.FS = h
		}
		left = append(left, source)
	}
	return left
}

// compile is an engine of what compiles, nil if nothing does.
func compile(ctx context.Context, ours int, sources []evaluator.Source) (*evaluator.Engine, []Result, error) {
	var engine *evaluator.Engine
	broken, err := withoutBroken(ours, sources, func(left []evaluator.Source) error {
		var err error
		engine, err = evaluator.Compile(ctx, left)
		return err
	})
	if errors.Is(err, errBroken) {
		return nil, broken, nil
	}
	return engine, broken, err
}
