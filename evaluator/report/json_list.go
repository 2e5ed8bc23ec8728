package report

import (
	"bytes"
	"fmt"
	"io"
)

// listHole is a list in a document that is written part by part.
const listHole = "[]"

// jsonHole is an empty list of a document, and what it is filled with; the members are written one by one.
type jsonHole struct {
	name   string // of the field, with the quotes
	indent string // of the members
	fill   func(add func([]byte) error) error
}

// writeHoles writes the document with its holes filled, as if it had been written as a whole. The holes come in the order in which they
// stand there.
func writeHoles(w io.Writer, document []byte, holes ...jsonHole) error {
	for _, hole := range holes {
		name := []byte("\n" + hole.indent[:len(hole.indent)-2] + hole.name + ": " + listHole)
		at := bytes.Index(document, name)
		if at < 0 {
			return fmt.Errorf("write report: no empty list %s", hole.name)
		}
		end := at + len(name) - len(listHole)
		if _, err := w.Write(document[:end]); err != nil {
			return err
		}
		document = document[end+len(listHole):]
		if err := hole.write(w); err != nil {
			return err
		}
	}
	_, err := w.Write(document)
	return err
}

// write writes the list.
func (h *jsonHole) write(w io.Writer) error {
	before := "[\n"
	err := h.fill(func(member []byte) error {
		if _, err := io.WriteString(w, before+h.indent); err != nil {
			return err
		}
		before = ",\n"
		_, err := w.Write(member)
		return err
	})
	if err != nil {
		return err
	}
	if before == "[\n" {
		_, err = io.WriteString(w, listHole)
		return err
	}
	_, err = io.WriteString(w, "\n"+h.indent[:len(h.indent)-2]+"]")
	return err
}
