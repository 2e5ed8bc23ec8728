package evaluator

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/profiler"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Profile is how long the lines of policies took, in evaluations and tests. The zero value is one of nothing; it is safe for concurrent
// use. What it tells is a measurement, and no two are the same.
type Profile struct {
	mu   sync.Mutex
	runs []*profiler.Profiler
}

// ProfiledLine is what one line of a policy cost.
type ProfiledLine struct {
	File        string
	Line        int
	Text        string // its first expression
	Took        time.Duration
	Evaluations int
	Redos       int // times that it was asked for another answer
}

// tracer is one for a single evaluation at a time: OPA's own counts nothing else.
func (p *Profile) tracer() topdown.QueryTracer {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := profiler.New()
	p.runs = append(p.runs, one)
	return one
}

// Lines are the lines that took the longest, the slowest first: so many, or all if most is 0. Lines of tests do not count.
func (p *Profile) Lines(most int) []ProfiledLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	type place struct {
		file string
		line int
	}
	sums := map[place]*ProfiledLine{}
	for _, run := range p.runs {
		for _, stat := range run.ReportTopNResults(0, []string{"file", "line"}) {
			if stat.Location.File == "" || isTest(stat.Location.File) {
				continue
			}
			key := place{stat.Location.File, stat.Location.Row}
			if sums[key] == nil {
				text, _, _ := strings.Cut(string(stat.Location.Text), "\n")
				sums[key] = &ProfiledLine{File: key.file, Line: key.line, Text: strings.TrimSpace(text)}
			}
			sums[key].Took += time.Duration(stat.ExprTimeNs)
			sums[key].Evaluations += stat.NumEval
			sums[key].Redos += stat.NumRedo
		}
	}
	var lines []ProfiledLine
	for _, line := range sums {
		lines = append(lines, *line)
	}
	slices.SortFunc(lines, func(a, b ProfiledLine) int {
		return cmp.Or(cmp.Compare(b.Took, a.Took), strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	if most > 0 && len(lines) > most {
		lines = lines[:most]
	}
	return lines
}
