package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// sent is what a step gave on, in order.
type sent struct {
	findings []finding
	tallies  []tally
	failures []failure
	files    []written
}

func (s *sent) find(_ string, f finding) { s.findings = append(s.findings, f) }
func (s *sent) count(_ string, t tally)  { s.tallies = append(s.tallies, t) }
func (s *sent) fail(f failure)           { s.failures = append(s.failures, f) }
func (s *sent) write(w written)          { s.files = append(s.files, w) }
func nextOf[T any](all []T) func(into *T) bool {
	return func(into *T) bool {
		if len(all) == 0 {
			return false
		}
		*into, all = all[0], all[1:]
		return true
	}
}

func cardsOf(t *testing.T, a *archive, day string) []sighting {
	t.Helper()
	var all []sighting
	for _, in := range a.days[day] {
		c, err := evaluator.CardOf(in.Name, in.Snapshot)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, sightingOf(c))
	}
	return all
}

// TestJudgeAgain judges the same twice, in another order and after an attempt that failed halfway, as a runner does when a worker was lost.
func TestJudgeAgain(t *testing.T) {
	a := newArchive(t)
	day := accounts.Day(0)
	cards := cardsOf(t, a, day)
	fn := &judgeFn{Shares: 1, Brief: plain().brief}
	if err := fn.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	attempt := func(all []sighting) (*sent, error) {
		var s sent
		return &s, fn.ProcessElement(t.Context(), share{day, 0}.String(), nextOf(all), s.find, s.count, s.fail)
	}
	want, err := attempt(cards)
	if err != nil || len(want.findings) != len(cards) {
		t.Fatalf("got %d findings, %v, want %d", len(want.findings), err, len(cards))
	}

	away := cards[len(cards)/2].Name
	if err := os.Rename(away, away+".away"); err != nil {
		t.Fatal(err)
	}
	if failed, err := attempt(cards); err == nil || len(failed.failures) > 0 {
		t.Errorf("a file that cannot be had: got %v and failures %v, want an error, so that it is tried again", err, failed.failures)
	}
	if err := os.Rename(away+".away", away); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(cards)
	got, err := attempt(cards)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the second attempt: got other findings, %v", err)
	}
}

func TestSharesAreTheWhole(t *testing.T) {
	a := newArchive(t)
	day := accounts.Day(0)
	cards := cardsOf(t, a, day)
	byAccount := map[string]finding{}
	for _, shares := range []int{1, 3, 50} {
		total := 0
		for n := range shares {
			fn := &judgeFn{Shares: shares, Brief: plain().brief}
			if err := fn.Setup(t.Context()); err != nil {
				t.Fatal(err)
			}
			var s sent
			if err := fn.ProcessElement(t.Context(), share{day, n}.String(), nextOf(cards), s.find, s.count, s.fail); err != nil {
				t.Fatal(err)
			}
			total += len(s.findings)
			for _, f := range s.findings {
				if first, known := byAccount[f.Account]; known && !reflect.DeepEqual(f, first) {
					t.Errorf("share %d of %d: account %s: got another finding than as one share", n, shares, f.Account)
				}
				byAccount[f.Account] = f
			}
		}
		if total != len(cards) {
			t.Errorf("%d shares: got %d findings, want %d", shares, total, len(cards))
		}
	}
}

// TestReportAgain writes the same report of findings in another order, of findings that come twice, and over what another worker left.
func TestReportAgain(t *testing.T) {
	a := newArchive(t)
	day := accounts.Day(0)
	judge := &judgeFn{Shares: 1, Brief: plain().brief}
	if err := judge.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	var s sent
	if err := judge.ProcessElement(t.Context(), share{day, 0}.String(), nextOf(cardsOf(t, a, day)), s.find, s.count, s.fail); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	fn := &reportFn{Brief: plain().brief, Output: folder}
	if err := fn.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, want := a.wanted(t, &fn.Brief, day)
	for range 3 {
		var s2 sent
		if err := fn.ProcessElement(t.Context(), day, nextOf(s.findings), s2.write); err != nil {
			t.Fatal(err)
		}
		if got := filesIn(t, folder); len(got) != 1 || got["reports/"+day+".json"] != want || len(s2.files) != 1 {
			t.Fatalf("got %d files, %v", len(got), s2.files)
		}
		slices.Reverse(s.findings)
		s.findings = append(s.findings, s.findings[0])
	}
}

// TestWriteIsWholeOrNotThere stops writing halfway.
func TestWriteIsWholeOrNotThere(t *testing.T) {
	var files store
	name := filepath.Join(t.TempDir(), "deep", "file")
	halfway := func(w io.Writer) error {
		io.WriteString(w, strings.Repeat("new", 1<<20))
		return errors.New("the disk is full")
	}
	if err := files.write(t.Context(), name, halfway); err == nil {
		t.Error("got no error")
	}
	if got := filesIn(t, filepath.Dir(name)); len(got) != 0 {
		t.Errorf("got %v, want no file", got)
	}
	for range 2 {
		if err := files.write(t.Context(), name, bytesOf([]byte("old"))); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.write(t.Context(), name, halfway); err == nil {
		t.Error("got no error")
	}
	if got := filesIn(t, filepath.Dir(name)); len(got) != 1 || got["file"] != "old" {
		t.Errorf("got %v, want the old file alone", got)
	}
}

func TestEachEndsWithTheFirstError(t *testing.T) {
	lost := errors.New("lost")
	if _, err := each(t.Context(), 100, func(_ context.Context, i int) error {
		if i == 7 {
			return lost
		}
		return nil
	}); !errors.Is(err, lost) {
		t.Errorf("got %v, want %v", err, lost)
	}
	refused, err := each(t.Context(), 5, func(_ context.Context, i int) error {
		if i%2 == 1 {
			return refusal(lost)
		}
		return nil
	})
	if err != nil || !slices.Equal(refused, []error{nil, lost, nil, lost, nil}) {
		t.Errorf("got %v, %v", refused, err)
	}
}

func TestDayIn(t *testing.T) {
	for name, want := range map[string]string{
		"archive/2026-01-05/123456789012.json":         "2026-01-05",
		"gs://b/snapshots/2026/01/05/1.json.gz":        "2026-01-05",
		"123456789012-20260105.json":                   "2026-01-05",
		"20250101/20260105T100000Z.json":               "2026-01-05",
		"2025-01-01/2026-01-05/x.json":                 "2026-01-05",
		"2025-12-31-2026-01-05.json":                   "2026-01-05",
		"2026-13-05.json":                              "",
		"2026-02-30.json":                              "",
		"2026-0105.json":                               "",
		"120260105.json":                               "",
		"archive/202601051.json":                       "",
		"123456789012.json":                            "",
		"prod.json":                                    "",
		"s3://bucket-20260105/archive/prod-other.json": "2026-01-05",
	} {
		if got := dayIn(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
