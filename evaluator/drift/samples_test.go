package drift

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func sample(t testing.TB, name string) *snapshots.Snapshot {
	t.Helper()
	s, err := samples.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// judge is how the newest edition judges snapshots.
func judge(t testing.TB) func(...*snapshots.Snapshot) *report.Report {
	t.Helper()
	sources := []evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}}
	all, err := evaluator.Benchmarks(sources)
	if err != nil {
		t.Fatal(err)
	}
	edition, err := evaluator.FindBenchmark(all, "")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := evaluator.Compile(t.Context(), sources)
	if err != nil {
		t.Fatal(err)
	}
	return func(all ...*snapshots.Snapshot) *report.Report {
		var inputs []evaluator.Input
		for _, s := range all {
			inputs = append(inputs, evaluator.Input{Name: s.Account.ID, Snapshot: s})
		}
		r, err := engine.Evaluate(t.Context(), inputs, evaluator.Options{Benchmark: edition})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// TestSamples compares every sample with the compliant one: what was broken is a regression with the resource behind it, and backwards
// it is none.
func TestSamples(t *testing.T) {
	evaluate := judge(t)
	good := sample(t, "compliant")
	from := evaluate(good)
	for _, name := range samples.Names() {
		t.Run(name, func(t *testing.T) {
			bad := sample(t, name)
			to := evaluate(bad)
			if d := compare(t, to, to, Options{}); len(d.Changes)+len(d.Gaps) > 0 {
				t.Errorf("got %q of one report, want nothing", told(d))
			}
			d := compare(t, from, to, Options{States: func(string) (*snapshots.Delta, error) { return snapshots.Diff(good, bad) }})
			back := compare(t, to, from, Options{})
			if got, want := steps(back, true), steps(d, false); !slices.Equal(got, want) {
				t.Errorf("got %q backwards, want %q", got, want)
			}
			if name == "compliant" {
				return
			}
			if d.Summary.Regressions == 0 || back.Summary.Regressions > 0 {
				t.Errorf("got %+v, and %+v backwards, want regressions in the first alone", d.Summary, back.Summary)
			}
			for _, c := range d.Changes {
				if len(c.Records) == 0 && len(c.Now) == 0 {
					t.Errorf("%s: got no reason, want one", c.Control)
				}
			}
			if strings.HasPrefix(name, "broken-") && !slices.ContainsFunc(d.Changes, func(c Change) bool { return len(c.Records) > 0 }) {
				t.Errorf("got no resource behind %q, want what was broken", told(d))
			}
		})
	}
}

// steps are the rows that both sides judged, each with its statuses, without what they mean.
func steps(d *Drift, turned bool) []string {
	lines := []string{}
	for _, c := range d.Changes {
		if c.From == "" || c.To == "" {
			continue
		}
		if turned {
			c.From, c.To, c.Was, c.Now = c.To, c.From, c.Now, c.Was
		}
		lines = append(lines, fmt.Sprintf("%q", []any{c.Account, c.ID, c.Control, c.From, c.To, c.Was, c.Now}))
	}
	slices.Sort(lines)
	return lines
}

// nasty is what a name in an account may be.
const nasty = "<script>alert(1)</script> \x1b[31m\u009b \u202egpj.exe ``` | @octocat #1 https://evil.example [x](javascript:alert(1)) </details> \n::error::x"

func TestHostileNamesAreHarmless(t *testing.T) {
	raw, err := json.Marshal(nasty)
	if err != nil {
		t.Fatal(err)
	}
	d, s := busy(), moved()
	d.Notes, d.OnlyTo = []string{nasty}, []string{nasty}
	d.From.AsOf, d.To.Benchmark.Title = nasty, nasty
	for i := range d.Changes {
		c := &d.Changes[i]
		c.Alias, c.ID, c.Title, c.From = nasty, nasty, nasty, report.Status(nasty)
		c.Now = []Finding{{Status: nasty, Message: nasty, Region: nasty, Resource: nasty, Link: nasty}}
		c.Decisions = []Decision{{"waiver", "changed", nasty, nasty}}
	}
	for i := range d.Gaps {
		d.Gaps[i].Account, d.Gaps[i].Resource, d.Gaps[i].Code = nasty, nasty, nasty
	}
	a := s.Accounts[0]
	a.Alias, a.From.CollectedAt, s.OnlyTo = nasty, nasty, []string{nasty}
	a.Regions.NewlyRead, a.Gaps[0].Resource, a.Aside[0].Fields[0].Path = []string{nasty}, nasty, nasty
	for i := range a.Changes {
		a.Changes[i].Name, a.Changes[i].Region = nasty, nasty
		a.Changes[i].Fields = []snapshots.FieldChange{{Path: nasty, From: raw, To: raw}, {Path: nasty, Removed: []json.RawMessage{raw}, Added: []json.RawMessage{raw}}}
	}
	d.Changes[0].Records = a.Changes
	for _, format := range Formats() {
		var b bytes.Buffer
		if err := d.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }); i >= 0 {
			t.Errorf("%s: got %q, want it escaped", format, text[i:min(len(text), i+20)])
		}
		if format != "markdown" {
			continue
		}
		for _, line := range strings.Split(text, "\n") {
			outside := withoutCode(escapedMarks.ReplaceAllString(line, ""))
			for _, mark := range []string{"<script", "@octocat", " #1", "https://evil", "[x](", "\n::"} {
				if strings.Contains(outside, mark) {
					t.Errorf("got %q in %q, want it escaped", mark, line)
				}
			}
		}
	}
}

