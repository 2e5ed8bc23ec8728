package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/history"
)

// historyOutputs are where a history goes: a file, or several of different formats.
type historyOutputs struct {
	namedOutputs
	states bool
}

func (o *historyOutputs) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.outputs, "output", "o", nil, "write to this `FILE`, - being stdout; FORMAT=FILE names its format. Repeat it to write several (default: -)")
	flags.StringVarP(&o.format, "format", "f", "", "`NAME` of the format: "+strings.Join(history.Formats(), ", ")+" (default: as the output file ends, else text)")
	flags.BoolVar(&o.states, "states", false, "as CSV: a row for each time of one status, not for each outage")
	completeFrom(cmd, "format", history.Formats)
}

// all are the outputs that were asked for.
func (o *historyOutputs) all() ([]output, error) {
	return o.read(history.Formats(), func(text string, out output) error {
		if info, err := os.Stat(out.file); out.folder() || err == nil && info.IsDir() {
			return usageError(fmt.Errorf("--output %s: is a folder", text), "name a file in it")
		}
		return nil
	})
}

// check refuses what cannot be written before any work is done.
func (o *historyOutputs) check() error {
	outputs, err := o.all()
	if err == nil && o.states && !slices.ContainsFunc(outputs, func(out output) bool { return out.format == "csv" }) {
		return usageError(fmt.Errorf("--states: is of CSV only, and no output is CSV"), "add -f csv, or -o FILE.csv; JSON has both")
	}
	return err
}

// write writes the history, each output whole or not at all. One that cannot be written is no reason to lose the others.
func (o *historyOutputs) write(std stdio, h *history.History) error {
	outputs, err := o.all()
	if err != nil {
		return err
	}
	var failures []error
	for _, out := range outputs {
		var text bytes.Buffer
		err := h.Write(&text, out.format, o.states)
		if err == nil {
			err = writeOutput(std, out.file, text.Bytes())
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	return together(failures)
}
