package awscli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// The bounds of a folder, so that a wrong path ends in an error and not in a full memory.
const (
	maxFiles    = 50_000
	maxFileSize = 64 << 20
)

// timeFile is the file in which the script says when it ran.
const timeFile = "collected-at.txt"

// file is one file of a folder, recognised as far as it can be.
type file struct {
	path     string
	modified time.Time
	data     []byte // UTF-8
	sum      string // SHA-256 of the file as it is on disk
	fields   snapshots.Extra
	failure  *failure  // an error in the place of an answer
	time     time.Time // what a timeFile says

	call    *call
	name    string // what the file's name says after the call
	guessed bool   // the call is known by the content alone, and name is the file's whole name
	account string
	region  string
}

// readFolder reads every file of a folder, in the order of their paths, and recognises the calls.
func readFolder(folder fs.FS, known []*call, r *Result) ([]*file, error) {
	var files []*file
	count := 0
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if strings.HasPrefix(entry.Name(), ".") && name != "." {
				r.note(name, "a hidden folder, left out")
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			r.note(name, "not a regular file, left out")
			return nil
		case strings.HasPrefix(entry.Name(), "."):
			r.note(name, "a hidden file, left out")
			return nil
		}
		if count++; count > maxFiles {
			return &Error{Err: fmt.Errorf("more than %d files", maxFiles), Hint: "is this the folder that you mean?"}
		}
		f, err := readOne(folder, name, known, r)
		if f != nil {
			files = append(files, f)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return withoutEchoes(files), nil
}

// readOne reads a file. It is nil, and noted, if it is none of ours.
func readOne(folder fs.FS, name string, known []*call, r *Result) (*file, error) {
	opened, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(opened, maxFileSize+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxFileSize {
		return nil, &Error{File: name, Err: fmt.Errorf("read: larger than %d MiB", maxFileSize>>20)}
	}
	f := &file{path: name, modified: info.ModTime(), data: bytes.TrimSpace(snapshots.UTF8(raw)), sum: sumOf(raw)}
	f.account, f.region = placeIn(path.Dir(name))
	if path.Base(name) == timeFile {
		t, err := snapshots.ParseTime(string(f.data))
		if err != nil {
			return nil, &Error{File: name, Err: err}
		}
		f.time = t.Time
		return f, nil
	}
	f.call, f.name = named(stemOf(path.Base(name)), known)
	return f.recognise(known, r)
}

// recognise looks at what a file holds: an answer, an error, nothing, or something else.
func (f *file) recognise(known []*call, r *Result) (*file, error) {
	if len(f.data) == 0 {
		if f.call == nil {
			if !isErrorName(f.path) {
				r.note(f.path, "empty, and not named after a call: left out")
			}
			return nil, nil
		}
		f.failure = &failure{code: "EmptyOutput", message: "the AWS CLI printed nothing"}
		return f, nil
	}
	if f.data[0] != '{' {
		return f.notAnObject(known, r)
	}
	var answer struct {
		Extra snapshots.Extra `json:",extra"`
	}
	if err := snapshots.Unmarshal(f.data, &answer); err != nil {
		if f.failure = failureIn(string(f.data)); f.failure != nil {
			return f.failed(known, r)
		}
		fault := &Error{File: f.path, Err: err}
		if snapshots.HintOf(err) == "" {
			fault.Hint = "save the output of each call in a file of its own; what is none does not belong in the folder"
		}
		return nil, fault
	}
	f.fields = answer.Extra
	by := recognised(f.fields, known)
	switch {
	case by == nil && f.call == nil || isStranger(f.path):
		if f.failure = failureInJSON(f.fields); f.failure != nil {
			return f.failed(known, r)
		}
		r.note(f.path, "not the answer of a call that cistern needs: left out")
		return nil, nil
	case by == nil:
		if f.failure = failureInJSON(f.fields); f.failure == nil && len(f.fields) > 0 {
			return nil, &Error{File: f.path, Err: fmt.Errorf("read: not an answer of %s %s", f.call.service, f.call.operation),
				Hint: "save the output as the AWS CLI prints it with --output json, without --query"}
		}
	case f.call == nil:
		f.call, f.name, f.guessed = by, stemOf(path.Base(f.path)), true
	case !sameAnswer(f.call, by):
		r.note(f.path, "holds an answer of %s %s, whatever its name says", by.service, by.operation)
		f.call, f.name = by, ""
	}
	return f, nil
}

// sameAnswer tells whether two calls answer alike, so that the file's name decides.
func sameAnswer(a, b *call) bool {
	alike := [][]string{{"list-subscriptions", "list-subscriptions-by-topic"}, {"describe-regions", "list-regions"}}
	return a == b || slices.ContainsFunc(alike, func(pair []string) bool {
		return slices.Contains(pair, a.operation) && slices.Contains(pair, b.operation)
	})
}

// notAnObject looks at text that is no JSON object: the error that the AWS CLI printed, or something else.
func (f *file) notAnObject(known []*call, r *Result) (*file, error) {
	if f.failure = failureIn(string(f.data)); f.failure != nil {
		return f.failed(known, r)
	}
	if f.call == nil {
		r.note(f.path, "not AWS CLI output in JSON: left out")
		return nil, nil
	}
	if f.data[0] == '[' && json.Valid(f.data) {
		return nil, &Error{File: f.path, Err: errors.New("read: a list, not the answer of a call"),
			Hint: "save the output as the AWS CLI prints it, without --query: a part cannot show that it is the whole"}
	}
	if isErrorName(f.path) {
		r.note(f.path, "not an error that cistern knows: left out")
		return nil, nil
	}
	r.note(f.path, "neither JSON nor an error of the AWS CLI: counted as a call that failed")
	f.failure = &failure{code: "Unreadable", message: firstLine(string(f.data))}
	return f, nil
}

// failed completes a file that holds an error. The error itself names the call where the file does not.
func (f *file) failed(known []*call, r *Result) (*file, error) {
	if by := find(known, f.failure.operation); by != nil && (f.call == nil || !sameAnswer(f.call, by)) {
		f.call, f.name = by, ""
		if by.scope == about {
			f.name, f.guessed = stemOf(path.Base(f.path)), true
		}
	}
	if f.call == nil {
		r.note(f.path, "an error of a call that cistern does not need: %s", f.failure.message)
		return nil, nil
	}
	return f, nil
}

// withoutEchoes leaves out the empty output beside a file with the error, and the error beside an answer that came
// after all: the same call has one outcome.
func withoutEchoes(files []*file) []*file {
	type outcome struct{ folder, call, name string }
	key := func(f *file) outcome { return outcome{path.Dir(f.path), f.call.operation, f.name} }
	explained := map[outcome]bool{}
	for _, f := range files {
		if f.call != nil && f.failure != nil && f.failure.code != "EmptyOutput" {
			explained[key(f)] = true
		}
	}
	return slices.DeleteFunc(files, func(f *file) bool {
		return f.call != nil && f.failure != nil && f.failure.code == "EmptyOutput" && explained[key(f)]
	})
}

// endings are what may stand after a call's name and resource.
var endings = []string{".json", ".txt", ".error", ".err", ".stderr", ".out", ".log"}

// stemOf is a file's name without its endings.
func stemOf(base string) string {
	for {
		cut := base
		for _, ending := range endings {
			cut = strings.TrimSuffix(cut, ending)
		}
		if cut == base || cut == "" {
			return base
		}
		base = cut
	}
}

func isErrorName(name string) bool {
	return slices.ContainsFunc([]string{".err", ".error", ".stderr", ".log", ".error.txt", ".err.txt"}, func(ending string) bool {
		return strings.HasSuffix(name, ending)
	})
}

func isStranger(name string) bool {
	return slices.ContainsFunc(strangers, func(s string) bool { return strings.Contains(flattened(path.Base(name)), s) })
}
