package report

import (
	"fmt"
	"strings"
)

// mostColumns is the number of accounts up to which the matrix has a column for each; beyond, it counts them.
const mostColumns = 120

// unpainted takes the colours of our own statuses off a text.
var unpainted = func() *strings.Replacer {
	pairs := []string{"\x1b[0m", "", "\x1b[1m", ""} // and of headings
	for _, status := range Statuses {
		pairs = append(pairs, "\x1b["+looks[status].color+"m", "")
	}
	return strings.NewReplacer(pairs...)
}()

// matrix shows every control in every account: a glyph each, the accounts in their order.
func (t *textWriter) matrix(g *gridSum) {
	rows := g.rows
	if len(rows) == 0 {
		return
	}
	wide := 0
	for _, row := range rows {
		wide = max(wide, len(Clean(row.ID)))
	}
	t.line(0, "")
	t.line(0, t.paint("1", "Controls and accounts"))
	if g.wide() {
		for _, row := range rows {
			t.paragraph(2, "", pad(Clean(row.ID), wide)+"  "+countsText(row.sum)+"  "+Clean(row.Title))
		}
		return
	}
	room := max(t.style.Width-wide-6, 20)
	for start := 0; start < g.accounts; start += room {
		end := min(start+room, g.accounts)
		if g.accounts > room {
			t.line(2, fmt.Sprintf("accounts %d to %d", start+1, end))
		}
		for _, row := range rows {
			var cells strings.Builder
			for i := start; i < end; i++ {
				status, has := row.in[i]
				if !has {
					cells.WriteByte(' ')
					continue
				}
				l := looks[status]
				cells.WriteString(t.paint(l.color, l.glyph))
			}
			line := pad(Clean(row.ID), wide) + "  " + cells.String()
			if rest := t.style.Width - 2 - wide - 2 - (end - start) - 2; rest >= 20 && plain(row.Title) != "" {
				line += "  " + strings.Join(wrap(Clean(row.Title), rest)[:1], "")
			}
			t.line(2, line)
		}
	}
	var legend []string
	for _, status := range Statuses {
		legend = append(legend, looks[status].glyph+" "+looks[status].word)
	}
	t.line(2, strings.Join(legend, " · "))
}

// countLine writes a name and counts, which may be painted; what does not fit stands below.
func (t *textWriter) countLine(indent int, name, counts string) {
	const between = " · "
	parts := strings.Split(counts, between)
	line := name + "  " + parts[0]
	for i, part := range parts[1:] {
		if indent+span(unpainted.Replace(line+between+part)) > t.style.Width && i > 0 {
			t.line(indent, line+" ·")
			line = strings.Repeat(" ", span(unpainted.Replace(name))+2) + part
			continue
		}
		line += between + part
	}
	t.line(indent, line)
}
