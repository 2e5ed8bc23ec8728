package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// partFile is one part, or a whole report, read up to its next account.
type partFile struct {
	name   string
	file   *os.File
	text   *allowance
	reader *report.Reader
	next   *report.Account // nil at the end
}

// partFiles are the files at the paths, and in folders.
func partFiles(paths []string) ([]string, error) {
	var all []string
	for _, path := range paths {
		if !isFolder(path) {
			all = append(all, path)
			continue
		}
		below, err := snapshotsBelow(path)
		if err != nil {
			return nil, err
		}
		if len(below) == 0 {
			return nil, usageError(fmt.Errorf("%s: find parts: there are none (*.json, *.json.gz)", path), "cistern evaluate SNAPSHOTS --shard I/N -o "+path+"/I.json writes one")
		}
		all = append(all, below...)
	}
	return all, nil
}

// openReport reads a saved report up to its accounts. It may be in gzip.
func openReport(name string) (*partFile, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	p := &partFile{name: name, file: file}
	unpacked, err := unpack(file)
	if err == nil {
		p.text = &allowance{from: unpacked}
		p.text.renew()
		p.reader, err = report.NewReader(p.text)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return p, nil
}

// openPart is openReport of what must be a part that says what it holds.
func openPart(name string) (*partFile, error) {
	p, err := openReport(name)
	if err != nil {
		return nil, mispart(name, nil, err)
	}
	switch s := p.reader.Head.Shard; {
	case s == nil:
		err = usageError(fmt.Errorf("%s: is a report, and no part of one", name), hintPart)
	case s.Digest == "":
		err = usageError(fmt.Errorf("%s: does not say how much it holds, as a part must", name), "judge all parts again with one version of cistern")
	default:
		return p, nil
	}
	p.file.Close()
	return nil, err
}

const hintPart = "cistern evaluate SNAPSHOTS --shard I/N -o PART.json writes a part"

// mispart is a part that cannot be read, or is none, with the way out. The shard is nil where not even that is known.
func mispart(name string, s *report.Shard, err error) error {
	which, again := "", "if it is a part, it was cut off: take it as it was, or judge it again with cistern evaluate --shard I/N"
	if s != nil {
		which = fmt.Sprintf("part %d of %d: ", s.Index, s.Of)
		again = fmt.Sprintf("take it as it was written, or judge it again with cistern evaluate --shard %d/%d", s.Index, s.Of)
	}
	var path *fs.PathError
	var schema *report.SchemaError
	var invalid *report.InvalidError
	switch {
	case errors.As(err, &path):
		return readable(err)
	case errors.As(err, &schema) && schema.IsSnapshot():
		return usageError(fmt.Errorf("%s: is a snapshot, and no part of a report", name), hintPart)
	case schema != nil && schema.Newer():
		return misreport(name, err)
	case schema != nil:
		return usageError(fmt.Errorf("%s: is no part of a report: %w", name, err), hintPart)
	case errors.As(err, &invalid):
		again = invalid.Hint
	}
	return usageError(fmt.Errorf("%s: %s%w", name, which, err), again)
}

// advance reads the next account.
func (p *partFile) advance() error {
	p.text.renew()
	var err error
	p.next, err = p.reader.Next()
	if errors.Is(err, io.EOF) {
		p.next, err = nil, nil
	}
	return err
}

// allowance bounds how much is read for one account, so that none takes more memory than a snapshot may.
type allowance struct {
	from io.Reader
	left int64
}

func (a *allowance) renew() { a.left = snapshots.MaxSize }

func (a *allowance) Read(to []byte) (int, error) {
	if a.left <= 0 {
		return 0, fmt.Errorf("read report: an account, or what stands before the accounts, is %w", snapshots.ErrTooLarge)
	}
	n, err := a.from.Read(to[:min(int64(len(to)), a.left)])
	a.left -= int64(n)
	return n, err
}
