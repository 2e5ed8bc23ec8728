// Command peers measures cistern beside stock OPA and conftest: the same policies, the same snapshots, one machine, one run.
//
//	make bench-peers [PEERS_N=1000] [PEERS_FLAGS="-conftest 200"]
//
// It builds all of them, writes a folder of made-up accounts, lets each tool judge the 16 monitoring controls of an edition, and
// prints what each of them took. What the tools cannot run of our policies, a stand-in replaces: see shim.
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
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// order is what is to be measured.
type order struct {
	root, work, edition string
	accounts            int
	samples             map[string]int // accounts of a tool, by its name; the first so many
	progress            io.Writer
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errs, "peers:", err)
		return 2
	}
	if err := o.measure(ctx, out); err != nil {
		fmt.Fprintln(errs, "peers:", err)
		return 1
	}
	return 0
}

func parse(args []string, errs io.Writer) (*order, error) {
	o := &order{samples: map[string]int{}, progress: errs}
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.root, "root", filepath.Join("..", ".."), "the project's folder")
	flags.StringVar(&o.work, "work", "", "folder for policies, snapshots and outputs, kept (default: a temporary one)")
	flags.StringVar(&o.edition, "benchmark", "3.0.0", "the edition")
	flags.IntVar(&o.accounts, "n", 1000, "accounts that cistern and opa exec judge")
	eval := flags.Int("eval", 200, "accounts that opa eval judges, a process each; 0 for all")
	conftest := flags.Int("conftest", 200, "accounts that conftest judges; 0 for all")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("argument %q: there are only flags", flags.Arg(0))
	}
	if o.accounts < 1 || *eval < 0 || *conftest < 0 {
		return nil, fmt.Errorf("-n %d -eval %d -conftest %d: out of range", o.accounts, *eval, *conftest)
	}
	o.samples[opaEval], o.samples[conftestOne], o.samples[conftestMany] = *eval, *conftest, *conftest
	var err error
	o.root, err = filepath.Abs(o.root)
	return o, err
}

// measure builds, generates, runs every tool once, and prints the table.
func (o *order) measure(ctx context.Context, out io.Writer) error {
	if o.work == "" {
		dir, err := os.MkdirTemp("", "cistern-peers-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.work = dir
	}
	b, err := o.build(ctx)
	if err != nil {
		return err
	}
	files, err := o.generate(ctx, b)
	if err != nil {
		return err
	}
	p, err := export(ctx, b.cistern, o.edition, filepath.Join(o.work, "policies"))
	if err != nil {
		return err
	}
	var results []result
	for _, t := range tools(b, p) {
		some := files
		if n := o.samples[t.name]; n > 0 && n < len(files) {
			some = files[:n]
		}
		fmt.Fprintf(o.progress, "peers: %s: %d accounts ...\n", t.name, len(some))
		r, err := t.judge(ctx, some)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	return table(out, results, p)
}

// generate writes the accounts, and reads them once so that no tool finds them colder than another does.
func (o *order) generate(ctx context.Context, b *built) ([]string, error) {
	dir := filepath.Join(o.work, "snapshots")
	if _, err := said(ctx, b.root, b.fleet, "-n", fmt.Sprint(o.accounts), "-alone", "-o", dir); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, file := range files {
		if _, err := os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// accountOf is the account of a snapshot's file.
func accountOf(file string) string { return strings.TrimSuffix(filepath.Base(file), ".json") }
