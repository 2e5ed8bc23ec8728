package suite

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
)

// RegoTests are the Rego unit tests below a folder.
type RegoTests struct {
	Folder   evaluator.Source
	Only     string              // the name of one file; all if empty
	Run      string              // a regular expression of data.package.test_name
	Saved    map[string][]byte   // what tests find at data.saved
	Coverage *evaluator.Coverage // notes which lines of policies were evaluated, if not nil
	Profile  *evaluator.Profile  // notes how long they took, if not nil

	Timeout  time.Duration // of one test; 10 s if 0
	Parallel int           // as many tests at a time; as there are processors if 0
}

// RunRego runs Rego unit tests with the policies of ours at hand. A file that does not compile is a result that failed; those of
// the other files run.
func RunRego(ctx context.Context, ours []evaluator.Source, t RegoTests) ([]Result, error) {
	if err := t.Coverage.Add(t.Folder); err != nil {
		return nil, err
	}
	var sources []evaluator.Source
	for _, source := range ours {
		hidden, err := testsOf(source.FS)
		if err != nil {
			return nil, err
		}
		source.FS = hiding{source.FS, hidden}
		sources = append(sources, source)
	}
	sources = append(sources, t.Folder)
	var tested []evaluator.TestResult
	results, err := withoutBroken(len(ours), sources, func(left []evaluator.Source) error {
		tested = nil
		if len(left) == len(ours) {
			return nil
		}
		var err error
		tested, err = evaluator.Test(ctx, left, evaluator.TestOptions{Run: t.Run, Saved: t.Saved, Timeout: t.Timeout, Parallel: t.Parallel, Coverage: t.Coverage, Profile: t.Profile})
		return err
	})
	if err != nil && !errors.Is(err, errBroken) {
		return nil, err
	}
	for _, r := range tested {
		if t.Only == "" || r.File == path.Join(t.Folder.Name, t.Only) {
			results = append(results, regoResult(r))
		}
	}
	return results, nil
}

// testsOf is every unit test below the folder.
func testsOf(folder fs.FS) (map[string]bool, error) {
	tests := map[string]bool{}
	err := fs.WalkDir(folder, ".", func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, "_test.rego") {
			tests[name] = true
		}
		return err
	})
	return tests, err
}

func regoResult(r evaluator.TestResult) Result {
	result := Result{Suite: r.Package, Name: r.Name, File: r.File, Line: r.Line, Outcome: Pass, Output: r.Output}
	switch {
	case r.Skipped:
		result.Outcome = Skip
		result.Problem = "a todo_test is not run"
	case r.Failed && r.Message == "":
		result.Outcome, result.Problem = Fail, cmp.Or(r.Where, "is not true")
	case r.Failed && strings.HasPrefix(r.Message, "eval_cancel_error"):
		result.Outcome, result.Problem = Fail, "did not end in time"
		result.Hint = "a rule that tries every pair of two long lists is the usual cause"
	case r.Failed:
		result.Outcome, result.Problem = Fail, "fails: "+r.Message // the error, or the cases
	}
	return result
}
