package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// entry is what is entered as one: a line, or several where a bracket or raw string is open.
type entry struct {
	lines  []string
	pasted bool // goes on to a blank line, whatever is open
}

func (e *entry) prompt() string {
	if len(e.lines) > 0 || e.pasted {
		return "| "
	}
	return "> "
}

// add takes one more line and tells whether the entry is whole.
func (e *entry) add(line string) bool {
	blank := strings.TrimSpace(line) == ""
	if blank && len(e.lines) == 0 {
		return !e.pasted
	}
	if blank && !inRawString(e.text()) {
		return true
	}
	e.lines = append(e.lines, line)
	if len(e.lines) == 1 && !e.pasted && strings.HasPrefix(strings.TrimSpace(line), ":") {
		return true
	}
	return !e.pasted && !unfinished(e.text())
}

func (e *entry) text() string { return strings.Join(e.lines, "\n") }

// unfinished tells whether a bracket or a raw string is open at the end of the text.
func unfinished(text string) bool {
	depth, raw := openAt(text)
	return depth > 0 || raw
}

func inRawString(text string) bool {
	_, raw := openAt(text)
	return raw
}

// openAt is how many brackets are open at the end of the text, and whether a raw string is.
func openAt(text string) (depth int, raw bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case '#':
			i = endOf(text, i, "\n")
		case '`':
			if i = endOf(text, i+1, "`"); i == len(text) {
				return depth, true
			}
		case '"':
			for i++; i < len(text) && text[i] != '"' && text[i] != '\n'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return depth, false
}

// endOf is where the mark is next, or the text's end.
func endOf(text string, from int, mark string) int {
	if n := strings.Index(text[from:], mark); n >= 0 {
		return from + n
	}
	return len(text)
}

// plainLines are lines of a pipe or file.
type plainLines struct{ scanner *bufio.Scanner }

// longestLine is what one line of a pipe may hold.
const longestLine = 16 << 20

func newPlainLines(in io.Reader) *plainLines {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, longestLine)
	return &plainLines{scanner}
}

func (p *plainLines) read(ctx context.Context, _ string) (string, error) {
	return cancellable(ctx, func() (string, error) {
		if p.scanner.Scan() {
			return p.scanner.Text(), nil
		}
		switch err := p.scanner.Err(); {
		case err == nil:
			return "", io.EOF
		case errors.Is(err, bufio.ErrTooLong):
			return "", usageError(errors.New("stdin: read: a line is longer than 16 MiB"), "an open bracket goes on to the next line")
		default:
			return "", fmt.Errorf("stdin: read: %w", err)
		}
	})
}

// cancellable gives up waiting for a line when ctx is over. The reading itself cannot be ended: the program must be about to.
func cancellable(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	got := make(chan result, 1)
	go func() {
		line, err := read()
		got <- result{line, err}
	}()
	select {
	case r := <-got:
		return r.line, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
