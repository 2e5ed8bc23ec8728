package main

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	unpackFreely = 1 << 30 // bytes that a file in gzip may become whatever its size
	unpackTimes  = 300     // how many times its size it may become beyond; reports become 10 to 100 times theirs
)

// errBomb is a file in gzip that becomes far more than a report does.
var errBomb = errors.New("becomes more than 300 times its size: that is no report")

// unpack is the text of a file that may be in gzip.
func unpack(in io.Reader) (io.Reader, error) {
	packed := &counted{in: in}
	buffered := bufio.NewReader(packed)
	if magic, _ := buffered.Peek(2); !strings.HasPrefix(string(magic), "\x1f\x8b") {
		return buffered, nil
	}
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("gzip: read: %w", err)
	}
	return &unpacking{from: unpacked, packed: packed, freely: unpackFreely}, nil
}

// counted counts what is read.
type counted struct {
	in io.Reader
	n  int64
}

func (c *counted) Read(to []byte) (int, error) {
	n, err := c.in.Read(to)
	c.n += int64(n)
	return n, err
}

// unpacking ends where what is read is out of all proportion to what it was made from.
type unpacking struct {
	from   io.Reader
	packed *counted
	n      int64
	freely int64
}

func (u *unpacking) Read(to []byte) (int, error) {
	n, err := u.from.Read(to)
	u.n += int64(n)
	if u.n > u.freely && u.n/unpackTimes > u.packed.n {
		return 0, fmt.Errorf("gzip: read: %w", errBomb)
	}
	return n, err
}
