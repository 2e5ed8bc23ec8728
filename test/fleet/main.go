// Command fleet writes the snapshots of a made-up organisation into a folder, for measurements:
//
//	go run ./test/fleet -n 10000 -o DIR [-seed 1] [-alarms N] [-alone] [-broken K] [-days D]
//
// The same arguments give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// order is what is to be written.
type order struct {
	fleet           accounts.Fleet
	n, broken, days int
	dir             string
}

func run(args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errs, "fleet:", err)
		return 2
	}
	written, err := o.write()
	if err != nil {
		fmt.Fprintln(errs, "fleet:", err)
		return 1
	}
	fmt.Fprintf(out, "%s: %d accounts, %d days, %d of them broken, %.1f MB\n", o.dir, o.n, o.days, o.broken, float64(written)/1e6)
	return 0
}

func parse(args []string, errs io.Writer) (*order, error) {
	o := &order{}
	flags := flag.NewFlagSet("fleet", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.IntVar(&o.n, "n", 100, "number of accounts")
	flags.StringVar(&o.dir, "o", "", "folder to write to; new, or empty")
	flags.Uint64Var(&o.fleet.Seed, "seed", 1, "another seed, other accounts")
	flags.IntVar(&o.fleet.Alarms, "alarms", 0, "metric alarms of each account (0: as many as is typical)")
	flags.BoolVar(&o.fleet.Alone, "alone", false, "every account watches its own trail: none points to another")
	flags.IntVar(&o.broken, "broken", 0, "how many of the accounts have a file that cannot be read, on every day")
	flags.IntVar(&o.days, "days", 1, "days in a row; more than one are a folder each")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("argument %q: there are only flags", flags.Arg(0))
	case o.dir == "":
		return nil, errors.New("-o: name a folder")
	case o.n < 1 || o.days < 1 || o.fleet.Alarms < 0 || o.broken < 0 || o.broken > o.n:
		return nil, fmt.Errorf("-n %d -days %d -alarms %d -broken %d: out of range", o.n, o.days, o.fleet.Alarms, o.broken)
	}
	entries, err := os.ReadDir(o.dir)
	if err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s: write: the folder is not empty", o.dir)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return o, nil
}

// write writes every account of every day, a worker a processor, and counts the bytes.
func (o *order) write() (int64, error) {
	for day := range o.days {
		if err := os.MkdirAll(o.folder(day), 0o777); err != nil {
			return 0, err
		}
	}
	var next, written atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for w := range errs {
		workers.Go(func() {
			for errs[w] == nil {
				job := int(next.Add(1)) - 1
				if job >= o.n*o.days {
					return
				}
				size, err := o.writeOne(job/o.days, job%o.days)
				written.Add(int64(size))
				errs[w] = err
			}
		})
	}
	workers.Wait()
	return written.Load(), errors.Join(errs...)
}

func (o *order) folder(day int) string {
	if o.days == 1 {
		return o.dir
	}
	return filepath.Join(o.dir, accounts.Day(day))
}

func (o *order) writeOne(i, day int) (int, error) {
	data, err := o.fleet.Account(i, day).Canonical()
	if err != nil {
		return 0, err
	}
	if o.isBroken(i) {
		data = damaged(i*o.broken/o.n, data)
	}
	return len(data), os.WriteFile(filepath.Join(o.folder(day), accounts.ID(i)+".json"), data, 0o666)
}

// isBroken spreads the broken accounts over all.
func (o *order) isBroken(i int) bool { return (i+1)*o.broken/o.n > i*o.broken/o.n }

// damaged is a file as a full disk, a crash or another program leaves it: another way for each one that is damaged.
func damaged(n int, data []byte) []byte {
	switch n % 4 {
	case 0:
		return data[:len(data)/2]
	case 1:
		return nil
	case 2:
		return []byte("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>\n")
	}
	data[len(data)/3] = 0
	return data
}
