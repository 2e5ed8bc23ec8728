package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// policyEvalFlags are what a query is asked about.
type policyEvalFlags struct {
	policyFlags
	imports []string
	sample  string
	format  string
	timeout time.Duration
}

func newPolicyEvalCommand(std stdio) *cobra.Command {
	f := &policyEvalFlags{}
	cmd := &cobra.Command{
		Use:   "eval QUERY [SNAPSHOT]",
		Short: "Ask a Rego query about a snapshot, with the policies at hand",
		Long: `Evaluates QUERY, any Rego, with the embedded policies and those of --policies. input is the snapshot (a file, or - for stdin), and data holds
what it does in an evaluation: benchmark, parameters, as_of, and the policies by their packages. A misspelt field of the snapshot is an error,
and so is a builtin that reaches a network or a clock. print() speaks on stderr.

A query without a result is undefined, which is said and is no error.`,
		Example: `  cistern policy eval 'input.cloudtrail.trails[_].Name' --sample compliant
  cistern policy eval 'data.policies.monitoring.root_usage.verdict.status' prod.json -f raw
  cistern policy eval 'some trail in trails.listed; trail.logging.state != "yes"' prod.json --import data.policies.lib.trails
  cistern policy eval 'cwl.parse("{ $.a = 1 }")'`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return f.eval(cmd.Context(), std, args[0], args[1:]) },
	}
	f.register(cmd)
	return cmd
}

func (f *policyEvalFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.sample, "sample", "", "ask about the embedded sample snapshot `NAME`")
	f.policyFlags.register(cmd)
	flags.StringArrayVar(&f.imports, "import", nil, "`NAME` of a package that the query may call by its last name (repeatable)")
	flags.StringVarP(&f.format, "format", "f", "pretty", "`NAME` of the format: "+strings.Join(queryFormats, ", "))
	flags.DurationVar(&f.timeout, "timeout", 30*time.Second, "give up after this `TIME`")
	completeFrom(cmd, "sample", samples.Names)
	completeFrom(cmd, "format", func() []string { return queryFormats })
}

// queryFormats are how a query's results are written: for a person, as OPA's JSON, and the bare values, texts without quotes.
var queryFormats = []string{"pretty", "json", "raw"}

func (f *policyEvalFlags) eval(ctx context.Context, std stdio, query string, paths []string) error {
	if err := f.check(len(paths)); err != nil {
		return err
	}
	from, options, err := f.options(std, paths)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, errTooLong)
	defer cancel()
	results, err := evaluator.Query(ctx, from, query, options)
	if err != nil {
		return f.failure(err)
	}
	return f.show(std, results, options.Input != nil)
}

// failure is a query's, with the way out where one is known.
func (f *policyEvalFlags) failure(err error) error {
	if errors.Is(err, errTooLong) {
		return usageError(fmt.Errorf("query: evaluate: took longer than %v", f.timeout), "--timeout gives it more time")
	}
	return readable(err)
}

// show writes a query's results. That there is none is said on stderr where the format does not.
func (f *policyEvalFlags) show(std stdio, results []evaluator.QueryResult, hasInput bool) error {
	switch {
	case len(results) > 0:
	case !hasInput:
		say(std.err, "note: ", "the query is undefined; no snapshot was given, so that input is")
	case f.format != "pretty":
		say(std.err, "note: ", "the query is undefined")
	}
	data, err := queryWriter(f.format)(results)
	if err != nil {
		return err
	}
	return writeOutput(std, "-", data)
}

var errTooLong = errors.New("took too long")

// check refuses what cannot be, before anything is read.
func (f *policyEvalFlags) check(paths int) error {
	if err := f.policyFlags.check(); err != nil {
		return err
	}
	switch {
	case paths > 0 && f.sample != "":
		return usageError(errors.New("query: both --sample and a snapshot"), "give one or the other")
	case f.timeout <= 0:
		return usageError(fmt.Errorf("timeout %v: is no time", f.timeout), "such as 30s or 5m")
	case queryWriter(f.format) == nil:
		return usageError(fmt.Errorf("format %s: there is none of this name", f.format), "one of "+strings.Join(queryFormats, ", "))
	}
	return nil
}

