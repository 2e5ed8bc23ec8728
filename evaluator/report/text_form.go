package report

import (
	"bytes"
	"encoding/json"
	"io"
	"time"
)

func newTextWriter(asOf string, style Style) *textWriter {
	if style.Width <= 0 {
		style.Width = defaultWidth
	}
	t := &textWriter{style: style}
	t.asOf, _ = time.Parse(time.RFC3339, asOf) // without it, no days are counted
	return t
}

// text is a line of what the matrix of all accounts needs, and the account as text.
func (f Form) text(a *Account) ([]byte, error) {
	cells, err := json.Marshal(cellsOf(a))
	if err != nil {
		return nil, err
	}
	t := newTextWriter(f.asOf, f.style)
	t.buf.Write(append(cells, '\n'))
	t.account(a)
	return t.buf.Bytes(), nil
}

// writeFormed writes what Form.text made, and counts it.
func writeFormed(w io.Writer, formed []byte, grid *gridSum) error {
	line, text, _ := bytes.Cut(formed, []byte("\n"))
	var cells []gridCell
	if err := json.Unmarshal(line, &cells); err != nil {
		return err
	}
	grid.add(cells)
	_, err := w.Write(text)
	return err
}
