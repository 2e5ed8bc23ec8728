//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/evaluator/history"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// previous is what an output holds before it is written.
const previous = "what the run before wrote\n"

// killing runs a command that writes files into a folder, again and again.
type killing struct {
	dir   string
	args  []string          // without its outputs, which outputs gives for a folder
	whole map[string]string // what it writes
	kills int
}

// start is the program, running over a folder where the run before has written its files.
func (k *killing) start(t *testing.T, outputs func(dir string) []string) *exec.Cmd {
	t.Helper()
	for name := range k.whole {
		if dir := filepath.Dir(name); dir != "/" {
			if err := os.RemoveAll(k.dir + dir); err != nil { // a folder of pages is never written over
				t.Fatal(err)
			}
			continue
		}
		put(t, k.dir+name, []byte(previous))
	}
	program := exec.Command("cistern", append(slices.Clone(k.args), outputs(k.dir)...)...)
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	return program
}

// look wants each output to be as it was or whole, and what is left beside them to be no more than one run may leave.
func (k *killing) look(t *testing.T, ended bool) {
	t.Helper()
	pages := 0
	for name, want := range k.whole {
		got, err := os.ReadFile(k.dir + name)
		inFolder := filepath.Dir(name) != "/"
		switch {
		case string(got) == want && err == nil:
			if inFolder {
				pages++
			}
		case inFolder && os.IsNotExist(err) && !ended:
			pages--
		case string(got) != previous || ended:
			t.Errorf("%s: got %d bytes (%v) after %d kills, want what was there, or the whole of %d bytes", name, len(got), err, k.kills, len(want))
		}
	}
	folder := 0
	for name := range k.whole {
		if filepath.Dir(name) != "/" {
			folder++
		}
	}
	if pages != folder && pages != -folder {
		t.Errorf("got a folder of pages of which some are missing after %d kills, want all or none", k.kills)
	}
	entries, err := os.ReadDir(k.dir)
	if err != nil {
		t.Fatal(err)
	}
	drafts := 0
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case err != nil:
			t.Error(err)
		case strings.HasSuffix(e.Name(), ".part"):
			drafts++
		case strings.HasSuffix(e.Name(), ".spool") && info.Size() > 0:
			t.Errorf("%s: got %d bytes, want a temporary file to lose its name before anything is written", e.Name(), info.Size())
		}
	}
	if most := len(k.whole); drafts > most || ended && drafts > 0 {
		t.Errorf("got %d drafts after %d kills (ended: %v), want no more than one an output, and none after a whole run", drafts, k.kills, ended)
	}
}

// until kills each run when that many moments have passed, then a later one, until one ends by itself.
func (k *killing) until(t *testing.T, outputs func(dir string) []string, reached func(moment int) bool) {
	t.Helper()
	for moment := 0; ; moment += 1 + moment/3 {
		program := k.start(t, outputs)
		ended := make(chan error, 1)
		go func() { ended <- program.Wait() }()
		for over := false; !over; {
			select {
			case <-ended:
				over = true
			default:
				if over = reached(moment); over {
					_ = program.Process.Signal(syscall.SIGKILL)
					<-ended
				}
			}
		}
		alive := program.ProcessState.Exited()
		if !alive {
			k.kills++
		}
		k.look(t, alive)
		if alive || t.Failed() {
			return
		}
	}
}

// kill kills a command at many moments of its run: after a time, which grows, and once it is writing, after so much.
func (k *killing) kill(t *testing.T, outputs func(dir string) []string) {
	t.Helper()
	if testing.Short() {
		t.Skip("kills a program many times")
	}
	begun, last := time.Time{}, -1
	k.until(t, outputs, func(moment int) bool {
		const tick = 4 * time.Millisecond
		if moment != last {
			begun, last = time.Now(), moment
		}
		time.Sleep(tick / 8)
		return time.Since(begun) >= time.Duration(moment)*tick
	})
	count := 0
	seen, last := map[string]int64{}, -1
	k.until(t, outputs, func(moment int) bool { // a moment more is something more of a draft, or of an output itself
		if moment != last {
			count, last = 0, moment
			clear(seen)
		}
		drafts, err := filepath.Glob(k.dir + "/.*.part")
		if err != nil {
			t.Error(err)
		}
		for name := range k.whole {
			drafts = append(drafts, k.dir+name)
			if _, known := seen[k.dir+name]; !known && filepath.Dir(name) == "/" {
				seen[k.dir+name] = int64(len(previous))
			}
		}
		for _, name := range drafts {
			info, err := os.Stat(name)
			if err != nil {
				continue
			}
			if size, known := seen[name]; !known || size != info.Size() {
				seen[name] = info.Size()
				count++
			}
		}
		return count > moment
	})
	if k.kills < 3 {
		t.Errorf("got %d kills, want more", k.kills)
	}
}

