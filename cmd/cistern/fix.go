package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/remediation"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// fixFlags are what is to be mended, with what, and how the changes are written.
type fixFlags struct {
	evaluateFlags
	file, format string
	unknown      bool
	waived       bool
	choice       remediation.Options
}

func newFixCommand(std stdio) *cobra.Command {
	f := &fixFlags{}
	cmd := &cobra.Command{
		Use:   "fix [PATH...]",
		Short: "Work out what to change so that what fails would pass, and prove it",
		Long: `Works out the smallest change that makes each failing control pass, with what the account has: its trail, log group, topic, metric
filters and alarms. Each change is made on a copy of the snapshot first, and the same policies judge the copy: what would not
help, or would break what passes, is not offered. cistern changes no account; it writes a plan, or a script that you read and run.

PATH is a snapshot (.json, .json.gz), a folder of them, or - for stdin. With several accounts, what one needs in another is in
the other's plan; -o DIR/ writes a file for each. docs/fix.md tells what is changed, and what is left to a human.

Exit codes: 0 the changes make everything pass, or nothing fails, 4 something is left to a human or undecided, 2 wrong usage or unreadable
input, 1 the tool failed.`,
		Example: `  cistern fix --sample broken-pattern-misses
  cistern fix prod.json --email security@example.com -o fix.sh
  cistern fix prod.json --control root-usage -f terraform
  cistern fix snapshots/ -f aws-cli -o fixes/`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			f.given = cmd.Flags().Changed
			return fix(cmd.Context(), std, paths, f)
		},
	}
	f.registerFix(cmd)
	return cmd
}

func (f *fixFlags) registerFix(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "output", "o", "-", "write to this `FILE`, - being stdout; a folder, DIR/, gets a file for each account")
	flags.StringVarP(&f.format, "format", "f", "", "`NAME` of the format: text, json, "+remediation.FormatNames()+" (default: as the output file ends, else text)")
	f.policyFlags.register(cmd)
	registerControls(cmd, &f.controls)
	flags.IntVar(&f.level, "level", 0, "only controls up to this level, 1 or 2 (default: all)")
	flags.IntVar(&f.maxEvents, "max-events", 0, "accept alarms that ring after up to `N` events (default 1)")
	flags.StringVar(&f.waivers, "waivers", "", "YAML `FILE` of failures that someone answers for until a day: they are not mended")
	flags.BoolVar(&f.waived, "include-waived", false, "mend what is waived, too")
	flags.BoolVar(&f.unknown, "include-unknown", false, "mend what nobody can decide, too, where a change would decide it")
	flags.StringVar(&f.sample, "sample", "", "mend the embedded sample snapshot `NAME`")
	flags.StringVar(&f.choice.Email, "email", "", "the mail `ADDRESS` that hears the alarms, where nobody is subscribed")
	flags.StringVar(&f.choice.Topic, "topic", "", "let alarms without one tell this SNS topic, by `NAME` or ARN; a new one gets the name")
	flags.StringVar(&f.choice.Namespace, "namespace", "", "`NAME` of the namespace of new metrics (default CISBenchmark)")
	flags.StringVar(&f.choice.Key, "kms-key", "", "`ARN` of the KMS key for trails that encrypt with none")
	flags.StringVar(&f.choice.Region, "region", "", "make a first trail in this `REGION` (default: the partition's main one)")
	f.failOn, f.strict = failOns[0], true
	completeFrom(cmd, "format", fixFormats)
	completeFrom(cmd, "sample", samples.Names)
}

// fixFormats are what --format takes.
func fixFormats() []string {
	names := []string{"text", "json"}
	for _, f := range remediation.Formats() {
		names = append(names, f.Name)
	}
	return names
}

func fix(ctx context.Context, std stdio, paths []string, f *fixFlags) error {
	if err := f.checkFix(paths); err != nil {
		return err
	}
	if err := spare(std.in, []output{{file: f.file}}, append(f.named(), paths...)); err != nil {
		return err
	}
	engine, inputs, options, err := f.read(ctx, std, paths)
	if err != nil {
		return err
	}
	if err := f.checkTopic(inputs); err != nil {
		return err
	}
	if err := f.checkNames(std, inputs); err != nil {
		return err
	}
	easeCollection()
	o := f.choice
	o.Evaluate, o.Unknown, o.Waived = options, f.unknown, f.waived
	r, err := remediation.Propose(ctx, engine, inputs, o)
	if err != nil {
		return readable(err)
	}
	if err := f.writePlans(std, r); err != nil {
		return err
	}
	if !r.Done() {
		return exitWith(exitUnknown)
	}
	return nil
}

