package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/evidence"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func newEvidencePackCommand(std stdio) *cobra.Command {
	f := &evaluateFlags{failOn: "never"}
	var to string
	cmd := &cobra.Command{
		Use:   "pack PATH... -o FOLDER|FILE.zip",
		Short: "Judge snapshots and write an evidence bundle",
		Long: `Judges snapshots as "cistern evaluate" does and writes a bundle: the snapshots in canonical form, the policies and the edition that judged
them, waivers and parameters, report.json and report.html, SHA256SUMS, and evidence.intoto.json, an in-toto Statement about all of these
whose predicate is the collection record. The same input gives the same bytes, wherever and whenever. Nothing in it is compressed.

The exit code says whether the bundle was written, whatever the verdicts are: 0 it was, 2 wrong usage or unreadable input, 1 the tool failed.`,
		Example: `  cistern evidence pack prod.json -o audit.zip
  cistern evidence pack snapshots/ --policies ours --waivers waivers.yaml --as-of 2026-01-31 -o audit/
  cistern evidence sign audit.zip --key key.pem`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, paths []string) error {
			f.given = cmd.Flags().Changed
			return packEvidence(cmd.Context(), std, f, paths, to)
		},
	}
	f.policyFlags.register(cmd)
	f.limitFlags.register(cmd)
	registerControls(cmd, &f.controls)
	flags := cmd.Flags()
	flags.BoolVar(&f.noRecords, "no-records", false, "leave out of the report what the snapshots say where findings point: they lie beside it")
	flags.IntVar(&f.level, "level", 0, "only controls up to this level, 1 or 2 (default: all)")
	flags.IntVar(&f.maxEvents, "max-events", 0, "accept alarms that ring after up to `N` events (default 1)")
	flags.StringVar(&f.waivers, "waivers", "", "YAML `FILE` of failures that someone answers for until a day")
	flags.StringVarP(&to, "output", "o", "", "write the bundle to this `PATH`, where nothing is yet: an archive if it ends in .zip, or is - for standard output, else a folder")
	flags.StringVar(&f.sample, "sample", "", "judge the embedded sample snapshot `NAME`")
	completeFrom(cmd, "sample", samples.Names)
	if err := cmd.MarkFlagRequired("output"); err != nil {
		panic(err) // the flag was defined above
	}
	return cmd
}

func packEvidence(ctx context.Context, std stdio, f *evaluateFlags, paths []string, to string) error {
	if len(paths) == 0 && f.sample == "" {
		return usageError(errors.New("evidence pack: no snapshot given"), "cistern collect makes one, and --sample compliant is one")
	}
	for _, check := range []func() error{func() error { return f.checkPaths(paths) }, f.check, f.checkEvidence, f.checkPlain} {
		if err := check(); err != nil {
			return err
		}
	}
	if err := free(std, to); err != nil {
		return err
	}
	easeCollection()
	engine, inputs, options, err := f.read(ctx, std, paths)
	if err != nil {
		return err
	}
	for _, problem := range engine.Broken() {
		say(std.err, "note: ", problem)
	}
	contents, err := f.contents(inputs, options)
	if err != nil {
		return err
	}
	bundle, err := evidence.Pack(ctx, contents)
	if err != nil {
		return unpackable(err)
	}
	if err := writeEvidence(std, to, bundle); err != nil {
		return err
	}
	if to != "-" {
		say(std.err, "note: ", fmt.Sprintf("%s: %d files; cistern evidence sign %[1]s --key KEY.pem signs it", to, len(bundle)))
	}
	return nil
}

// free refuses to write where something is already, or an archive to a terminal.
func free(std stdio, to string) error {
	if !isArchive(to) {
		return vacant(to)
	}
	if to == "-" {
		if _, ok := terminal(std.out); ok {
			return usageError(errors.New("evidence pack: an archive is nothing for a terminal"), "-o audit.zip writes it to a file")
		}
		return nil
	}
	_, err := os.Lstat(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return readable(err)
	}
	return usageError(fmt.Errorf("%s: write: is there already", to), "name a new file, or remove it: it may be evidence")
}

func writeEvidence(std stdio, to string, bundle evidence.Bundle) error {
	if !isArchive(to) {
		return writeFolder(to, maps.All(bundle))
	}
	text, err := bundle.Zip()
	if err != nil {
		return err
	}
	return writeOutput(std, to, text)
}

