package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

func newAuditCommand(std stdio) *cobra.Command {
	c, e := &collectFlags{}, &evaluateFlags{}
	var keep string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Collect and evaluate in one go, keeping the snapshot",
		Long: `Reads an account, or several, as "cistern collect" does, and judges the snapshots as "cistern evaluate" does. The snapshots
are kept: the report can be made of them again, and so can another.

Exit codes are those of evaluate: 0 nothing fails or is unknown, 3 a control fails, 4 none fails but some are unknown, 2 wrong
usage, a policy that could not judge, or no control was judged, 1 there is no report: nobody knows whose account it is, or the run was interrupted.`,
		Example: `  cistern audit
  cistern audit --profile audit --keep prod.json -o report.json
  cistern audit --organization --role-name Audit --keep snapshots/ --fail-on fail`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.given, e.given = cmd.Flags().Changed, cmd.Flags().Changed
			return audit(cmd.Context(), std, c, e, keep)
		},
	}
	c.register(cmd)
	e.register(cmd)
	cmd.Flags().StringVar(&keep, "keep", "", "keep the snapshot in this `PATH`, several in a folder (default: cistern-<account>-<time>.json)")
	return cmd
}

// audit checks everything before it reads anything: an account is not asked for a report that cannot be made.
func audit(ctx context.Context, std stdio, c *collectFlags, e *evaluateFlags, keep string) error {
	for _, check := range []func() error{e.check, c.check} {
		if err := check(); err != nil {
			return err
		}
	}
	if err := e.spareInputs(std, nil); err != nil {
		return err
	}
	to, err := c.kept(std, keep)
	switch {
	case err != nil:
		return err
	case keep != "" && e.writesTo(keep):
		return usageError(fmt.Errorf("--keep and --output: both are %s", keep), "the snapshot and the report are two files")
	}
	engine, options, err := e.engine(ctx)
	if err != nil {
		return readable(err)
	}
	if broken := engine.Broken(); len(broken) > 0 {
		return readable(broken)
	}
	h, err := c.collect(ctx, std, to)
	if err != nil {
		return err
	}
	if h.total == 0 {
		say(std.err, "", "the snapshot is kept in "+h.files()[0])
	}
	if len(e.explain.controls) > 0 {
		inputs, err := readInputs(std.in, h.files())
		if err != nil {
			return err
		}
		return e.explained(ctx, std, engine, inputs, options)
	}
	progress := newFleetProgress(std.err)
	all, err := scanFleet(ctx, std.in, h.files(), progress)
	if err != nil {
		return err
	}
	return e.judgeFleet(ctx, &fleetRun{std: std, engine: engine, options: options, fleet: all, progress: progress})
}

// kept is where the snapshots are kept. Of its own accord it never writes over one.
func (f *collectFlags) kept(std stdio, path string) (*target, error) {
	now := stamp(time.Now())
	switch {
	case path == "-":
		return nil, usageError(errors.New("--keep -: stdout is the report's"), "name a file, or let cistern collect write to stdout")
	case path == "" && f.given("keep"), path != "":
		return f.target(std, "keep", path)
	case f.resume:
		return nil, usageError(errors.New("--resume: no folder is named"), "--keep FOLDER names the folder of the run that was stopped")
	case f.several():
		folder := "cistern-" + now
		return &target{std: std, path: folder, folder: true, goOn: "--resume --keep " + folder}, nil
	}
	return &target{std: std}, nil
}
