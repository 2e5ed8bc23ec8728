package history

import (
	"bytes"
	"fmt"
	"io"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// writeMarkdown writes the tables of the text for a page or a comment.
func writeMarkdown(h *History, w io.Writer, _ bool) error {
	var b bytes.Buffer
	stamps := h.stamps()
	fmt.Fprintf(&b, "## When controls broke, and when they were mended\n\n%s, %s to %s: %s\n\n**%s**\n", report.Markdown(h.edition()),
		stamps.of(h.From), stamps.of(h.To), h.extent(), report.Markdown(h.headline()))
	if text := h.mending(); text != "" {
		fmt.Fprintf(&b, "\n%s\n", report.Markdown(text))
	}
	for i, text := range h.remarks() {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "- %s\n", report.Markdown(text))
	}
	for _, s := range sections {
		all, n := h.within(s)
		if n == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n| account | broke | %s | down | at | controls |\n| --- | --- | --- | --- | --- | --- |\n", s.title, s.ended)
		for i, group := range all {
			if i == mostListed {
				fmt.Fprintf(&b, "\nThe first %d of %d; CSV and JSON have all.\n", i, len(all))
				break
			}
			for _, cell := range h.cells(group, stamps) {
				fmt.Fprintf(&b, "| %s ", report.Markdown(cell))
			}
			b.WriteString("|\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