// unpackable is input that cannot lie in a bundle.
func unpackable(err error) error {
	var name *evidence.NameError
	if errors.As(err, &name) {
		return usageError(fmt.Errorf("evidence pack: %w", err), "")
	}
	return readable(err)
}

// checkEvidence refuses what no bundle may hold or ask for.
func (f *evaluateFlags) checkEvidence() error {
	memory, err := parseSize("memory", f.memory)
	switch {
	case err != nil:
		return err
	case f.timeout > evidence.MaxTimeout || f.timeout < time.Millisecond:
		return usageError(fmt.Errorf("timeout %v: a bundle asks for 1ms to %v", f.timeout, evidence.MaxTimeout), "whoever checks the bundle must wait as long")
	case memory > evidence.MaxMemory:
		return usageError(fmt.Errorf("memory %s: a bundle asks for at most 64GiB", f.memory), "whoever checks the bundle needs as much")
	case f.key != "" && strings.HasPrefix(f.alg, "HS"):
		return usageError(fmt.Errorf("--signing-alg %s: its key is a secret, and a bundle would give it away", f.alg), "sign the policies with a key pair: opa build --signing-alg ES256")
	}
	return nil
}

// checkPlain refuses pipes: what the flags name is read to judge and again to be packed, and a pipe says nothing the second time.
func (f *evaluateFlags) checkPlain() error {
	for _, name := range append([]string{f.waivers, f.parameters, f.key, f.benchmark}, f.policies...) {
		info, err := os.Stat(name)
		if err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			return usageError(fmt.Errorf("%s: read: is no plain file, and a bundle's parts are read twice", name), "write it to a file first")
		}
	}
	return nil
}

// contents are what the flags name, as it is packed.
func (f *evaluateFlags) contents(inputs []evaluator.Input, o evaluator.Options) (evidence.Contents, error) {
	c := evidence.Contents{Embedded: policies.FS, Tool: thisTool()}
	for _, in := range inputs {
		c.Snapshots = append(c.Snapshots, in.Snapshot)
	}
	c.Options = evidence.Options{
		Benchmark: o.Benchmark.ID, Controls: o.Controls, Level: o.Level, NoRecords: o.NoRecords, NoEmbedded: f.noEmbedded,
		MaxEvents: f.maxEvents, TimeoutMS: o.Timeout.Milliseconds(), MemoryBytes: o.Memory,
	}
	if !o.AsOf.IsZero() {
		c.Options.AsOf = o.AsOf.Format(time.RFC3339Nano)
	}
	for _, file := range []struct {
		path string
		text *[]byte
	}{{f.waivers, &c.Waivers}, {f.parameters, &c.Parameters}, {f.key, &c.Key}} {
		if file.path == "" {
			continue
		}
		var err error
		if *file.text, err = os.ReadFile(file.path); err != nil {
			return c, readable(err)
		}
	}
	if f.key != "" {
		if strings.Contains(string(c.Key), "PRIVATE KEY") {
			return c, usageError(fmt.Errorf("%s: is a private key, and a bundle would give it away", f.key), "--verification-key takes the public one")
		}
		c.Options.KeyID, c.Options.Algorithm, c.Options.Scope = f.keyID, f.alg, f.scope
	}
	for _, name := range f.policies {
		own, err := ownSource(name)
		if err != nil {
			return c, err
		}
		c.Own = append(c.Own, own)
	}
	var err error
	c.Edition, err = f.ownEdition()
	return c, err
}

// ownSource is a folder or bundle of policies as it is packed.
func ownSource(path string) (evidence.Policies, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return evidence.Policies{}, err
	}
	own := evidence.Policies{Name: filepath.Base(whole)}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return own, readable(err)
	case info.IsDir():
		own.FS = os.DirFS(path)
	default:
		own.Archive, err = os.ReadFile(path)
	}
	return own, readable(err)
}

// ownEdition is the text of the edition if it is a file of the user's, else nil.
func (f *evaluateFlags) ownEdition() ([]byte, error) {
	from, err := f.sources(true)
	if err != nil {
		return nil, err
	}
	all, err := evaluator.Benchmarks(from)
	if err != nil {
		return nil, readable(err)
	}
	if _, err := evaluator.FindBenchmark(all, f.benchmark); err == nil {
		return nil, nil
	}
	text, err := os.ReadFile(f.benchmark)
	return text, readable(err)
}
