package report

import (
	"fmt"
	"strings"
)

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

// unread says next which snapshots were not judged at all.
func (t *textWriter) unread(all []Unread) {
	if len(all) == 0 {
		return
	}
	t.line(0, "")
	t.line(0, t.paint("1;31", fmt.Sprintf("Snapshots that could not be read: %d", len(all))))
	for i := range all {
		u := &all[i]
		text := unreadPlace(u) + ": " + u.Problem
		if u.Account != "" {
			text += " (account " + u.Account + ")"
		}
		t.paragraph(2, "! ", text)
		if u.Hint != "" {
			t.paragraph(4, "hint: ", u.Hint)
		}
	}
}

// unreadPlace is the file, and the line of what is wrong in it.
func unreadPlace(u *Unread) string {
	if u.Line > 0 {
		return fmt.Sprintf("%s:%d", u.File, u.Line)
	}
	return u.File
}

// unreadText is why a snapshot could not be read, in one line.
func unreadText(u *Unread) string {
	text := strings.Join(nonEmpty(u.Account, unreadPlace(u), u.Problem), ": ")
	if u.Hint != "" {
		text += " (" + u.Hint + ")"
	}
	return text
}

// someUnread are snapshots that could not be read, for where each result stands alone: a few, and how many there are more.
func someUnread(r *Report) []string {
	const few = 3
	var texts []string
	for i := range r.Unread {
		if i == few {
			texts = append(texts, fmt.Sprintf("and %d more", len(r.Unread)-few))
			break
		}
		texts = append(texts, plain(unreadText(&r.Unread[i])))
	}
	return texts
}
