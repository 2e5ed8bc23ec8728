package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// replCommand is one that begins with a colon.
type replCommand struct {
	name, args, does string
	run              func(r *repl, ctx context.Context, args []string) error
}

// replCommands is all of them but those that the loop itself obeys.
func replCommands() []replCommand {
	return []replCommand{
		{":help", "", "this list", func(r *repl, _ context.Context, _ []string) error { return r.help() }},
		{":input", "[FILE]", "ask about this snapshot from now on; without FILE: say which it is", (*repl).input},
		{":sample", "NAME", "ask about this embedded sample", (*repl).sample},
		{":policies", "[DIR]", "add these policies, as --policies does; without DIR: name them", (*repl).policies},
		{":reload", "", "read the policies again", func(r *repl, ctx context.Context, _ []string) error { return r.reload(ctx, *r.flags) }},
		{":rules", "", "what the session has defined and imported", (*repl).rules},
		{":clear", "[NAME]", "forget this definition or import; without NAME: all", (*repl).clear},
		{":deps", "CONTROL", "the evidence that a control reads", (*repl).deps},
		{":pretty", "", "answers for a person", func(r *repl, _ context.Context, _ []string) error { return r.format("pretty") }},
		{":json", "", "answers as policy eval -f json", func(r *repl, _ context.Context, _ []string) error { return r.format("json") }},
		{":raw", "", "bare values", func(r *repl, _ context.Context, _ []string) error { return r.format("raw") }},
		{":trace", "on|fails|off", "show on stderr how answers came about: every step, or those that failed", (*repl).tracing},
		{":paste", "", "take all lines up to a blank one as one entry: several rules of one name, say", nil},
		{":exit", "", "end, as Ctrl-D does", nil},
	}
}

// command obeys one line.
func (r *repl) command(ctx context.Context, line string) {
	words := strings.Fields(line)
	var names []string
	for _, c := range replCommands() {
		names = append(names, c.name)
		if c.name != words[0] || c.run == nil {
			continue
		}
		err := checkArgs(c, words[1:])
		if err == nil {
			err = c.run(r, ctx, words[1:])
		}
		if err != nil {
			r.fail(readable(err))
		}
		return
	}
	hint := ":help lists the commands"
	if near := evaluator.Nearest(words[0], names); near != "" {
		hint = "did you mean " + near + "?"
	}
	r.fail(usageError(fmt.Errorf("%s: there is no such command", words[0]), hint))
}

func checkArgs(c replCommand, args []string) error {
	least, most := 0, 0
	if c.args != "" {
		most = 1
	}
	if c.args != "" && !strings.HasPrefix(c.args, "[") {
		least = 1
	}
	if len(args) < least || len(args) > most {
		return usageError(fmt.Errorf("%s: takes %d arguments, there are %d", c.name, most, len(args)), strings.TrimSpace(c.name+" "+c.args))
	}
	return nil
}

func (r *repl) help() error {
	table := tabwriter.NewWriter(r.std.out, 0, 0, 2, ' ', 0)
	for _, c := range replCommands() {
		fmt.Fprintf(table, "%s\t%s\n", strings.TrimSpace(c.name+" "+c.args), c.does)
	}
	fmt.Fprintf(table, "%s\t%s\n", "name := value", "a definition, which stays, as do rules, functions and imports")
	fmt.Fprintf(table, "%s\t%s\n", "anything else", "a query: input.cloudtrail.trails[_].Name, data.policies.monitoring.root_usage.verdict")
	return table.Flush()
}

func (r *repl) input(_ context.Context, args []string) error {
	if len(args) == 0 {
		r.note(r.about())
		return nil
	}
	if args[0] == "-" {
		return usageError(errors.New("-: stdin holds the queries"), "name a file")
	}
	f := policyEvalFlags{}
	in, err := f.input(r.std, args)
	if err != nil {
		return err
	}
	return r.ask(in)
}

func (r *repl) sample(_ context.Context, args []string) error {
	in, err := readSample(args[0])
	if err != nil {
		return err
	}
	return r.ask(&in)
}

// ask makes a snapshot the one that is asked about.
func (r *repl) ask(in *evaluator.Input) error {
	if err := r.session.About(in); err != nil {
		return err
	}
	r.note(r.about())
	return nil
}

func (r *repl) policies(ctx context.Context, args []string) error {
	if len(args) == 0 {
		for _, name := range r.flags.policyFlags.policies {
			r.note(name)
		}
		if !r.flags.noEmbedded {
			r.note("the embedded policies")
		}
		return nil
	}
	f := *r.flags
	f.policyFlags.policies = append(slices.Clone(f.policyFlags.policies), args[0])
	return r.reload(ctx, f)
}

// reload makes a session of the policies that the flags name; where that goes wrong, everything stays as it was.
func (r *repl) reload(ctx context.Context, f policyEvalFlags) error {
	from, judging, err := f.read()
	if err != nil {
		return err
	}
	o := r.session.Options()
	o.Options = judging
	next, err := r.session.With(ctx, from, o)
	if err != nil {
		return err
	}
	r.session, *r.flags = next, f
	r.note("the policies are compiled")
	return nil
}

func (r *repl) rules(context.Context, []string) error {
	for _, text := range r.session.Defined() {
		fmt.Fprintln(r.std.out, text)
	}
	return nil
}

func (r *repl) clear(_ context.Context, args []string) error {
	name := strings.Join(args, "")
	found, err := r.session.Clear(name)
	switch {
	case err != nil:
		return err
	case !found && name != "":
		return usageError(fmt.Errorf("%s: the session has not defined it", name), ":rules lists what it has")
	}
	return nil
}

func (r *repl) deps(ctx context.Context, args []string) error {
	d, err := r.session.Dependencies(ctx, args[0])
	if err != nil {
		return err
	}
	return writeOutput(r.std, "-", dependenciesText(d))
}

func (r *repl) format(name string) error {
	r.flags.format = name
	return nil
}

func (r *repl) tracing(_ context.Context, args []string) error {
	how, ok := map[string]string{"on": "full", "full": "full", "fails": "fails", "off": ""}[args[0]]
	if !ok {
		return usageError(fmt.Errorf(":trace %s: there is none of this name", args[0]), "one of on, fails, off")
	}
	r.trace = how
	return nil
}

// word is what may be completed in Rego.
var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_.]*(\[[^][]*\][A-Za-z0-9_.]*)*$`)

// complete is what the text's last word may become, and where it begins.
func (r *repl) complete(before string) (int, []string) {
	name, rest, given := strings.Cut(before, " ")
	if !strings.HasPrefix(before, ":") {
		at := word.FindStringIndex(before)
		if at == nil {
			return len(before), nil
		}
		return at[0], r.session.Complete(before[at[0]:])
	}
	var all []string
	switch {
	case !given:
		for _, c := range replCommands() {
			all = append(all, c.name)
		}
		rest = name
	case name == ":sample":
		all = samples.Names()
	case name == ":input", name == ":policies":
		all, _ = filepath.Glob(rest + "*") // a pattern that is none completes nothing
	}
	all = slices.DeleteFunc(all, func(one string) bool { return !strings.HasPrefix(one, rest) })
	return len(before) - len(rest), all
}
