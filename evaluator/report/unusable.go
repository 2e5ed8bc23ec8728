package report

import "fmt"

// unusable says first of all which policies could not judge: what follows does not rest on them.
func (t *textWriter) unusable(problems []PolicyError) {
	if len(problems) == 0 {
		return
	}
	t.line(0, "")
	t.line(0, t.paint("1;31", fmt.Sprintf("Policies that could not judge: %d", len(problems))))
	for _, p := range problems {
		place := p.File
		if p.Line > 0 {
			place += fmt.Sprintf(":%d", p.Line)
		}
		text := place + ": " + p.Problem
		if p.Account != "" {
			text += " (account " + p.Account + ")"
		}
		t.paragraph(2, "! ", text)
		if p.Hint != "" {
			t.paragraph(4, "hint: ", p.Hint)
		}
	}
}
