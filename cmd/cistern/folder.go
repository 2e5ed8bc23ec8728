package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// writeFolder writes the files below dir, all or none.
func writeFolder(dir string, files iter.Seq2[string, []byte]) error {
	return writePages(dir, func(yield func(report.Page, error) bool) {
		for name, content := range files {
			if !yield(report.Page{Name: name, Content: content}, nil) {
				return
			}
		}
	})
}

// writePages writes the files below dir, all or none: they are written beside it and take its place at the end.
func writePages(dir string, files iter.Seq2[report.Page, error]) error {
	if err := vacant(dir); err != nil {
		return err
	}
	parent := filepath.Dir(filepath.Clean(dir))
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return unwritable(err)
	}
	return unwritable(snapshots.WriteFolderBy(dir, func(folder string) error {
		for page, err := range files {
			if err != nil {
				return err
			}
			file := filepath.Join(folder, filepath.FromSlash(page.Name))
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(file, page.Content, 0o666); err != nil {
				return err
			}
		}
		return nil
	}))
}

// vacant refuses a folder that holds anything, and one that cannot be replaced under the user's feet.
func vacant(dir string) error {
	const way = "name a new folder"
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return readable(err)
	case len(entries) > 0:
		return usageError(fmt.Errorf("%s: write: the folder is not empty", dir), way)
	}
	here, err := os.Stat(".")
	if err != nil {
		return err
	}
	there, err := os.Stat(dir)
	if err == nil && os.SameFile(here, there) {
		return usageError(fmt.Errorf("%s: write: is the current folder", dir), way)
	}
	return readable(err)
}
