package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/mutation"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// mutateFlags are how mutants are judged, and which.
type mutateFlags struct {
	evaluateFlags
	file    string
	format  string
	run     string
	verbose bool
}

func newMutateCommand(std stdio) *cobra.Command {
	f := &mutateFlags{}
	cmd := &cobra.Command{
		Use:   "mutate [PATH...]",
		Short: "Test policies: break passing snapshots one fact at a time, and see who notices",
		Long: `Breaks snapshots whose controls pass, one fact at a time (the trail stopped, a pattern without one event, a threshold
raised, a subscription pending ...), and judges each of these mutants. One that no control notices has survived: the policies
would have let it pass. Harmless changes (another order, an unrelated alarm) must change nothing.

PATH is a snapshot (.json, .json.gz), a folder of them, or - for stdin; several accounts are judged together. docs/mutate.md tells
what is broken, and who is expected to notice.

Exit codes: 0 every mutant is noticed and no harmless one is, 3 some survive or some harmless ones are noticed, 2 wrong usage or
unreadable input, 1 the tool failed.`,
		Example: `  cistern mutate --sample compliant
  cistern mutate prod.json --benchmark 5.0.0 --policies mine --run 'alarm .*: threshold'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			f.given = cmd.Flags().Changed
			return mutate(cmd.Context(), std, paths, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "output", "o", "-", "write to this `FILE`; - is stdout")
	flags.StringVarP(&f.format, "format", "f", "", "`NAME` of the format: text or json (default: as the output file ends, else text)")
	f.policyFlags.register(cmd)
	registerControls(cmd, &f.controls)
	flags.StringVar(&f.sample, "sample", "", "break the embedded sample snapshot `NAME`")
	flags.StringVar(&f.run, "run", "", "only the mutants in whose name this `REGEXP` is found")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "list every mutant and who noticed it")
	f.failOn, f.strict = failOns[0], true
	completeFrom(cmd, "format", func() []string { return mutateFormats })
	completeFrom(cmd, "sample", samples.Names)
	return cmd
}

// mutateFormats are what --format takes.
var mutateFormats = []string{"text", "json"}

func mutate(ctx context.Context, std stdio, paths []string, f *mutateFlags) error {
	only, err := f.checkMutate(paths)
	if err != nil {
		return err
	}
	if err := spare(std.in, []output{{file: f.file}}, append(f.named(), paths...)); err != nil {
		return err
	}
	engine, inputs, options, err := f.read(ctx, std, paths)
	if err != nil {
		return err
	}
	easeCollection()
	options.Timeout, options.Memory = time.Minute, 2<<30
	r, err := mutation.Test(ctx, engine, inputs, mutation.Options{Evaluate: options, Run: only})
	if err != nil {
		return unbroken(err)
	}
	if len(r.Mutants) == 0 {
		return usageError(fmt.Errorf("mutate: no mutant has a name like %s", f.run), "cistern mutate --verbose lists the names")
	}
	if err := f.writeResult(std, r); err != nil {
		return err
	}
	if !r.OK() {
		return exitWith(exitFails)
	}
	return nil
}

// unbroken is why nothing could be tested.
func unbroken(err error) error {
	if errors.Is(err, mutation.ErrNothingPasses) {
		return usageError(err, "mutants are made of what passes: give a snapshot that meets some controls, or try --sample compliant")
	}
	return readable(err)
}

// name is the format that was asked for, or that the output file's ending means.
func (f *mutateFlags) name() string {
	switch {
	case f.format != "":
		return f.format
	case report.FormatOf(f.file) == "json":
		return "json"
	}
	return "text"
}

// checkMutate is what can be refused before anything is read; it compiles --run.
func (f *mutateFlags) checkMutate(paths []string) (*regexp.Regexp, error) {
	switch name := f.name(); {
	case len(paths) == 0 && f.sample == "":
		return nil, usageError(errors.New("mutate: no snapshot given"), "cistern mutate --sample compliant tests the embedded policies")
	case len(paths) > 0 && f.sample != "":
		return nil, usageError(errors.New("mutate: both --sample and snapshots"), "give one or the other")
	case name != "text" && name != "json":
		return nil, usageError(fmt.Errorf("format %s: there is none of this name", name), "one of "+strings.Join(mutateFormats, ", "))
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.run == "" {
		return nil, nil
	}
	only, err := regexp.Compile(f.run)
	if err != nil {
		return nil, usageError(fmt.Errorf("run %s: read: %w", f.run, err), "a regular expression of Go, such as 'filter .*: deleted'")
	}
	return only, nil
}

func (f *mutateFlags) writeResult(std stdio, r *mutation.Result) error {
	var b bytes.Buffer
	var err error
	if f.name() == "json" {
		err = mutation.WriteJSON(&b, r)
	} else {
		err = mutation.WriteText(&b, r, f.verbose)
	}
	if err != nil {
		return err
	}
	return writeOutput(std, f.file, b.Bytes())
}
