package evaluator

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// bounds keep an archive from taking more than its policies are worth.
type bounds struct {
	packed, file, total int64 // bytes
	ratio, free         int64 // how many times its size it may unpack to, beyond so many bytes
	files               int
}

var archiveBounds = bounds{packed: 64 << 20, file: 32 << 20, total: 256 << 20, ratio: 100, free: 8 << 20, files: 20_000}

// counted counts what is read through it, and stops at most.
type counted struct {
	from io.Reader
	n    int64
	most func() int64
	what error
}

// Read reads on as long as that is allowed.
func (c *counted) Read(into []byte) (int, error) {
	n, err := c.from.Read(into)
	if c.n += int64(n); c.n > c.most() {
		return 0, c.what
	}
	return n, err
}

// unpack reads a tar.gz into memory: plain files below its root, each once. `opa build` writes names with a leading slash, which means
// the same root.
func unpack(archive io.Reader, b bounds) (map[string][]byte, error) {
	packed := &counted{from: archive, most: func() int64 { return b.packed }, what: fmt.Errorf("the archive is larger than %d bytes", b.packed)}
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return nil, fmt.Errorf("is not a gzip archive: %w", err)
	}
	most := func() int64 { return min(b.total, max(b.free, packed.n*b.ratio)) }
	whole := &counted{from: unzipped, most: most, what: fmt.Errorf("it unpacks to more than %d bytes, or %d times its size", b.total, b.ratio)}
	reader, files := tar.NewReader(whole), map[string][]byte{}
	for entries := 0; ; entries++ {
		header, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return files, above(files)
		case err != nil:
			return nil, err
		case entries >= b.files:
			return nil, fmt.Errorf("it holds more than %d files", b.files)
		case header.Typeflag == tar.TypeDir, header.Typeflag == tar.TypeXGlobalHeader:
			continue
		case header.Typeflag != tar.TypeReg:
			return nil, fmt.Errorf("%q is a link or a device, not a file", header.Name)
		case header.Size > b.file:
			return nil, fmt.Errorf("%q is larger than %d bytes", header.Name, b.file)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(header.Name, "./"), "/")
		if !fs.ValidPath(name) || name == "." || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '\\' || r == ':' }) {
			return nil, fmt.Errorf("%q is no name of a file below the bundle's root", header.Name)
		}
		if _, twice := files[name]; twice {
			return nil, fmt.Errorf("%q is in it twice", name)
		}
		if files[name], err = io.ReadAll(reader); err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
	}
}

// above refuses a file that would be a folder of another.
func above(files map[string][]byte) error {
	for name := range files {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if _, ok := files[dir]; ok {
				return fmt.Errorf("%q is a file and a folder", dir)
			}
		}
	}
	return nil
}
