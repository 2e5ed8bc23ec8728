package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func newPolicyCommand(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Work on policies",
	}
	cmd.AddCommand(newPolicyCheckCommand(std), newPolicyNewCommand(std), newPolicyEvalCommand(std), newPolicyReplCommand(std), newPolicyFmtCommand(std), newPolicyDepsCommand(std), newPolicyDocCommand(std), newPolicyExportCommand(std), newPolicyBundleCommand(std))
	return cmd
}

func newPolicyCheckCommand(std stdio) *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "check DIR",
		Short: "Check policies: format, types against the snapshot's schema, metadata, verdicts",
		Long: `Checks the policies in DIR the way cistern will use them: they compile strictly, against the snapshot's schema, with the
embedded library; no builtin that reaches a network or a clock; "not" only with its import; formatted; each control has a
title and a severity, a test in which it passes and one in which it fails, and gives a well-formed verdict for every embedded sample. What
no edition and no other policy uses is noted.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if write {
				if err := formatPolicies(args[0]); err != nil {
					return err
				}
			}
			return checkPolicies(cmd.Context(), std, args[0])
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "format the files first")
	return cmd
}

func checkPolicies(ctx context.Context, std stdio, dir string) error {
	from, err := sources(true, []string{dir})
	if err != nil {
		return err
	}
	var inputs []evaluator.Input
	for _, name := range samples.Names() {
		in, err := readSample(name)
		if err != nil {
			return err
		}
		inputs = append(inputs, in)
	}
	err = evaluator.Check(ctx, from, inputs)
	var problems evaluator.PolicyErrors
	if err == nil {
		return noteUnused(ctx, std, from)
	}
	if !errors.As(err, &problems) || len(problems) == 1 {
		return readable(err)
	}
	for _, p := range problems {
		fmt.Fprintln(std.err, report.Clean(p.Error()))
		if p.Hint != "" {
			fmt.Fprintln(std.err, "  hint: "+report.Clean(p.Hint))
		}
	}
	return usageError(fmt.Errorf("%s: check policies: %d problems", dir, len(problems)), "")
}

// noteUnused says what nothing asks for.
func noteUnused(ctx context.Context, std stdio, from []evaluator.Source) error {
	unused, err := evaluator.Unused(ctx, from)
	for _, p := range unused {
		say(std.err, "note: ", p)
	}
	return readable(err)
}

// formatPolicies rewrites the files that are not formatted.
func formatPolicies(dir string) error {
	return eachPolicy(dir, func(name string, text, formatted []byte) error {
		if bytes.Equal(text, formatted) {
			return nil
		}
		return unwritable(snapshots.WriteFile(name, formatted))
	})
}

// eachPolicy calls f with every policy file below a folder, or the file itself, and its text in OPA's format.
func eachPolicy(path string, f func(name string, text, formatted []byte) error) error {
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return readable(err)
		case entry.IsDir() && name != path && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || name != path && !strings.HasSuffix(name, ".rego"):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return readable(err)
		}
		formatted, err := evaluator.Format(name, text)
		if err != nil {
			return readable(err)
		}
		return f(name, text, formatted)
	})
}
