package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cistern-audit/cistern/snapshots"
)

// target is where snapshots go.
type target struct {
	std    stdio
	path   string // -, a file or a folder; empty for a file named after the account and the time
	folder bool   // a file for each account
	goOn   string // how a run that was stopped goes on
}

// target is where the value of a flag says that snapshots go. What cannot be written is refused before anything is read.
func (f *collectFlags) target(std stdio, flag, path string) (*target, error) {
	to := &target{std: std, path: path, goOn: "the same command with --resume"}
	switch {
	case path == "":
		return nil, usageError(fmt.Errorf("--%s: is empty", flag), "leave it out, or give it a value")
	case path == "-" && f.several():
		return nil, usageError(fmt.Errorf("--%s: several accounts need a folder", flag), "name one: --"+flag+" snapshots/")
	case path == "-":
		return to, nil
	}
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, readable(err)
	}
	isFolder := err == nil && info.IsDir()
	to.folder = f.several() || isFolder || os.IsPathSeparator(path[len(path)-1])
	switch {
	case !to.folder:
		return to, to.checkParent()
	case err == nil && !isFolder:
		return nil, usageError(fmt.Errorf("%s: write snapshots: is not a folder", path), "several accounts need a folder")
	case isFolder && f.several() && !f.resume:
		return to, to.checkEmpty()
	}
	return to, nil
}

// checkParent refuses a file whose folder does not exist.
func (t *target) checkParent() error {
	parent := filepath.Dir(t.path)
	info, err := os.Stat(parent)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: parent, Err: errors.New("is not a folder")}
	}
	return unwritable(err)
}

// checkEmpty refuses a folder that holds snapshots already: they would be judged together with the new ones.
func (t *target) checkEmpty() error {
	files, err := snapshotsBelow(t.path)
	if err != nil || len(files) == 0 {
		return err
	}
	return usageError(fmt.Errorf("%s: write snapshots: holds %s already", t.path, count(len(files), "snapshot")),
		"--resume keeps those that are complete and reads the others; or name a new folder")
}

// file is where the snapshot of an account is, in a folder.
func (t *target) file(account string) string { return filepath.Join(t.path, account+".json") }

// write writes a snapshot, whole or not at all, and says where it is.
func (t *target) write(s *snapshots.Snapshot) (file string, err error) {
	switch {
	case t.path == "-":
		data, err := s.Canonical()
		if err != nil {
			return "", err
		}
		return t.path, writeOutput(t.std, t.path, data)
	case t.folder:
		if err := os.MkdirAll(t.path, 0o777); err != nil {
			return "", readable(err)
		}
		file = t.file(s.Account.ID)
	case t.path == "":
		file = "cistern-" + s.Account.ID + "-" + stamp(s.CollectedAt.Time) + ".json"
	default:
		file = t.path
	}
	return file, unwritable(s.WriteFile(file))
}
