package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// outputFlags are where a report goes, and how it looks: a file, or several of different formats.
type outputFlags struct {
	namedOutputs
	quiet, verbose bool
}

func (o *outputFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVarP(&o.outputs, "output", "o", nil, "write to this `FILE`, - being stdout; FORMAT=FILE names its format. Repeat it to write several (default: -)")
	cmd.Flags().StringVarP(&o.format, "format", "f", "", "`NAME` of the format: "+report.FormatNames()+" (default: as the output file ends, else text)")
	completeFrom(cmd, "format", formatNames)
}

// registerDepth adds the flags that say how much a person is shown.
func (o *outputFlags) registerDepth(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "as text: only what needs somebody")
	cmd.Flags().BoolVar(&o.verbose, "verbose", false, "as text: the evidence of what passes, too")
	cmd.MarkFlagsMutuallyExclusive("quiet", "verbose")
}

func formatNames() []string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// all are the outputs that were asked for. What cannot be written is refused here, before any work is done.
func (o *outputFlags) all() ([]output, error) {
	outputs, err := o.read(formatNames(), o.accept)
	if err != nil {
		return nil, err
	}
	for i := range outputs {
		outputs[i].form, _ = report.FormOf(outputs[i].format, "", report.Style{})
	}
	return outputs, o.depthOf(outputs)
}

// depthOf refuses a depth that no output has: other formats than text hold everything.
func (o *outputFlags) depthOf(outputs []output) error {
	if !o.quiet && !o.verbose || slices.ContainsFunc(outputs, func(out output) bool { return out.format == "text" }) {
		return nil
	}
	flag := map[bool]string{true: "--quiet", false: "--verbose"}[o.quiet]
	return usageError(fmt.Errorf("%s: is of text only, and no output is text", flag), "leave "+flag+" out, or add -o text=FILE")
}

// accept refuses a folder, but for pages, and one of pages that holds anything.
func (o *outputFlags) accept(text string, out output) error {
	if !out.folder() {
		if info, err := os.Stat(out.file); err == nil && info.IsDir() && out.format == "html" {
			return usageError(fmt.Errorf("--output %s: is a folder", text), "html="+out.file+"/ writes a page an account into a new or empty one")
		}
		return nil
	}
	if out.format != "html" {
		return usageError(fmt.Errorf("--output %s: is a folder", text), "name a file; html=FOLDER/ alone writes a page an account")
	}
	return vacant(out.file)
}

// check refuses what cannot be written before any work is done.
func (o *outputFlags) check() error {
	_, err := o.all()
	return err
}

// writesTo reports whether an output is that file.
func (o *outputFlags) writesTo(file string) bool {
	outputs, err := o.all()
	return err == nil && slices.ContainsFunc(outputs, func(out output) bool { return out.file != "-" && sameFile(out.file) == sameFile(file) })
}

// write writes the report, each output whole or not at all. One that cannot be written is no reason to lose the others.
func (o *outputFlags) write(std stdio, r *report.Report) error { return o.writeStream(std, r.Stream()) }

func (o *outputFlags) writeStream(std stdio, r *report.Stream) error {
	outputs, err := o.all()
	if err != nil {
		return err
	}
	var failures []error
	for _, out := range outputs {
		if err := o.writeOne(std, out, r); err != nil {
			failures = append(failures, err)
		}
	}
	return together(failures)
}

func (o *outputFlags) writeOne(std stdio, out output, r *report.Stream) error {
	if out.folder() {
		return writePages(out.file, report.HTMLPages(r))
	}
	style := o.style(std, out)
	if n := len(r.Briefs); n > manyAccounts && out.format == "html" {
		say(std.err, "note: ", fmt.Sprintf("html: %d accounts are too many for one page, which is a summary: -o html=FOLDER/ writes a page for each", n))
	}
	write := func(w io.Writer) error {
		const size = 256 << 10
		buffer := bufio.NewWriterSize(w, size)
		if err := report.WriteStream(buffer, out.format, r, style); err != nil {
			return err
		}
		return buffer.Flush()
	}
	if out.file == "-" {
		return write(std.out)
	}
	return unwritable(snapshots.WriteFileBy(out.file, write))
}

// style is how the report may look there.
func (o *outputFlags) style(std stdio, out output) report.Style {
	style := report.Style{}
	if out.file == "-" {
		style = styleOf(std.out)
	}
	style.Quiet, style.Verbose = o.quiet, o.verbose
	return style
}

// manyAccounts is the number of accounts from which it is said what a format leaves out.
const manyAccounts = 1000

// together are several failures as one, a line each, that ends the program as the first of them would, with the hint of the first that has one.
func together(failures []error) error {
	if len(failures) < 2 {
		return errors.Join(failures...)
	}
	all := &exitError{code: exitFailed}
	var lines []string
	for i, err := range failures {
		var exit *exitError
		if errors.As(err, &exit) {
			if i == 0 {
				all.code = exit.code
			}
			all.hint = cmp.Or(all.hint, exit.hint)
		}
		lines = append(lines, err.Error())
	}
	all.err = errors.New(strings.Join(lines, "\n  "))
	return all
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
