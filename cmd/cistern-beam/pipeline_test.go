package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// archive is snapshots of three days, in a folder a day, as the evaluator reads them.
type archive struct {
	dir    string
	days   map[string][]evaluator.Input
	unread map[string][]report.Unread
}

const fleetSize = 12

// newArchive writes a made-up organisation, whose accounts point to each other, and a sample on the first day.
func newArchive(t *testing.T) *archive {
	t.Helper()
	a := &archive{t.TempDir(), map[string][]evaluator.Input{}, map[string][]report.Unread{}}
	for day := range 3 {
		for i := range fleetSize {
			a.add(t, accounts.Day(day), accounts.ID(i)+".json", accounts.Fleet{}.Account(i, day))
		}
	}
	s, err := samples.Read("broken-pattern-misses")
	if err != nil {
		t.Fatal(err)
	}
	a.add(t, s.CollectedAt.UTC().Format(time.DateOnly), "sample.json.gz", s)
	return a
}

func (a *archive) add(t *testing.T, day, name string, s *snapshots.Snapshot) {
	t.Helper()
	text, err := s.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		w.Write(text)
		w.Close()
		text = packed.Bytes()
	}
	file := a.write(t, day, name, text)
	a.days[day] = append(a.days[day], evaluator.Input{Name: file, Snapshot: s})
}

