package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// reportFn writes the report of a day.
type reportFn struct {
	Brief  brief
	Output string

	shop  *workshop
	files store
}

// Setup compiles the policies, by which the report's head is written.
func (fn *reportFn) Setup(ctx context.Context) error {
	var err error
	fn.shop, err = workshopOf(ctx, &fn.Brief)
	return err
}

// ProcessElement has all findings of the day before it. A day without an account that was judged has no report.
func (fn *reportFn) ProcessElement(ctx context.Context, day string, next func(*finding) bool, emit func(written)) error {
	var all []finding
	for f := (finding{}); next(&f); f = (finding{}) {
		all = append(all, f)
	}
	r, err := fn.assemble(all)
	if err != nil {
		return fmt.Errorf("day %s: read what was found: %w", day, err)
	}
	if len(r.Briefs) == 0 {
		return nil
	}
	file := written{File: "reports/" + day + ".json", Day: day, Accounts: len(r.Briefs)}
	return keep(ctx, &fn.files, fn.Output, file, emit, func(w io.Writer) error { return report.WriteStream(w, "json", r, report.Style{}) })
}

// assemble makes one report of what was found, in whatever order it came. Its accounts are unpacked one by one.
func (fn *reportFn) assemble(all []finding) (*report.Stream, error) {
	slices.SortFunc(all, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), bytes.Compare(a.Said, b.Said))
	})
	all = slices.CompactFunc(all, func(a, b finding) bool { return bytes.Equal(a.Said, b.Said) }) // a file that two patterns match
	var sum evaluator.Tally
	var latest time.Time
	stream := &report.Stream{}
	var texts [][]byte
	for _, f := range all {
		if f.Unread {
			var u report.Unread
			if err := json.Unmarshal(f.Said, &u); err != nil {
				return nil, err
			}
			sum.AddUnread(u)
			continue
		}
		j := &evaluator.Judged{}
		if err := json.Unmarshal(f.Said, j); err != nil {
			return nil, err
		}
		at, err := time.Parse(momentForm, f.Collected)
		if err != nil {
			return nil, err
		}
		if at.After(latest) {
			latest = at
		}
		sum.Add(j)
		stream.Briefs = append(stream.Briefs, report.BriefOf(&j.Account))
		texts = append(texts, f.Text)
	}
	stream.Head = fn.shop.fleet.Head(&sum, latest)
	stream.Texts = func(yield func([]byte, error) bool) {
		for _, packed := range texts {
			if text, err := unpack(packed); !yield(text, err) || err != nil {
				return
			}
		}
	}
	return stream, nil
}

// Teardown lets go of the filesystems.
func (fn *reportFn) Teardown() error { return fn.files.close() }