// escapedMarks are the marks that Markdown shows as they are.
var escapedMarks = regexp.MustCompile(`\\[[:punct:]]`)

// withoutCode is a line of Markdown without its code spans.
func withoutCode(line string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(line, '`')
		if i < 0 {
			return b.String() + line
		}
		b.WriteString(line[:i])
		rest := strings.TrimLeft(line[i:], "`")
		fence := line[i : len(line)-len(rest)]
		_, after, ok := strings.Cut(rest, fence)
		if !ok {
			return b.String() + rest
		}
		line = strings.TrimLeft(after, "`")
	}
}

// FuzzCompare checks that no two reports make the comparison or its writers panic, that it is empty for one, and has a mirror.
func FuzzCompare(f *testing.F) {
	for _, r := range []*report.Report{audit("pass", "fail", "waived"), audit("fail", "unknown", "nonsense")} {
		var b bytes.Buffer
		if err := report.Write(&b, "json", r, report.Style{}); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), []byte(`{"schema":"cistern/report/v1","accounts":[{"account":"111122223333","records":{"x":1,"1#/sns/topics/0":{},"/sns/topics/0":{"a":[]}},
			"results":[{"id":"1.a","control":"a","status":"fail","findings":[{"pointers":["/sns/topics/0","x"]}],"waiver":{"expires":"z"}}]}]}`))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		a, err := report.Read(bytes.NewReader(one))
		if err != nil {
			return
		}
		b, err := report.Read(bytes.NewReader(two))
		if err != nil {
			return
		}
		if d, err := Compare(a, a, Options{}); err == nil && len(d.Changes)+len(d.Gaps) > 0 {
			t.Fatalf("got %q of one report, want nothing", told(d))
		}
		there, err := Compare(a, b, Options{AcrossEditions: true})
		if err != nil {
			return
		}
		back, err := Compare(b, a, Options{AcrossEditions: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := steps(back, true), steps(there, false); a.Benchmark.ID == b.Benchmark.ID && !slices.Equal(got, want) {
			t.Fatalf("got %q backwards, want %q", got, want)
		}
		for _, format := range Formats() {
			if err := there.Write(&bytes.Buffer{}, format); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// organization is the compliant account as many accounts, a third of them broken.
func organization(b *testing.B, n int, broken string) []*snapshots.Snapshot {
	var all []*snapshots.Snapshot
	for i := range n {
		s := sample(b, "compliant")
		if i%3 == 0 {
			s = sample(b, broken)
		}
		data, err := s.Canonical()
		if err != nil {
			b.Fatal(err)
		}
		text := strings.ReplaceAll(string(data), s.Account.ID, fmt.Sprintf("%012d", i+1))
		one, err := snapshots.Read(strings.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// BenchmarkDiff compares 300 accounts of which a third changed: their snapshots, and their reports.
func BenchmarkDiff(b *testing.B) {
	const n = 300
	from, to := organization(b, n, "compliant"), organization(b, n, "broken-alarm-threshold")
	b.Run("states", func(b *testing.B) {
		for b.Loop() {
			s := NewStates()
			for i := range from {
				d, err := snapshots.Diff(from[i], to[i])
				if err != nil {
					b.Fatal(err)
				}
				s.Add(d)
			}
			if s.Summary.Differ != n/3 {
				b.Fatalf("got %d accounts that differ, want %d", s.Summary.Differ, n/3)
			}
		}
	})
	b.Run("verdicts", func(b *testing.B) {
		evaluate := judge(b)
		old, now := evaluate(from...), evaluate(to...)
		for b.Loop() {
			d := compare(b, old, now, Options{})
			if d.Summary.Regressions != n/3 {
				b.Fatalf("got %d regressions, want %d", d.Summary.Regressions, n/3)
			}
			if err := d.Write(&bytes.Buffer{}, "text"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
