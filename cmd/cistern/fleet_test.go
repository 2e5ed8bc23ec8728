package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// fleetFolder is a folder of snapshots of an organisation, and what else a run may meet: one that is cut off, one that is broken further
// down, a policy of the user's that fails in some accounts, and a waivers file.
func fleetFolder(t *testing.T, n int) {
	t.Helper()
	t.Chdir(t.TempDir())
	fleet := accounts.Fleet{Seed: 1}
	for i := range n {
		text, err := fleet.Account(i, 0).Canonical()
		if err != nil {
			t.Fatal(err)
		}
		switch i {
		case n / 2:
			text = text[:len(text)/2]
		case n / 3:
			text = []byte(strings.Replace(string(text), `"trails": [`, `"trails": [1, `, 1))
		}
		put(t, filepath.Join("fleet", accounts.ID(i)+".json"), text)
	}
	put(t, "mine/some.rego", []byte(somePolicy))
	put(t, "waivers.yaml", []byte(fmt.Sprintf(someWaivers, accounts.ID(2), accounts.ID(3))))
}

func put(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// somePolicy gives two verdicts where the account's number ends in 5, which is none.
const somePolicy = `# METADATA
# title: Fails in some accounts
# custom: {control: some, severity: low}
package policies.some

verdict := {"status": "pass", "findings": [], "notes": []}

verdict := {"status": "fail", "findings": [], "notes": []} if endswith(input.account.id, "5")
`

// someWaivers are one that one part uses, one that many do, one that nobody does, and one that has expired.
const someWaivers = `
waivers:
  - {control: root-usage, accounts: ["%s"], owner: a@example.com, reason: r, expires: 2030-12-31}
  - {control: iam-policy-changes, owner: b@example.com, reason: r, expires: 2030-12-31}
  - {control: vpc-changes, accounts: ["999999999999"], owner: c@example.com, reason: r, expires: 2030-12-31}
  - {control: route-table-changes, owner: d@example.com, reason: r, expires: 2020-12-31}
attestations:
  - {control: security-hub-enabled, accounts: ["%s"], evidence: SIEM, owner: e@example.com, expires: 2030-02-01}
`

// everyOutput is an -o for each format, in a folder, and how long what was written is.
func everyOutput(dir string) []string {
	args := []string{"-o", "html=" + dir + "/pages/"}
	for _, f := range report.Formats() {
		args = append(args, "-o", f.Name+"="+dir+"/"+f.Name)
	}
	return args
}

// written is what stands in a folder, by name.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		all[strings.TrimPrefix(name, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sameContents(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: %s: got other bytes", what, name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %d files, want %d", what, len(got), len(want))
	}
}

// TestShardsGiveTheBytesOfOneRun judges a fleet whole and in parts, and writes every format.
func TestShardsGiveTheBytesOfOneRun(t *testing.T) {
	const n = keepFiles + 6 // more than are kept in memory
	fleetFolder(t, n)
	args := []string{"evaluate", "fleet", "--policies", "mine", "--waivers", "waivers.yaml", "--control", "root-usage", "--control", "iam-policy-changes", "--control", "vpc-changes",
		"--control", "route-table-changes", "--control", "security-hub-enabled", "--control", "some"}
	if err := os.Mkdir("whole", 0o777); err != nil {
		t.Fatal(err)
	}
	whole := cistern(t.Context(), append(args, everyOutput("whole")...)...)
	if whole.code != exitUsage || !strings.Contains(whole.stderr, "eval_conflict") && !strings.Contains(whole.stderr, "conflict") {
		t.Fatalf("got exit code %d and\n%swant 2, and which policy could not judge", whole.code, whole.stderr)
	}
	want := contents(t, "whole")
	for _, text := range []string{`"unread"`, "waiver of c@example.com for vpc-changes excuses nothing", `"some"`, accounts.ID(n/2) + ".json", accounts.ID(n/3) + ".json"} {
		if !strings.Contains(want["/json"], text) {
			t.Errorf("got a report without %q, want it", text)
		}
	}
	for _, of := range []int{1, 2, 3, 7} {
		dir := fmt.Sprintf("merged-%d", of)
		merge := []string{"merge"}
		for i := of; i >= 1; i-- {
			file := fmt.Sprintf("part-%d-%d.json", i, of)
			got := cistern(t.Context(), append(args, "--shard", fmt.Sprintf("%d/%d", i, of), "-o", file)...)
			if got.code != exitOK {
				t.Fatalf("part %d of %d: got exit code %d and %s", i, of, got.code, got.stderr)
			}
			merge = append(merge, file)
		}
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		merged := cistern(t.Context(), append(merge, everyOutput(dir)...)...)
		if merged.code != whole.code || merged.stderr != whole.stderr {
			t.Errorf("%d parts: got exit code %d and\n%swant %d and\n%s", of, merged.code, merged.stderr, whole.code, whole.stderr)
		}
		sameContents(t, dir, contents(t, dir), want)
	}
}

