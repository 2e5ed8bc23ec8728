package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
)

func newPolicyDepsCommand(std stdio) *cobra.Command {
	var own ownPolicies
	var format string
	cmd := &cobra.Command{
		Use:   "deps CONTROL",
		Short: "List the evidence that a control reads, and the AWS calls that fill it",
		Long: `Follows the rules of a control to all that it reads: places in the snapshot, the AWS calls that fill them with the IAM permissions that they
take, and what else its verdict depends on (parameters, the edition's patterns, the time of the evaluation).`,
		Example: `  cistern policy deps root-usage
  cistern policy deps my-control --policies my-policies/ -f json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usageError(fmt.Errorf("format %s: there is none of this name", format), "one of text, json")
			}
			return showDependencies(cmd.Context(), std, args[0], &own, format)
		},
	}
	own.register(cmd, "policies in this `DIR`, or OPA bundle (.tar.gz), too (repeatable)")
	cmd.Flags().StringVarP(&format, "format", "f", "text", "`NAME` of the format: text, json")
	completeFrom(cmd, "format", func() []string { return []string{"text", "json"} })
	return cmd
}

func showDependencies(ctx context.Context, std stdio, slug string, own *ownPolicies, format string) error {
	from, err := own.sources(true)
	if err != nil {
		return err
	}
	engine, err := evaluator.Compile(ctx, from)
	if err != nil {
		return readable(err)
	}
	d, err := engine.Dependencies(ctx, slug)
	if err != nil {
		return readable(err)
	}
	data := dependenciesText(d)
	if format == "json" {
		if data, err = indented(d); err != nil {
			return err
		}
	}
	return writeOutput(std, "-", data)
}

func dependenciesText(d *evaluator.Dependencies) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s  %s\n", d.Control, d.File)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\nevidence\tcall that fills it\n")
	for _, e := range d.Evidence {
		fmt.Fprintln(table, strings.TrimRight(fmt.Sprintf("  %s\t%s %s", e.Path, e.Service, e.Operation), " \t"))
	}
	table.Flush()
	fmt.Fprint(table, "\ncall\tpermission\n")
	for _, c := range d.Calls {
		fmt.Fprintf(table, "  %s\t%s\n", c.Operation, c.Action)
	}
	table.Flush()
	for _, list := range []struct {
		head  string
		names []string
	}{{"other facts", d.Facts}, {"packages", d.Packages}} {
		if len(list.names) > 0 {
			fmt.Fprintf(&b, "\n%s\n  %s\n", list.head, strings.Join(list.names, "\n  "))
		}
	}
	return b.Bytes()
}
