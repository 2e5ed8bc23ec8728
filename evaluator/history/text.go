package history

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cistern-audit/cistern/evaluator/report"
)

const (
	textWidth = 110
	// mostListed are listed for a person in one section; CSV and JSON have all.
	mostListed = 200
)

// columns head the tables of outages; the third is a section's own.
var columns = [...]string{"account", "broke", "", "down", "at", "controls"}

// cells are those of outages that are alike, for a person.
func (h *History) cells(all alike, s stamp) []string {
	o := all[0]
	return []string{report.Line(o.Account, mostText), s.broke(o), s.mended(o), o.down(), o.links(), h.ids(all)}
}

// writeText writes what is broken now, and since when; then what was mended; then the sum.
func writeText(h *History, w io.Writer, _ bool) error {
	var b bytes.Buffer
	stamps := h.stamps()
	fmt.Fprintf(&b, "%s\n", h.edition())
	fmt.Fprintf(&b, "%s to %s: %s\n", stamps.of(h.From), stamps.of(h.To), h.extent())
	fmt.Fprintf(&b, "%s\n", h.headline())
	if text := h.mending(); text != "" {
		fmt.Fprintf(&b, "%s\n", text)
	}
	for _, text := range h.remarks() {
		for i, line := range report.Wrap("note: "+report.Line(text, 10*mostText), textWidth) {
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat("  ", min(i, 1)), line)
		}
	}
	for _, s := range sections {
		h.textSection(&b, s, stamps)
	}
	if h.Summary.Outages > 0 {
		b.WriteString("\nbroke: the last snapshot that passes, the first that fails; mended: the last that fails, the first that passes; down: at least, at most\n")
	}
	if slices.ContainsFunc(h.Outages, func(o Outage) bool { return o.Holes }) {
		fmt.Fprintf(&b, "* with a time of more than %s without a snapshot\n", lasting(h.HoleSeconds))
	}
	h.legend(&b)
	_, err := w.Write(b.Bytes())
	return err
}

func (h *History) textSection(b *bytes.Buffer, s section, stamps stamp) {
	all, n := h.within(s)
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", s.title)
	rows := [][]string{append([]string{}, columns[:]...)}
	rows[0][2] = s.ended
	for _, group := range all {
		if len(rows) > mostListed {
			fmt.Fprintf(b, "  the first %d of %d; CSV and JSON have all\n", mostListed, len(all))
			break
		}
		rows = append(rows, h.cells(group, stamps))
	}
	align(b, rows)
}

// legend are the controls that outages are of.
func (h *History) legend(b *bytes.Buffer) {
	named := make([]bool, len(h.Controls))
	for i := range h.Outages {
		named[h.Outages[i].row] = true
	}
	if len(h.Outages) > 0 {
		b.WriteString("\nControls\n")
	}
	var rows [][]string
	for i := range h.Controls {
		if c := &h.Controls[i]; named[i] {
			rows = append(rows, []string{report.Line(c.ID, mostText), report.Line(c.Title, mostText) + " (" + report.Line(c.Control, mostText) + ")"})
		}
	}
	align(b, rows)
}

// align writes rows in columns, but for the last.
func align(b *bytes.Buffer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			if widths[i] > 0 {
				line += "  " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
