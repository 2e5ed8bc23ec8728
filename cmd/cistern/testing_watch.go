package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// pollEvery is how often the files are looked at.
const pollEvery = 200 * time.Millisecond

// watchTests runs the tests, and again whenever a file that they read changes, until it is interrupted. What is wrong with a file is said, and
// the next change awaited.
func watchTests(ctx context.Context, std stdio, paths []string, f *testFlags) error {
	if _, err := f.options(); err != nil {
		return err
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return readable(err)
		}
	}
	w := &watcher{paths: append([]string{f.saved}, paths...), ignored: f.file}
	for _, name := range f.mutate {
		if !strings.HasPrefix(name, samplePrefix) {
			w.paths = append(w.paths, name)
		}
	}
	for {
		before := w.look()
		found, err := runTests(ctx, std, paths, f)
		if ctx.Err() != nil {
			return nil
		}
		exitCode(err, std.err)
		if found != nil {
			w.also = found.files()
			before = w.added(before)
		}
		changed, ok := w.await(ctx, before)
		if !ok {
			return nil
		}
		fmt.Fprintln(std.err)
		say(std.err, "", fmt.Sprintf("---- %s %s changed: running again", time.Now().Format(time.TimeOnly), changed))
	}
}

// files is what the suites read besides themselves.
func (f *foundTests) files() []string {
	var names []string
	for _, s := range f.suites {
		names = append(names, s.Files()...)
	}
	return names
}

// watcher knows which files matter.
type watcher struct {
	paths   []string // files and folders; "" is none
	also    []string // what the suites name
	ignored string   // the output
}

// fileState tells whether a file has changed.
type fileState struct {
	size     int64
	modified time.Time
}

// look is every file there is, by name. One that cannot be read is as one that is not there: the next look may find it.
func (w *watcher) look() map[string]fileState {
	seen := map[string]fileState{}
	for _, path := range slices.Concat(w.paths, w.also) {
		if path != "" {
			w.below(path, seen)
		}
	}
	return seen
}

func (w *watcher) below(path string, seen map[string]fileState) {
	path = filepath.Clean(path)
	// Errors are of single files, each of which is left out by returning nil.
	_ = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case name != path && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || name == filepath.Clean(w.ignored):
			return nil
		}
		if info, err := os.Stat(name); err == nil {
			seen[name] = fileState{info.Size(), info.ModTime()}
		}
		return nil
	})
}

// added is what was seen before a run, and the files that only the run has named as they are now.
func (w *watcher) added(before map[string]fileState) map[string]fileState {
	named := map[string]fileState{}
	for _, path := range w.also {
		w.below(path, named)
	}
	for name, now := range named {
		if _, known := before[name]; !known {
			before[name] = now
		}
	}
	return before
}

// await returns the name of a file that is no longer as before, or false when the context ends.
func (w *watcher) await(ctx context.Context, before map[string]fileState) (string, bool) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		if changed := difference(before, w.look()); changed != "" {
			return changed, true
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-ticker.C:
		}
	}
}

// difference is the first file, by name, that is in only one of them or another there.
func difference(before, now map[string]fileState) string {
	var changed []string
	for name, was := range before {
		if is, ok := now[name]; !ok || is != was {
			changed = append(changed, name)
		}
	}
	for name := range now {
		if _, ok := before[name]; !ok {
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 {
		return ""
	}
	return slices.Min(changed)
}
