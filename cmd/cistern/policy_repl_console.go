package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// terminals are stdin and stdout, if a person sits at both.
func terminals(std stdio) (in, out *os.File, ok bool) {
	in, isIn := std.in.(*os.File)
	out, isOut := std.out.(*os.File)
	if !isIn || !isOut || os.Getenv("TERM") == "dumb" {
		return nil, nil, false
	}
	return in, out, term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
}

// console reads lines that a person edits. The terminal is raw only while a line is edited, so that Ctrl-C reaches a query that runs.
type console struct {
	in, out *os.File
	editor  *term.Terminal
	keys    *keys
}

// newConsole completes by a function: what the text before the cursor may become, and where the word begins.
func newConsole(in, out *os.File, complete func(before string) (from int, words []string)) *console {
	k := &keys{from: in}
	editor := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{k, out}, "")
	editor.History = &inputHistory{keys: k}
	editor.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		before, list := completed(line[:pos], complete)
		if len(list) > 0 {
			width, _ := terminal(out)
			editor.Write([]byte(packed(lastSteps(list), width)))
		}
		return before + line[pos:], len(before), true
	}
	return &console{in, out, editor, k}
}

// completed is the text with its last word as long as it is certain, and the choice where that brings nothing new.
func completed(before string, complete func(string) (int, []string)) (string, []string) {
	if strings.TrimSpace(before) == "" {
		return before + "  ", nil
	}
	from, words := complete(before)
	if len(words) == 0 {
		return before, nil
	}
	common := words[0]
	for _, word := range words[1:] {
		for !strings.HasPrefix(word, common) {
			common = common[:len(common)-1]
		}
	}
	if len(words) > 1 && len(common) <= len(before)-from {
		return before, words
	}
	return before[:from] + common, nil
}

// lastSteps are the names that tell the words apart: what they have in common up to a dot is left out.
func lastSteps(words []string) []string {
	common := words[0][:strings.LastIndexByte(words[0], '.')+1]
	var all []string
	for _, word := range words {
		last, ok := strings.CutPrefix(word, common)
		if !ok {
			return words
		}
		all = append(all, last)
	}
	return all
}

// packed is as many names on a line as have room there.
func packed(names []string, width int) string {
	if width <= 0 {
		width = 80
	}
	var b strings.Builder
	column := 0
	for _, name := range names {
		switch {
		case column == 0:
		case column+2+len(name) >= width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteString("  ")
			column += 2
		}
		b.WriteString(name)
		column += len(name)
	}
	return b.String() + "\n"
}

func (c *console) read(ctx context.Context, prompt string) (string, error) {
	if width, height, err := term.GetSize(int(c.out.Fd())); err == nil && width > 0 && height > 0 {
		if err := c.editor.SetSize(width, height); err != nil {
			return "", err
		}
	}
	before, err := term.MakeRaw(int(c.in.Fd()))
	if err != nil {
		return "", err
	}
	restore := sync.OnceFunc(func() { term.Restore(int(c.in.Fd()), before) })
	defer restore()
	c.editor.SetPrompt(prompt)
	line, err := cancellable(ctx, func() (string, error) {
		defer restore() // of this goroutine, whose panic would end the program before the other one could
		return c.editor.ReadLine()
	})
	switch {
	case errors.Is(err, io.EOF), ctx.Err() != nil:
		c.out.WriteString("\r\n")
	case c.keys.dropped:
		c.keys.dropped = false
		return "", errDropped
	}
	return line, err
}

// keys are what is typed. Ctrl-C, at which the editor would end as at Ctrl-D, becomes a line that shows ^C and is dropped.
type keys struct {
	from    io.Reader
	waiting []byte
	dropped bool // the line that is being edited
}

const (
	ctrlC     = 0x03
	dropKeys  = "\x05^C\r" // to the line's end, what is shown there, and enter
	mostTyped = 256        // in one go, as the editor reads
)

// Read gives the editor what is typed before a Ctrl-C, and then, by themselves, the keys that stand for it.
func (k *keys) Read(p []byte) (int, error) {
	if len(k.waiting) == 0 {
		typed := make([]byte, min(len(p), mostTyped))
		n, err := k.from.Read(typed)
		if n == 0 {
			return 0, err
		}
		k.waiting = typed[:n]
	}
	if k.waiting[0] == ctrlC && len(p) >= len(dropKeys) {
		k.waiting, k.dropped = k.waiting[1:], true
		return copy(p, dropKeys), nil
	}
	n := len(k.waiting)
	if i := bytes.IndexByte(k.waiting, ctrlC); i > 0 {
		n = i
	}
	n = copy(p, k.waiting[:n])
	k.waiting = k.waiting[n:]
	return n, nil
}

// inputHistory is what was entered in this session, without blank, repeated and dropped lines.
type inputHistory struct {
	lines []string
	keys  *keys
}

// Add is for the editor to call, as are the others.
func (h *inputHistory) Add(line string) {
	if strings.TrimSpace(line) == "" || h.keys.dropped || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
}

// Len is the number of lines.
func (h *inputHistory) Len() int { return len(h.lines) }

// At counts from the latest.
func (h *inputHistory) At(i int) string { return h.lines[len(h.lines)-1-i] }
