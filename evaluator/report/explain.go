package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Explanation is which controls are explained, and how.
type Explanation struct {
	Controls []string // slugs or the edition's ids
	Style    Style
	// After writes what follows one account's result, such as a trace; nothing if nil.
	After func(w io.Writer, a *Account, r *Result) error
}

// UnknownControlError is a control that is not in a report.
type UnknownControlError struct {
	Name  string
	Known []string
}

func (e *UnknownControlError) Error() string {
	return fmt.Sprintf("control %s: explain: the report has none of this name", e.Name)
}

// Explain writes for a person why controls have their status, in each account: the steps of the chain, the event that nobody would hear of, what
// was wanted beside what is there, and the way out.
func Explain(w io.Writer, r *Report, e Explanation) error {
	if e.Style.Width <= 0 {
		e.Style.Width = defaultWidth
	}
	t := &textWriter{style: e.Style, said: map[string]string{}}
	for i, control := range e.Controls {
		found := false
		for j := range r.Accounts {
			a := &r.Accounts[j]
			for k := range a.Results {
				result := &a.Results[k]
				if result.Control != control && result.ID != control {
					continue
				}
				if i > 0 || found {
					t.line(0, "")
				}
				found = true
				t.explain(a, result)
				if e.After == nil {
					continue
				}
				if err := e.After(&t.buf, a, result); err != nil {
					return err
				}
			}
		}
		if !found {
			return unknownControl(r, control)
		}
	}
	_, err := w.Write(t.buf.Bytes())
	return err
}

func unknownControl(r *Report, control string) error {
	known := map[string]bool{}
	for _, a := range r.Accounts {
		for _, result := range a.Results {
			known[result.Control] = true
		}
	}
	return &UnknownControlError{control, slices.Sorted(maps.Keys(known))}
}

// explain is all that one account's result tells.
func (t *textWriter) explain(a *Account, r *Result) {
	l := looks[r.Status]
	name := "Account " + Clean(nameOf(a))
	t.line(0, t.paint("1", name+", control "+strings.Join(nonEmpty(Clean(r.ID), Clean(r.Control)), " ")))
	t.hang(0, t.paint(l.color, l.glyph+" "+l.word)+": ", 4+len(l.word), r.Title)
	if len(r.Findings) == 0 {
		t.line(0, "")
		t.paragraph(2, "", "no finding says more")
	}
	for i := range r.Findings {
		if i == mostFindings {
			t.line(0, "")
			t.paragraph(2, "", fmt.Sprintf("and %s; the JSON has them", plural(len(r.Findings)-i, "finding more", "findings more")))
			break
		}
		t.line(0, "")
		t.explainFinding(a, &r.Findings[i])
	}
	t.decidedByPeople(r)
	t.points("Notes", r.Notes)
	if ways := WaysOut(r); len(ways) > 0 && (r.Status == Fail || r.Status == Unknown || r.Status == Waived || r.Attestation != nil) {
		t.head("Way out")
		for _, text := range ways {
			t.paragraph(4, "", text)
		}
	}
}

// head begins a part of an explanation.
func (t *textWriter) head(text string) {
	t.line(0, "")
	t.line(2, t.paint("1", text))
}

func (t *textWriter) points(head string, texts []string) {
	if len(texts) == 0 {
		return
	}
	t.head(head)
	for _, text := range texts {
		t.paragraph(4, "- ", text)
	}
}

func (t *textWriter) explainFinding(a *Account, f *Finding) {
	l := looks[f.Status]
	t.hang(2, t.paint(l.color, l.glyph)+" ", 2, f.Message)
	if where := strings.Join(nonEmpty(f.Region, f.Resource), " "); where != "" {
		t.paragraph(4, "", where)
	}
	if steps := Steps(a, f); len(steps) > 0 {
		t.head("The way of an event")
		t.steps(steps, f.Message)
	}
	if event, ok := f.Evidence["missed_event"].(map[string]any); ok {
		t.missedEvent(event)
	}
	if f.Status != Pass {
		t.wantedAndThere(a, f)
	}
	t.otherEvidence(f)
	t.points("Evidence in the snapshot", f.Pointers)
}

