package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// aloneFolder is a folder of accounts that point to no others.
func aloneFolder(t *testing.T, n int) {
	t.Helper()
	t.Chdir(t.TempDir())
	for i := range n {
		text, err := accounts.Fleet{Seed: 1, Alone: true}.Account(i, 0).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		put(t, accountFile(i), text)
	}
}

func accountFile(i int) string { return filepath.Join("fleet", accounts.ID(i)+".json") }

// TestWhatChangesWhileItIsJudgedIsARow changes files between the time they are looked through and the time they are judged.
func TestWhatChangesWhileItIsJudgedIsARow(t *testing.T) {
	const n = keepFiles + 6
	aloneFolder(t, n)
	all, err := scanFleet(t.Context(), nil, []string{"fleet"}, newFleetProgress(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(accountFile(1))
	if err != nil {
		t.Fatal(err)
	}
	put(t, accountFile(1), append(text, '\n'))
	if err := os.Remove(accountFile(2)); err != nil {
		t.Fatal(err)
	}
	put(t, accountFile(3), text) // another account's
	put(t, accountFile(4), []byte("{"))
	f := &evaluateFlags{given: func(string) bool { return false }}
	f.timeout, f.memory, f.controls = time.Minute, "2GiB", []string{"root-usage"}
	engine, options, err := f.engine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := &fleetRun{std: stdio{nil, io.Discard, io.Discard}, engine: engine, options: options, fleet: all, progress: newFleetProgress(io.Discard)}
	wrote := false
	err = run.judge(t.Context(), func(s *report.Stream) error {
		wrote = true
		rows := map[string]string{}
		for _, u := range s.Head.Unread {
			rows[u.File] = u.Problem
		}
		for i, how := range map[int]string{1: "", 2: ": it is gone", 3: "", 4: ""} {
			if got, want := rows[accountFile(i)], "it changed while it was judged"+how; got != want {
				t.Errorf("%s: got %q, want %q", accountFile(i), got, want)
			}
		}
		if len(rows) != 4 || len(s.Briefs) != n-4 {
			t.Errorf("got %d rows and %d accounts, want 4 and %d", len(rows), len(s.Briefs), n-4)
		}
		return nil
	})
	if err != nil || !wrote {
		t.Errorf("got %v, want a report", err)
	}
}

// TestPartsOfOtherContentsAreRefused changes, between two parts, no more than bytes.
func TestPartsOfOtherContentsAreRefused(t *testing.T) {
	for name, file := range map[string]string{"a snapshot": accountFile(0), "a broken one": "fleet/broken.json"} {
		aloneFolder(t, 4)
		put(t, "fleet/broken.json", []byte("{"))
		part := func(i string) {
			if got := cistern(t.Context(), "evaluate", "fleet", "--control", "root-usage", "--shard", i+"/2", "-o", i+".json"); got.code != exitOK {
				t.Fatalf("%s: got exit code %d and %s", name, got.code, got.stderr)
			}
		}
		part("1")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		put(t, file, append(text, ' '))
		part("2")
		if got := cistern(t.Context(), "merge", "1.json", "2.json"); got.code != exitUsage || !strings.Contains(got.stderr, "differ in the snapshots") {
			t.Errorf("%s: got exit code %d and %q, want the parts refused", name, got.code, got.stderr)
		}
	}
}

func TestAnAccountOfAnotherPartIsRefused(t *testing.T) {
	aloneFolder(t, 4)
	for _, i := range []string{"1", "2"} {
		cistern(t.Context(), "evaluate", "fleet", "--control", "root-usage", "--shard", i+"/2", "-o", i+".json")
	}
	swapped := map[string]string{}
	for _, i := range []string{"1", "2"} {
		text, err := os.ReadFile(i + ".json")
		if err != nil {
			t.Fatal(err)
		}
		other := string('1' + '2' - i[0])
		swapped[i] = strings.Replace(string(text), `"index": `+i, `"index": `+other, 1)
	}
	for i, text := range swapped {
		put(t, i+".json", []byte(text))
	}
	if got := cistern(t.Context(), "merge", "1.json", "2.json"); got.code != exitUsage || !strings.Contains(got.stderr, "is not of part") {
		t.Errorf("got exit code %d and %q, want an account that is of another part", got.code, got.stderr)
	}
}

// TestWhatIsTooLargeIsNotRead looks through a file with a hole that no memory would hold.
func TestWhatIsTooLargeIsNotRead(t *testing.T) {
	aloneFolder(t, 2)
	put(t, "fleet/large.json", nil)
	if err := os.Truncate("fleet/large.json", snapshots.MaxSize+1); err != nil {
		t.Skip(err)
	}
	if got := scanFile("fleet/large.json"); got.text != nil || got.sum != nil || got.err == nil {
		t.Errorf("got %d bytes (%v), want none read", len(got.text), got.err)
	}
	var out bytes.Buffer
	got := cistern(t.Context(), "evaluate", "fleet", "--control", "root-usage")
	out.WriteString(got.stderr)
	if got.code != exitUsage || !strings.Contains(out.String(), "fleet/large.json: larger than 256 MiB") {
		t.Errorf("got exit code %d and %q, want a row of it", got.code, out.String())
	}
}
