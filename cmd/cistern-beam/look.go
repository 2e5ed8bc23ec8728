package main

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
)

// batchSize is how many snapshots a step takes at a time, and how many are done again where a worker is lost.
const batchSize = 32

// listFn finds the snapshot files that a pattern matches.
type listFn struct{}

// ProcessElement gives their names on, some at a time.
func (*listFn) ProcessElement(ctx context.Context, pattern string, emit func(names)) error {
	var files store
	defer files.close()
	found, err := files.list(ctx, pattern)
	for len(found) > 0 {
		n := min(batchSize, len(found))
		emit(names{found[:n]})
		found = found[n:]
	}
	return err
}

// lookFn looks at snapshots: whose each is, of which day, and to whom it may point.
type lookFn struct {
	Shares int

	files store
}

// ProcessElement gives on what was seen, to each share of its day: links lead from any of them to all others. A file that is no snapshot
// is a failure, and a finding of the day in its path.
func (fn *lookFn) ProcessElement(ctx context.Context, files names, emit func(string, sighting), refuse func(string, finding), fail func(failure)) error {
	seen := make([]evaluator.Card, len(files.Files))
	wrong, err := each(ctx, len(files.Files), func(ctx context.Context, i int) error {
		text, err := fn.files.read(ctx, files.Files[i])
		if err == nil {
			seen[i], err = evaluator.ReadCard(files.Files[i], text)
			err = refusal(err)
		}
		return err
	})
	if err != nil {
		return err
	}
	for i, name := range files.Files {
		if wrong[i] == nil {
			for n := range fn.Shares {
				emit(share{seen[i].CollectedAt.UTC().Format(time.DateOnly), n}.String(), sightingOf(seen[i]))
			}
			continue
		}
		u, day := evaluator.Unread(name, "", wrong[i]), dayIn(name)
		fail(failureOf(day, u))
		if day == "" {
			continue
		}
		f, err := unreadOf(u)
		if err != nil {
			return err
		}
		refuse(day, f)
	}
	return nil
}

// Teardown lets go of the filesystems.
func (fn *lookFn) Teardown() error { return fn.files.close() }

// dayForm is a day in a path, with or without dashes or slashes.
var dayForm = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})([-/]?)([01][0-9])([-/]?)([0-3][0-9])(?:[^0-9]|$)`)

// dayIn is the last day that a path names, "" if it names none.
func dayIn(name string) string {
	day := ""
	for rest := name; ; {
		at := dayForm.FindStringSubmatchIndex(rest)
		if at == nil {
			return day
		}
		part := func(i int) string { return rest[at[2*i]:at[2*i+1]] }
		text := strings.Join([]string{part(1), part(3), part(5)}, "-")
		if _, err := time.Parse(time.DateOnly, text); err == nil && part(2) == part(4) {
			day = text
		}
		rest = rest[at[3]:]
	}
}
