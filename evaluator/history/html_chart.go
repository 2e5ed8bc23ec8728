package history

import (
	"fmt"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// share is how many accounts have each status, in the order of looks.
type share [6]int

// shares is what all accounts say of a control, at equal steps of time: what was seen last, unless that is too long ago.
func (h *History) shares(row, steps int) []share {
	all := make([]share, steps)
	for i := range h.Accounts {
		a := &h.Accounts[i]
		spans := a.Controls[row].Spans
		at := 0
		for step := range all {
			t := h.stepEnd(step, steps)
			for at+1 < len(spans) && !spans[at+1].FirstSeen.After(t) {
				at++
			}
			s := &spans[at]
			late := t.After(s.LastSeen)
			switch {
			case s.FirstSeen.After(t), late && at+1 < len(spans) && spans[at+1].AfterHole, late && at+1 == len(spans) && a.Overdue:
			default:
				all[step][placeOf(s.Status)]++
			}
		}
	}
	return all
}

// stepEnd is the last moment of a step.
func (h *History) stepEnd(step, steps int) time.Time {
	whole := h.To.Sub(h.From)
	if step == steps-1 {
		return h.To
	}
	return h.From.Add(time.Duration(float64(whole) * float64(step+1) / float64(steps)))
}

func placeOf(s report.Status) int {
	for i, l := range looks {
		if l.status == s {
			return i
		}
	}
	return 0
}

// chart draws the share of accounts by status over time: what passes stands on the ground, what fails hangs from the top.
func (p *page) chart(row int) {
	h := p.h
	steps := chartSteps
	if h.To.Equal(h.From) {
		steps = 1
	}
	all := h.shares(row, steps)
	p.put("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", stripWidth, chartTop+chartHeight+axisHeight, "share of accounts by status over time: "+p.shareNow(row))
	for first := 0; first < steps; {
		next := first + 1
		for next < steps && all[next] == all[first] {
			next++
		}
		p.column(all[first], float64(first)*stripWidth/float64(steps), float64(next-first)*stripWidth/float64(steps))
		first = next
	}
	for _, y := range []int{chartTop, chartTop + chartHeight/2, chartTop + chartHeight} {
		p.put("<line class=\"axis\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", y, stripWidth, y)
	}
	p.axis(chartTop + chartHeight)
	p.put("</svg>")
}

// times is the axis alone.
func (p *page) times() {
	p.put("<svg viewBox=\"0 0 %d %d\" aria-hidden=\"true\">", stripWidth, axisHeight)
	p.axis(0)
	p.put("</svg>")
}

// column is a time in which the shares stay the same.
func (p *page) column(s share, x, width float64) {
	total := 0
	for _, n := range s {
		total += n
	}
	ground := float64(chartTop + chartHeight)
	for i, n := range s {
		if n == 0 {
			continue
		}
		height := float64(n) / float64(total) * chartHeight
		ground -= height
		p.put("<rect class=\"b-%s\" stroke-opacity=\"0\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"><title>%s</title></rect>", looks[i].status, unit(x), unit(ground), unit(width), unit(height),
			fmt.Sprintf("%s: %d of %d", looks[i].word, n, total))
	}
}

func unit(v float64) markup { return markup(fmt.Sprintf("%.1f", v)) }

// axis is some times below the ground.
func (p *page) axis(ground int) {
	const marks, short = 4, 4 * day
	h := p.h
	layout := time.DateOnly
	if h.To.Sub(h.From) < short {
		layout = "2006-01-02 15:04"
	}
	last := ""
	for i := range marks + 1 {
		text := h.From.Add(h.To.Sub(h.From) / marks * time.Duration(i)).UTC().Format(layout)
		if i == marks {
			text = h.To.UTC().Format(layout)
		}
		if text == last {
			continue
		}
		last = text
		class := map[int]string{0: "seen", marks: "seen end"}[i]
		if class == "" {
			class = "seen mid"
		}
		p.put("<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>", class, stripWidth*i/marks, ground+axisHeight-4, text)
	}
}
