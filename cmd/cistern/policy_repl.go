package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

func newPolicyReplCommand(std stdio) *cobra.Command {
	f := &policyEvalFlags{}
	cmd := &cobra.Command{
		Use:   "repl [SNAPSHOT]",
		Short: "Ask one Rego query after another about a snapshot",
		Long: `Takes Rego line by line, under the rules of policy eval: input is the snapshot, data what it is in an evaluation. The policies are compiled once.

A line that defines stays for the session: name := value, a rule, a function, import data.policies.lib.trails. Anything else is a query. An open
bracket goes on to the next line, until it closes or a line is blank. :help lists the commands.

At a terminal lines can be edited, the arrows bring back earlier ones, and Tab completes paths of input and data. Ctrl-C ends a running query or
drops the line, Ctrl-D ends the session. Piped in, there is no prompt, and the exit code is 2 if a line was wrong.`,
		Example: `  cistern policy repl prod.json
  cistern policy repl --sample compliant --import data.policies.lib.trails
  cistern policy repl prod.json --policies mine < questions.rego`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.repl(cmd.Context(), std, args) },
	}
	f.register(cmd)
	return cmd
}

// repl is a loop of queries, and the session that they are asked in.
type repl struct {
	std        stdio
	flags      *policyEvalFlags
	session    *evaluator.Session
	trace      string // one of evaluator.Traces, "" for none
	lines      replLines
	console    bool // a person sits there
	interrupts chan os.Signal
	failed     bool // an entry was wrong
}

// replLines is where entries come from. At the end the error is io.EOF; errDropped says that a line was given up.
type replLines interface {
	read(ctx context.Context, prompt string) (string, error)
}

var (
	errDropped     = errors.New("dropped")
	errInterrupted = errors.New("interrupted")
)

func (f *policyEvalFlags) repl(ctx context.Context, std stdio, paths []string) error {
	if err := f.check(len(paths)); err != nil {
		return err
	}
	if len(paths) > 0 && paths[0] == "-" {
		return usageError(errors.New("-: stdin holds the queries"), "name a file")
	}
	from, options, err := f.options(std, paths)
	if err != nil {
		return err
	}
	r := &repl{std: std, flags: f, interrupts: make(chan os.Signal, 1)}
	if r.session, err = evaluator.NewSession(ctx, from, options); err != nil {
		return readable(err)
	}
	if in, out, ok := terminals(std); ok {
		// Ctrl-C belongs to the query that is running, not to the program.
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		signal.Notify(r.interrupts, os.Interrupt)
		defer signal.Stop(r.interrupts)
		r.console, r.lines = true, newConsole(in, out, r.complete)
		fmt.Fprintf(std.out, "%s. :help lists the commands, Ctrl-D ends.\n", r.about())
	} else {
		r.lines = newPlainLines(std.in)
	}
	if err := r.loop(ctx); err != nil {
		return err
	}
	if r.failed && !r.console {
		return exitWith(exitUsage)
	}
	return nil
}

// about says what input is.
func (r *repl) about() string {
	in := r.session.Options().Input
	if in == nil {
		return "input is undefined: no snapshot was given"
	}
	return fmt.Sprintf("input is %s, account %s", report.Clean(in.Name), report.Clean(in.Snapshot.Account.ID))
}

// loop takes entries until there are no more.
func (r *repl) loop(ctx context.Context) error {
	var e entry
	for {
		line, err := r.lines.read(ctx, e.prompt())
		switch {
		case errors.Is(err, errDropped):
			e = entry{}
			continue
		case errors.Is(err, io.EOF):
			r.enter(ctx, e.text())
			return nil
		case err != nil:
			return err
		}
		if !e.add(line) {
			continue
		}
		text := e.text()
		e = entry{}
		if over := r.take(ctx, text, &e); over {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// take obeys a command or enters Rego, and tells whether the session is over.
func (r *repl) take(ctx context.Context, text string, next *entry) (over bool) {
	switch word := strings.TrimSpace(text); {
	case word == ":exit", word == ":quit", word == "exit", word == "quit":
		return true
	case word == ":paste":
		next.pasted = true
	case word == "help":
		r.command(ctx, ":help")
	case strings.HasPrefix(word, ":"):
		r.command(ctx, word)
	default:
		r.enter(ctx, text)
	}
	return false
}

// enter asks a query or keeps definitions, and says what came of it.
func (r *repl) enter(ctx context.Context, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	ctx, stop := r.interruptible(ctx)
	defer stop()
	answer, err := r.session.Enter(ctx, text, evaluator.TraceOf{How: r.trace, To: r.std.err})
	switch {
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(r.std.err) // after the terminal's ^C
		err = errors.New("query: evaluate: interrupted")
	case err != nil:
		err = r.flags.failure(err)
	case answer.Asked:
		err = r.flags.show(r.std, answer.Results, r.session.Options().Input != nil)
	}
	if err != nil {
		r.fail(err)
		return
	}
	for _, note := range answer.Notes {
		r.note(note)
	}
}

// interruptible is over with Ctrl-C, or when the time is up.
func (r *repl) interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	select {
	case <-r.interrupts: // one that came too late for the query before
	default:
	}
	ctx, interrupt := context.WithCancelCause(ctx)
	ctx, cancel := context.WithTimeoutCause(ctx, r.flags.timeout, errTooLong)
	go func() {
		select {
		case <-r.interrupts:
			interrupt(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); interrupt(nil) }
}

// fail says what was wrong; the session goes on.
func (r *repl) fail(err error) {
	r.failed = true
	exitCode(err, r.std.err)
}

// note says on stderr what was done, so that stdout holds answers only.
func (r *repl) note(text string) {
	fmt.Fprintln(r.std.err, report.Clean(text))
}
