package snapshots

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"unicode/utf16"
)

// MaxSize is the largest snapshot that is read, in bytes of JSON.
const MaxSize = 256 << 20

// ErrTooLarge is a file that holds more than [MaxSize] bytes of JSON.
var ErrTooLarge = fmt.Errorf("larger than %d MiB", MaxSize>>20)

// ErrIrregular is a pipe or a device that has the name of a snapshot file.
var ErrIrregular = errors.New("not a regular file")

// Read reads a snapshot, as JSON or as JSON in gzip. The error is a [*SyntaxError], [*SchemaError] or [*InvalidError]
// for a document that is no snapshot; each of them may have a way out, see [HintOf].
func Read(r io.Reader) (*Snapshot, error) {
	data, err := Plain(r)
	if err != nil {
		return nil, err
	}
	s := new(Snapshot)
	d := decode(data, snapshotShape, reflect.ValueOf(s).Elem())
	if d.broken != nil {
		return nil, d.broken
	}
	if s.Schema != SchemaName {
		return nil, &SchemaError{s.Schema}
	}
	if err := d.refusal(true); err != nil {
		return nil, err
	}
	return s, nil
}

// ReadFile reads the snapshot in a file.
func ReadFile(path string) (*Snapshot, error) {
	data, err := FileBytes(path)
	if err != nil {
		return nil, err
	}
	s, err := Read(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// FileBytes reads a snapshot file as it stands there. One that is too large is not read, nor is a pipe or a device that is named as
// snapshots are: who goes through a folder would wait for it for good. The error names the file.
func FileBytes(path string) ([]byte, error) {
	info, err := os.Stat(path)
	var missing *fs.PathError
	if errors.As(err, &missing) {
		missing.Op = "open" // what was meant
	}
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() && !info.IsDir() && (strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".json.gz")):
		return nil, fmt.Errorf("%s: %w", path, ErrIrregular)
	case info.Mode().IsRegular() && info.Size() > MaxSize:
		return nil, fmt.Errorf("%s: %w", path, ErrTooLarge)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	room := bytes.MinRead
	if info.Mode().IsRegular() {
		room += int(info.Size())
	}
	buffer := bytes.NewBuffer(make([]byte, 0, room))
	if _, err := buffer.ReadFrom(io.LimitReader(f, MaxSize+1)); err != nil {
		return nil, err
	}
	if buffer.Len() > MaxSize {
		return nil, fmt.Errorf("%s: %w", path, ErrTooLarge)
	}
	return buffer.Bytes(), nil
}

// Plain reads the JSON text of a snapshot file: gzip is unpacked, a byte order mark taken away, UTF-16 turned into
// UTF-8.
func Plain(r io.Reader) ([]byte, error) {
	data, err := bounded(r)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		if data, err = unpacked(data); err != nil {
			return nil, fmt.Errorf("gzip: read: %w", err)
		}
	}
	return UTF8(data), nil
}

// unpacked is what is in gzip. What is large is unpacked twice, the first time to be counted: so no more memory is taken than it needs,
// and little for what is too large.
func unpacked(data []byte) ([]byte, error) {
	const small = 16 << 20
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	first, err := io.ReadAll(io.LimitReader(z, small))
	if err != nil || len(first) < small {
		return first, err
	}
	more, err := io.Copy(io.Discard, io.LimitReader(z, MaxSize+1-small))
	if err != nil {
		return nil, err
	}
	if more > MaxSize-small {
		return nil, ErrTooLarge
	}
	if err := z.Reset(bytes.NewReader(data)); err != nil {
		return nil, err
	}
	all := make([]byte, small+more)
	_, err = io.ReadFull(z, all)
	return all, err
}

func bounded(r io.Reader) ([]byte, error) {
	var data []byte
	var err error
	if whole, ok := r.(interface{ Len() int }); ok && whole.Len() <= MaxSize { // its text is in memory
		data = make([]byte, whole.Len())
		_, err = io.ReadFull(r, data)
	} else {
		data, err = io.ReadAll(io.LimitReader(r, MaxSize+1))
	}
	if err != nil {
		return nil, err
	}
	if len(data) > MaxSize {
		return nil, ErrTooLarge
	}
	return data, nil
}

// UTF8 is text without its byte order mark, and UTF-16 text, as PowerShell redirects it, in UTF-8.
func UTF8(data []byte) []byte {
	big := bytes.HasPrefix(data, []byte{0xfe, 0xff})
	if !big && !bytes.HasPrefix(data, []byte{0xff, 0xfe}) {
		return bytes.TrimPrefix(data, []byte{0xef, 0xbb, 0xbf})
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		if big {
			units = append(units, uint16(data[i])<<8|uint16(data[i+1]))
		} else {
			units = append(units, uint16(data[i+1])<<8|uint16(data[i]))
		}
	}
	return []byte(string(utf16.Decode(units)))
}

// HintOf is the way out of an error of this package, "" where none is known.
func HintOf(err error) string {
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Hint
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the file is not whole: copy or make it again"
	}
	return ""
}
