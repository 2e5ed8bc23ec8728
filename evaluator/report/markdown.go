package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// A comment on GitHub takes 65,536 characters; what does not fit is left out, and said to be.
const (
	markdownMost     = 65000 // bytes, so never more characters
	markdownReserve  = 400   // for the last line
	markdownText     = 1500  // characters of one text
	markdownLabel    = 200   // and of a name in a heading or table
	markdownColumns  = 8     // accounts beside each other in the matrix
	markdownAccounts = 50    // named after the one that speaks for them
	markdownEvidence = 6000  // bytes of one event
)

// markdownWriter lays a report out as a comment.
type markdownWriter struct {
	buf     bytes.Buffer
	title   string // of the section that has not begun yet
	end     int    // of the section's share
	leftOut int
}

// writeMarkdown writes a comment for a pull request: the sum, what could not be read, then what fails and what is unknown with its
// reason, then what humans answer for.
func writeMarkdown(w io.Writer, s *Stream, _ Style) error {
	r, m := s.Head, &markdownWriter{end: markdownMost}
	facts := &markdownFacts{grid: newGridSum(markdownColumns), rows: map[Status]*markdownRows{Fail: {}, Unknown: {}}}
	if err := s.visit(func(_ int, a *Account) { facts.add(a) }); err != nil {
		return err
	}
	m.head(r)
	m.sums(s)
	m.matrix(s, facts.grid)
	m.completeness(&facts.unread)
	m.begin("Policies that could not judge", 4)
	for i := range r.Policies.Errors {
		m.block("- " + markdown(policyErrorText(&r.Policies.Errors[i])) + "\n")
	}
	m.begin("Snapshots that could not be read", 4)
	for i := range r.Unread {
		m.block("- " + markdown(unreadText(&r.Unread[i])) + "\n")
	}
	for _, section := range []struct {
		title  string
		status Status
	}{{"Fails", Fail}, {"Unknown", Unknown}} {
		m.begin(section.title, 1)
		m.results(facts.rows[section.status])
	}
	m.begin("For a human to answer", 1)
	m.blocks(s, &facts.answered)
	m.begin("Notes", 1)
	for _, note := range r.Notes {
		m.block("- " + markdown(note) + "\n")
	}
	for _, text := range sourceTexts(r) {
		m.block("- policies of " + markdown(text) + "\n")
	}
	m.blocks(s, &facts.notes)
	if m.leftOut > 0 {
		fmt.Fprintf(&m.buf, "\n**%s left out**: a comment holds no more. The report as JSON or HTML has all.\n", plural(m.leftOut, "part is", "parts are"))
	}
	_, err := w.Write(m.buf.Bytes())
	return err
}

// blocks are the texts, with the accounts that they hold for where there are several.
func (m *markdownWriter) blocks(s *Stream, texts *points) {
	for _, text := range texts.order {
		where := ""
		if len(s.Briefs) > 1 {
			where = "  - in " + texts.where(text) + "\n"
		}
		m.block("- " + text + "\n" + where)
	}
}

// begin opens a section, which stands there once it has a block. It takes no more than its share of what is left, as 1/share.
func (m *markdownWriter) begin(title string, share int) {
	m.title = title
	m.end = m.buf.Len() + (markdownMost-markdownReserve-m.buf.Len())/share
}

// block adds a part that is there whole or not at all.
func (m *markdownWriter) block(text string) {
	if m.title != "" {
		text = "\n### " + m.title + "\n\n" + text
	}
	if m.buf.Len()+len(text) > min(m.end, markdownMost-markdownReserve) {
		m.leftOut++
		return
	}
	m.title = ""
	m.buf.WriteString(text)
}

// results are the rows of a status: of a few accounts each, of more the first, and where else.
func (m *markdownWriter) results(rows *markdownRows) {
	for _, row := range rows.order {
		if row.n <= markdownFew {
			for _, text := range row.texts {
				m.block(text)
			}
			continue
		}
		names := row.names
		if more := row.n - 1 - len(names); more > 0 {
			names = append(names, fmt.Sprintf("and %d more", more))
		}
		m.block(fmt.Sprintf("%sIn %d accounts more: %s\n\n", row.texts[0], row.n-1, strings.Join(names, ", ")))
	}
}

func (m *markdownWriter) head(r *Report) {
	title, tool := markdown(cut(editionName(&r.Benchmark), markdownLabel)), markdown(r.Tool.Name+" "+r.Tool.Version)
	m.block(fmt.Sprintf("## %s\n\nas of %s · policies %s · %s\n", title, markdownCode(r.AsOf), markdownCode(short(r.Policies.Digest)), tool))
}

// sums is the table of counts, a row for each account where there are several.
func (m *markdownWriter) sums(s *Stream) {
	var top, rule strings.Builder
	for _, status := range Statuses {
		fmt.Fprintf(&top, " %s %s |", looks[status].glyph, looks[status].word)
		rule.WriteString(" ---: |")
	}
	table := fmt.Sprintf("\n| account |%s\n| --- |%s\n", top.String(), rule.String())
	if len(s.Briefs) != 1 {
		table += markdownCounts(fmt.Sprintf("all %d", len(s.Briefs)), s.Head.Summary)
	}
	const most = 30
	for i := range s.Briefs {
		if b := &s.Briefs[i]; i < most {
			table += markdownCounts(markdownAccount(b.Account, b.Alias), b.Summary)
		}
	}
	m.block(table)
	if n := len(s.Briefs) - most; n > 0 {
		m.block(fmt.Sprintf("\nand %s\n", plural(n, "account more", "accounts more")))
	}
}