// queryWriter writes results in that format, nil if there is none of this name.
func queryWriter(format string) func([]evaluator.QueryResult) ([]byte, error) {
	return map[string]func([]evaluator.QueryResult) ([]byte, error){"pretty": prettyResults, "json": jsonResults, "raw": rawResults}[format]
}

// options reads what the flags name.
func (f *policyEvalFlags) options(std stdio, paths []string) ([]evaluator.Source, evaluator.QueryOptions, error) {
	o := evaluator.QueryOptions{Imports: f.imports, Print: printTo(std.err)}
	from, judging, err := f.read()
	if err != nil {
		return nil, o, readable(err)
	}
	o.Options = judging
	o.Input, err = f.input(std, paths)
	return from, o, err
}

// input is the snapshot that is asked about, nil if none is.
func (f *policyEvalFlags) input(std stdio, paths []string) (*evaluator.Input, error) {
	if f.sample != "" {
		in, err := readSample(f.sample)
		return &in, err
	}
	if len(paths) == 0 {
		return nil, nil
	}
	inputs, err := readInputs(std.in, paths)
	if err != nil {
		return nil, err
	}
	if len(inputs) != 1 {
		return nil, usageError(fmt.Errorf("%s: query: there are %d snapshots", paths[0], len(inputs)), "name one file of it")
	}
	return &inputs[0], nil
}

func jsonResults(results []evaluator.QueryResult) ([]byte, error) {
	return indented(struct {
		Result []evaluator.QueryResult `json:"result,omitempty"`
	}{results})
}

// rawResults is a line for each result, its expressions side by side.
func rawResults(results []evaluator.QueryResult) ([]byte, error) {
	var b bytes.Buffer
	for _, r := range results {
		for i, e := range r.Expressions {
			if i > 0 {
				b.WriteByte(' ')
			}
			if text, ok := e.Value.(string); ok {
				b.WriteString(text)
				continue
			}
			text, err := oneLine(e.Value)
			if err != nil {
				return nil, err
			}
			b.WriteString(text)
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// prettyResults is the value where there is one, else a table of the variables and what is left of the expressions.
func prettyResults(results []evaluator.QueryResult) ([]byte, error) {
	if len(results) == 0 {
		return []byte("undefined\n"), nil
	}
	if len(results) == 1 && len(results[0].Bindings) == 0 && len(results[0].Expressions) == 1 {
		return indented(results[0].Expressions[0].Value)
	}
	var rows []map[string]any
	var table bytes.Buffer
	writer := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	wide := false
	for i, r := range results {
		row := columns(r)
		rows = append(rows, row)
		var heads, cells []string
		for _, name := range slices.Sorted(maps.Keys(row)) {
			cell, err := oneLine(row[name])
			if err != nil {
				return nil, err
			}
			heads, cells = append(heads, report.Clean(name)), append(cells, cell)
			wide = wide || len(cell) > widestCell
		}
		if i == 0 {
			fmt.Fprintln(writer, strings.Join(heads, "\t"))
		}
		fmt.Fprintln(writer, strings.Join(cells, "\t"))
	}
	if wide {
		return indented(rows)
	}
	err := writer.Flush()
	return table.Bytes(), err
}

// widestCell is the length of a value up to which results are a table.
const widestCell = 80

// columns are a result's variables, and the expressions that say more than that they hold.
func columns(r evaluator.QueryResult) map[string]any {
	row := maps.Clone(r.Bindings)
	if row == nil {
		row = map[string]any{}
	}
	for _, e := range r.Expressions {
		if e.Value != true {
			row[strings.Join(strings.Fields(e.Text), " ")] = e.Value
		}
	}
	if len(row) == 0 {
		row["result"] = true
	}
	return row
}

func oneLine(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSpace(b.String()), err
}
