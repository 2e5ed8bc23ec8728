package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// explainFlags are the controls that are explained in place of the report.
type explainFlags struct {
	controls []string
	trace    string
}

func (f *explainFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.controls, "explain", nil, "write why this `CONTROL`, a slug or an id, has its status, in place of the report (repeatable)")
}

// registerTrace adds the flag that only makes sense where there are policies to run again.
func (f *explainFlags) registerTrace(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.trace, "trace", "", "after each explanation: the Rego trace, `HOW` being fails (what did not hold, the default) or full")
	flags.Lookup("trace").NoOptDefVal = evaluator.Traces[0]
	completeFrom(cmd, "trace", func() []string { return evaluator.Traces[:] })
}

// check is what can be refused before anything is read.
func (f *explainFlags) check(o *outputFlags) error {
	switch {
	case f.trace != "" && len(f.controls) == 0:
		return usageError(errors.New("--trace: of no control"), "--explain CONTROL --trace names one")
	case f.trace != "" && !slices.Contains(evaluator.Traces[:], f.trace):
		return usageError(fmt.Errorf("--trace=%s: there is none of this name", f.trace), "--trace=fails or --trace=full")
	case len(f.controls) == 0:
		return nil
	}
	outputs, err := o.all()
	if err != nil {
		return err
	}
	for _, out := range outputs {
		if out.format != "text" {
			return usageError(fmt.Errorf("--explain: is text only, not %s", out.format), "cistern report FILE --explain CONTROL explains a saved report")
		}
	}
	return nil
}

// write explains the controls of a report; after writes what follows each.
func (f *explainFlags) write(std stdio, o *outputFlags, r *report.Report, after func(io.Writer, *report.Account, *report.Result) error) error {
	outputs, err := o.all()
	if err != nil {
		return err
	}
	for _, out := range outputs {
		e := report.Explanation{Controls: f.controls, After: after}
		if out.file == "-" {
			e.Style = styleOf(std.out)
		}
		var text bytes.Buffer
		err := report.Explain(&text, r, e)
		var unknown *report.UnknownControlError
		if errors.As(err, &unknown) {
			hint := "cistern controls lists the editions and their controls"
			if near := evaluator.Nearest(unknown.Name, unknown.Known); near != "" {
				hint = "did you mean " + near + "?"
			}
			return usageError(err, hint)
		}
		if err != nil {
			return err
		}
		if err := writeOutput(std, out.file, text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// tracing writes the trace that was asked for, nil if none was.
func (f *explainFlags) tracing(ctx context.Context, engine *evaluator.Engine, inputs []evaluator.Input, options evaluator.Options) func(io.Writer, *report.Account, *report.Result) error {
	if f.trace == "" {
		return nil
	}
	return func(w io.Writer, a *report.Account, r *report.Result) error {
		fmt.Fprintf(w, "\n  Trace\n")
		return engine.Trace(ctx, inputs, options, evaluator.TraceOf{Account: a.Account, Control: r.Control, How: f.trace, To: w})
	}
}

// printTo is where print() of policies speaks.
func printTo(stderr io.Writer) func(file string, line int, text string) {
	return func(file string, line int, text string) {
		fmt.Fprintf(stderr, "%s:%d: %s\n", report.Clean(file), line, report.Clean(text))
	}
}