func markdownCounts(name string, s Summary) string {
	row := "| " + name + " |"
	for _, status := range Statuses {
		row += fmt.Sprintf(" %d |", s.Count(status))
	}
	return row + "\n"
}

// matrix shows controls by accounts, where there are several; of very many, how often each control has each status.
func (m *markdownWriter) matrix(s *Stream, g *gridSum) {
	if len(s.Briefs) < 2 {
		return
	}
	head, rule := "| control |", "\n| --- |"
	for i := range s.Briefs {
		if !g.wide() {
			head, rule = head+" "+markdownAccount(s.Briefs[i].Account, s.Briefs[i].Alias)+" |", rule+" :---: |"
		}
	}
	for _, status := range Statuses {
		if g.wide() {
			head, rule = head+" "+looks[status].glyph+" "+looks[status].word+" |", rule+" ---: |"
		}
	}
	table := "\n" + head + rule + "\n"
	for _, row := range g.rows {
		table += "| " + markdown(cut(plain(row.ID+" "+row.Control), markdownLabel)) + " |"
		if g.wide() {
			table += strings.TrimPrefix(markdownCounts("", row.sum), "|  |")
			continue
		}
		for i := range s.Briefs {
			if status, has := row.in[i]; has {
				table += " " + looks[status].glyph + " " + looks[status].word
			}
			table += " |"
		}
		table += "\n"
	}
	m.block(table)
}

// completeness says what the verdicts do not rest on.
func (m *markdownWriter) completeness(unread *points) {
	m.begin("Not read", 4)
	if len(unread.order) == 0 {
		m.title = ""
		m.block("\nComplete: the snapshots name nothing that could not be read.\n")
	}
	for _, text := range unread.order {
		m.block("- " + unread.where(text) + ": " + text + "\n")
	}
}

// markdownResult is a failing or unknown control: why, where, what nobody would hear of, the way out.
func markdownResult(a *Account, result *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s **%s** in %s\n\n", looks[result.Status].glyph, markdown(heading(result)), markdownAccount(a.Account, a.Alias))
	decided := deciding(result)
	for i := range decided {
		if i == mostFindings {
			fmt.Fprintf(&b, "- and %d more\n", len(decided)-i)
			break
		}
		b.WriteString(markdownFinding(&decided[i]))
	}
	if len(decided) == 0 {
		fmt.Fprintf(&b, "- %s\n", markdown(reason(result)))
	}
	for _, note := range result.Notes {
		fmt.Fprintf(&b, "- note: %s\n", markdown(note))
	}
	if way := wayLine(result); way != "" {
		fmt.Fprintf(&b, "\nWay out: %s\n", markdown(way))
	}
	return strings.ReplaceAll(b.String()+"\n", "\n\n\n", "\n\n")
}

func markdownFinding(f *Finding) string {
	var b strings.Builder
	b.WriteString("- " + markdown(f.Message) + "\n")
	at := "broken at"
	if f.Status == Unknown {
		at = "not known at"
	}
	for _, line := range []struct{ name, text string }{
		{at, linkNames[f.Link]}, {"where", strings.Join(nonEmpty(f.Region, f.Resource), " ")}, {"evidence", strings.Join(f.Pointers, " ")},
	} {
		if plain(line.text) != "" {
			fmt.Fprintf(&b, "  - %s: %s\n", line.name, markdownCode(line.text))
		}
	}
	event := f.Evidence["missed_event"]
	if event == nil {
		return b.String()
	}
	fmt.Fprintf(&b, "  - nobody would hear of: %s\n", markdownCode(eventText(event, compact(f.Evidence))))
	var text bytes.Buffer
	if encode(&text, event, "  ") != nil || text.Len() > markdownEvidence {
		return b.String()
	}
	fence := markdownFence(text.String(), 3)
	fmt.Fprintf(&b, "\n  <details><summary>The event</summary>\n\n  %sjson\n", fence)
	for line := range strings.Lines(text.String()) {
		b.WriteString("  " + line)
	}
	fmt.Fprintf(&b, "  %s\n\n  </details>\n\n", fence)
	return b.String()
}

// markdownDecisions are what humans decided about a control, or must.
func markdownDecisions(result *Result) string {
	var texts []string
	if result.Waiver != nil {
		texts = append(texts, waivedText(result.Waiver))
	}
	if result.Attestation != nil {
		texts = append(texts, attestedText(result.Attestation))
	} else if result.Status == Manual {
		texts = append(texts, strings.Join(append([]string{"manual"}, result.Notes...), ": "))
	}
	for i := range result.Exceptions {
		texts = append(texts, exceptedText(&result.Exceptions[i]))
	}
	var b strings.Builder
	for _, text := range texts {
		b.WriteString("\n  - " + markdown(text))
	}
	return b.String()
}