// TestFewAndManyAreWrittenAlike judges what fits into memory and what does not, and again in parts of which some are empty.
func TestFewAndManyAreWrittenAlike(t *testing.T) {
	fleetFolder(t, 8)
	args := []string{"evaluate", "fleet", "--control", "root-usage", "--fail-on", "never"}
	if err := os.Mkdir("whole", 0o777); err != nil {
		t.Fatal(err)
	}
	whole := cistern(t.Context(), append(args, everyOutput("whole")...)...)
	const of = 20
	merge := []string{"merge", "parts", "--fail-on", "never"}
	if err := os.Mkdir("parts", 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range of {
		t.Setenv(jobIndex, fmt.Sprint(i))
		if got := cistern(t.Context(), append(args, "--shard", fmt.Sprintf("job/%d", of), "-o", fmt.Sprintf("parts/%d.json", i))...); got.code != exitOK {
			t.Fatalf("got exit code %d and %s", got.code, got.stderr)
		}
	}
	if err := os.Mkdir("merged", 0o777); err != nil {
		t.Fatal(err)
	}
	merged := cistern(t.Context(), append(merge, everyOutput("merged")...)...)
	if merged.code != whole.code {
		t.Errorf("got exit code %d and\n%swant %d", merged.code, merged.stderr, whole.code)
	}
	sameContents(t, "merged", contents(t, "merged"), contents(t, "whole"))
	for _, test := range []struct {
		name, want string
		args       []string
	}{
		{"one is missing", "of 20 parts, 19 are missing: 1, 2, 3, 4, 5, 6, 7, 8, 9", []string{"merge", "parts/17.json"}},
		{"one twice", "parts/2.json is given twice", []string{"merge", "parts/2.json", "parts/2.json"}},
		{"no part", "whole/json: is a report, and no part of one", []string{"merge", "whole/json"}},
		{"a snapshot", "is a snapshot", []string{"merge", "fleet/" + accounts.ID(0) + ".json"}},
	} {
		if got := cistern(t.Context(), test.args...); got.code != exitUsage || !strings.Contains(got.stderr, test.want) {
			t.Errorf("%s: got exit code %d and %q, want 2 and %q", test.name, got.code, got.stderr, test.want)
		}
	}
	other := cistern(t.Context(), "evaluate", "fleet", "--control", "vpc-changes", "--shard", "2/2", "-o", "b.json")
	first := cistern(t.Context(), append(args, "--shard", "1/2", "-o", "a.json")...)
	got := cistern(t.Context(), "merge", "a.json", "b.json")
	if other.code != exitOK || first.code != exitOK || got.code != exitUsage || !strings.Contains(got.stderr, "differ in --control: root-usage and vpc-changes") {
		t.Errorf("got exit code %d and %q, want what differs", got.code, got.stderr)
	}
}

// TestALargeReportIsReplayed holds a saved report that is read account by account to one that is read at once.
func TestALargeReportIsReplayed(t *testing.T) {
	fleetFolder(t, 6)
	cistern(t.Context(), "evaluate", "fleet", "-o", "saved.json")
	r, err := readReport(nil, "saved.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"large", "small"} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	outputs := func(dir string) *outputFlags {
		o := &outputFlags{}
		for _, arg := range everyOutput(dir) {
			if arg != "-o" {
				o.outputs = append(o.outputs, arg)
			}
		}
		return o
	}
	std := stdio{nil, io.Discard, io.Discard}
	if err := outputs("large").writeLarge(t.Context(), std, "saved.json"); err != nil {
		t.Fatal(err)
	}
	if err := outputs("small").write(std, r); err != nil {
		t.Fatal(err)
	}
	sameContents(t, "large", contents(t, "large"), contents(t, "small"))
	text := contents(t, "small")["/json"]
	for name, changed := range map[string]string{
		"cut off": text[:len(text)/2], "a count": strings.Replace(text, `"fail": `, `"fail": 1`, 1), "a status": strings.Replace(text, `"status": "fail"`, `"status": "bad"`, 1),
		"two": text + text, "empty": "", "a list": "[]", "no accounts": `{"schema": "cistern/report/v1"}`, "newer": strings.Replace(text, "report/v1", "report/v2", 1),
		"an account twice": strings.Replace(text, accounts.ID(1), accounts.ID(0), 1),
	} {
		put(t, "changed.json", []byte(changed))
		_, small := readReport(nil, "changed.json")
		large := outputs("never").writeLarge(t.Context(), std, "changed.json")
		loosely := name == "cut off" || name == "a list" || name == "no accounts" // refused for what is wrong first
		if small == nil || large == nil || large.Error() != small.Error() && !loosely {
			t.Errorf("%s: got %v, want it refused as %v", name, large, small)
		}
	}
}

func TestParsePart(t *testing.T) {
	index := func(value string) func(string) string {
		return func(name string) string {
			if name != jobIndex {
				t.Errorf("got %s asked for, want %s", name, jobIndex)
			}
			return value
		}
	}
	for _, test := range []struct {
		text, job string
		index, of int // 0: refused
	}{
		{"1/1", "", 1, 1}, {"3/8", "", 3, 8}, {"8/8", "", 8, 8}, {"job/8", "0", 1, 8}, {"job/8", "7", 8, 8},
		{"0/8", "", 0, 0}, {"", "", 0, 0}, {"9/8", "", 0, 0}, {"3", "", 0, 0}, {"3/0", "", 0, 0}, {"x/8", "", 0, 0}, {"3/x", "", 0, 0}, {"job/8", "", 0, 0}, {"job/8", "8", 0, 0}, {"job/8", "-1", 0, 0},
	} {
		p, err := parsePart(test.text, index(test.job))
		switch {
		case test.of == 0 && err == nil:
			t.Errorf("%s (%s): got %+v, want an error", test.text, test.job, p)
		case test.of > 0 && (err != nil || p.index != test.index || p.of != test.of):
			t.Errorf("%s (%s): got %+v (%v), want %d of %d", test.text, test.job, p, err, test.index, test.of)
		}
	}
}

func TestInOrder(t *testing.T) {
	for _, n := range []int{0, 1, 7, 500} {
		next := 0
		err := inOrder(t.Context(), n, 4, func(_ context.Context, i int) (int, error) { return i, nil }, func(i, value int) error {
			if i != next || value != next {
				t.Errorf("got %d as number %d, want %d", value, i, next)
			}
			next++
			return nil
		})
		if err != nil || next != n {
			t.Errorf("got %d of %d (%v)", next, n, err)
		}
	}
	wrong := errors.New("wrong")
	err := inOrder(t.Context(), 500, 4, func(_ context.Context, i int) (int, error) {
		if i == 300 {
			return 0, wrong
		}
		return i, nil
	}, func(i, _ int) error {
		if i >= 300 {
			t.Errorf("got number %d after the error", i)
		}
		return nil
	})
	if !errors.Is(err, wrong) {
		t.Errorf("got %v, want what went wrong", err)
	}
	called, off := context.WithCancel(t.Context())
	off()
	if err := inOrder(called, 5, 2, func(context.Context, int) (int, error) { return 0, nil }, func(int, int) error { return nil }); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was called off", err)
	}
}

