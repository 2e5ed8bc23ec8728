package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// spool holds the accounts of a report until it is written: a few in memory, many as text in temporary files that have no names, so that
// nothing is left of them whatever happens to the program.
type spool struct {
	briefs []report.Brief
	few    []report.Account
	lanes  []*lane // nil if they are in memory
}

// lane is the accounts in one form, one after another.
type lane struct {
	form  report.Form
	file  *os.File
	out   *bufio.Writer
	sizes []int
}

// rereadable is the form of json, which is both written and read again.
var rereadable, _ = report.FormOf("json", "", report.Style{})

// newSpool is one for so many accounts, which holds what the outputs need of them.
func newSpool(accounts int, outputs []output) (*spool, error) {
	if accounts <= keepFiles {
		return &spool{few: []report.Account{}}, nil
	}
	s := &spool{}
	for _, form := range formsOf(outputs) {
		file, err := spoolFile(foldersOf(outputs))
		if err != nil {
			s.close()
			return nil, usageError(fmt.Errorf("temporary file: %w", err), "TMPDIR names a folder that can be written to")
		}
		const buffer = 1 << 20
		s.lanes = append(s.lanes, &lane{form: form, file: file, out: bufio.NewWriterSize(file, buffer)})
	}
	return s, nil
}

// formsOf are the forms in which the outputs need accounts, each once.
func formsOf(outputs []output) []report.Form {
	var forms []report.Form
	read := len(outputs) == 0
	for _, out := range outputs {
		switch {
		case out.form == report.Form{}:
			read = true
		case !slices.Contains(forms, out.form):
			forms = append(forms, out.form)
		}
	}
	if read && !slices.Contains(forms, rereadable) {
		forms = append(forms, report.Packed())
	}
	return forms
}

// spoolFile is a temporary file where the report will stand, which has room for as much, or else where temporary files do: that may be memory.
func spoolFile(folders []string) (*os.File, error) {
	var file *os.File
	var err error
	for _, folder := range append(folders, "") {
		if file, err = os.CreateTemp(folder, ".cistern-*.spool"); err == nil {
			os.Remove(file.Name()) // where a file in use cannot lose its name, close does it
			return file, nil
		}
	}
	return nil, err
}

// foldersOf are the folders of the files that will be written.
func foldersOf(outputs []output) []string {
	var folders []string
	for _, out := range outputs {
		if out.file != "-" && !out.folder() {
			folders = append(folders, filepath.Dir(out.file))
		}
	}
	return folders
}

func (s *spool) close() {
	for _, l := range s.lanes {
		l.file.Close()
		os.Remove(l.file.Name())
	}
}

// spooled is an account as a spool takes it.
type spooled struct {
	account *report.Account // nil if it is text
	texts   [][]byte        // for each lane
	brief   report.Brief
}

// pack makes an account ready; it may be called from several goroutines.
func (s *spool) pack(a *report.Account) (spooled, error) {
	p := spooled{brief: report.BriefOf(a)}
	if s.lanes == nil {
		p.account = a
		return p, nil
	}
	for _, l := range s.lanes {
		text, err := l.form.Account(a)
		if err != nil {
			return p, err
		}
		p.texts = append(p.texts, text)
	}
	return p, nil
}

// add puts an account behind the others.
func (s *spool) add(p spooled) error {
	s.briefs = append(s.briefs, p.brief)
	if s.lanes == nil {
		s.few = append(s.few, *p.account)
		return nil
	}
	for i, l := range s.lanes {
		l.sizes = append(l.sizes, len(p.texts[i]))
		if _, err := l.out.Write(p.texts[i]); err != nil {
			return fmt.Errorf("temporary file: %w", err)
		}
	}
	return nil
}

// stream is the report of the accounts.
func (s *spool) stream(ctx context.Context, head *report.Report) (*report.Stream, error) {
	if s.lanes == nil {
		whole := *head
		whole.Accounts = s.few
		return whole.Stream(), nil
	}
	stream := &report.Stream{Head: head, Briefs: s.briefs, Forms: s.texts}
	for _, l := range s.lanes {
		if err := l.out.Flush(); err != nil {
			return nil, fmt.Errorf("temporary file: %w", err)
		}
		switch l.form {
		case rereadable:
			stream.Texts, stream.Accounts = l.texts, l.accounts(ctx)
		case report.Packed():
			stream.Accounts = l.accounts(ctx)
		}
	}
	return stream, nil
}

// texts are the accounts in that form; nil if they were not kept in it.
func (s *spool) texts(form report.Form) iter.Seq2[[]byte, error] {
	for _, l := range s.lanes {
		if l.form == form {
			return l.texts
		}
	}
	return nil
}

// texts are the accounts as they were written.
func (l *lane) texts(yield func([]byte, error) bool) {
	const buffer = 1 << 20
	in := bufio.NewReaderSize(io.NewSectionReader(l.file, 0, 1<<62), buffer)
	var text []byte
	for _, size := range l.sizes {
		if cap(text) < size {
			text = make([]byte, size+size/4)
		}
		text = text[:size]
		if _, err := io.ReadFull(in, text); err != nil {
			yield(nil, fmt.Errorf("temporary file: %w", err))
			return
		}
		if !yield(text, nil) {
			return
		}
	}
}

// accounts are the accounts again, read by all processors.
func (l *lane) accounts(ctx context.Context) iter.Seq2[*report.Account, error] {
	return func(yield func(*report.Account, error) bool) {
		starts := make([]int64, len(l.sizes))
		for i := 1; i < len(l.sizes); i++ {
			starts[i] = starts[i-1] + int64(l.sizes[i-1])
		}
		read := func(_ context.Context, i int) (*report.Account, error) {
			text := make([]byte, l.sizes[i])
			if _, err := l.file.ReadAt(text, starts[i]); err != nil {
				return nil, fmt.Errorf("temporary file: %w", err)
			}
			return report.ReadAccount(text)
		}
		enough := fmt.Errorf("enough")
		err := inOrder(ctx, len(l.sizes), runtime.GOMAXPROCS(0), read, func(_ int, a *report.Account) error {
			if !yield(a, nil) {
				return enough
			}
			return nil
		})
		if err != nil && err != enough {
			yield(nil, err)
		}
	}
}
