package drift

import (
	"fmt"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// markdown writes a comment for a pull request: the sum, then the regressions, then what else changed.
func (d *Drift) markdown(b *strings.Builder) {
	c := &comment{b: b}
	c.block(fmt.Sprintf("## What changed in the verdicts\n\n%s, as of %s, then %s\n\n**%s**\n", report.Markdown(d.edition()),
		report.MarkdownCode(d.From.AsOf), report.MarkdownCode(d.To.AsOf), report.Markdown(d.headline())))
	if remarks := d.remarks(); len(remarks) > 0 {
		text := "\n"
		for _, line := range remarks {
			text += "- " + report.Markdown(line) + "\n"
		}
		c.block(text)
	}
	kind, told := Kind(""), above{}
	for _, g := range d.groups() {
		head := ""
		if g.kind != kind {
			kind = g.kind
			head = "\n### " + titles[kind] + "\n"
		}
		text := fmt.Sprintf("%s\n**%s**\n\n", head, report.Markdown(heading(g.changes[0])))
		for _, one := range g.changes[:min(len(g.changes), mostAccounts)] {
			text += one.markdown(told)
		}
		if rest := g.rest(); rest != "" {
			text += "- " + report.Markdown(rest) + "\n"
		}
		c.block(text)
	}
	if len(d.Gaps) > 0 {
		text := "\n### What could be read\n\n"
		for i := range d.Gaps {
			if i == mostGaps {
				text += fmt.Sprintf("- and %d more\n", len(d.Gaps)-i)
				break
			}
			text += "- " + report.Markdown(d.Gaps[i].Account+": "+gapLine(&d.Gaps[i].GapChange)) + "\n"
		}
		c.block(text)
	}
	c.end()
}

func (c *Change) markdown(told above) string {
	var b strings.Builder
	fmt.Fprintf(&b, "- **%s** %s\n", report.Markdown(c.step()), report.Markdown(accountName(c.Account, c.Alias)))
	for _, line := range c.reasons() {
		fmt.Fprintf(&b, "  - %s\n", report.Markdown(line))
	}
	for i := range c.Records {
		if i == mostRecords {
			fmt.Fprintf(&b, "  - and %s more\n", count(len(c.Records)-i, "resource"))
			break
		}
		r, note := told.once(c.Account, c.Records[i])
		b.WriteString(markdownChange(&r, "  ", note))
	}
	return b.String()
}
