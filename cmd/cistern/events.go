package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxEventBytes bounds what is read of one file of events after decompression.
const maxEventBytes = 4 << 30

// eachEvent calls f with every event of the files, on one line. No files, or "-", is standard input.
func eachEvent(stdin io.Reader, files []string, f func(event []byte) error) error {
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, file := range files {
		if err := eachEventOf(stdin, file, f); err != nil {
			return err
		}
	}
	return nil
}

func eachEventOf(stdin io.Reader, file string, f func(event []byte) error) error {
	if file == "-" {
		return readEvents("standard input", stdin, f)
	}
	in, err := os.Open(file)
	if err != nil {
		return usageError(fmt.Errorf("%s: open: %w", file, errors.Unwrap(err)), "")
	}
	defer in.Close()
	return readEvents(file, in, f)
}

// readEvents reads JSON lines, a JSON array or {"Records": [...]}, plain or compressed.
func readEvents(name string, in io.Reader, f func(event []byte) error) error {
	r := bufio.NewReaderSize(in, 1<<16)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		gz, err := gzip.NewReader(r)
		if err != nil {
			return badEvents(name, 0, err)
		}
		defer gz.Close()
		r = bufio.NewReaderSize(gz, 1<<16)
	}
	limited := &io.LimitedReader{R: r, N: maxEventBytes}
	dec := json.NewDecoder(limited)
	for {
		var v json.RawMessage
		err := dec.Decode(&v)
		switch {
		case limited.N <= 0:
			return badEvents(name, dec.InputOffset(), fmt.Errorf("over %d bytes", int64(maxEventBytes)))
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return badEvents(name, dec.InputOffset(), err)
		}
		if err := splitEvents(v, f); err != nil {
			return err
		}
	}
}

func badEvents(name string, offset int64, err error) error {
	return usageError(fmt.Errorf("%s: byte %d: read events: %w", name, offset, err),
		`events are JSON objects: one a line, in a list, or in {"Records": [...]}, plain or .gz`)
}

// splitEvents calls f with the events that a JSON value holds. An event on a line of its own stays as it is spelled, since
// terms look at that; one in a list or over several lines is put on one, as CloudTrail writes it.
func splitEvents(v json.RawMessage, f func(event []byte) error) error {
	list, wrapped := records(v)
	if v[0] == '[' {
		if err := json.Unmarshal(v, &list); err != nil {
			return err
		}
		wrapped = true
	}
	if !wrapped && !bytes.ContainsAny(v, "\r\n") {
		return f(v)
	}
	if !wrapped {
		list = []json.RawMessage{v}
	}
	for _, event := range list {
		var line bytes.Buffer
		if err := json.Compact(&line, event); err != nil {
			return err
		}
		if err := f(line.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// records are the events of a file as CloudTrail delivers it: an object with the one key Records, a list.
func records(v json.RawMessage) ([]json.RawMessage, bool) {
	if !bytes.Contains(v, []byte(`"Records"`)) {
		return nil, false
	}
	var file map[string]json.RawMessage
	if json.Unmarshal(v, &file) != nil || len(file) != 1 {
		return nil, false
	}
	var list []json.RawMessage
	if json.Unmarshal(file["Records"], &list) != nil || list == nil {
		return nil, false
	}
	return list, true
}

// decodeStrict decodes exactly one JSON value without fields that v does not have.
func decodeStrict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("one JSON value a line expected")
	}
	return nil
}

// maxLine bounds one line of a stream of questions.
const maxLine = 16 << 20

var errLineTooLong = fmt.Errorf("a line of over %d bytes", maxLine)

// lineReader reads lines of any length and gives those that are not too long.
type lineReader struct{ r *bufio.Reader }

func newLineReader(r io.Reader) *lineReader { return &lineReader{bufio.NewReaderSize(r, 1<<16)} }

// next is the next line without white space around it. errLineTooLong stands for a line that was skipped; io.EOF for the
// end.
func (l *lineReader) next() ([]byte, error) {
	var line []byte
	tooLong := false
	for {
		part, err := l.r.ReadSlice('\n')
		if !tooLong {
			line = append(line, part...)
		}
		if len(line) > maxLine {
			line, tooLong = nil, true
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case tooLong && (err == nil || errors.Is(err, io.EOF)):
			return nil, errLineTooLong
		case errors.Is(err, io.EOF) && len(bytes.TrimSpace(line)) > 0:
			return bytes.TrimSpace(line), nil
		case err != nil:
			return nil, err
		}
		return bytes.TrimSpace(line), nil
	}
}
