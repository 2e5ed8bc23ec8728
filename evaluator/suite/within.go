package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// errTooLong is the cause where a case took longer than it may.
var errTooLong = errors.New("took too long")

// within runs a case no longer than the options let it.
func (t *setting) within(ctx context.Context, c *Case, result *Result) {
	if t.Timeout <= 0 {
		t.run(ctx, c, result)
		return
	}
	limited, cancel := context.WithTimeoutCause(ctx, t.Timeout, errTooLong)
	defer cancel()
	t.run(limited, c, result)
	if result.Outcome == Error && errors.Is(context.Cause(limited), errTooLong) {
		result.Outcome, result.Problem = Fail, fmt.Sprintf("did not end within %v", t.Timeout)
		result.Hint = "a rule that tries every pair of two long lists is the usual cause"
	}
}

// Files is what the suite reads besides itself: files and folders of snapshots, policies, waivers, an edition. Not all need be there: an
// edition may be an id.
func (s *Suite) Files() []string {
	var names []string
	for _, name := range append([]string{s.Waivers, s.Benchmark}, s.Policies...) {
		if name != "" {
			names = append(names, s.beside(name))
		}
	}
	for _, c := range s.Cases {
		for _, ref := range c.Inputs {
			if !ref.Sample {
				names = append(names, s.beside(ref.Name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
