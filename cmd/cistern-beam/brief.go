package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
)

// brief is all that verdicts rest on besides the snapshots, by value: a worker has none of the submitter's files.
type brief struct {
	Version      string // of the tool, which the report names
	Benchmark    string // an edition's id; the newest of CIS if empty
	Edition      *paper // an edition of the user's own, which Benchmark then does not name
	Embedded     bool
	Policies     []parcel
	Verification evaluator.Verification
	Waivers      *paper
	Parameters   *paper
	Controls     []string
	Level        int
	MaxEvents    int
	AsOf         time.Time
	Timeout      time.Duration
	Memory       int64
	NoRecords    bool
}

// paper is a file's text and the name that errors and notes give it.
type paper struct {
	Name string
	Text []byte
}

// parcel is a folder of policies as a zip archive, or an OPA bundle as it was given.
type parcel struct {
	Name   string
	Bundle bool
	Data   []byte
}

func readPaper(name string) (*paper, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &paper{name, text}, nil
}

// readParcel reads the folder or bundle at a path.
func readParcel(name string) (parcel, error) {
	info, err := os.Stat(name)
	if err != nil {
		return parcel{}, err
	}
	if !info.IsDir() {
		data, err := os.ReadFile(name)
		return parcel{name, true, data}, err
	}
	data, err := packFolder(os.DirFS(name))
	if err != nil {
		return parcel{}, fmt.Errorf("%s: read policies: %w", name, err)
	}
	return parcel{name, false, data}, nil
}

// packFolder archives what an engine reads of a folder, in the order of the names and without times.
func packFolder(folder fs.FS) ([]byte, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), ".") && entry.IsDir():
			return fs.SkipDir
		case entry.IsDir(), !isPolicyFile(name):
			return nil
		}
		text, err := readPlain(folder, name)
		if err != nil {
			return err
		}
		file, err := w.Create(name)
		if err == nil {
			_, err = file.Write(text)
		}
		return err
	})
	if err == nil {
		err = w.Close()
	}
	return archive.Bytes(), err
}

// isPolicyFile tells whether an engine may read a file of that name: a policy, data or an edition.
func isPolicyFile(name string) bool {
	switch path.Base(name) {
	case "data.json", "data.yaml", "data.yml":
		return true
	}
	ending := path.Ext(name)
	return !strings.HasPrefix(path.Base(name), ".") && (ending == ".rego" || ending == ".yaml" && path.Dir(name) == "benchmarks")
}

// readPlain reads a file that has an end.
func readPlain(folder fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "read", Path: name, Err: errors.New("is no plain file")}
	}
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(folder, name)
}

func (p parcel) open(v evaluator.Verification) (evaluator.Source, error) {
	if p.Bundle {
		return evaluator.OpenBundle(p.Name, bytes.NewReader(p.Data), v)
	}
	if v.Key != "" {
		return evaluator.Source{}, &evaluator.InputError{
			File: p.Name, Problem: "verify signature: is a folder, and only bundles are signed", Hint: "make one with cistern policy bundle",
		}
	}
	archive, err := zip.NewReader(bytes.NewReader(p.Data), int64(len(p.Data)))
	if err != nil {
		return evaluator.Source{}, fmt.Errorf("%s: unpack policies: %w", p.Name, err)
	}
	return evaluator.Source{Name: p.Name, FS: archive}, nil
}

// open compiles the policies and reads the rest, the same way at the submitter's and in a worker.
func (b *brief) open(ctx context.Context) (*evaluator.Engine, evaluator.Options, error) {
	o, err := b.options()
	if err != nil {
		return nil, o, err
	}
	sources, err := b.sources()
	if err != nil {
		return nil, o, err
	}
	if o.Benchmark, err = b.edition(sources); err != nil {
		return nil, o, err
	}
	engine, err := evaluator.Isolate(ctx, sources)
	if err != nil {
		return nil, o, err
	}
	return engine, o, engine.CheckWaivers(ctx, o)
}

func (b *brief) options() (evaluator.Options, error) {
	o := evaluator.Options{
		Controls: b.Controls, Level: b.Level, Parameters: map[string]any{}, AsOf: b.AsOf, Tool: report.Tool{Name: "cistern", Version: b.Version},
		Timeout: b.Timeout, Memory: b.Memory, NoRecords: b.NoRecords,
	}
	if b.Parameters != nil {
		parameters, err := evaluator.ParseParameters(b.Parameters.Name, b.Parameters.Text)
		if err != nil {
			return o, err
		}
		if parameters != nil {
			o.Parameters = parameters
		}
	}
	if b.MaxEvents > 0 {
		o.Parameters["max_events"] = b.MaxEvents
	}
	var err error
	if b.Waivers != nil {
		o.Waivers, err = evaluator.ParseWaivers(b.Waivers.Name, b.Waivers.Text)
	}
	return o, err
}

// shipped are the policies and editions that the program itself has.
func shipped() evaluator.Source {
	return evaluator.Source{Name: "policies", FS: policies.FS, Catalogue: true}
}

func (b *brief) sources() ([]evaluator.Source, error) {
	var all []evaluator.Source
	if b.Embedded {
		all = append(all, shipped())
	}
	for _, p := range b.Policies {
		source, err := p.open(b.Verification)
		if err != nil {
			return nil, err
		}
		all = append(all, source)
	}
	return all, nil
}

func (b *brief) edition(sources []evaluator.Source) (*evaluator.Benchmark, error) {
	if !b.Embedded { // the user's policies stand alone; the editions are still those that are shipped
		s := shipped()
		s.Catalogue = false
		sources = slices.Concat([]evaluator.Source{s}, sources)
	}
	all, err := evaluator.Benchmarks(sources)
	if err != nil {
		return nil, err
	}
	if b.Edition == nil {
		return evaluator.FindBenchmark(all, b.Benchmark)
	}
	own, err := evaluator.ParseBenchmark(b.Edition.Name, b.Edition.Text)
	if err == nil {
		own.Among(all)
	}
	return own, err
}

// addEdition takes the edition from the file that the flag names, unless an edition has that name.
func (b *brief) addEdition() error {
	sources, err := b.sources()
	if err != nil {
		return err
	}
	_, unknown := b.edition(sources)
	if unknown == nil || b.Benchmark == "" {
		return unknown
	}
	switch b.Edition, err = readPaper(b.Benchmark); {
	case errors.Is(err, fs.ErrNotExist):
		return unknown
	}
	return err
}
