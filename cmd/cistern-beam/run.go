package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// Exit codes. What the pipeline finds does not end it otherwise: it is in the reports.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// The names that Beam knows its runners by; none is prism.
var (
	hereRunners = []string{"", "prism", "PrismRunner", "direct", "DirectRunner", "dot"}
	farRunners  = []string{"flink", "FlinkRunner", "spark", "SparkRunner", "dataflow", "DataflowRunner", "universal", "portable", "PortableRunner"}
)

// run is the whole program but for the process: it returns the exit code. A worker never returns from beam.Init.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	var g given
	flags := flag.CommandLine // Beam's own flags are in it, and the workers' are read from it
	own := g.define(flags)
	flags.Init("cistern-beam", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		help(stderr, flags, own)
		return exitOK
	case err != nil:
		return tell(stderr, &usageError{err, "cistern-beam --help shows the flags"})
	}
	log.LogLevel = "warn"
	if isTrue(flags, "worker") {
		log.LogLevel = "info"
	}
	beam.Init()
	j, err := g.job(flags.Args())
	if runner := flags.Lookup("runner").Value.String(); err == nil && !slices.Contains(slices.Concat(hereRunners, farRunners), runner) {
		err = wrong("one of prism, direct, flink, spark, dataflow, universal", "runner %s: there is none", runner)
	}
	if err == nil {
		err = lendSelf(flags)
	}
	if err == nil {
		err = j.run(ctx)
	}
	return tell(stderr, err)
}

func isTrue(flags *flag.FlagSet, name string) bool {
	f := flags.Lookup(name)
	return f != nil && f.Value.String() == "true"
}

// run compiles the policies, so that what is wrong with them is said at once, and runs the pipeline.
func (j *job) run(ctx context.Context) error {
	if _, err := workshopOf(ctx, &j.brief); err != nil {
		return err
	}
	var files store
	defer files.close()
	for _, name := range append(slices.Clone(j.inputs), j.output) {
		if _, err := files.of(ctx, name); err != nil {
			return &usageError{err, "files of this machine, gs:// or s3://"}
		}
	}
	if err := files.remove(ctx, below(j.output, manifestName)); err != nil {
		return err
	}
	return beamx.Run(ctx, j.pipeline())
}

// lendSelf has other machines run this very program, unless another one is named: Beam would compile it anew.
func lendSelf(flags *flag.FlagSet) error {
	value := func(name string) string { return flags.Lookup(name).Value.String() }
	if !slices.Contains(farRunners, value("runner")) || strings.EqualFold(value("environment_type"), "loopback") || runtime.GOOS != "linux" || value("worker_binary") != "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return flags.Set("worker_binary", self)
}

// tell says on stderr what went wrong, and returns the exit code that it means.
func tell(stderr io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	code, hint := exitFailed, ""
	var usage *usageError
	var input *evaluator.InputError
	var many evaluator.PolicyErrors
	var one *evaluator.PolicyError
	var file *fs.PathError
	switch {
	case errors.As(err, &usage):
		code, hint = exitUsage, usage.hint
	case errors.As(err, &input):
		code, hint = exitUsage, input.Hint
	case errors.As(err, &many):
		code, hint = exitUsage, many.Hint()
	case errors.As(err, &one):
		code, hint = exitUsage, one.Hint
	case errors.As(err, &file):
		code, hint = exitUsage, snapshots.HintOf(err)
		err = fmt.Errorf("%s: %s: %w", file.Path, file.Op, file.Err)
	}
	fmt.Fprintln(stderr, "cistern-beam:", err)
	if hint != "" {
		fmt.Fprintln(stderr, "cistern-beam: hint:", hint)
	}
	return code
}
