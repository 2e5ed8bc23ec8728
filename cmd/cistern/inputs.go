package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// readInputs reads the snapshots at the paths: files, folders of files, - for stdin.
func readInputs(stdin io.Reader, paths []string) ([]evaluator.Input, error) {
	var all []evaluator.Input
	for _, path := range paths {
		if path == "-" {
			s, err := snapshots.Read(stdin)
			if err != nil {
				return nil, unreadable(fmt.Errorf("stdin: %w", err))
			}
			all = append(all, evaluator.Input{Name: "stdin", Snapshot: s})
			continue
		}
		files, err := snapshotFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			s, err := snapshots.ReadFile(file)
			if err != nil {
				return nil, unreadable(err)
			}
			all = append(all, evaluator.Input{Name: file, Snapshot: s})
		}
	}
	return all, nil
}

// unreadable is a snapshot that cannot be read: always the input's fault.
func unreadable(err error) error {
	if wrong := readable(err); wrong != err {
		return wrong
	}
	return usageError(err, snapshots.HintOf(err))
}

// snapshotFiles is the file at path, or every snapshot file below the folder there, in the order of their names.
func snapshotFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, readable(err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	files, err := snapshotsBelow(path)
	if err == nil && len(files) == 0 {
		return nil, usageError(fmt.Errorf("%s: find snapshots: there are none (*.json, *.json.gz)", path),
			"cistern collect or cistern import makes a snapshot")
	}
	return files, err
}

// snapshotsBelow is every snapshot file below a folder, in the order of their names.
func snapshotsBelow(path string) ([]string, error) {
	var files []string
	root := strings.TrimRight(path, string(filepath.Separator)) + string(filepath.Separator) // a link to a folder is followed, too
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.IsDir() && isSnapshotName(entry.Name()):
			files = append(files, name)
		}
		return nil
	})
	return files, readable(err)
}

func isSnapshotName(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".json.gz"))
}

// readSample is an embedded snapshot.
func readSample(name string) (evaluator.Input, error) {
	s, err := samples.Read(name)
	if err != nil {
		return evaluator.Input{}, usageError(err, "cistern evaluate --sample list names them")
	}
	return evaluator.Input{Name: "sample " + name, Snapshot: s}, nil
}
