package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// exported is the policies as the peers get them, the program they came from, and the folder of the samples.
func exported(t *testing.T) (*policies, string, string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	cistern := filepath.Join(t.TempDir(), "cistern")
	if _, err := said(t.Context(), root, "go", "build", "-o", cistern, "./cmd/cistern"); err != nil {
		t.Fatal(err)
	}
	p, err := export(t.Context(), cistern, "3.0.0", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return p, cistern, filepath.Join(root, "snapshots", "samples")
}

// The peers do the whole work: on an account that passes, every control passes in each of them, with the stand-in in place of our
// builtins; and where a link is broken, they say so as cistern does.
func TestPeersJudgeTheSamples(t *testing.T) {
	p, cistern, samples := exported(t)
	opa := filepath.Join(t.TempDir(), "opa")
	conftest := filepath.Join(t.TempDir(), "conftest")
	for program, module := range map[string]string{opa: opaModule, conftest: conftestModule} {
		if _, err := said(t.Context(), ".", "go", "build", "-o", program, module); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		sample, status string
		judged         int // controls that have this status
	}{
		{"compliant", "pass", 16},
		{"empty", "fail", 16},
		{"broken-trail-stopped", "fail", 15},
		{"broken-subscription-pending", "fail", 15},
		{"denied", "unknown", 15},
	} {
		account := copied(t, filepath.Join(samples, test.sample+".json"))
		for _, tool := range tools(&built{cistern: cistern, opa: opa, conftest: conftest, versions: map[string]string{}}, p) {
			r, err := tool.judge(t.Context(), []string{account})
			if err != nil {
				t.Fatalf("%s: %v", test.sample, err)
			}
			got := 0
			for _, status := range r.said {
				if status == test.status {
					got++
				}
			}
			if got != test.judged {
				t.Errorf("%s, %s: got %d controls that are %s, want %d", test.sample, tool.name, got, test.status, test.judged)
			}
			if r.cpu <= 0 || r.wall <= 0 || r.memory <= 0 {
				t.Errorf("%s, %s: took %v, %v, %d bytes: was it measured?", test.sample, tool.name, r.wall, r.cpu, r.memory)
			}
		}
	}
}

// copied is the sample under the name of its account, which is how accounts are found again in outputs.
func copied(t *testing.T, sample string) string {
	t.Helper()
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "111122223333.json")
	if err := os.WriteFile(file, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPoliciesOfThePeers(t *testing.T) {
	p, _, _ := exported(t)
	if len(p.controls) != 16 || p.controls[0] != "4.1" || p.subjects[0] != "unauthorized_api_calls" {
		t.Errorf("got controls %q and subjects %q, want 4.1, unauthorized_api_calls ...", p.controls, p.subjects)
	}
	files, err := filepath.Glob(filepath.Join(p.rego, "*", "*.rego"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range shims() {
			if calls(name).Match(text) && !bytes.Contains(text, []byte("import data.policies.lib."+name+"\n")) {
				t.Errorf("%s: calls a builtin of %s, which the peers do not have", file, name)
			}
		}
		if strings.HasSuffix(file, "_test.rego") {
			t.Errorf("%s: a test among the policies", file)
		}
	}
}

func TestTableComparesWithTheFirst(t *testing.T) {
	ours := result{&tool{name: "cistern", version: "v1"}, 100, time.Second, 2 * time.Second, 50e6,
		verdicts{{"1", "root_usage"}: "fail", {"1", "vpc_changes"}: "pass"}}
	theirs := result{&tool{name: "opa exec", version: "v2"}, 10, 2 * time.Second, 1 * time.Second, 70e6,
		verdicts{{"1", "root_usage"}: "pass", {"1", "vpc_changes"}: "pass"}}
	var out bytes.Buffer
	if err := table(&out, []result{ours, theirs}, &policies{edition: "3.0.0", controls: make([]string, 16)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"20.0 x", "5.0 x", "1 of 2", "opa exec: 1 root_usage fail -> pass", "opa exec: v2"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant %q in it", out.String(), want)
		}
	}
}

func TestPeersRefuse(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-n", "0"}, "out of range"},
		{[]string{"-conftest", "-1"}, "out of range"},
		{[]string{"all"}, "only flags"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), test.args, &out, &errs); code != 2 || !strings.Contains(errs.String(), test.want) {
			t.Errorf("peers %q: got exit code %d and %q, want 2 and %q", test.args, code, errs.String(), test.want)
		}
	}
}
