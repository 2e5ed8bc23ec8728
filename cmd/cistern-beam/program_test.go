package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// program is the program with these arguments, as another process.
func program(t *testing.T, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	return cmd, &said
}

// TestKilled kills the program in the middle: what is there is whole, nothing says that all is, and the next run ends as one that was
// never killed.
func TestKilled(t *testing.T) {
	a := newArchive(t)
	want := outputOf(t, plain(filepath.Join(a.dir, "*", "*")))
	out := filepath.Join(t.TempDir(), "out")
	if err := os.MkdirAll(out, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, manifestName), []byte("of an earlier run"), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"--input", filepath.Join(a.dir, "*", "*"), "--output", out}
	cmd, _ := program(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(out, "reports", "*.json")); len(found) > 0 {
			break
		}
	}
	cmd.Process.Kill()
	cmd.Wait()
	for name, text := range filesIn(t, out) {
		if !strings.HasSuffix(name, ".part") && text != want[name] {
			t.Errorf("after the kill: %s: got %.200s, want what it is at the end", name, text)
		}
	}
	cmd, said := program(t, args...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	got := filesIn(t, out)
	maps.DeleteFunc(got, func(name, _ string) bool { return strings.HasSuffix(name, ".part") })
	if !maps.Equal(got, want) {
		t.Error("after the second run: got other files than of one that was never killed")
	}
	if said.Len() > 0 {
		t.Errorf("got on stderr %s", said)
	}
}

// TestBesideCistern holds the reports against those of cistern evaluate, byte by byte.
func TestBesideCistern(t *testing.T) {
	folder := t.TempDir()
	cistern := filepath.Join(folder, "cistern")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", cistern, "./cmd/cistern")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build cistern: %v\n%s", err, said)
	}
	a := newArchive(t)
	mine := filepath.Join(folder, "mine")
	write(t, filepath.Join(mine, "own.rego"), ownPolicy)
	waivers := filepath.Join(folder, "waivers.yaml")
	write(t, waivers, waiversOf(accounts.ID(0)))
	options := []string{"--policies", mine, "--waivers", waivers, "--level", "1", "--max-events", "2", "--benchmark", "5.0.0"}

	out := filepath.Join(folder, "out")
	cmd, said := program(t, append(options, "--input", filepath.Join(a.dir, "*", "*"), "--output", out)...)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for day := range a.days {
		want := filepath.Join(folder, day+".json")
		evaluate := exec.CommandContext(t.Context(), cistern, append([]string{"evaluate", filepath.Join(a.dir, day), "-o", want, "--fail-on", "never"}, options...)...)
		if said, err := evaluate.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		got, err := os.ReadFile(filepath.Join(out, "reports", day+".json"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(want)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: got\n%.1500s\nwant, %v\n%.1500s", day, got, err, text)
		}
		if !bytes.Contains(got, []byte(`"own-control"`)) || !bytes.Contains(got, []byte(`"waived"`)) {
			t.Errorf("%s: has neither the control nor the waiver of the user's own", day)
		}
	}
}

const ownPolicy = `# METADATA
# title: Accounts have a name
# custom: {control: own-control, severity: low}
package mine.own

import future.keywords.not

verdict := {"status": "pass", "findings": [], "notes": []} if input.account.alias

verdict := {"status": "fail", "findings": [{"status": "fail", "message": "it has none"}], "notes": []} if not input.account.alias
`

func waiversOf(account string) string {
	return `waivers:
  - {control: own-control, accounts: ["` + account + `"], owner: Ada, reason: it is a test, expires: 2027-01-01}
  - {control: root-usage, accounts: ["123456789099"], owner: Ada, reason: nobody has that account, expires: 2027-01-01}
`
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestRefusals are what the program does not begin with.
func TestRefusals(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "bad", "x.rego"), "package x\n\nverdict := {")
	write(t, filepath.Join(folder, "waivers.yaml"), "waivers: 7\n")
	in, out := []string{"--input", filepath.Join(folder, "*.json")}, []string{"--output", filepath.Join(folder, "out")}
	both := append(in, out...)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no input":         {out, "--input is missing"},
		"no output":        {in, "--output is missing"},
		"unknown flag":     {append(both, "--nope"), "flag provided but not defined: -nope"},
		"argument":         {append(both, "more.json"), `unexpected argument "more.json"`},
		"level":            {append(both, "--level", "3"), "level 3: there is none"},
		"time":             {append(both, "--as-of", "soon"), "as-of soon: read: not a time"},
		"size":             {append(both, "--memory", "2GB"), "memory 2GB: read: is no size"},
		"shares":           {append(both, "--shares", "0"), "shares 0: is no number of parts"},
		"edition":          {append(both, "--benchmark", "9.9.9"), "9.9.9"},
		"no policies":      {append(both, "--policies", filepath.Join(folder, "none")), "no such file"},
		"policies twice":   {append(both, "--policies", "a", "--policies", "./a"), "a"},
		"only none":        {append(both, "--no-embedded"), "--no-embedded: leaves no policies"},
		"secret key":       {append(both, "--policies", "a", "--verification-key", "k", "--signing-alg", "HS256"), "would travel to every worker"},
		"unsigned folder":  {append(both, "--policies", filepath.Join(folder, "bad"), "--verification-key", filepath.Join(folder, "waivers.yaml")), "only bundles are signed"},
		"waivers":          {append(both, "--waivers", filepath.Join(folder, "waivers.yaml")), "waivers.yaml:1: "},
		"unknown scheme":   {append(in, "--output", "ftp://host/out"), `"ftp" not registered`},
		"unknown runner":   {append(both, "--runner", "nope"), "nope"},
		"unknown control":  {append(both, "--control", "nope"), "nope"},
		"not yet anything": {nil, "--input is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, said := program(t, c.args...)
			err := cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != exitUsage {
				t.Errorf("got exit %d (%v), want %d", code, err, exitUsage)
			}
			if text := said.String(); !strings.HasPrefix(text, "cistern-beam: ") || !strings.Contains(text, c.want) {
				t.Errorf("got %s, want %s", text, c.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(folder, "out")); err == nil {
		t.Error("something was written")
	}
}

func TestHelp(t *testing.T) {
	cmd, said := program(t, "--help")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	own, beams, found := strings.Cut(said.String(), "Flags of Apache Beam")
	if !found || !strings.Contains(own, "-waivers FILE") || !strings.Contains(beams, "-runner") || strings.Contains(own, "-runner s") {
		t.Errorf("got %s", said)
	}
}

// TestBriefTravels opens in an empty folder what was packed elsewhere.
func TestBriefTravels(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "own.rego"), ownPolicy)
	write(t, filepath.Join(folder, ".hidden", "x.rego"), "broken")
	write(t, filepath.Join(folder, "notes.txt"), "not of the policies")
	p, err := readParcel(folder)
	if err != nil {
		t.Fatal(err)
	}
	b := plain().brief
	b.Policies = []parcel{p}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	engine, _, err := b.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	controls, err := engine.Controls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, c := range controls {
		found = found || c.Slug == "own-control"
	}
	if problems := engine.Broken(); !found || len(problems) > 0 {
		t.Errorf("got %v and problems %v, want own-control among them", controls, problems)
	}
}
