package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"github.com/cistern-audit/cistern/snapshots"
)

// store reads and writes files in any of Beam's filesystems, each of which it opens once. The zero value is ready.
type store struct {
	mu   sync.Mutex
	open map[string]filesystem.Interface // by scheme
}

// schemeOf is the name of a file's filesystem, "" for the machine's own.
func schemeOf(name string) string {
	scheme, _, found := strings.Cut(name, "://")
	if !found {
		return ""
	}
	return scheme
}

func (s *store) of(ctx context.Context, name string) (filesystem.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	scheme := schemeOf(name)
	if open := s.open[scheme]; open != nil {
		return open, nil
	}
	opened, err := filesystem.New(ctx, name)
	if err != nil {
		return nil, err
	}
	if s.open == nil {
		s.open = map[string]filesystem.Interface{}
	}
	s.open[scheme] = opened
	return opened, nil
}

func (s *store) close() error {
	var all []error
	for _, open := range s.open {
		all = append(all, open.Close())
	}
	s.open = nil
	return errors.Join(all...)
}

// list is the snapshot files that a pattern matches.
func (s *store) list(ctx context.Context, pattern string) ([]string, error) {
	from, err := s.of(ctx, pattern)
	if err != nil {
		return nil, err
	}
	all, err := from.List(ctx, pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: list: %w", pattern, err)
	}
	var files []string
	for _, name := range all {
		base := path.Base(filepath.ToSlash(name))
		if !strings.HasPrefix(base, ".") && (strings.HasSuffix(base, ".json") || strings.HasSuffix(base, ".json.gz")) {
			files = append(files, name)
		}
	}
	return files, nil
}

// read is a whole file. What goes wrong here is the filesystem's fault, which may be over when it is tried again.
func (s *store) read(ctx context.Context, name string) ([]byte, error) {
	from, err := s.of(ctx, name)
	if err != nil {
		return nil, err
	}
	file, err := from.OpenRead(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("%s: open: %w", name, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, snapshots.MaxSize+1)) // one byte more is refused where the text is read
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", name, err)
	}
	return data, nil
}

// write makes a file be there whole or not at all: twice, or by two workers at a time, it is the same file. On the machine's own
// filesystem it is written beside and renamed. In an object store an object appears when its upload is complete.
func (s *store) write(ctx context.Context, name string, content func(io.Writer) error) error {
	if schemeOf(name) == "" {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		return snapshots.WriteFileBy(name, content)
	}
	to, err := s.of(ctx, name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	file, err := to.OpenWrite(ctx, name)
	if err != nil {
		return fmt.Errorf("%s: write: %w", name, err)
	}
	if err = content(file); err != nil {
		cancel() // so that closing abandons the upload
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: write: %w", name, err)
	}
	return nil
}

// remove takes a file away, if it is there.
func (s *store) remove(ctx context.Context, name string) error {
	from, err := s.of(ctx, name)
	if err != nil {
		return err
	}
	if _, err := from.Size(ctx, name); err != nil {
		return nil // it is not there; where it cannot be seen, writing it will say why
	}
	remover, ok := from.(filesystem.Remover)
	if !ok {
		return fmt.Errorf("%s: remove: this filesystem cannot", name)
	}
	if err := remover.Remove(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: remove: %w", name, err)
	}
	return nil
}