func TestAnInterruptedRunWritesNothing(t *testing.T) {
	fleetFolder(t, 6)
	all, err := scanFleet(t.Context(), nil, []string{"fleet"}, newFleetProgress(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	f := &evaluateFlags{given: func(string) bool { return false }}
	f.timeout, f.memory = time.Minute, "2GiB"
	engine, options, err := f.engine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	called, off := context.WithCancel(t.Context())
	off()
	run := &fleetRun{std: stdio{nil, io.Discard, io.Discard}, engine: engine, options: options, fleet: all, progress: newFleetProgress(io.Discard)}
	err = run.judge(called, func(*report.Stream) error {
		t.Error("got a report, want none")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "evaluate: interrupted after ") {
		t.Errorf("got %v, want that it was interrupted", err)
	}
}

func TestFleetProgress(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	p := &fleetProgress{stderr: &out, now: func() time.Time { return now }}
	for _, n := range []int{progressFrom - 1, 1000} {
		p.begin("judging", n)
		for range n {
			now = now.Add(10 * time.Millisecond)
			p.step()
		}
		p.end()
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 9 || lines[0] != "cistern: judging: 100 of 1000 snapshots, 10 %, about 9s left" {
		t.Errorf("got %q, want a line for each tenth of the long run", lines)
	}
	out.Reset()
	p.live = true
	p.begin("judging", 1000)
	p.step()
	p.interrupted(func() { io.WriteString(&out, "printed\n") })
	p.end()
	if got, want := out.String(), "cistern: judging: 1 of 1000 snapshots, 0 %\r\x1b[Kprinted\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
