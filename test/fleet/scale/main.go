// Command scale measures whether the cost of an evaluation grows with what is evaluated, and no faster:
//
//	make bench-scale [SCALE_FLAGS="-accounts 10,100 -- --level 1"]
//
// It builds cistern, writes fleets of more and more accounts, and accounts of more and more alarms, lets cistern judge each of them,
// and prints what that took as two tables in Markdown. What follows -- is given to cistern evaluate.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// order is what is to be measured.
type order struct {
	accounts, alarms numbers
	runs             int
	work             string
	evaluate         []string // more arguments of cistern evaluate
	progress         io.Writer
}

// numbers is a flag: 10,100,1000.
type numbers []int

func (n *numbers) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*n), " ", ","), "[]")
}

func (n *numbers) Set(text string) error {
	*n = nil
	for part := range strings.SplitSeq(text, ",") {
		number, err := strconv.Atoi(part)
		if err != nil || number < 1 {
			return fmt.Errorf("%q is not a number of accounts or alarms", part)
		}
		*n = append(*n, number)
	}
	return nil
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errs, "scale:", err)
		return 2
	}
	if err := o.measure(ctx, out); err != nil {
		fmt.Fprintln(errs, "scale:", err)
		return 1
	}
	return 0
}

func parse(args []string, errs io.Writer) (*order, error) {
	o := &order{accounts: numbers{10, 100, 1000, 10000}, alarms: numbers{10, 100, 1000, 10000}, progress: errs}
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Var(&o.accounts, "accounts", "how many accounts, one table row each")
	flags.Var(&o.alarms, "alarms", "how many alarms in one account, one table row each")
	flags.IntVar(&o.runs, "runs", 5, "how often a single account is judged; the run that took the least counts")
	flags.StringVar(&o.work, "work", "", "folder for snapshots and reports, kept (default: a temporary one)")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.runs < 1 {
		return nil, fmt.Errorf("-runs %d: out of range", o.runs)
	}
	o.evaluate = flags.Args()
	return o, nil
}

// measure builds the programs and prints both tables.
func (o *order) measure(ctx context.Context, out io.Writer) error {
	if o.work == "" {
		dir, err := os.MkdirTemp("", "cistern-scale-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.work = dir
	}
	m := &meter{order: o, cistern: filepath.Join(o.work, "cistern"), fleet: filepath.Join(o.work, "fleet")}
	for program, source := range map[string]string{m.cistern: "./cmd/cistern", m.fleet: "./test/fleet"} {
		if _, err := m.process(ctx, []int{0}, "go", "build", "-o", program, source); err != nil {
			return err
		}
	}
	if err := m.start(ctx, out); err != nil {
		return err
	}
	if err := m.accountsTable(ctx, out); err != nil {
		return err
	}
	return m.alarmsTable(ctx, out)
}