// checkFix is what can be refused before anything is read.
func (f *fixFlags) checkFix(paths []string) error {
	switch {
	case len(paths) == 0 && f.sample == "":
		return usageError(errors.New("fix: no snapshot given"), "cistern fix --sample broken-pattern-misses shows what a plan looks like")
	case len(paths) > 0 && f.sample != "":
		return usageError(errors.New("fix: both --sample and snapshots"), "give one or the other")
	case !slices.Contains(fixFormats(), f.formatName()):
		return usageError(fmt.Errorf("format %s: there is none of this name", f.formatName()), "one of "+strings.Join(fixFormats(), ", "))
	case f.file == "":
		return usageError(errors.New("--output: names no file"), "- is stdout")
	}
	if err := f.checkChoice(); err != nil {
		return err
	}
	if f.folder() {
		if f.formatName() == "text" || f.formatName() == "json" {
			return usageError(fmt.Errorf("--output %s: is a folder, and %s is one file", f.file, f.formatName()), "add -f with one of "+remediation.FormatNames())
		}
		if err := vacant(f.file); err != nil {
			return err
		}
	}
	return f.check()
}

// checkChoice refuses values that AWS would, as far as that can be said of them alone. They become parts of scripts.
func (f *fixFlags) checkChoice() error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	for _, c := range []struct{ flag, value, signs, hint string }{
		{"email", f.choice.Email, letters + "@.!#%&*+/=?^_{|}~-", "such as security@example.com"},
		{"topic", f.choice.Topic, letters + "_-:", "a name of letters, digits, _ and -, or an ARN"},
		{"namespace", f.choice.Namespace, letters + ".-_/#", "such as CISBenchmark"},
		{"kms-key", f.choice.Key, letters + ":/_-", "such as arn:aws:kms:us-east-1:111122223333:key/..."},
	} {
		if strings.Trim(c.value, c.signs) != "" || f.given(c.flag) && c.value == "" {
			return usageError(fmt.Errorf("--%s %q: AWS takes no such value", c.flag, c.value), c.hint)
		}
	}
	switch {
	case f.choice.Email != "" && (strings.Count(f.choice.Email, "@") != 1 || strings.HasPrefix(f.choice.Email, "@") || strings.HasSuffix(f.choice.Email, "@")):
		return usageError(fmt.Errorf("--email %s: is no mail address", f.choice.Email), "such as security@example.com")
	case f.choice.Namespace != "" && !remediation.IsNamespace(f.choice.Namespace):
		return usageError(fmt.Errorf("--namespace %s: AWS takes no such value", f.choice.Namespace), "AWS/ is for AWS's own metrics")
	case f.choice.Key != "" && !remediation.IsKeyARN(f.choice.Key):
		return usageError(fmt.Errorf("--kms-key %s: is not the ARN of a KMS key", f.choice.Key), "such as arn:aws:kms:us-east-1:111122223333:key/...")
	case f.choice.Region != "" && !snapshots.IsRegion(f.choice.Region):
		return usageError(fmt.Errorf("--region %s: is no region", f.choice.Region), "such as us-east-1")
	}
	return nil
}

// checkTopic refuses the ARN of a topic that no snapshot has: nothing could be proven of it.
func (f *fixFlags) checkTopic(inputs []evaluator.Input) error {
	if !strings.Contains(f.choice.Topic, ":") {
		return nil
	}
	for _, in := range inputs {
		for _, t := range in.Snapshot.SNS.Topics {
			if t.TopicArn == f.choice.Topic {
				return nil
			}
		}
	}
	return usageError(fmt.Errorf("--topic %s: no snapshot has it", f.choice.Topic), "give the snapshot of its account, too, or a name for a new topic")
}

// checkNames refuses to make changes of a snapshot whose names are pseudonyms: AWS knows none of them.
func (f *fixFlags) checkNames(std stdio, inputs []evaluator.Input) error {
	for _, in := range inputs {
		if len(in.Snapshot.Collection.Redactions) == 0 {
			continue
		}
		if name := f.formatName(); name != "text" && name != "json" {
			return usageError(fmt.Errorf("%s: fix: the snapshot is redacted, and the account does not know the names in it", in.Name),
				"make the changes of the snapshot as it was collected; -f text shows what they would be")
		}
		say(std.err, "note: ", in.Name+": the snapshot is redacted: the account does not know the names in it")
	}
	return nil
}
