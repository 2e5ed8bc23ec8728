package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// keep writes a file below the output folder and gives on that it is there.
func keep(ctx context.Context, files *store, folder string, file written, emit func(written), write func(io.Writer) error) error {
	sum := sha256.New()
	err := files.write(ctx, below(folder, file.File), func(w io.Writer) error { return write(io.MultiWriter(sum, w)) })
	if err != nil {
		return err
	}
	file.SHA256 = fmt.Sprintf("%x", sum.Sum(nil))
	emit(file)
	return nil
}

// bytesOf writes a text that is at hand.
func bytesOf(text []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
}

// below is a file in a folder of any filesystem.
func below(folder, name string) string { return strings.TrimSuffix(folder, "/") + "/" + name }

// failuresFn writes a line of JSON a snapshot that was not judged.
type failuresFn struct {
	Output string

	files store
}

// ProcessElement has all failures before it.
func (fn *failuresFn) ProcessElement(ctx context.Context, _ int, next func(*failure) bool, emit func(written)) error {
	var all []failure
	for f := (failure{}); next(&f); f = (failure{}) {
		if f.Snapshot != "" {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b failure) int { return cmp.Compare(a.Snapshot, b.Snapshot) })
	var text bytes.Buffer
	for _, f := range slices.Compact(all) {
		line, err := json.Marshal(struct {
			Snapshot string `json:"snapshot"`
			Day      string `json:"day,omitempty"`
			Account  string `json:"account,omitempty"`
			Problem  string `json:"problem"`
			Hint     string `json:"hint,omitempty"`
		}(f))
		if err != nil {
			return err
		}
		text.Write(append(line, '\n'))
	}
	return keep(ctx, &fn.files, fn.Output, written{File: "errors.jsonl"}, emit, bytesOf(text.Bytes()))
}

// Teardown lets go of the filesystems.
func (fn *failuresFn) Teardown() error { return fn.files.close() }

// manifestFn writes last of all what was written: where it is, the rest is there.
type manifestFn struct {
	Output string

	files store
}

// manifestName is the file that tells an output is whole.
const manifestName = "manifest.json"

// ProcessElement has the names of all files before it.
func (fn *manifestFn) ProcessElement(ctx context.Context, _ int, next func(*written) bool) error {
	type file struct {
		File     string `json:"file"`
		SHA256   string `json:"sha256"`
		Day      string `json:"day,omitempty"`
		Accounts int    `json:"accounts,omitempty"`
	}
	all := []file{}
	for w := (written{}); next(&w); w = (written{}) {
		if w.File != "" {
			all = append(all, file(w))
		}
	}
	slices.SortFunc(all, func(a, b file) int { return cmp.Compare(a.File, b.File) })
	text, err := json.MarshalIndent(map[string]any{"schema": "cistern/archive/v1", "files": all}, "", "  ")
	if err != nil {
		return err
	}
	return fn.files.write(ctx, below(fn.Output, manifestName), bytesOf(append(text, '\n')))
}

// Teardown lets go of the filesystems.
func (fn *manifestFn) Teardown() error { return fn.files.close() }
