package drift

import (
	"fmt"
	"io"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

const (
	mostAccounts = 5  // told in full of one control; the JSON has all
	mostNames    = 50 // named after them
	mostFindings = 5  // of one answer
	mostRecords  = 5
	mostFields   = 8
	mostGaps     = 20
	textWidth    = 110
)

// Write writes the comparison as text, json or markdown.
func (d *Drift) Write(w io.Writer, format string) error {
	var b strings.Builder
	switch format {
	case "json":
		return report.EncodeJSON(w, d)
	case "text":
		d.text(&b)
	case "markdown":
		d.markdown(&b)
	default:
		return fmt.Errorf("format %s: not one of %s", format, strings.Join(Formats(), ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// titles head the kinds of change.
var titles = map[Kind]string{Regression: "Regressions", Other: "Other changes", Improvement: "Improvements"}

// group is a control that changed in the same sense in some accounts.
type group struct {
	kind    Kind
	changes []*Change
}

// groups are the changes by kind and control, in their order.
func (d *Drift) groups() []group {
	var all []group
	for i := range d.Changes {
		c := &d.Changes[i]
		if n := len(all); n > 0 && all[n-1].kind == c.Kind && all[n-1].changes[0].Control == c.Control {
			all[n-1].changes = append(all[n-1].changes, c)
			continue
		}
		all = append(all, group{c.Kind, []*Change{c}})
	}
	return all
}

// rest are the accounts of a group that are only named.
func (g *group) rest() string {
	if len(g.changes) <= mostAccounts {
		return ""
	}
	var names []string
	for _, c := range g.changes[mostAccounts:] {
		if len(names) == mostNames {
			names = append(names, fmt.Sprintf("and %d more", len(g.changes)-mostAccounts-mostNames))
			break
		}
		names = append(names, c.Account)
	}
	return fmt.Sprintf("in %s more: %s", count(len(g.changes)-mostAccounts, "account"), strings.Join(names, ", "))
}

func (d *Drift) edition() string {
	if d.From.Benchmark.ID == d.To.Benchmark.ID {
		return title(&d.To.Benchmark)
	}
	return title(&d.From.Benchmark) + " → " + title(&d.To.Benchmark)
}

func title(b *report.Benchmark) string {
	text := b.Title
	if !strings.Contains(text, b.Version) {
		text += " " + b.Version
	}
	return report.Line(text, mostText)
}

// above remembers which resources of which accounts were told with their fields: what is behind many answers is told once.
type above map[string]bool

// once is the resource as it was given the first time, and then without its fields.
func (a above) once(account string, c snapshots.Change) (snapshots.Change, string) {
	key := strings.Join([]string{account, c.List, c.From, c.To}, "\x00")
	if !a[key] || len(c.Fields) == 0 {
		a[key] = true
		return c, ""
	}
	c.Fields = nil
	return c, " (as above)"
}

func (d *Drift) headline() string {
	s := d.Summary
	if s.Affected == 0 {
		return fmt.Sprintf("No verdict changed in %s", count(s.Accounts, "account"))
	}
	return fmt.Sprintf("%s, %s, %s; %d of %s affected", count(s.Regressions, "regression"), count(s.Changes, "other change"),
		count(s.Improvements, "improvement"), s.Affected, count(s.Accounts, "account"))
}

// remarks are what else a reader must know.
func (d *Drift) remarks() []string {
	var lines []string
	for _, note := range d.Notes {
		lines = append(lines, "note: "+note)
	}
	if n := d.Summary.NewControls; n > 0 {
		lines = append(lines, fmt.Sprintf("note: %s of the second are not in the first; one that passes is not listed", count(n, "row")))
	}
	if n := d.Summary.RemovedControls; n > 0 {
		lines = append(lines, fmt.Sprintf("note: %s of the first are not in the second", count(n, "row")))
	}
	return append(lines, onlyLines(d.OnlyFrom, d.OnlyTo)...)
}

func heading(c *Change) string {
	return report.Line(strings.TrimSpace(c.ID+" "+c.Title)+" ("+c.Control+")", mostText)
}

// step says from what to what an answer went.
func (c *Change) step() string {
	name := func(s report.Status, none string) string {
		if s == "" {
			return none
		}
		return strings.TrimSpace(report.Glyph(s) + " " + report.Line(string(s), mostText))
	}
	if c.From == c.To {
		return "still " + name(c.To, "")
	}
	return name(c.From, "not judged") + " → " + name(c.To, "not judged any more")
}

// reasons are the lines that say why, without the resources.
func (c *Change) reasons() []string {
	var lines []string
	for _, d := range c.Decisions {
		text := d.What + " " + d.Change + ": "
		switch {
		case d.From == "":
			text += d.To
		case d.To == "":
			text += d.From
		default:
			text += d.From + " → " + d.To
		}
		lines = append(lines, text)
	}
	lines = append(lines, messages("was: ", c.Was)...)
	return append(lines, messages("now: ", c.Now)...)
}

func messages(label string, findings []Finding) []string {
	var lines []string
	for i, f := range findings {
		if i == mostFindings {
			return append(lines, fmt.Sprintf("%sand %d more", label, len(findings)-i))
		}
		lines = append(lines, label+f.Message)
	}
	return lines
}

func (d *Drift) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s\n", d.edition())
	fmt.Fprintf(b, "as of %s, then %s\n", report.Line(d.From.AsOf, mostText), report.Line(d.To.AsOf, mostText))
	fmt.Fprintf(b, "%s\n", d.headline())
	for _, line := range d.remarks() {
		paragraph(b, "", "", line)
	}
	kind, told := Kind(""), above{}
	for _, g := range d.groups() {
		if g.kind != kind {
			kind = g.kind
			fmt.Fprintf(b, "\n%s\n", titles[kind])
		}
		fmt.Fprintf(b, "  %s\n", heading(g.changes[0]))
		for _, c := range g.changes[:min(len(g.changes), mostAccounts)] {
			c.text(b, told)
		}
		if rest := g.rest(); rest != "" {
			paragraph(b, "    ", "", rest)
		}
	}
	if len(d.Gaps) > 0 {
		fmt.Fprintf(b, "\nWhat could be read\n")
	}
	for i := range d.Gaps {
		if i == mostGaps {
			fmt.Fprintf(b, "  and %d more\n", len(d.Gaps)-i)
			break
		}
		paragraph(b, "  ", "! ", d.Gaps[i].Account+": "+gapLine(&d.Gaps[i].GapChange))
	}
}

func (c *Change) text(b *strings.Builder, told above) {
	fmt.Fprintf(b, "    %s  %s\n", c.step(), accountName(c.Account, c.Alias))
	for _, line := range c.reasons() {
		paragraph(b, "      ", "", line)
	}
	for i := range c.Records {
		if i == mostRecords {
			fmt.Fprintf(b, "      and %s more\n", count(len(c.Records)-i, "resource"))
			break
		}
		r, note := told.once(c.Account, c.Records[i])
		fmt.Fprintf(b, "      %s %s%s\n", words[r.Kind].sign, headline(&r), note)
		for _, line := range someFields(&r) {
			fmt.Fprintf(b, "          %s\n", line)
		}
	}
}

// someFields are the lines of a resource's fields, those of a list's items further in.
func someFields(c *snapshots.Change) []string {
	var lines []string
	for i := range c.Fields {
		if i == mostFields {
			return append(lines, fmt.Sprintf("and %s more", count(len(c.Fields)-i, "field")))
		}
		for j, line := range fieldLines(&c.Fields[i]) {
			lines = append(lines, strings.Repeat("  ", min(j, 1))+line)
		}
	}
	return lines
}

// paragraph writes a text in lines that fit, all of them safe for a terminal.
func paragraph(b *strings.Builder, indent, sign, text string) {
	const most = 2000
	for i, line := range report.Wrap(report.Line(text, most), textWidth-len(indent)-len(sign)) {
		if i > 0 {
			sign = "  "
		}
		fmt.Fprintf(b, "%s%s%s\n", indent, sign, line)
	}
}
