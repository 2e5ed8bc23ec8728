package history

import (
	"bytes"
	"cmp"
	_ "embed" // the style
	"fmt"
	"io"

	"github.com/cistern-audit/cistern/evaluator/report"
)

//go:embed history.css
var htmlStyle string

const (
	mostStrips = 100 // drawn of one control
	mostRows   = 500 // of a table of outages
	mostSaid   = 20  // of what could not be read
)

// markup is text that is HTML already. All other text is escaped on its way into a page.
type markup string

// page is an HTML page in the making. Text stands only in the content of elements and in attributes in double quotes, and put escapes it
// for both.
type page struct {
	buf    bytes.Buffer
	h      *History
	stamps stamp
	drawn  []drawn // by control
}

func (p *page) put(form string, args ...any) {
	for i, arg := range args {
		switch v := arg.(type) {
		case markup:
			args[i] = string(v)
		case string:
			args[i] = report.HTML(v)
		case report.Status:
			args[i] = report.HTML(string(v))
		}
	}
	fmt.Fprintf(&p.buf, form, args...)
}

// writeHTML writes one page that needs no network and runs no script.
func writeHTML(h *History, w io.Writer, _ bool) error {
	p := &page{h: h, stamps: h.stamps()}
	for row := range h.Controls {
		p.drawn = append(p.drawn, h.drawn(row))
	}
	p.buf.WriteString(report.HTMLHead{Title: h.headline() + ": history", Tool: h.Tool, Style: report.HTMLStyle() + htmlStyle}.String())
	p.put("<body>\n")
	p.head()
	p.put("<main>\n")
	p.patterns()
	p.sum()
	p.missing()
	for _, s := range sections {
		p.outages(s)
	}
	p.controls()
	p.about()
	p.put("</main>\n<footer><p>Made by %s %s. This file needs no network and loads nothing.</p></footer>\n</body>\n</html>\n", h.Tool.Name, h.Tool.Version)
	_, err := w.Write(p.buf.Bytes())
	return err
}

func (p *page) head() {
	h := p.h
	p.put("<header>\n<h1>%s</h1>\n<p class=\"sub\">When controls broke, and when they were mended</p>\n<dl>\n", h.edition())
	fact := func(name, value string) { p.put("<dt>%s</dt><dd>%s</dd>\n", name, value) }
	fact("From", timeText(h.From))
	fact("To", timeText(h.To))
	fact("Seen", h.extent())
	fact("Policies", h.Policies+", for all times")
	if h.HoleSeconds > 0 {
		fact("Nothing is known", "of an account without a snapshot for more than "+lasting(h.HoleSeconds))
	}
	p.put("</dl>\n</header>\n")
}

func (p *page) sum() {
	s := &p.h.Summary
	p.put("<section id=\"summary\">\n<p class=\"headline\">%s.</p>\n<ul class=\"tiles\">\n", p.h.headline())
	for _, tile := range []struct {
		status report.Status
		n      int
		text   string
	}{{report.Fail, s.Broken, "broken now"}, {report.Waived, s.Waived, "waived now"}, {report.Unknown, s.Now.Unknown, "unknown now"}, {report.Pass, s.Mended, "mended"}} {
		p.put("<li class=\"s-%s\"><b>%d</b><span aria-hidden=\"true\">%s</span> %s</li>\n", tile.status, tile.n, report.Glyph(tile.status), tile.text)
	}
	p.put("</ul>\n")
	if text := p.h.mending(); text != "" {
		p.put("<p>%s.</p>\n", text)
	}
	if remarks := p.h.remarks(); len(remarks) > 0 {
		p.put("<ul>\n")
		for _, text := range remarks {
			p.put("<li>%s</li>\n", text)
		}
		p.put("</ul>\n")
	}
	p.put("</section>\n")
}

// missing is what could not be read, and what could not judge.
func (p *page) missing() {
	h := p.h
	var lines []string
	for i := range h.Unread {
		lines = append(lines, h.Unread[i].File+": "+h.Unread[i].Problem)
	}
	for i := range h.Errors {
		lines = append(lines, h.Errors[i].File+": "+h.Errors[i].Problem)
	}
	if len(lines) == 0 {
		return
	}
	p.put("<section class=\"box broken\" id=\"missing\">\n<h2>✗ Of no use</h2>\n<ul>\n")
	for i, text := range lines {
		if i == mostSaid {
			p.put("<li>and %d more</li>\n", len(lines)-i)
			break
		}
		p.put("<li>%s</li>\n", text)
	}
	p.put("</ul>\n</section>\n")
}

// outages is a section's table.
func (p *page) outages(s section) {
	all, n := p.h.within(s)
	if n == 0 {
		return
	}
	p.put("<section>\n<h2>%s (%d)</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table class=\"outages\"><thead><tr>", s.title, n, s.title)
	for _, name := range []string{"Account", "Broke", s.ended, "Down", "Why", "Controls"} {
		p.put("<th scope=\"col\">%s</th>", name)
	}
	p.put("</tr></thead><tbody>\n")
	for i, group := range all {
		if i == mostRows {
			break
		}
		p.alike(group)
	}
	p.put("</tbody></table></div>\n")
	if len(all) > mostRows {
		p.put("<p>The first %d of %d; CSV and JSON have all.</p>\n", mostRows, len(all))
	}
	p.put("</section>\n")
}

func (p *page) alike(group alike) {
	o := group[0]
	p.put("<tr><td>%s</td><td class=\"when\">%s</td><td class=\"when\">%s</td><td class=\"when\">%s</td><td>", named(o.Account, o.Alias), p.stamps.broke(o), p.stamps.mended(o), o.down())
	if text := o.links(); text != "" {
		p.put("<b>%s</b>: ", text)
	}
	p.put("%s</td><td>", report.Line(o.Message, mostText))
	for i, one := range group {
		c := &p.h.Controls[one.row]
		p.put("%s<a href=\"#%s\" title=\"%s\">%s</a>", markup(map[bool]string{true: ", "}[i > 0]), p.target(one), c.Title, cmp.Or(c.ID, c.Control))
	}
	p.put("</td></tr>\n")
}

func named(account, alias string) string {
	if alias == "" {
		return report.Line(account, mostText)
	}
	return report.Line(account+" ("+alias+")", mostText)
}

func stripAnchor(c *Control, account string) markup {
	return markup(report.HTMLAnchor("c"+c.Control, c.ID, account))
}

// target is where an outage is drawn.
func (p *page) target(o *Outage) markup {
	c := &p.h.Controls[o.row]
	if !p.drawn[o.row].accounts[o.Account] {
		return controlAnchor(c)
	}
	return stripAnchor(c, o.Account)
}

func controlAnchor(c *Control) markup { return markup(report.HTMLAnchor("c"+c.Control, c.ID)) }

// about is how to read it, and how to make it again.
func (p *page) about() {
	p.put("<section id=\"about\">\n<h2>How to read this</h2>\n<p>Snapshots are samples. A control broke at some time after the last snapshot that passes and not after the first that "+
		"fails; it was mended after the last that fails and not after the first that passes. It was down at least for the time between snapshots of which each and the next fail, "+
		"and at most for all the time between the two that pass. A fail under a waiver is a fail. Unknown is neither: what was broken and became unknown is broken until it is seen to pass. A * is for a time of which nothing is known.</p>\n"+
		"<p>All snapshots were judged with the same policies, each as of its own time and beside the other accounts as they were then. So what changes here changed in an account.</p>\n"+
		"<pre>cistern history SNAPSHOTS --benchmark %s -f html</pre>\n</section>\n", p.h.Benchmark.ID)
}
