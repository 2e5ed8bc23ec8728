package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// meter runs programs and keeps what they took.
type meter struct {
	*order
	cistern, fleet string
}

// taken is what a process took.
type taken struct {
	wall, cpu time.Duration
	memory    int64 // bytes
}

// start prints what it costs to start: the smallest account there is.
func (m *meter) start(ctx context.Context, out io.Writer) error {
	least, err := m.least(ctx, "--sample", "empty")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s %s/%s, %d processors. An empty account, whole process: %.0f ms of CPU, %.0f ms, %.0f MB.\n\n", runtime.Version(), runtime.GOOS,
		runtime.GOARCH, runtime.NumCPU(), milliseconds(least.cpu), milliseconds(least.wall), megabytes(least.memory))
	return nil
}

func (m *meter) accountsTable(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "| accounts | JSON | wall | CPU | CPU an account | accounts/s | max RSS |\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, n := range m.accounts {
		dir, size, err := m.generate(ctx, "accounts", n, "-n", fmt.Sprint(n))
		if err != nil {
			return err
		}
		t, err := m.judge(ctx, dir)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %d | %.1f MB | %.2f s | %.2f s | %.2f ms | %.0f | %.0f MB |\n", n, megabytes(size), t.wall.Seconds(), t.cpu.Seconds(),
			milliseconds(t.cpu)/float64(n), float64(n)/t.wall.Seconds(), megabytes(t.memory))
		if err := m.remove(dir); err != nil {
			return err
		}
	}
	fmt.Fprintln(out)
	return nil
}

func (m *meter) alarmsTable(ctx context.Context, out io.Writer) error {
	fmt.Fprintln(out, "| alarms | JSON | wall | CPU | CPU an alarm more | max RSS |\n| ---: | ---: | ---: | ---: | ---: | ---: |")
	var before taken
	for i, n := range m.alarms {
		dir, size, err := m.generate(ctx, "alarms", n, "-n", "1", "-alone", "-alarms", fmt.Sprint(n))
		if err != nil {
			return err
		}
		t, err := m.least(ctx, dir)
		if err != nil {
			return err
		}
		more := ""
		switch {
		case i > 0 && t.cpu-before.cpu < before.cpu/20:
			more = "too little to tell"
		case i > 0 && n > m.alarms[i-1]:
			more = fmt.Sprintf("%.3f ms", milliseconds(t.cpu-before.cpu)/float64(n-m.alarms[i-1]))
		}
		fmt.Fprintf(out, "| %d | %.2f MB | %.0f ms | %.0f ms | %s | %.0f MB |\n", n, megabytes(size), milliseconds(t.wall), milliseconds(t.cpu), more, megabytes(t.memory))
		before = t
		if err := m.remove(dir); err != nil {
			return err
		}
	}
	return nil
}

// generate writes a fleet, reads it once, and is its folder and how many bytes it has.
func (m *meter) generate(ctx context.Context, what string, n int, args ...string) (string, int64, error) {
	fmt.Fprintf(m.progress, "scale: %d %s ...\n", n, what)
	dir := filepath.Join(m.work, fmt.Sprintf("%s-%d", what, n))
	if _, err := m.process(ctx, []int{0}, m.fleet, append(args, "-o", dir)...); err != nil {
		return "", 0, err
	}
	var size int64
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		size += int64(len(data))
		return err
	})
	return dir, size, err
}

// remove makes room, unless the folder is to be kept.
func (m *meter) remove(dir string) error {
	if strings.HasPrefix(dir, os.TempDir()) && strings.Contains(dir, "cistern-scale-") {
		return os.RemoveAll(dir)
	}
	return nil
}

// least is what judging took in the run that took the least.
func (m *meter) least(ctx context.Context, args ...string) (taken, error) {
	var best taken
	for i := range m.runs {
		t, err := m.judge(ctx, args...)
		if err != nil {
			return best, err
		}
		if i == 0 || t.cpu < best.cpu {
			best = t
		}
	}
	return best, nil
}

func (m *meter) judge(ctx context.Context, args ...string) (taken, error) {
	report := filepath.Join(m.work, "report.jsonl")
	args = append([]string{"evaluate", "--benchmark", "3.0.0", "-o", report}, args...)
	return m.process(ctx, []int{0, 3, 4}, m.cistern, append(args, m.evaluate...)...)
}

// process runs a program to its end.
func (m *meter) process(ctx context.Context, codes []int, name string, args ...string) (taken, error) {
	var errs bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = &errs
	started := time.Now()
	err := cmd.Run()
	wall := time.Since(started)
	if cmd.ProcessState == nil {
		return taken{}, err
	}
	if code := cmd.ProcessState.ExitCode(); !slices.Contains(codes, code) {
		return taken{}, fmt.Errorf("%s %s: exit code %d: %s", filepath.Base(name), strings.Join(args, " "), code, errs.Bytes())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return taken{}, errors.New("this system does not say what a process took")
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return taken{wall, cpu, usage.Maxrss * 1024}, nil // Linux counts in KiB
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func megabytes(n int64) float64            { return float64(n) / 1e6 }
