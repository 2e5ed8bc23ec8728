package evaluator

import (
	"bytes"
	"context"
	"os"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// BenchmarkAccount is what one account more costs a fleet: the 16 monitoring controls of an edition, judged within the usual limits, and from
// the file's bytes. The accounts take turns, so that nothing but what they share is known already. Of the typical ones at least four in five
// controls pass; among the mixed ones, as the generator makes them, are also such as fail throughout.
func BenchmarkAccount(b *testing.B) {
	var mixed []*snapshots.Snapshot
	for i := range 60 {
		mixed = append(mixed, accounts.Typical(i))
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as cistern has it
	for _, c := range []struct {
		name      string
		snapshots []*snapshots.Snapshot
		passing   float64
	}{{"typical", mixed, 0.8}, {"mixed", mixed, 0}, {"alarms=5000", []*snapshots.Snapshot{accounts.Large(5_000)}, 0}} {
		b.Run(c.name, func(b *testing.B) { benchmarkAccounts(b, c.snapshots, c.passing) })
	}
}

func benchmarkAccounts(b *testing.B, all []*snapshots.Snapshot, passing float64) {
	o := monitoring(b)
	o.Timeout, o.Memory = usual().time, usual().memory
	fleet, err := shipped(b).Fleet(o, func(context.Context, Card) (*snapshots.Snapshot, error) { return nil, os.ErrNotExist })
	if err != nil {
		b.Fatal(err)
	}
	judge := func(s *subject) *Judged {
		judged, err := fleet.visit(s, nil).judge(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		return judged
	}
	var texts [][]byte
	var subjects []*subject
	for _, s := range all { // what accounts share is known from here on
		text, err := s.Canonical()
		if err != nil {
			b.Fatal(err)
		}
		of := subjectOf(b, text)
		if found := judge(of).Account; float64(found.Summary.Pass) >= passing*float64(len(found.Results)) {
			texts, subjects = append(texts, text), append(subjects, of)
		}
	}
	measure := func(name string, f func(i int)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(texts[0])))
			before, i := processorTime(b), 0
			for b.Loop() {
				f(i % len(texts))
				i++
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
	measure("judged", func(i int) { judge(subjects[i]) })
	measure("read+judged", func(i int) { judge(subjectOf(b, texts[i])) })
}

func subjectOf(b *testing.B, text []byte) *subject {
	b.Helper()
	s, err := snapshots.Read(bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	of, err := newSubject(Input{"a.json", s})
	if err != nil {
		b.Fatal(err)
	}
	return of
}

// monitoring asks for the 16 monitoring controls of edition 3.0.0.
func monitoring(b *testing.B) Options {
	b.Helper()
	all, err := Benchmarks([]Source{{Name: "policies", FS: os.DirFS("../policies"), Catalogue: true}})
	if err != nil {
		b.Fatal(err)
	}
	edition, err := FindBenchmark(all, "3.0.0")
	if err != nil {
		b.Fatal(err)
	}
	o := Options{Benchmark: edition, NoRecords: true}
	for _, section := range edition.Sections {
		for _, row := range section.Controls {
			if section.ID == "4" {
				o.Controls = append(o.Controls, row.ID)
			}
		}
	}
	return o
}

// processorTime is what the program has used of the processors so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
