package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/drift"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// diffFlags are how a comparison is written, and what it ends with.
type diffFlags struct {
	format, output, failOn string
	accounts               bool // may differ
}

// register adds the flags; kinds are what --fail-on takes, the first being the default.
func (f *diffFlags) register(cmd *cobra.Command, kinds ...string) {
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "-", "write to this `FILE`, - being stdout")
	flags.StringVarP(&f.format, "format", "f", "", "`NAME` of the format: "+strings.Join(drift.Formats(), ", ")+" (default: as the output file ends, else text)")
	flags.StringVar(&f.failOn, "fail-on", kinds[0], "`WHAT` ends with exit code 3: "+strings.Join(kinds, ", "))
	flags.BoolVar(&f.accounts, "allow-accounts", false, "accounts that only one side has are listed, instead of refused")
	completeFrom(cmd, "format", drift.Formats)
	completeFrom(cmd, "fail-on", func() []string { return kinds })
}

// check refuses what cannot be, before anything is read.
func (f *diffFlags) check(kinds ...string) error {
	if !slices.Contains(kinds, f.failOn) {
		return usageError(fmt.Errorf("fail-on %s: there is none", f.failOn), "one of "+strings.Join(kinds, ", "))
	}
	if f.output == "" {
		return usageError(errors.New("--output: names no file"), "- is stdout")
	}
	f.format = cmp.Or(f.format, report.FormatOf(f.output), "text")
	if !slices.Contains(drift.Formats(), f.format) {
		return usageError(fmt.Errorf("format %s: a comparison is not written so", f.format), "one of "+strings.Join(drift.Formats(), ", "))
	}
	return nil
}

func newSnapshotDiffCommand(std stdio) *cobra.Command {
	f := &diffFlags{}
	kinds := []string{"change", "never"}
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Say what changed in an account, or in many, from one snapshot to another",
		Long: `Compares two snapshots (.json, .json.gz) of an account, or two folders of them, whose accounts are matched by their ids.

Resources are matched by their names, and told field by field. The order of lists, times and request ids are no difference. What
was not read is seen newly or not any more, never added or removed.

Exit codes: 0 they show the same, 3 they differ, 2 wrong usage or unreadable input, 1 the tool failed.`,
		Example: "  cistern snapshot diff january.json february.json\n  cistern snapshot diff january/ february/ -o changes.md",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := f.check(kinds...); err != nil {
				return err
			}
			return snapshotDiff(std, f, args[0], args[1])
		},
	}
	f.register(cmd, kinds...)
	cmd.AddCommand(newDiffSchemaCommand(std, drift.StatesSchema()))
	return cmd
}

func newDiffSchemaCommand(std stdio, schema []byte) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of such a comparison",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := std.out.Write(schema)
			return err
		},
	}
}

func snapshotDiff(std stdio, f *diffFlags, from, to string) error {
	if err := spare(std.in, []output{{file: f.output}}, []string{from, to}); err != nil {
		return err
	}
	sides, err := bothSides(from, to)
	if err != nil {
		return err
	}
	s := drift.NewStates()
	s.OnlyFrom, s.OnlyTo = sides.onlyFrom, sides.onlyTo
	if err := f.sameAccounts(s.OnlyFrom, s.OnlyTo); err != nil {
		return err
	}
	for _, account := range sides.both {
		d, err := sides.delta(account)
		if err != nil {
			return err
		}
		s.Add(d)
	}
	var text bytes.Buffer
	if err := s.Write(&text, f.format); err != nil {
		return err
	}
	if err := writeOutput(std, f.output, text.Bytes()); err != nil {
		return err
	}
	if !s.Same() && f.failOn != "never" {
		return exitWith(exitFails)
	}
	return nil
}

// sameAccounts refuses accounts that only one side has, unless that is allowed.
func (f *diffFlags) sameAccounts(onlyFrom, onlyTo []string) error {
	if f.accounts || len(onlyFrom)+len(onlyTo) == 0 {
		return nil
	}
	var parts []string
	for _, side := range []struct {
		word     string
		accounts []string
	}{{"only in the first: ", onlyFrom}, {"only in the second: ", onlyTo}} {
		const most = 5
		names := side.accounts
		if len(names) > most {
			names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", len(names)-most))
		}
		if len(names) > 0 {
			parts = append(parts, side.word+strings.Join(names, ", "))
		}
	}
	return usageError(fmt.Errorf("diff: the two are not of the same accounts: %s", strings.Join(parts, "; ")),
		"compare what belongs together; --allow-accounts compares the accounts that both have")
}

// sides are the snapshots of two audits, by account.
type sides struct {
	from, to               map[string]side
	both, onlyFrom, onlyTo []string
}

// side is where an account's snapshot is; it is kept where it is the only one, and read again where there are many.
type side struct {
	file     string
	snapshot *snapshots.Snapshot
}

func (s side) read() (*snapshots.Snapshot, error) {
	if s.snapshot != nil {
		return s.snapshot, nil
	}
	one, err := snapshots.ReadFile(s.file)
	if err != nil {
		return nil, unreadable(err)
	}
	return one, nil
}

func bothSides(from, to string) (*sides, error) {
	var s sides
	var err error
	if s.from, err = sideOf(from); err != nil {
		return nil, err
	}
	if s.to, err = sideOf(to); err != nil {
		return nil, err
	}
	for account := range s.from {
		if _, ok := s.to[account]; ok {
			s.both = append(s.both, account)
		} else {
			s.onlyFrom = append(s.onlyFrom, account)
		}
	}
	for account := range s.to {
		if _, ok := s.from[account]; !ok {
			s.onlyTo = append(s.onlyTo, account)
		}
	}
	slices.Sort(s.both)
	slices.Sort(s.onlyFrom)
	slices.Sort(s.onlyTo)
	return &s, nil
}

// sideOf finds the account of every snapshot at a path.
func sideOf(path string) (map[string]side, error) {
	files, err := snapshotFiles(path)
	if err != nil {
		return nil, err
	}
	found := map[string]side{}
	for _, file := range files {
		s, err := snapshots.ReadFile(file)
		if err != nil {
			return nil, unreadable(err)
		}
		if twin, again := found[s.Account.ID]; again {
			return nil, usageError(fmt.Errorf("%s: account %s: is in %s already", file, s.Account.ID, twin.file),
				"compare one snapshot of an account with one")
		}
		one := side{file: file}
		if len(files) == 1 {
			one.snapshot = s
		}
		found[s.Account.ID] = one
	}
	return found, nil
}

// delta is what changed in an account that both sides have.
func (s *sides) delta(account string) (*snapshots.Delta, error) {
	from, err := s.from[account].read()
	if err != nil {
		return nil, err
	}
	to, err := s.to[account].read()
	if err != nil {
		return nil, err
	}
	d, err := snapshots.Diff(from, to)
	var other *snapshots.AccountError
	if errors.As(err, &other) {
		return nil, usageError(fmt.Errorf("%s: %w", s.to[account].file, err), "compare two snapshots of one account")
	}
	return d, err
}

// changed is delta, or nil for an account that one of the sides has not.
func (s *sides) changed(account string) (*snapshots.Delta, error) {
	if _, both := slices.BinarySearch(s.both, account); !both {
		return nil, nil
	}
	return s.delta(account)
}
