package history

import (
	"fmt"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// The drawings, in units of SVG.
const (
	stripWidth  = 720
	stripHeight = 18
	chartHeight = 90
	chartTop    = 6
	axisHeight  = 18
	slimmest    = 5 // a span of one snapshot
	chartSteps  = 120
)

// looks are how a status is drawn: by colour, by pattern, and by height.
var looks = []struct {
	status report.Status
	word   string
	height int
}{
	{report.Pass, "pass", 8},
	{report.NotApplicable, "does not apply", 8},
	{report.Manual, "left to a human", 8},
	{report.Waived, "fail, waived", 16},
	{report.Unknown, "unknown", 12},
	{report.Fail, "fail", 16},
}

func lookOf(s report.Status) (word string, height int) {
	for _, l := range looks {
		if l.status == s {
			return l.word, l.height
		}
	}
	return string(s), looks[0].height
}

// patterns are what statuses are filled with, once for all drawings, and the key to them.
func (p *page) patterns() {
	p.put(`<svg class="parts" width="0" height="0" aria-hidden="true"><defs>
<pattern id="h-fail" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="h-fail" width="6" height="6"/><line class="h-fail-line" x1="0" y1="0" x2="0" y2="6"/></pattern>
<pattern id="h-waived" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="h-waived" width="6" height="6"/><path class="h-waived-line" d="M0 0L6 6M6 0L0 6"/></pattern>
<pattern id="h-unknown" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="h-unknown" width="5" height="5"/><circle class="h-unknown-dot" cx="2.5" cy="2.5" r="1"/></pattern>
</defs></svg>
`)
}

func (p *page) key() {
	p.put("<ul class=\"key\">\n")
	item := func(drawing, text string) {
		p.put("<li><svg viewBox=\"0 0 34 18\" aria-hidden=\"true\">%s</svg>%s</li>\n", markup(drawing), text)
	}
	for _, l := range looks {
		if l.status != report.Manual || p.h.Summary.Now.Manual > 0 {
			item(bar(l.status, 1, 32, l.height), l.word)
		}
	}
	item(line(1, 33), "not seen between two snapshots")
	item(hole(1, 33), "nothing known")
	p.put("</ul>\n")
}

// bar is a rectangle of a status.
func bar(s report.Status, x, width float64, height int) string {
	return fmt.Sprintf(`<rect class="b-%s" x="%.1f" y="%d" width="%.1f" height="%d"/>`, report.HTML(string(s)), x, (stripHeight-height)/2, width, height)
}

func line(from, to float64) string {
	return fmt.Sprintf(`<line class="between" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`, from, stripHeight/2, to, stripHeight/2)
}

func hole(from, to float64) string {
	return fmt.Sprintf(`<rect class="hole" x="%.1f" y="4" width="%.1f" height="10"/>`, from, max(to-from, 1))
}

// at is where a time is drawn.
func (h *History) at(t time.Time) float64 {
	whole := h.To.Sub(h.From)
	if whole <= 0 {
		return 0
	}
	return float64(t.Sub(h.From)) / float64(whole) * stripWidth
}

// drawn is which accounts have a strip for a control, and how many have none because they pass, or because there are too many.
type drawn struct {
	accounts     map[string]bool
	steady, more int
}

func (h *History) drawn(row int) drawn {
	d := drawn{accounts: map[string]bool{}}
	for i := range h.Accounts {
		a := &h.Accounts[i]
		switch {
		case isSteady(a.Controls[row].Spans) && !a.Overdue && len(a.Holes) == 0:
			d.steady++
		case len(d.accounts) == mostStrips:
			d.more++
		default:
			d.accounts[a.Account] = true
		}
	}
	return d
}

// isSteady tells that a control passed, or did not apply, whenever it was looked at.
func isSteady(spans []Span) bool {
	for i := range spans {
		if sideOf(spans[i].Status) != up {
			return false
		}
	}
	return true
}

// controls is every control with a chart of all accounts, and a strip for each account that did not pass throughout.
func (p *page) controls() {
	h := p.h
	p.put("<section id=\"controls\">\n<h2>Controls over time</h2>\n")
	p.key()
	p.put("<ul class=\"toc\">\n")
	for i := range h.Controls {
		c := &h.Controls[i]
		if len(p.drawn[i].accounts) == 0 {
			p.put("<li id=\"%s\">%s %s %s never broken</li>\n", controlAnchor(c), c.ID, c.Title, report.Glyph(report.Pass))
			continue
		}
		p.put("<li><a href=\"#%s\">%s %s</a> %s</li>\n", controlAnchor(c), c.ID, c.Title, p.tally(i))
	}
	p.put("</ul>\n</section>\n")
	for i := range h.Controls {
		if len(p.drawn[i].accounts) > 0 {
			p.control(i)
		}
	}
}

// tally is what became of a control in all accounts, briefly.
func (p *page) tally(row int) string {
	now, ever := 0, 0
	for i := range p.h.Outages {
		if o := &p.h.Outages[i]; o.row == row {
			ever++
			if o.State == Broken {
				now++
			}
		}
	}
	if ever == 0 {
		return ""
	}
	return fmt.Sprintf("%s %d now, %s", report.Glyph(report.Fail), now, plural(ever, "outage"))
}

func (p *page) control(row int) {
	h := p.h
	c := &h.Controls[row]
	p.put("<section id=\"%s\">\n<h3>%s</h3>\n<table class=\"strips\"><tbody>\n<tr>", controlAnchor(c), titleOf(c))
	if len(h.Accounts) > 1 {
		p.put("<td>All accounts: share</td><td>")
		p.chart(row)
		p.put("</td><td>%s</td></tr>\n", p.shareNow(row))
	} else { // its strip says the same
		p.put("<td></td><td>")
		p.times()
		p.put("</td><td></td></tr>\n")
	}
	d := p.drawn[row]
	for i := range h.Accounts {
		if a := &h.Accounts[i]; d.accounts[a.Account] {
			p.put("<tr id=\"%s\"><td>%s</td><td>", stripAnchor(c, a.Account), named(a.Account, a.Alias))
			p.strip(a, row)
			p.put("</td><td>%s</td></tr>\n", p.lastSeen(a, row))
		}
	}
	p.put("</tbody></table>\n")
	if d.steady > 0 {
		p.put("<p class=\"sub\">%s never broken and never unknown.</p>\n", pluralOf(d.steady, "account was", "accounts were"))
	}
	if d.more > 0 {
		p.put("<p class=\"sub\">%s more did not pass throughout, and CSV and JSON have them.</p>\n", plural(d.more, "account"))
	}
	p.put("</section>\n")
}

func (p *page) shareNow(row int) string {
	pass, all := 0, 0
	for i := range p.h.Accounts {
		a := &p.h.Accounts[i]
		all++
		if sideOf(a.now(&a.Controls[row])) == up {
			pass++
		}
	}
	return fmt.Sprintf("%d of %d pass now", pass, all)
}

// lastSeen is the status of a control as it was seen last, and since when.
func (p *page) lastSeen(a *Account, row int) markup {
	r := &a.Controls[row]
	word, _ := lookOf(r.Status)
	first := len(r.Spans) - 1
	for first > 0 && r.Spans[first-1].Status == r.Status && !r.Spans[first].AfterHole {
		first--
	}
	when, at := "since", r.Spans[first].FirstSeen
	if a.Overdue {
		when, at = "when last seen,", a.LastSeen
	}
	return markup(fmt.Sprintf(`%s %s %s <span class="when">%s</span>`, report.Glyph(r.Status), report.HTML(word), when, p.stamps.of(at)))
}

// strip is one control in one account, from the first snapshot of all to the last.
func (p *page) strip(a *Account, row int) {
	h := p.h
	r := &a.Controls[row]
	p.put("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", stripWidth, stripHeight, fmt.Sprintf("%s in account %s over time", r.Control, a.Account))
	for i := range r.Spans {
		s := &r.Spans[i]
		from, to := h.at(s.FirstSeen), h.at(s.LastSeen)
		if i > 0 {
			before := h.at(r.Spans[i-1].LastSeen)
			if s.AfterHole {
				p.put("<g><title>%s: nothing known</title>%s</g>", p.stamps.span(r.Spans[i-1].LastSeen, s.FirstSeen), markup(hole(before, from)))
			} else {
				p.put("%s", markup(line(before, from)))
			}
		}
		if h.To.Equal(h.From) {
			to = stripWidth
		}
		x := min(max(from, 1), stripWidth-slimmest-1)
		word, height := lookOf(s.Status)
		text := word
		if s.Link != "" {
			text += " at " + s.Link
		}
		when := p.stamps.of(s.FirstSeen)
		if s.Snapshots > 1 {
			when = p.stamps.span(s.FirstSeen, s.LastSeen)
		}
		p.put("<g><title>%s: %s, %s</title>%s</g>", when, report.Line(text, mostText), plural(s.Snapshots, "snapshot"), markup(bar(s.Status, x, max(min(to, stripWidth-1)-x, slimmest), height)))
	}
	if a.Overdue {
		p.put("<g><title>since %s: nothing known</title>%s</g>", p.stamps.of(a.LastSeen), markup(hole(h.at(a.LastSeen)+slimmest, stripWidth-1)))
	}
	p.put("</svg>")
}
