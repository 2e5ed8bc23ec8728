package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// outputFlags are where a report goes, and how it looks.
type outputFlags struct{ file, format string }

func (o *outputFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.file, "output", "o", "-", "write to this `FILE`; - is stdout")
	cmd.Flags().StringVarP(&o.format, "format", "f", "", "`NAME` of the format: "+report.FormatNames()+" (default: as the output file ends, else text)")
	completeFrom(cmd, "format", formatNames)
}

// name is the format that was asked for, or that the output file's ending means.
func (o *outputFlags) name() string {
	if o.format != "" {
		return o.format
	}
	ending := strings.TrimPrefix(filepath.Ext(o.file), ".")
	for _, name := range formatNames() {
		if name == ending {
			return name
		}
	}
	return "text"
}

func formatNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// check refuses a format that does not exist before any work is done.
func (o *outputFlags) check() error {
	for _, name := range formatNames() {
		if o.name() == name {
			return nil
		}
	}
	return usageError(fmt.Errorf("format %s: there is none of this name", o.format), "one of "+report.FormatNames())
}

// write writes the report whole or not at all.
func (o *outputFlags) write(std stdio, r *report.Report) error {
	style := report.Style{}
	if o.file == "-" {
		style = styleOf(std.out)
	}
	var b bytes.Buffer
	if err := report.Write(&b, o.name(), r, style); err != nil {
		return err
	}
	return writeOutput(std, o.file, b.Bytes())
}

// writeOutput writes to stdout, or to a file that is there whole or not at all.
func writeOutput(std stdio, file string, data []byte) error {
	if file == "-" {
		_, err := std.out.Write(data)
		return err
	}
	return unwritable(snapshots.WriteFile(file, data))
}

// unwritable is a file that cannot be written, with the way out where one is known.
func unwritable(err error) error {
	wrong := readable(err)
	var exit *exitError
	if !errors.As(wrong, &exit) || exit.hint != "" {
		return wrong
	}
	switch {
	case errors.Is(err, syscall.EISDIR):
		exit.hint = "name a file in it"
	case errors.Is(err, fs.ErrNotExist):
		exit.hint = "make its folder first"
	}
	return wrong
}

// styleOf is how text may look there: coloured only at a terminal, and not where NO_COLOR is set.
func styleOf(out io.Writer) report.Style {
	width, ok := terminal(out)
	if !ok {
		return report.Style{}
	}
	const narrow, wide = 60, 160
	return report.Style{
		Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		Width: min(max(width, narrow), wide),
	}
}

// terminal tells whether out is one, and how wide it is; 0 where that is not known.
func terminal(out io.Writer) (width int, ok bool) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		width = 0
	}
	return width, true
}

// completeFrom completes a flag's value from a list.
func completeFrom(cmd *cobra.Command, flag string, names func() []string) {
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return names(), cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag was defined a line before
	}
}
