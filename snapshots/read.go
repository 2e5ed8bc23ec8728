package snapshots

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"unicode/utf16"
)

// MaxSize is the largest snapshot that is read, in bytes of JSON.
const MaxSize = 256 << 20

// ErrTooLarge is a file that holds more than [MaxSize] bytes of JSON.
var ErrTooLarge = fmt.Errorf("larger than %d MiB", MaxSize>>20)

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
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// Plain reads the JSON text of a snapshot file: gzip is unpacked, a byte order mark taken away, UTF-16 turned into
// UTF-8.
func Plain(r io.Reader) ([]byte, error) {
	data, err := bounded(r)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("gzip: read: %w", err)
		}
		if data, err = bounded(unpacked); err != nil {
			return nil, fmt.Errorf("gzip: read: %w", err)
		}
	}
	return UTF8(data), nil
}

func bounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
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
