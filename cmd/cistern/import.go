package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/awscli"
)

// importFlags are the flags of cistern import.
type importFlags struct {
	output, account, region, collectedAt string
	script                               bool
}

func newImportCommand(std stdio) *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Make a snapshot of a folder of AWS CLI output, or print the script that makes such a folder",
		Long: "Import reads a folder of AWS CLI output (--output json) and writes a snapshot of the account. Best is\n" +
			"<account>/<region>/<service>-<operation>[.<name>].json, as the script of --script makes it. In any other folder a call\n" +
			"is recognised by what its output holds, account and region by the ARNs in it. Calls that are missing, errors in the\n" +
			"place of output and output with more pages to come become gaps. Files that are not recognised are named on stderr.\n\n" +
			"The snapshot's time is that of --collected-at, else of the folder's collected-at.txt, else of its newest file.",
		Example: "  cistern import --script > collect.sh\n  sh collect.sh output\n  cistern import output -o snapshot.json",
		Args: func(cmd *cobra.Command, args []string) error {
			if f.script {
				return cobra.NoArgs(cmd, args)
			}
			return cobra.ExactArgs(1)(cmd, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if f.script {
				return writeOutput(std, f.output, []byte(awscli.Script()))
			}
			return runImport(std, args[0], f)
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", "-", "`FILE` to write (.gz is packed), - for stdout; a folder for several accounts")
	cmd.Flags().BoolVar(&f.script, "script", false, "print the shell script that makes such a folder with the AWS CLI")
	cmd.Flags().StringVar(&f.account, "account", "", "account `ID` of files that do not say theirs")
	cmd.Flags().StringVar(&f.region, "region", "", "`REGION` of files that do not say theirs")
	cmd.Flags().StringVar(&f.collectedAt, "collected-at", "", "`TIME` at which the output was saved (2026-01-05T10:00:00Z)")
	return cmd
}

func runImport(std stdio, dir string, f importFlags) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return readable(err)
	}
	if !info.IsDir() {
		return usageError(fmt.Errorf("%s: import: not a folder", dir), "save the output of each call in a file, and name their folder")
	}
	if err := spare(std.in, []output{{file: f.output}}, []string{dir}); err != nil {
		return err
	}
	placeByName(&options, dir)
	result, err := awscli.Import(os.DirFS(dir), options)
	if err != nil {
		return importError(dir, err)
	}
	for _, note := range result.Notes {
		say(std.err, "note: ", note)
	}
	for _, s := range result.Snapshots {
		if text := gapsText(s); text != "" {
			say(std.err, "note: ", "account "+s.Account.ID+": "+text)
		}
	}
	return f.write(std, result.Snapshots)
}

func (f importFlags) options() (awscli.Options, error) {
	o := awscli.Options{Account: f.account, Region: f.region, ToolVersion: version}
	if f.account != "" && !snapshots.IsAccountID(f.account) {
		return o, usageError(fmt.Errorf("--account %s: not twelve digits", f.account), "")
	}
	if f.region != "" && !snapshots.IsRegion(f.region) {
		return o, usageError(fmt.Errorf("--region %s: not a region", f.region), "a region is written us-east-1")
	}
	if f.collectedAt != "" {
		t, err := snapshots.ParseTime(f.collectedAt)
		if err != nil {
			return o, usageError(fmt.Errorf("--collected-at: %w", err), "a time is written 2026-01-05T10:00:00Z")
		}
		o.CollectedAt = t.Time
	}
	return o, nil
}

// placeByName takes what the flags leave open from the folder's own path: it may be an account's folder, or a region's.
func placeByName(o *awscli.Options, dir string) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return // it was a hint and no more
	}
	for range 2 {
		name := filepath.Base(path)
		switch {
		case snapshots.IsAccountID(name) && o.Account == "":
			o.Account = name
		case snapshots.IsRegion(name) && o.Region == "":
			o.Region = name
		}
		path = filepath.Dir(path)
	}
}

// importError is why a folder was not imported: its own fault is wrong usage, the disk's is not.
func importError(dir string, err error) error {
	var fault *awscli.Error
	if !errors.As(err, &fault) {
		return readable(err)
	}
	name := dir
	if fault.File != "" {
		name = filepath.Join(dir, filepath.FromSlash(fault.File))
	}
	return usageError(fmt.Errorf("%s: %w", name, fault.Err), awscli.HintOf(err))
}

// gapsText says how much was not read.
func gapsText(s *snapshots.Snapshot) string {
	if len(s.Gaps) == 0 {
		return ""
	}
	counts := map[string]int{}
	for _, g := range s.Gaps {
		counts[string(g.Kind)]++
	}
	var parts []string
	for _, kind := range snapshots.GapKinds() {
		if n := counts[string(kind)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	return count(len(s.Gaps), "gap") + " (" + strings.Join(parts, ", ") + ")"
}

// write writes one snapshot to a file, or each to a file of its own in a folder.
func (f importFlags) write(std stdio, all []*snapshots.Snapshot) error {
	info, err := os.Stat(f.output)
	folder := f.output != "-" && (err == nil && info.IsDir() || strings.HasSuffix(f.output, string(filepath.Separator)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return readable(err)
	}
	switch {
	case folder:
		if err := os.MkdirAll(f.output, 0o777); err != nil {
			return readable(err)
		}
		for _, s := range all {
			if err := s.WriteFile(filepath.Join(f.output, s.Account.ID+".json")); err != nil {
				return readable(err)
			}
		}
		return nil
	case len(all) > 1:
		ids := []string{}
		for _, s := range all {
			ids = append(ids, s.Account.ID)
		}
		slices.Sort(ids)
		return usageError(fmt.Errorf("import: %d accounts (%s) and one file for them", len(all), strings.Join(ids, ", ")),
			"name a folder: -o snapshots"+string(filepath.Separator))
	case f.output != "-":
		return unwritable(all[0].WriteFile(f.output))
	}
	data, err := all[0].Canonical()
	if err != nil {
		return err
	}
	return writeOutput(std, f.output, data)
}
