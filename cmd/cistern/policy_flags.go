package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// policyFlags are the policies that judge, and what they may know besides the snapshot.
type policyFlags struct {
	ownPolicies
	noEmbedded                  bool
	benchmark, parameters, asOf string
}

func (f *policyFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.benchmark, "benchmark", "", "the edition: an `ID` (cis-7.0.0, 7.0.0, aws-cloudtrail-alarms) or a YAML file (default: the newest of CIS)")
	f.ownPolicies.register(cmd, "policies in this `DIR`, or OPA bundle (.tar.gz), too; they replace embedded ones of the same package or control (repeatable)")
	flags.BoolVar(&f.noEmbedded, "no-embedded", false, "only the policies of --policies")
	flags.StringVar(&f.parameters, "parameters", "", "YAML or JSON `FILE` of what the policies may know (max_events, subscribers)")
	flags.StringVar(&f.asOf, "as-of", "", "judge as of this `TIME`, RFC 3339 or a day (default: when the snapshot was collected)")
	completeFrom(cmd, "benchmark", editionIDs)
}

// registerControls adds the flag that names the controls to judge.
func registerControls(cmd *cobra.Command, controls *[]string) {
	cmd.Flags().StringArrayVar(controls, "control", nil, "only this control, by `SLUG` or by the edition's id (repeatable)")
}

// check is what can be refused before anything is read.
func (f *policyFlags) check() error {
	if f.noEmbedded && len(f.policies) == 0 {
		return usageError(errors.New("--no-embedded: leaves no policies"), "add --policies DIR")
	}
	return nil
}

// read is the policies, and how snapshots are judged by them as far as these flags say.
func (f *policyFlags) read() ([]evaluator.Source, evaluator.Options, error) {
	o := evaluator.Options{Parameters: map[string]any{}, Tool: report.Tool{Name: "cistern", Version: version}}
	var err error
	if o.AsOf, err = parseTime(f.asOf); err != nil {
		return nil, o, err
	}
	from, err := f.sources(!f.noEmbedded)
	if err != nil {
		return nil, o, err
	}
	if o.Benchmark, err = edition(from, f.benchmark); err != nil {
		return nil, o, err
	}
	if f.parameters == "" {
		return from, o, nil
	}
	text, err := os.ReadFile(f.parameters)
	if err != nil {
		return nil, o, err
	}
	parameters, err := evaluator.ParseParameters(f.parameters, text)
	if err == nil && parameters != nil {
		o.Parameters = parameters
	}
	return from, o, err
}

// parseTime reads RFC 3339, or a day, which means its first moment in UTC; zero if text is empty.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usageError(fmt.Errorf("as-of %s: read: not a time", text), "write 2026-01-05T10:00:00Z or 2026-01-05")
	}
	return t, nil
}
