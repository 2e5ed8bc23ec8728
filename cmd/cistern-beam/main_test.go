package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs" // stands for an object store
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
)

// asProgram is set where the test binary runs as the program.
const asProgram = "CISTERN_BEAM_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	time.Local = time.UTC
	registerSteps()
	log.LogLevel = "error"
	beam.Init()
	os.Exit(m.Run())
}

// plain is a job of the shipped policies and the newest edition.
func plain(inputs ...string) *job {
	return &job{inputs: inputs, shares: 2, brief: brief{Version: "devel", Embedded: true, Timeout: time.Minute, Memory: 1 << 31}}
}

// outputOf runs the job into a new folder and reads what it wrote.
func outputOf(t *testing.T, j *job) map[string]string {
	t.Helper()
	j.output = filepath.Join(t.TempDir(), "out")
	if err := j.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return filesIn(t, j.output)
}

func filesIn(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(folder, name)
		files[filepath.ToSlash(inside)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
