package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkProcess is what a whole run of the program takes, from its start to its end. What counts is the processor's time: others may
// keep the run waiting.
func BenchmarkProcess(b *testing.B) {
	cistern := filepath.Join(b.TempDir(), "cistern")
	if text, err := exec.CommandContext(b.Context(), "go", "build", "-o", cistern, ".").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v: %s", err, text)
	}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"version", []string{"version"}},
		{"evaluate", []string{"evaluate", "--sample", "broken-pattern-misses"}},
	} {
		b.Run("command="+c.name, func(b *testing.B) {
			var spent float64
			for b.Loop() {
				program := exec.CommandContext(b.Context(), cistern, c.args...)
				if err := program.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
					b.Fatal(err)
				}
				spent += (program.ProcessState.UserTime() + program.ProcessState.SystemTime()).Seconds()
			}
			b.ReportMetric(1e3*spent/float64(b.N), "cpu-ms/op")
		})
	}
}
