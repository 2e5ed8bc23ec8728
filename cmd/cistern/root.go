package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Exit codes, the same for every command and format.
const (
	exitOK      = 0
	exitFailed  = 1 // the tool itself failed
	exitUsage   = 2 // wrong usage or unreadable input
	exitFails   = 3 // at least one control fails
	exitUnknown = 4 // none fails, some are unknown
)

// version is set by the linker for released builds.
var version = "devel"

// stdio is where a run of the program reads and writes; only main knows the process's own.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

// exitError ends the program with a code of its own. A nil err prints nothing: the result on stdout says it all.
type exitError struct {
	code int
	err  error
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitWith ends the program with code and says nothing: the result on stdout has said it.
func exitWith(code int) error { return &exitError{code: code} }

// usageError is wrong usage or unreadable input (exit 2), with a way out where one is known.
func usageError(err error, hint string) error {
	return &exitError{code: exitUsage, err: err, hint: hint}
}

// run is the whole program but for the process: it returns the exit code.
func run(ctx context.Context, args []string, std stdio) int {
	root := newRoot(std)
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	return exitCode(root.ExecuteContext(ctx), std.err)
}

func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{code: exitFailed, err: err}
	}
	if exit.err == nil {
		return exit.code
	}
	say(stderr, "", exit.err)
	if exit.hint != "" {
		say(stderr, "hint: ", exit.hint)
	}
	return exit.code
}

// say prints a line for a person, and the indented lines that belong to it. Names of files and resources in it may hold what a
// terminal would obey.
func say(stderr io.Writer, label string, text any) {
	const next = "\n  "
	lines := strings.Split(fmt.Sprint(text), next)
	for i, line := range lines {
		lines[i] = report.Clean(line)
	}
	fmt.Fprintf(stderr, "cistern: %s%s\n", label, strings.Join(lines, next))
}

func newRoot(std stdio) *cobra.Command {
	root := &cobra.Command{
		Use:           "cistern",
		Short:         "Would anyone have been told? Judges an AWS account's CloudTrail alarms offline",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	// Not cobra's own --version, which takes a template: to link text/template makes the program more than twice as big.
	shown := root.Flags().BoolP("version", "v", false, "version for cistern")
	root.Args = cobra.ArbitraryArgs
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if !*shown {
			return runGroup(cmd, args)
		}
		_, err := fmt.Fprintln(std.out, versionLine())
		return err
	}
	root.AddCommand(commands(std)...)
	refuseWrongUsage(root)
	return root
}
