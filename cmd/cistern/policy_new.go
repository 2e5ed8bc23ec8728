package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// policyNewFlags are what is known of the new control.
type policyNewFlags struct {
	evaluator.Draft
	dir, benchmark string
}

func newPolicyNewCommand(std stdio) *cobra.Command {
	f := &policyNewFlags{}
	cmd := &cobra.Command{
		Use:   "new SLUG",
		Short: "Begin a control: a policy and its test that pass at once",
		Long: `Writes DIR/SECTION/SUBJECT.rego and its _test.rego: METADATA, a verdict, and tests of a pass, a failure and an unknown. They pass
"cistern policy check DIR" as they are; change one thing at a time. The package is the path from DIR; if DIR is called policies, it begins
with that.

With --pattern, the control follows the chain from the trail to a confirmed subscriber for the events of a filter pattern. Without, it asks
something of the trails themselves.`,
		Example: `  cistern policy new root-logins --dir my-policies --pattern '{ $.eventName = ConsoleLogin && $.userIdentity.type = Root }'
  cistern policy new trails-encrypted --dir my-policies --section logging --benchmark my-policies/benchmarks/ours.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Slug = args[0]
			return newPolicy(cmd.Context(), std, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.Section, "section", "custom", "the folder that it belongs to, `NAME`")
	flags.StringVar(&f.Title, "title", "", "`TEXT` of what the control wants, in one line (default: the slug's words)")
	flags.StringVar(&f.Severity, "severity", "medium", "`LEVEL`: low, medium, high, critical")
	flags.StringVar(&f.Pattern, "pattern", "", "the filter `PATTERN` of the events that must raise an alarm")
	flags.StringVar(&f.dir, "dir", ".", "the folder of policies, `DIR`")
	flags.StringVar(&f.benchmark, "benchmark", "", "add a row to the edition in this YAML `FILE`, or write a new one there")
	completeFrom(cmd, "severity", func() []string { return []string{"low", "medium", "high", "critical"} })
	return cmd
}

func newPolicy(ctx context.Context, std stdio, f *policyNewFlags) error {
	whole, err := filepath.Abs(f.dir)
	if err != nil {
		return err
	}
	if filepath.Base(whole) == "policies" {
		f.Root = "policies"
	}
	files, err := f.Files()
	if err != nil {
		return readable(err)
	}
	if err := f.unused(ctx); err != nil {
		return err
	}
	for i := range files {
		files[i].Path = filepath.Join(f.dir, filepath.FromSlash(files[i].Path))
		if err := absent(files[i].Path); err != nil {
			return err
		}
	}
	if f.benchmark != "" {
		edition, err := f.edition()
		if err != nil {
			return err
		}
		files = append(files, edition)
	}
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file.Path), 0o777); err != nil {
			return unwritable(err)
		}
		if err := snapshots.WriteFile(file.Path, file.Text); err != nil {
			return unwritable(err)
		}
	}
	return f.tell(std, files)
}

// unused refuses a slug that another control has already.
func (f *policyNewFlags) unused(ctx context.Context) error {
	folders := []string{f.dir}
	if !holdsPolicies(f.dir) {
		folders = nil
	}
	from, err := sources(true, folders)
	if err != nil {
		return err
	}
	engine, err := evaluator.Compile(ctx, from)
	if err != nil {
		return readable(err)
	}
	controls, err := engine.Controls(ctx)
	if err != nil {
		return readable(err)
	}
	for _, c := range controls {
		if c.Slug == f.Slug {
			return usageError(fmt.Errorf("%s: new control: %s has it already", f.Slug, c.File), "choose another slug; cistern controls lists those that are taken")
		}
	}
	return nil
}

// holdsPolicies tells whether the folder is there and any policy in it besides tests.
func holdsPolicies(dir string) bool {
	found := false
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.HasSuffix(entry.Name(), ".rego") && !strings.HasSuffix(entry.Name(), "_test.rego") {
			found = true
			return fs.SkipAll
		}
		return err
	})
	return err == nil && found
}

// absent refuses to write over a file.
func absent(file string) error {
	_, err := os.Lstat(file)
	switch {
	case err == nil:
		return usageError(fmt.Errorf("%s: new control: the file exists", file), "choose another slug or section, or remove the file")
	case !errors.Is(err, fs.ErrNotExist):
		return readable(err)
	}
	return nil
}

// edition is the file of the edition with the new row.
func (f *policyNewFlags) edition() (evaluator.DraftFile, error) {
	text, err := os.ReadFile(f.benchmark)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		name := filepath.Base(f.benchmark)
		text = f.Edition(strings.TrimSuffix(name, filepath.Ext(name)))
		_, err = evaluator.ParseBenchmark(f.benchmark, text)
	case err == nil:
		text, err = f.AddTo(f.benchmark, text)
	}
	return evaluator.DraftFile{Path: f.benchmark, Text: text}, readable(err)
}

// tell names what was written, and what to do next.
func (f *policyNewFlags) tell(std stdio, files []evaluator.DraftFile) error {
	for _, file := range files {
		if _, err := fmt.Fprintln(std.out, file.Path); err != nil {
			return err
		}
	}
	if f.benchmark == "" {
		say(std.err, "note: ", "it is always asked where its folder is given; the row for an edition's YAML is\n  - "+f.Row("ID"))
	}
	say(std.err, "hint: ", fmt.Sprintf("edit it; cistern policy check %[1]s and cistern test %[1]s say whether it holds", f.dir))
	return nil
}
