package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// refuseWrongUsage makes every command answer wrong usage with exit 2 and a hint. cobra by itself ends some of it with
// its general error and lets an unknown subcommand or help topic pass as a success.
func refuseWrongUsage(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(err, helpHint(cmd))
	})
	refuseBelow(root)
}

func refuseBelow(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		refuseBelow(sub)
	}
	if cmd.Name() == "help" {
		cmd.Run, cmd.RunE = nil, showHelp
		return
	}
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.Args, cmd.RunE = cobra.ArbitraryArgs, runGroup
		cmd.DisableFlagsInUseLine = true
		return
	}
	checkArgs := cmd.Args
	if checkArgs == nil {
		checkArgs = cobra.NoArgs // a command that takes arguments says so
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := checkArgs(cmd, args); err != nil {
			if checkArgs(cmd, nil) == nil && checkArgs(cmd, args[:1]) != nil {
				err = fmt.Errorf("%s: unexpected argument %q", cmd.CommandPath(), args[0])
			}
			return usageError(err, helpHint(cmd))
		}
		return checkFlags(cmd)
	}
}

// checkFlags asks, before the command runs, what cobra would ask later with an error of no kind.
func checkFlags(cmd *cobra.Command) error {
	if err := cmd.ValidateRequiredFlags(); err != nil {
		return usageError(err, helpHint(cmd))
	}
	if err := cmd.ValidateFlagGroups(); err != nil {
		return usageError(err, helpHint(cmd))
	}
	return nil
}

// runGroup is what a command does that only holds others: it shows its help, or refuses a name that it does not hold.
func runGroup(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return unknownCommand(cmd, args[0])
}

func showHelp(help *cobra.Command, args []string) error {
	cmd := help.Root()
	for _, name := range args {
		next := child(cmd, name)
		if next == nil {
			return unknownCommand(cmd, name)
		}
		cmd = next
	}
	cmd.InitDefaultHelpFlag()
	return cmd.Help()
}

func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name || sub.HasAlias(name) {
			return sub
		}
	}
	return nil
}

func unknownCommand(cmd *cobra.Command, name string) error {
	err := fmt.Errorf("unknown command %q for %q", name, cmd.CommandPath())
	if cmd.SuggestionsMinimumDistance <= 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return usageError(err, "did you mean "+cmd.CommandPath()+" "+strings.Join(near, " or ")+"?")
	}
	return usageError(err, helpHint(cmd))
}

func helpHint(cmd *cobra.Command) string {
	return cmd.CommandPath() + " --help shows what it takes"
}
