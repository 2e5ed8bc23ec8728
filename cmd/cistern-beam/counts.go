package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// tallyOf counts one result.
func tallyOf(day string, place int, result report.Result) tally {
	var s report.Summary
	s.Add(result.Status)
	return tally{day, result.ID, result.Control, place, s.Pass, s.Fail, s.Unknown, s.NotApplicable, s.Waived, s.Manual}
}

// key is alike for what is counted together.
func (t tally) key() string { return fmt.Sprintf("%s %06d", t.Day, t.Place) }

// plus is both counts as one. The order does not matter.
func (t tally) plus(other tally) tally {
	t.Pass += other.Pass
	t.Fail += other.Fail
	t.Unknown += other.Unknown
	t.NotApplicable += other.NotApplicable
	t.Waived += other.Waived
	t.Manual += other.Manual
	return t
}

// countsFn writes the table of all days and controls.
type countsFn struct {
	Output string

	files store
}

// ProcessElement has all counts before it.
func (fn *countsFn) ProcessElement(ctx context.Context, _ int, next func(*tally) bool, emit func(written)) error {
	var all []tally
	for t := (tally{}); next(&t); t = (tally{}) {
		if t.Day != "" {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b tally) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Place, b.Place)) })
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	w.Write([]string{"day", "id", "control", "pass", "fail", "unknown", "not_applicable", "waived", "manual"})
	for _, t := range all {
		line := []string{t.Day, t.ID, t.Control}
		for _, n := range []int{t.Pass, t.Fail, t.Unknown, t.NotApplicable, t.Waived, t.Manual} {
			line = append(line, strconv.Itoa(n))
		}
		w.Write(line)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return err
	}
	return keep(ctx, &fn.files, fn.Output, written{File: "counts.csv"}, emit, bytesOf(text.Bytes()))
}

// Teardown lets go of the filesystems.
func (fn *countsFn) Teardown() error { return fn.files.close() }
