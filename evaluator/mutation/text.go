package mutation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// WriteJSON writes all of a result.
func WriteJSON(w io.Writer, r *Result) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// WriteText writes a result for a person: the score of each control and what is wrong, and every mutant if all is set.
func WriteText(w io.Writer, r *Result, all bool) error {
	var b bytes.Buffer
	s := r.Summary
	fmt.Fprintf(&b, "Mutation test of %s\n\n", report.Clean(r.Benchmark.Title+" "+r.Benchmark.Version))
	writeControls(&b, r.Controls)
	for _, one := range []struct {
		outcome Outcome
		title   string
	}{
		{Survived, "Survived: no control that should notice does"},
		{Partly, "Noticed by some only"},
		{Disturbed, "Harmless, but noticed"},
	} {
		writeMutants(&b, one.title, r.Mutants, func(m Mutant) bool { return m.Outcome == one.outcome })
	}
	writeMutants(&b, "Noticed by controls that do not rest on what was changed", r.Mutants, Mutant.unconnected)
	if all {
		writeMutants(&b, "All mutants", r.Mutants, func(Mutant) bool { return true })
	}
	fmt.Fprintf(&b, "Score %d %%  %d mutants: %d noticed · %d partly · %d survived · %d spare · harmless: %d quiet · %d disturbed\n",
		s.Score, s.Mutants, s.Noticed, s.Partly, s.Survived, s.Spare, s.Quiet, s.Disturbed)
	_, err := w.Write(b.Bytes())
	return err
}

func writeControls(b *bytes.Buffer, controls []Control) {
	width := 0
	for _, c := range controls {
		width = max(width, len(c.Control))
	}
	account := ""
	for _, c := range controls {
		if c.Account != account {
			account = c.Account
			fmt.Fprintf(b, "  Account %s\n", report.Clean(account))
		}
		mark := "✓"
		switch {
		case c.Expected == 0:
			mark = "–"
		case c.Noticed < c.Expected:
			mark = "✗"
		}
		fmt.Fprintf(b, "    %s %-*s  noticed %d of %d\n", mark, width, report.Clean(c.Control), c.Noticed, c.Expected)
	}
	b.WriteByte('\n')
}

func writeMutants(b *bytes.Buffer, title string, all []Mutant, is func(Mutant) bool) {
	some := false
	for _, m := range all {
		if !is(m) {
			continue
		}
		if !some {
			fmt.Fprintf(b, "  %s\n", title)
			some = true
		}
		fmt.Fprintf(b, "    %-9s  %s\n", m.Outcome, report.Clean(m.Name))
		if len(m.Missed) > 0 {
			fmt.Fprintf(b, "               not noticed by %s\n", missedText(m.Missed))
		}
		if len(m.Flips) > 0 {
			fmt.Fprintf(b, "               %s\n", flipText(m.Flips))
		}
	}
	if some {
		b.WriteByte('\n')
	}
}

// flipText is "root-usage fail, vpc-changes unknown": the controls and what they say of the mutant.
func flipText(flips []Flip) string {
	var parts []string
	for _, f := range flips {
		parts = append(parts, report.Clean(fmt.Sprintf("%s %s", f.Control, f.To)))
	}
	return strings.Join(parts, ", ")
}

// missedText is "root-usage, vpc-changes (fail, wants unknown)": the controls that say the wrong thing of the mutant.
func missedText(missed []Flip) string {
	var parts []string
	for _, f := range missed {
		text := f.Control
		if f.To != f.From {
			text += fmt.Sprintf(" (%s, wants unknown)", f.To)
		}
		parts = append(parts, report.Clean(text))
	}
	return strings.Join(parts, ", ")
}

func (m Mutant) unconnected() bool {
	for _, f := range m.Flips {
		if f.Unconnected {
			return true
		}
	}
	return false
}
