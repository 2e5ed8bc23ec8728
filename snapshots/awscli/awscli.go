// Package awscli turns folders of saved AWS CLI output into snapshots, and holds the shell script that makes such a
// folder with the AWS CLI alone.
//
// A folder is best laid out as <account>/<region>/<service>-<operation>[.<name>].json, as the script does; in any other
// the call is recognised by what the file holds, and account and region by the ARNs in it. What is missing becomes a
// gap, and so does a file that holds an error in the place of an answer, or an answer with more pages to come.
package awscli

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// Options say what a folder cannot.
type Options struct {
	// Account and Region are for files that say neither in their path nor in their content where they belong.
	Account, Region string
	// CollectedAt is when the folder was made. If zero, collected-at.txt says it, or else the newest file's time.
	CollectedAt time.Time
	// ToolVersion is the version of the importing program.
	ToolVersion string
}

// Result is what a folder held.
type Result struct {
	// Snapshots are the accounts, sorted by id.
	Snapshots []*snapshots.Snapshot
	// Notes are what a person should know of the import: files that were not recognised, and what was guessed.
	Notes []Note
}

// Note is one remark on a file, or on the whole folder if File is empty.
type Note struct{ File, Text string }

func (n Note) String() string {
	if n.File == "" {
		return n.Text
	}
	return n.File + ": " + n.Text
}

// Error is a file that cannot be imported, and with it the folder: half of what was saved is no evidence.
type Error struct {
	File string
	Err  error
	Hint string
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Err.Error()
	}
	return e.File + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// HintOf is the way out of an error of this package, "" where none is known.
func HintOf(err error) string {
	var one *Error
	if errors.As(err, &one) && one.Hint != "" {
		return one.Hint
	}
	return snapshots.HintOf(err)
}

// Import reads a folder of saved AWS CLI output. The error is an [*Error] when the folder, and not reading it, is at
// fault.
func Import(folder fs.FS, o Options) (*Result, error) {
	r := &Result{}
	known := calls()
	files, err := readFolder(folder, known, r)
	if err != nil {
		return nil, err
	}
	if err := place(files, o); err != nil {
		return nil, err
	}
	for id, own := range byAccount(files) {
		if len(own) == 0 {
			continue
		}
		b := &builder{id: id, files: own, known: known, options: o, result: r}
		s, err := b.build()
		if err != nil {
			return nil, err
		}
		r.Snapshots = append(r.Snapshots, s)
	}
	if len(r.Snapshots) == 0 {
		return nil, &Error{Err: errors.New("the folder holds no AWS CLI output"),
			Hint: "cistern import --script prints a script that makes such a folder"}
	}
	slices.SortFunc(r.Snapshots, func(a, b *snapshots.Snapshot) int { return strings.Compare(a.Account.ID, b.Account.ID) })
	slices.SortFunc(r.Notes, func(a, b Note) int { return strings.Compare(a.String(), b.String()) })
	r.Notes = slices.Compact(r.Notes)
	return r, nil
}

func (r *Result) note(file, format string, args ...any) {
	r.Notes = append(r.Notes, Note{file, fmt.Sprintf(format, args...)})
}

// byAccount groups what was recognised. A time of collection belongs to the accounts below its folder.
func byAccount(files []*file) map[string][]*file {
	groups := map[string][]*file{}
	for _, f := range files {
		if f.call != nil {
			groups[f.account] = append(groups[f.account], f)
		}
	}
	for id := range groups {
		for _, f := range files {
			if !f.time.IsZero() && (f.account == id || f.account == "") {
				groups[id] = append(groups[id], f)
			}
		}
	}
	return groups
}
