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

	"github.com/cistern-audit/cistern/evaluator/report"
)

// spool holds the accounts of a report until it is written: a few in memory, many as text in a temporary file that has no name, so that
// nothing is left of it whatever happens to the program.
type spool struct {
	briefs []report.Brief
	few    []report.Account
	file   *os.File
	out    *bufio.Writer
	sizes  []int
}

// newSpool is one for so many accounts. The temporary file stands where the report will, which has room for as much, or else where
// temporary files do: that may be memory.
func newSpool(accounts int, outputs []output) (*spool, error) {
	if accounts <= keepFiles {
		return &spool{few: []report.Account{}}, nil
	}
	var file *os.File
	var err error
	for _, folder := range append(foldersOf(outputs), "") {
		if file, err = os.CreateTemp(folder, ".cistern-*.spool"); err == nil {
			break
		}
	}
	if err != nil {
		return nil, usageError(fmt.Errorf("temporary file: %w", err), "TMPDIR names a folder that can be written to")
	}
	os.Remove(file.Name()) // where a file in use cannot lose its name, close does it
	const buffer = 1 << 20
	return &spool{file: file, out: bufio.NewWriterSize(file, buffer)}, nil
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
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// spooled is an account as a spool takes it.
type spooled struct {
	account *report.Account // nil if it is text
	text    []byte
	brief   report.Brief
}

// pack makes an account ready; it may be called from several goroutines.
func (s *spool) pack(a *report.Account) (spooled, error) {
	p := spooled{account: a, brief: report.BriefOf(a)}
	if s.file == nil {
		return p, nil
	}
	var err error
	p.account = nil
	p.text, err = report.MarshalAccount(a)
	return p, err
}

// add puts an account behind the others.
func (s *spool) add(p spooled) error {
	s.briefs = append(s.briefs, p.brief)
	if s.file == nil {
		s.few = append(s.few, *p.account)
		return nil
	}
	s.sizes = append(s.sizes, len(p.text))
	if _, err := s.out.Write(p.text); err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	return nil
}

// stream is the report of the accounts.
func (s *spool) stream(ctx context.Context, head *report.Report) (*report.Stream, error) {
	if s.file == nil {
		whole := *head
		whole.Accounts = s.few
		return whole.Stream(), nil
	}
	if err := s.out.Flush(); err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	return &report.Stream{Head: head, Briefs: s.briefs, Texts: s.texts, Accounts: s.accounts(ctx)}, nil
}

// texts are the accounts as they were written.
func (s *spool) texts(yield func([]byte, error) bool) {
	const buffer = 1 << 20
	in := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, 1<<62), buffer)
	var text []byte
	for _, size := range s.sizes {
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
func (s *spool) accounts(ctx context.Context) iter.Seq2[*report.Account, error] {
	return func(yield func(*report.Account, error) bool) {
		starts := make([]int64, len(s.sizes))
		for i := 1; i < len(s.sizes); i++ {
			starts[i] = starts[i-1] + int64(s.sizes[i-1])
		}
		read := func(_ context.Context, i int) (*report.Account, error) {
			text := make([]byte, s.sizes[i])
			if _, err := s.file.ReadAt(text, starts[i]); err != nil {
				return nil, fmt.Errorf("temporary file: %w", err)
			}
			return report.ReadAccount(text)
		}
		enough := fmt.Errorf("enough")
		err := inOrder(ctx, len(s.sizes), runtime.GOMAXPROCS(0), read, func(_ int, a *report.Account) error {
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
