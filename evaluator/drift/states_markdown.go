package drift

import (
	"fmt"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// mostMarkdown is how much a comment on GitHub takes, in bytes, with room for the last line.
const mostMarkdown = 64000

// comment is a Markdown text that stays short enough: a block that does not fit is left out, and said to be.
type comment struct {
	b       *strings.Builder
	leftOut int
}

func (c *comment) block(text string) {
	if c.b.Len()+len(text) > mostMarkdown {
		c.leftOut++
		return
	}
	c.b.WriteString(text)
}

func (c *comment) end() {
	if c.leftOut > 0 {
		fmt.Fprintf(c.b, "\n**%s left out**: a comment holds no more. The comparison as JSON has all.\n", count(c.leftOut, "part"))
	}
}

func (s *States) markdown(b *strings.Builder) {
	c := &comment{b: b}
	c.block("## What changed in the accounts\n\n" + report.Markdown(s.headline()) + "\n")
	for _, line := range onlyLines(s.OnlyFrom, s.OnlyTo) {
		c.block("\n- " + report.Markdown(line) + "\n")
	}
	for _, d := range s.Accounts {
		if d.Same() && s.Summary.Accounts > 1 {
			continue
		}
		c.block(fmt.Sprintf("\n### %s\n\ncollected %s, then %s\n\n", report.Markdown(accountName(d.Account, d.Alias)),
			report.MarkdownCode(d.From.CollectedAt), report.MarkdownCode(d.To.CollectedAt)))
		for i := range d.Changes {
			c.block(markdownChange(&d.Changes[i], "", ""))
		}
		for i := range d.Gaps {
			c.block("- " + report.Markdown(gapLine(&d.Gaps[i])) + "\n")
		}
		for _, line := range regionLines(d) {
			c.block("- " + report.Markdown(line) + "\n")
		}
		if aside := asideLines(d); len(aside) > 0 {
			text := "\n<details><summary>Not counted</summary>\n\n"
			for _, line := range aside {
				text += "- " + report.Markdown(line) + "\n"
			}
			c.block(text + "\n</details>\n")
		}
	}
	c.end()
}

// markdownChange is a resource that differs as an item of a list.
func markdownChange(c *snapshots.Change, indent, note string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s- **%s**: %s\n", indent, words[c.Kind].word, report.Markdown(resource(c)+note))
	for i := range c.Fields {
		b.WriteString(indent + "  - " + markdownField(&c.Fields[i]) + "\n")
	}
	return b.String()
}

func markdownField(f *snapshots.FieldChange) string {
	lines := fieldLines(f)
	path := report.MarkdownCode(f.Path)
	switch {
	case f.Unread == "to":
		return path + ": not read any more"
	case f.Unread == "from":
		return path + ": is read now: " + report.MarkdownCode(value(f.To))
	case len(f.Removed)+len(f.Added) == 0:
		return path + ": " + report.MarkdownCode(value(f.From)) + " → " + report.MarkdownCode(value(f.To))
	}
	var items []string
	for _, line := range lines[1:] {
		sign, text := "minus ", strings.TrimPrefix(line, "- ")
		if strings.HasPrefix(line, "+ ") {
			sign, text = "plus ", strings.TrimPrefix(line, "+ ")
		}
		items = append(items, sign+report.MarkdownCode(text))
	}
	return path + ": " + strings.Join(items, ", ")
}