// stepSigns are the states of a step as a person sees them: never by colour alone.
var stepSigns = map[StepState]look{
	StepOK:     {"✓", "", "32"},
	StepBroken: {"✗", "", "1;31"},
	StepUnseen: {"?", "", "33"},
	StepBeyond: {"·", "", "2"},
}

// steps draws them; what broke was said before.
func (t *textWriter) steps(steps []Step, said string) {
	const widest = len("subscription")
	for _, s := range steps {
		sign, text := stepSigns[s.State], s.Text
		switch {
		case text != said:
		case s.State == StepBroken:
			text = "it breaks here"
		default:
			text = "not known, as said above"
		}
		t.hang(4, t.paint(sign.color, sign.glyph)+" "+pad(linkNames[s.Link], widest)+"  ", widest+4, text)
	}
}

// hang writes a text beside a label of that many columns, wrapped below itself.
func (t *textWriter) hang(indent int, label string, columns int, text string) {
	for i, line := range wrap(Clean(text), max(t.style.Width-indent-columns, 30)) {
		if i == 0 {
			t.line(indent, label+line)
			continue
		}
		t.line(indent+columns, line)
	}
}

// missedEvent is the whole event, as one line could not be tested.
func (t *textWriter) missedEvent(event map[string]any) {
	t.head("Nobody would hear of this event")
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if encoder.Encode(event) != nil {
		return
	}
	for line := range strings.Lines(b.String()) {
		t.line(4, Clean(strings.TrimSuffix(line, "\n")))
	}
	t.paragraph(4, "", "To test a filter with it, save it as event.json: cistern pattern match 'PATTERN' event.json prints the event if the pattern catches it; "+
		"in the account, aws logs test-metric-filter --filter-pattern 'PATTERN' --log-event-messages \"$(jq -c . event.json)\" answers the same.")
}

// wantedAndThere are the patterns of which any one would do, beside those of the filters that the finding speaks of.
func (t *textWriter) wantedAndThere(a *Account, f *Finding) {
	wanted := texts(f.Evidence["wanted"])
	if len(wanted) == 0 {
		return
	}
	t.points(map[bool]string{true: "Wanted", false: "Wanted, any one of"}[len(wanted) == 1], wanted)
	var there []string
	for _, filter := range newSight(a, f).filters {
		pattern, ok := filter.fields["filterPattern"].(string)
		if name, named := filter.fields["filterName"].(string); ok && named {
			there = append(there, name+": "+pattern)
		}
	}
	if len(there) == 0 && f.Link == "pattern" {
		there = []string{"no filter that comes near"}
	}
	t.points("There", there)
}

// shownElsewhere is the evidence that an explanation tells in its own words, where it tells the chain.
var shownElsewhere = map[string]bool{"missed_event": true, "wanted": true, "trail": true, "log_group": true, "filters": true, "alarms": true, "actions": true}

func (t *textWriter) otherEvidence(f *Finding) {
	_, chained := f.Evidence["wanted"]
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(f.Evidence)) {
		if chained && shownElsewhere[key] {
			continue
		}
		if text := evidenceText(f.Evidence[key]); text != "" {
			lines = append(lines, strings.ReplaceAll(key, "_", " ")+": "+text)
		}
	}
	t.points("Seen", lines)
}

// decidedByPeople is what is no finding.
func (t *textWriter) decidedByPeople(r *Result) {
	var lines []string
	if r.Waiver != nil {
		lines = append(lines, waivedText(r.Waiver))
	}
	for i := range r.Exceptions {
		e := &r.Exceptions[i]
		lines = append(lines, "exception "+decided(e.Expires, e.Owner, e.Reason, e.Ticket)+": "+e.Except)
	}
	if at := r.Attestation; at != nil {
		lines = append(lines, "attested "+decided(at.Expires, at.Owner, at.Reason, at.Ticket)+", by "+at.Evidence+"; the data says "+string(at.Status))
	}
	t.points("Decided by people", lines)
}
