package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// The names of the tools in the table.
const (
	cisternAll   = "cistern"
	cisternOne   = "cistern, one processor"
	opaExec      = "opa exec"
	opaEval      = "opa eval, a process an account"
	conftestOne  = "conftest, one namespace"
	conftestMany = "conftest, a namespace a control"
)

// tool is a way to judge snapshots.
type tool struct {
	name, version string
	env           []string
	// command is the command line for some snapshots.
	command func(files []string) []string
	each    bool // a process a snapshot
	codes   []int
	read    func(out []byte, files []string) (verdicts, error)
}

// verdicts are statuses by account and subject of a control.
type verdicts map[[2]string]string

// result is what a tool took, for all of its processes, and what it said.
type result struct {
	tool      *tool
	accounts  int
	wall, cpu time.Duration
	memory    int64 // bytes, of the largest process
	said      verdicts
}

// tools are those that are measured, cistern first.
func tools(b *built, p *policies) []*tool {
	own := func(files []string) []string {
		args := []string{b.cistern, "evaluate", "--benchmark", p.edition, "-f", "jsonl"}
		for _, control := range p.controls {
			args = append(args, "--control", control)
		}
		return append(args, files...)
	}
	codes := []int{0, 3, 4}
	return []*tool{
		{cisternAll, b.versions["cistern"], nil, own, false, codes, readCistern},
		{cisternOne, b.versions["cistern"], []string{"GOMAXPROCS=1"}, own, false, codes, readCistern},
		{opaExec, b.versions["opa"], nil, func(files []string) []string {
			return append([]string{b.opa, "exec", "--bundle", p.rego, "--decision", verdictsRule}, files...)
		}, false, []int{0}, readExec},
		{opaEval, b.versions["opa"], nil, func(files []string) []string {
			return []string{b.opa, "eval", "--data", p.rego, "--format", "json", "--input", files[0], "data.peers.verdicts"}
		}, true, []int{0}, readEval},
		{conftestOne, b.versions["conftest"], nil, func(files []string) []string {
			args := []string{b.conftest, "test", "--policy", p.rego, "--policy", p.one, "--data", p.rego + "/data.json", "--output", "json"}
			return append(args, files...)
		}, false, []int{0, 1}, p.readConftest},
		{conftestMany, b.versions["conftest"], nil, func(files []string) []string {
			args := []string{b.conftest, "test", "--policy", p.rego, "--policy", p.many, "--data", p.rego + "/data.json", "--output", "json"}
			for _, subject := range p.subjects {
				args = append(args, "--namespace", "conftest."+subject)
			}
			return append(args, files...)
		}, false, []int{0, 1}, p.readConftest},
	}
}

// judge lets the tool judge the snapshots and keeps what it took.
func (t *tool) judge(ctx context.Context, files []string) (result, error) {
	r := result{tool: t, accounts: len(files), said: verdicts{}}
	batches := [][]string{files}
	if t.each {
		batches = slices.Collect(slices.Chunk(files, 1))
	}
	var outs [][]byte
	for _, batch := range batches {
		out, err := r.run(ctx, t.command(batch))
		if err != nil {
			return r, fmt.Errorf("%s: %w", t.name, err)
		}
		outs = append(outs, out)
	}
	for i, out := range outs { // after the last run, so that it costs none of them
		found, err := t.read(out, batches[i])
		if err != nil {
			return r, fmt.Errorf("%s: read its output: %w", t.name, err)
		}
		for key, status := range found {
			r.said[key] = status
		}
	}
	if want := 16 * len(files); len(r.said) != want {
		return r, fmt.Errorf("%s: gave %d verdicts, want %d", t.name, len(r.said), want)
	}
	return r, nil
}

func (r *result) run(ctx context.Context, args []string) ([]byte, error) {
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), r.tool.env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	started := time.Now()
	err := cmd.Run()
	r.wall += time.Since(started)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	if code := cmd.ProcessState.ExitCode(); !slices.Contains(r.tool.codes, code) {
		return nil, fmt.Errorf("exit code %d: %s", code, errs.Bytes())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return nil, errors.New("this system does not say what a process took")
	}
	r.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r.memory = max(r.memory, usage.Maxrss*1024) // Linux counts in KiB
	return out.Bytes(), nil
}
