package remediation

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// WriteText writes the plans for a person. Wider lines than that are broken; at 80 signs if width is 0.
func WriteText(w io.Writer, r *Result, width int) error {
	t := &text{width: width}
	if width <= 0 {
		t.width = 80
	}
	t.line("", "", fmt.Sprintf("%s %s", r.Benchmark.Title, r.Benchmark.Version))
	for i := range r.Plans {
		t.plan(&r.Plans[i])
	}
	_, err := w.Write(t.Bytes())
	return err
}

// text is lines for a person.
type text struct {
	bytes.Buffer
	width int
}

// line writes a text behind a first indent, and what does not fit on a line below, behind another.
func (t *text) line(first, rest, text string) {
	line, begun := first, false
	for word := range strings.FieldsSeq(visible(text)) {
		if begun && len([]rune(line))+1+len([]rune(word)) > t.width {
			t.WriteString(line + "\n")
			line, begun = rest, false
		}
		if begun {
			line += " "
		}
		line, begun = line+word, true
	}
	t.WriteString(strings.TrimRight(line, " ") + "\n")
}

// visible is a text without what moves a terminal's cursor or ends a line.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

func (t *text) plan(p *Plan) {
	name := p.Account
	if p.Alias != "" {
		name += " (" + p.Alias + ")"
	}
	t.WriteString("\n")
	t.line("", "", fmt.Sprintf("Account %s, as its snapshot of %s shows it", name, p.CollectedAt))
	if len(p.Controls) == 0 {
		t.line("  ", "  ", "nothing to mend")
		return
	}
	t.changes(p)
	t.steps(p)
	t.proof(p)
}

func (t *text) changes(p *Plan) {
	if len(p.Changes) == 0 {
		return
	}
	t.WriteString("\n  Changes, in this order\n")
	for i, c := range p.Changes {
		t.line(fmt.Sprintf("  %3d  ", i+1), "       ", p.Resolve(c.Why))
		t.line("       ", "         ", t.about(p, &c))
		if c.Kind == FilterKind {
			t.line("       pattern: ", "                ", orEmpty(c.Filter.FilterPattern))
		}
		for _, note := range c.Notes {
			t.line("       note: ", "             ", p.Resolve(note))
		}
	}
	t.line("  permissions: ", "    ", strings.Join(p.Permissions, ", "))
	for _, v := range p.Variables {
		value := v.Value
		if value == "" {
			value = "not set"
		}
		t.line("  "+v.Name+" ", "      ", fmt.Sprintf("is %s: %s", value, v.About))
	}
}

// about says what a change touches, and for whom.
func (t *text) about(p *Plan, c *Change) string {
	what := strings.ReplaceAll(string(c.Kind), "_", " ") + " " + p.Resolve(c.Name)
	switch {
	case c.Kind == HubKind:
		what = "new hub"
	case c.Kind == LoggingKind:
		what = "logging of trail " + p.Resolve(c.Name)
	case c.Kind == SubscriptionKind:
		what = "new subscription to topic " + p.Resolve(c.Name)
	case c.Create:
		what = "new " + what
	}
	what += " in " + c.Region
	if len(c.Fields) > 0 && c.Kind != LoggingKind {
		what += ", " + strings.Join(c.Fields, ", ")
	}
	return what + "; for " + spans(c.Controls)
}

// spans are ids with those that follow each other drawn together: 4.1, 5.1 to 5.15.
func spans(ids []string) string {
	var all []string
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && follows(ids[j-1], ids[j]) {
			j++
		}
		if j-i > 2 {
			all = append(all, ids[i]+" to "+ids[j-1])
		} else {
			all = append(all, ids[i:j]...)
		}
		i = j
	}
	return strings.Join(all, ", ")
}

// follows tells whether an id is the next after another of the same section.
func follows(id, next string) bool {
	section, number, ok := strings.Cut(id, ".")
	nextSection, nextNumber, also := strings.Cut(next, ".")
	a, err := strconv.Atoi(number)
	b, failed := strconv.Atoi(nextNumber)
	return ok && also && err == nil && failed == nil && section == nextSection && b == a+1
}

func (t *text) steps(p *Plan) {
	if len(p.Steps) == 0 {
		return
	}
	t.WriteString("\n  Steps for a human\n")
	for i, s := range p.Steps {
		when := map[When]string{Before: "before the changes", After: "after the changes", Instead: "by hand"}[s.When]
		t.line(fmt.Sprintf("  %3d  ", i+1), "       ", when+": "+p.Resolve(s.Text))
		for _, command := range s.Commands {
			t.WriteString("         " + command + "\n")
		}
		t.line("       for ", "           ", spans(s.Controls))
	}
}

func (t *text) proof(p *Plan) {
	t.WriteString("\n  Controls, now and when all of this is done\n")
	marks := map[report.Status]string{report.Pass: "✓", report.Fail: "✗", report.Unknown: "?"}
	for _, c := range p.Controls {
		first := fmt.Sprintf("    %s %-5s %s -> %s  ", cmp.Or(marks[c.After], "-"), c.ID, c.Before, c.After)
		t.line(first, strings.Repeat(" ", len([]rune(first))), c.Title)
	}
	if len(p.Accounts) > 0 {
		t.line("  ", "    ", "This takes the changes and steps of "+strings.Join(p.Accounts, ", ")+", too.")
	}
	for _, a := range p.Assumptions {
		t.line("  assuming that ", "    ", p.Resolve(a))
	}
	if len(p.Changes)+len(p.Assumptions) > 0 {
		t.line("  ", "  ", "The changes were made on a copy of the snapshot, and the same policies judged it: no control that passes now would no longer do so.")
	}
}

// WriteJSON writes the result as JSON. A variable of a plan stands in it as ${NAME}.
func WriteJSON(w io.Writer, r *Result) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return err
	}
	_, err := strings.NewReplacer(opening, "${", closing, "}").WriteString(w, b.String())
	return err
}