func (a *archive) write(t *testing.T, day, name string, text []byte) string {
	t.Helper()
	file := filepath.Join(a.dir, day, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// wanted is the report of a day as the evaluator writes it with all its snapshots in memory.
func (a *archive) wanted(t *testing.T, b *brief, day string) (*report.Report, string) {
	t.Helper()
	engine, options, err := b.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := engine.Evaluate(t.Context(), a.days[day], options)
	if err != nil {
		t.Fatal(err)
	}
	r.Unread = a.unread[day]
	var text bytes.Buffer
	if err := report.Write(&text, "json", r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	return r, text.String()
}

// check holds reports and counts against the evaluator.
func (a *archive) check(t *testing.T, b *brief, got map[string]string) {
	t.Helper()
	counts := "day,id,control,pass,fail,unknown,not_applicable,waived,manual\n"
	names := []string{"counts.csv", "errors.jsonl", "manifest.json"}
	for _, day := range slices.Sorted(maps.Keys(a.days)) {
		r, want := a.wanted(t, b, day)
		name := "reports/" + day + ".json"
		names = append(names, name)
		if got[name] != want {
			t.Errorf("%s: got\n%.2000s\nwant\n%.2000s", name, got[name], want)
		}
		for i, row := range r.Accounts[0].Results {
			var s report.Summary
			for _, account := range r.Accounts {
				s.Add(account.Results[i].Status)
			}
			counts += fmt.Sprintf("%s,%s,%s,%d,%d,%d,%d,%d,%d\n", day, row.ID, row.Control, s.Pass, s.Fail, s.Unknown, s.NotApplicable, s.Waived, s.Manual)
		}
	}
	if got["counts.csv"] != counts {
		t.Errorf("counts.csv: got\n%s\nwant\n%s", got["counts.csv"], counts)
	}
	if files := slices.Sorted(maps.Keys(got)); !slices.Equal(files, names) {
		t.Errorf("got files %v, want %v", files, names)
	}
}

func TestPipelineIsTheEvaluator(t *testing.T) {
	a := newArchive(t)
	j := plain(filepath.Join(a.dir, "*", "*"))
	got := outputOf(t, j)
	a.check(t, &j.brief, got)
	if !a.linked(t, &j.brief, accounts.Day(0)) {
		t.Error("every account is judged as if it stood alone: the test shows nothing about links")
	}
	if got["errors.jsonl"] != "" {
		t.Errorf("got errors %s", got["errors.jsonl"])
	}
	var m struct {
		Schema string
		Files  []struct {
			File, SHA256, Day string
			Accounts          int
		}
	}
	if err := json.Unmarshal([]byte(got["manifest.json"]), &m); err != nil || m.Schema != "cistern/archive/v1" {
		t.Fatalf("manifest: got %v, %q", err, m.Schema)
	}
	for _, f := range m.Files {
		if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(got[f.File]))); sum != f.SHA256 {
			t.Errorf("manifest: %s: got %s, want %s", f.File, f.SHA256, sum)
		}
		if f.Day != "" && f.Accounts != len(a.days[f.Day]) {
			t.Errorf("manifest: %s: got %d accounts, want %d", f.File, f.Accounts, len(a.days[f.Day]))
		}
	}
	if len(m.Files) != 5 {
		t.Errorf("manifest: got %d files, want 5", len(m.Files))
	}
	j = plain(filepath.Join(a.dir, "*", "*.json.gz"), filepath.Join(a.dir, "*", "*.json"), filepath.Join(a.dir, accounts.Day(1), "*"))
	j.shares = 5
	if again := outputOf(t, j); !maps.Equal(got, again) {
		t.Error("other patterns of the same files and other shares: got other bytes")
	}
}

// linked tells whether an account of the day is judged otherwise when it stands alone.
func (a *archive) linked(t *testing.T, b *brief, day string) bool {
	t.Helper()
	together, _ := a.wanted(t, b, day)
	for _, in := range a.days[day] {
		one := &archive{days: map[string][]evaluator.Input{day: {in}}}
		alone, _ := one.wanted(t, b, day)
		i := slices.IndexFunc(together.Accounts, func(r report.Account) bool { return r.Account == in.Snapshot.Account.ID })
		if together.Accounts[i].Summary != alone.Accounts[0].Summary {
			return true
		}
	}
	return false
}

func TestPipelineGoesOnWithoutBrokenSnapshots(t *testing.T) {
	a := newArchive(t)
	day := accounts.Day(1)
	half := a.write(t, day, "half.json", []byte(`{"schema": "cistern/snapshot/v1", "account": {"id":`))
	stray := a.write(t, "stray", "not.json", []byte("<html>"))
	invalid := a.write(t, day, "invalid.json", []byte(
		`{"schema": "cistern/snapshot/v1", "account": {"id": "999999999999", "partition": "aws"}, "collected_at": "`+day+`T09:00:00Z", "cloudtrail": 7}`))
	for _, file := range []string{half, invalid} {
		_, err := snapshots.ReadFile(file)
		account := ""
		if file == invalid {
			account = "999999999999"
		}
		a.unread[day] = append(a.unread[day], evaluator.Unread(file, account, err))
	}
	early := accounts.Fleet{}.Account(3, 1)
	early.CollectedAt = snapshots.Time{Time: early.CollectedAt.Add(-time.Hour)}
	text, err := early.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	earlier := a.write(t, day, "early.json", text)

	j := plain(filepath.Join(a.dir, "*", "*"))
	got := outputOf(t, j)
	a.check(t, &j.brief, got)
	var failed []string
	for line := range strings.Lines(got["errors.jsonl"]) {
		var f struct{ Snapshot, Day, Account, Problem string }
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		failed = append(failed, strings.Join([]string{f.Snapshot, f.Day, f.Account}, " "))
		if f.Problem == "" {
			t.Errorf("%s: got no problem", f.Snapshot)
		}
	}
	want := []string{
		earlier + " " + day + " " + accounts.ID(3), half + " " + day + " ", invalid + " " + day + " 999999999999", stray + "  ",
	}
	if !slices.Equal(failed, want) {
		t.Errorf("errors: got\n%s\nwant\n%s", strings.Join(failed, "\n"), strings.Join(want, "\n"))
	}
}

func TestPipelineOfNothing(t *testing.T) {
	got := outputOf(t, plain(filepath.Join(t.TempDir(), "*.json")))
	if want := []string{"counts.csv", "errors.jsonl", "manifest.json"}; !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestPipelineOnAnotherFilesystem reads and writes where there are no files of the machine, as on S3 and in Google Cloud Storage.
func TestPipelineOnAnotherFilesystem(t *testing.T) {
	a := newArchive(t)
	from, to := "memfs://archive/"+t.Name(), "memfs://judged/"+t.Name()
	for day, inputs := range a.days {
		for _, in := range inputs {
			text, err := os.ReadFile(in.Name)
			if err != nil {
				t.Fatal(err)
			}
			memfs.Write(below(from, day+"/"+filepath.Base(in.Name)), text)
		}
	}
	want := outputOf(t, plain(filepath.Join(a.dir, "*", "*")))
	j := plain(from + "/*/*")
	j.output = to
	if err := j.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var files store
	for name := range want {
		got, err := files.read(context.Background(), below(to, name))
		if err != nil || string(got) != want[name] {
			t.Errorf("%s: got %.300s, %v, want %.300s", name, got, err, want[name])
		}
	}
}
