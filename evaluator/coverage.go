package evaluator

import (
	"maps"
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
)

// Coverage notes which expressions of policies were evaluated, in evaluations and tests together. It is safe for concurrent use.
type Coverage struct {
	cover   *cover.Cover
	mu      sync.Mutex
	modules map[string]*ast.Module
}

// NewCoverage is one of nothing, of no files.
func NewCoverage() *Coverage {
	return &Coverage{cover: cover.New(), modules: map[string]*ast.Module{}}
}

// Add makes the policies of a folder count, but for its tests. Files that cannot be parsed do not: they were never run. Nothing counts for a
// Coverage that is nil.
func (c *Coverage) Add(source Source) error {
	if c == nil {
		return nil
	}
	files, err := regoFiles(source, false)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, file := range files {
		if p := readPolicy(source, file); p.err == nil {
			c.modules[file.name] = p.module
		}
	}
	return nil
}

// CoveredFile is how much of a policy was evaluated. Lines that hold nothing to evaluate are in neither list.
type CoveredFile struct {
	File            string
	Covered, Missed []int // lines, ascending; one of which anything was not evaluated is missed
	Ranges          CoverRanges
}

// CoverRanges are the expressions that were evaluated and those that were not, in the form of OPA's own report.
type CoverRanges struct {
	Covered    []cover.Range `json:"covered,omitempty"`
	NotCovered []cover.Range `json:"not_covered,omitempty"`
}

// Files are those that count, by name.
func (c *Coverage) Files() []CoveredFile {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.cover.Report(c.modules)
	var files []CoveredFile
	for _, name := range slices.Sorted(maps.Keys(c.modules)) {
		about := found.Files[name]
		missed := rows(about.NotCovered)
		covered := rows(about.Covered)
		for row := range missed {
			delete(covered, row)
		}
		files = append(files, CoveredFile{
			File:    name,
			Covered: slices.Sorted(maps.Keys(covered)),
			Missed:  slices.Sorted(maps.Keys(missed)),
			Ranges:  CoverRanges{about.Covered, about.NotCovered},
		})
	}
	return files
}

func rows(ranges []cover.Range) map[int]bool {
	all := map[int]bool{}
	for _, r := range ranges {
		for row := r.Start.Row; row <= r.End.Row; row++ {
			all[row] = true
		}
	}
	return all
}
