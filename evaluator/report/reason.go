package report

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// reason says in one line why a result has its status: what decided it, or else its notes, or else its title, and who left events out of
// the question. It is safe for a terminal and never empty.
func reason(r *Result) string {
	var parts []string
	for _, f := range deciding(r) {
		parts = append(parts, f.Message)
	}
	if a := r.Attestation; a != nil {
		parts = append(parts, attestedText(a))
	}
	if r.Waiver != nil {
		parts = append(parts, waivedText(r.Waiver))
	}
	if len(parts) == 0 {
		parts = append(parts, r.Notes...)
	}
	for i := range r.Exceptions { // also of a pass: it rests on them
		parts = append(parts, exceptedText(&r.Exceptions[i]))
	}
	if text := plain(strings.Join(slices.Compact(parts), "; ")); text != "" {
		return text
	}
	return heading(r)
}

// deciding are the findings that made the result what it is: all of them, where none has its status.
func deciding(r *Result) []Finding {
	status := r.Status
	switch {
	case status == Waived:
		status = Fail
	case r.Attestation != nil:
		status = r.Attestation.Status
	}
	same := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Status != status })
	if len(same) == 0 {
		return r.Findings
	}
	return same
}

// resourcesOf are the resources of the deciding findings, each once, in their order.
func resourcesOf(r *Result) []Finding {
	var found []Finding
	for _, f := range deciding(r) {
		if plain(f.Resource) != "" && !slices.ContainsFunc(found, func(g Finding) bool { return g.Resource == f.Resource }) {
			found = append(found, f)
		}
	}
	return found
}

// heading is the id of a row and its title.
func heading(r *Result) string {
	return plain(strings.Join(nonEmpty(r.ID, r.Title), " ") + " (" + r.Control + ")")
}

// nameOf is an account's id, and its alias where it has one.
func nameOf(a *Account) string {
	if a.Alias != "" {
		return a.Account + " (" + a.Alias + ")"
	}
	return a.Account
}

// editionName is the title of the edition with its version.
func editionName(b *Benchmark) string {
	if strings.Contains(b.Title, b.Version) {
		return plain(b.Title)
	}
	return plain(b.Title + " " + b.Version)
}

// waivedText says who lives with a failure.
func waivedText(w *Waiver) string {
	return "waived " + decided(w.Expires, w.Owner, w.Reason, w.Ticket)
}

// attestedText says who answers for a control, where the evidence is, and what the data says.
func attestedText(a *Attestation) string {
	text := "attested " + decided(a.Expires, a.Owner, a.Reason, a.Ticket) + "; evidence: " + a.Evidence
	if a.Status != Manual {
		text += "; by data: " + string(a.Status)
	}
	return text
}

// exceptedText says who left events out of the question.
func exceptedText(e *Exception) string {
	return "events left out " + decided(e.Expires, e.Owner, e.Reason, e.Ticket) + ": " + e.Except
}

// decided is until when somebody answers for something, and why.
func decided(expires, owner, reason, ticket string) string {
	text := "until " + expires + " by " + owner
	if reason != "" {
		text += ": " + reason
	}
	if ticket != "" {
		text += " (" + ticket + ")"
	}
	return text
}

// plain is a text in one line without control characters and without spaces around it.
func plain(text string) string { return strings.TrimSpace(noCharacters.Replace(Clean(text))) }

// noCharacters are what Unicode promises never to be characters, so that readers of XML and YAML refuse them.
var noCharacters = strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`)

// plainOr is the text in one line, or the other where there is nothing to read.
func plainOr(text, other string) string {
	if text = plain(text); text == "" {
		return other
	}
	return text
}

// cut shortens a text to that many characters; the last of them then is an ellipsis.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	runes := []rune(text)
	return strings.TrimSpace(string(runes[:most-1])) + "…"
}
