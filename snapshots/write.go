package snapshots

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
)

// Canonical is the snapshot's one canonical form: keys sorted, every list sorted, two spaces of indentation, one final
// newline.
func (s *Snapshot) Canonical() ([]byte, error) {
	e := &encoder{out: make([]byte, 0, s.room())}
	if err := e.value(snapshotShape, reflect.ValueOf(s).Elem(), 0); err != nil {
		return nil, fmt.Errorf("snapshot of %s: write: %w", s.Account.ID, err)
	}
	text := append(e.out, '\n')
	if cap(text)-len(text) > len(text)/4 {
		text = bytes.Clone(text) // it may be kept for long
	}
	return text, nil
}

// room guesses how long the canonical form is.
func (s *Snapshot) room() int {
	const least, record = 4 << 10, 640
	records := len(s.Collection.Calls) + len(s.CloudTrail.Trails) + len(s.Logs.LogGroups) + len(s.Logs.MetricFilters) +
		len(s.CloudWatch.Alarms) + len(s.CloudWatch.CompositeAlarms) + len(s.CloudWatch.LogAlarms) + len(s.CloudWatch.MuteRules) +
		len(s.SNS.Topics) + len(s.SNS.Subscriptions) + len(s.SecurityHub.Hubs) + len(s.Gaps)
	return least + record*records
}

// Digest is the SHA-256 of the canonical form: sha256:<hexadecimal>.
func (s *Snapshot) Digest() (string, error) {
	data, err := s.Canonical()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(data)), nil
}

// WriteFile writes the canonical form to a file, in gzip if its name ends in .gz. The file is there whole or not at
// all.
func (s *Snapshot) WriteFile(path string) error {
	data, err := s.Canonical()
	if err != nil {
		return err
	}
	if strings.HasSuffix(path, ".gz") {
		if data, err = packed(data); err != nil {
			return fmt.Errorf("%s: write: %w", path, err)
		}
	}
	return WriteFile(path, data)
}

// packed is data in gzip, with a header that says nothing of when or where.
func packed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// WriteFile writes data to a file so that a reader, or a crash, finds the old content or the new and never a part: it
// writes beside it and renames. A symbolic link stays one. What is no regular file (a pipe, a terminal) is written as
// it is.
func WriteFile(path string, data []byte) error {
	return WriteFileBy(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteFileBy is WriteFile of what is written part by part. If write fails, the file stays as it was.
func WriteFileBy(path string, write func(io.Writer) error) error {
	mode := fs.FileMode(0o666) // before umask
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return &fs.PathError{Op: "write", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return writeOver(path, mode, write)
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
		mode = info.Mode().Perm()
	}
	f, err := beside(path, mode)
	if err != nil {
		return ofTarget(path, err)
	}
	if err = write(f); err != nil {
		discard(f, f.Name())
		var own *fs.PathError
		if errors.As(err, &own) && own.Path == f.Name() {
			return ofTarget(path, err)
		}
		return err // of what was to be written
	}
	if err = f.Sync(); err == nil {
		err = takePlace(f, path)
	}
	if err != nil {
		discard(f, f.Name())
	} else if renamedOpen {
		err = f.Close()
	}
	return ofTarget(path, err)
}

// takePlace renames the file, while it is locked if that can be.
func takePlace(f *os.File, path string) error {
	if !renamedOpen {
		if err := f.Close(); err != nil {
			return err
		}
	}
	return os.Rename(f.Name(), path)
}

// writeOver writes into what is there: a pipe or a terminal.
func writeOver(path string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	err = write(f)
	if failed := f.Close(); err == nil {
		err = failed
	}
	return err
}

// ofTarget is an error of the file beside path as one of path: nobody asked for the other name.
func ofTarget(path string, err error) error {
	var part *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &part):
		err = part.Err
	case errors.As(err, &link):
		err = link.Err
	case err == nil:
		return nil
	}
	return &fs.PathError{Op: "write", Path: path, Err: err}
}