// reference runs the command to its end, for what it writes.
func (k *killing) reference(t *testing.T, outputs func(dir string) []string) {
	t.Helper()
	const dir = "reference"
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	cistern(t.Context(), append(slices.Clone(k.args), outputs(dir)...)...)
	k.whole = contents(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if len(k.whole) == 0 {
		t.Fatal("got nothing written, want files")
	}
}

// TestAKilledRunLeavesNoHalfFile kills an evaluation that writes beside its snapshots, in every format: what it leaves is no snapshot.
func TestAKilledRunLeavesNoHalfFile(t *testing.T) {
	fleetFolder(t, keepFiles+6)
	k := &killing{dir: "fleet", args: []string{"evaluate", "fleet", "--control", "root-usage", "--fail-on", "never"}}
	k.reference(t, everyOutput)
	k.kill(t, everyOutput)
}

// TestAKilledPartIsNoPart kills a part of an evaluation, and then the merge of all parts; parts that are cut off are refused.
func TestAKilledPartIsNoPart(t *testing.T) {
	fleetFolder(t, keepFiles+6)
	judge := []string{"evaluate", "fleet", "--control", "root-usage"}
	one := func(dir string) []string { return []string{"-o", dir + "/1.json"} }
	k := &killing{dir: "parts", args: append(slices.Clone(judge), "--shard", "1/2")}
	k.reference(t, one)
	k.kill(t, one)
	if got := cistern(t.Context(), append(judge, "--shard", "2/2", "-o", "parts/2.json")...); got.code != exitOK {
		t.Fatalf("got exit code %d and %s", got.code, got.stderr)
	}
	m := &killing{dir: "merged", args: []string{"merge", "parts", "--fail-on", "never"}}
	m.reference(t, everyOutput)
	m.kill(t, everyOutput)

	part := textOf(t, "parts/1.json")
	random := rand.New(rand.NewPCG(1, 1))
	cuts := []int{0, 1, len(part) - 2}
	lines := bytes.Count(part, []byte("\n"))
	at := 0
	for i := range lines {
		at += bytes.IndexByte(part[at:], '\n') + 1
		if i%(lines/30+1) == 0 && at < len(part) {
			cuts = append(cuts, at, random.IntN(len(part)-1))
		}
	}
	for _, cut := range cuts {
		put(t, "parts/1.json", part[:cut])
		got := cistern(t.Context(), "merge", "parts", "-o", "never.json")
		if got.code != exitUsage || !strings.HasPrefix(got.stderr, "cistern: parts/1.json: ") || !strings.Contains(got.stderr, "or judge it again with cistern evaluate --shard ") {
			t.Errorf("%d of %d bytes: got exit code %d and %q, want 2, the part, and what to do", cut, len(part), got.code, got.stderr)
		}
	}
	if _, err := os.Stat("never.json"); err == nil {
		t.Error("got a report, want none")
	}
}

// TestAKilledHistoryLeavesNoHalfFile is the same of a history, whose snapshots stand where it is written.
func TestAKilledHistoryLeavesNoHalfFile(t *testing.T) {
	t.Chdir(t.TempDir())
	fleet := accounts.Fleet{Seed: 1}
	for day := range 12 {
		for i := range 6 {
			text, err := fleet.Account(i, day).Canonical()
			if err != nil {
				t.Fatal(err)
			}
			put(t, fmt.Sprintf("days/%02d/%s.json", day, accounts.ID(i)), text)
		}
	}
	outputs := func(dir string) []string {
		var args []string
		for _, name := range history.Formats() {
			args = append(args, "-o", name+"="+dir+"/"+name)
		}
		return args
	}
	k := &killing{dir: "days", args: []string{"history", "days", "--control", "root-usage", "--fail-on", "never"}}
	k.reference(t, outputs)
	k.kill(t, outputs)
}
