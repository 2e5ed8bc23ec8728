package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this test binary under the name cistern-opa.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cistern-opa": main})
}

// TestScripts runs OPA's commands on what cistern exports, as their manual says.
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "cistern"), "./cmd/cistern")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build cistern: %v\n%s", err, said)
	}
	samples, err := filepath.Abs("../../snapshots/samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("SAMPLES", samples)
			return nil
		},
	})
}

func TestReplace(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "schema.json")
	for i := range 2 {
		want := fmt.Sprint("text ", i)
		if err := replace(file, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("got %v, %v, want one file", files, err)
	}
}
