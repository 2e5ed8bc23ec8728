package report

import (
	"fmt"
)

// stepLooks are how a step of the chain appears: never by colour alone.
var stepLooks = map[StepState]struct{ class, glyph, says string }{
	StepOK:     {"ok", "✓", "seen"},
	StepBroken: {"broken", "✗", "broken here"},
	StepUnseen: {"unseen", "?", "not known"},
	StepBeyond: {"beyond", "·", "not reached"},
}

// The drawing's measures, in its own units.
const (
	nodeWide, nodeHigh, nodeGap = 106, 64, 16
	nodePitch, drawingHigh      = nodeWide + nodeGap, nodeHigh + 10
	seenMost                    = 15 // characters of what was seen that fit a node
)

// chain draws the way of an event, and tells it as a list, which a screen reader and a narrow screen have alone. Each step of the list
// links to the records behind it.
func (p *page) chain(a *Account, f *Finding) {
	steps := Steps(a, f)
	if len(steps) == 0 {
		if len(f.Pointers) > 0 {
			p.put("<p class=\"sub\">Seen in %s", plural(len(f.Pointers), "record", "records"))
			p.links(a, f.Pointers)
			p.put("</p>\n")
		}
		return
	}
	p.put("<div class=\"chain\">\n<svg viewBox=\"0 0 %d %d\" aria-hidden=\"true\" focusable=\"false\">\n", len(steps)*nodePitch-nodeGap+4, drawingHigh)
	for i, s := range steps {
		look := stepLooks[s.State]
		p.put("<g class=\"%s\" transform=\"translate(%d 4)\">", look.class, 2+i*nodePitch)
		if i > 0 {
			p.put("<use href=\"#arm\"/>")
		}
		p.put("<use href=\"#node\"/><text class=\"glyph\" x=\"%d\" y=\"18\">%s</text><text x=\"%d\" y=\"36\">%s</text>", nodeWide/2, look.glyph, nodeWide/2, linkName(s.Link))
		if seen := nodeText(s); seen != "" {
			p.put("<text class=\"seen\" x=\"%d\" y=\"53\">%s</text>", nodeWide/2, seen)
		}
		p.put("</g>\n")
	}
	p.put("</svg>\n<ol>\n")
	for _, s := range steps {
		look := stepLooks[s.State]
		p.put("<li><span class=\"mark %s\" role=\"img\" aria-label=\"%s\">%s</span>", look.class, look.says, look.glyph)
		text := s.Text
		if text == f.Message {
			text = look.says
		}
		p.put("<span class=\"%s-text\"><strong>%s</strong>: %s</span>", look.class, linkName(s.Link), text)
		p.links(a, s.Pointers)
		p.put("</li>\n")
	}
	p.put("</ol>\n</div>\n")
}

// drawingParts are what every drawing uses: a node, and the arm that leads to it.
func (p *page) drawingParts() {
	p.put("<svg width=\"0\" height=\"0\" class=\"parts\" aria-hidden=\"true\" focusable=\"false\"><defs><rect id=\"node\" width=\"%d\" height=\"%d\" rx=\"7\"/><path id=\"arm\" d=\"M-%d %dH0\"/></defs></svg>\n",
		nodeWide, nodeHigh, nodeGap, nodeHigh/2)
}

// seenWhole says what was seen where a step that holds has no name of its own.
var seenWhole = map[string]string{"event_selectors": "records them", "pattern": "covers them"}

// nodeText is what fits below a step's name: what was seen there.
func nodeText(s Step) string {
	text := stepLooks[s.State].says
	switch n := len(s.Names); {
	case n == 1:
		text = Clean(s.Names[0])
	case n > 1:
		text = fmt.Sprintf("%d of them", n)
	case s.State == StepOK:
		text = seenWhole[s.Link]
	}
	wide := 0
	for i, r := range text {
		if wide++; r > 0x2000 { // most of what is beyond is wider than a letter
			wide++
		}
		if wide > seenMost {
			return text[:i] + "…"
		}
	}
	return text
}
