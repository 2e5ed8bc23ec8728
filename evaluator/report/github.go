package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// githubMost is how many annotations of a kind GitHub shows of one step.
const githubMost = 10

// githubNote is an annotation before it is written.
type githubNote struct {
	title, place, text string
}

// githubList are the annotations of a kind, the most important first.
type githubList struct {
	kind  string
	notes []githubNote
}

// writeGitHub writes the workflow commands that annotate a run of GitHub Actions: policies that could not judge and what failed; what could not be
// read and what is unknown; what people answer for, the notes of the run, and last what people must judge. A line that is no command closes
// the list. A file is named only where a policy could not judge: the report knows none.
func writeGitHub(w io.Writer, s *Stream, _ Style) error {
	r := s.Head
	rows := map[Status]*githubRows{Fail: {}, Unknown: {}, Waived: {}, Manual: {}}
	var partial githubPartial
	err := s.visit(func(_ int, a *Account) {
		partial.add(a)
		for i := range a.Results {
			if of := rows[a.Results[i].Status]; of != nil {
				of.add(a, &a.Results[i])
			}
		}
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, list := range []githubList{
		{"error", slices.Concat(githubUnusable(r), githubUnread(r), rows[Fail].notes)},
		{"warning", slices.Concat(partial.annotations(), rows[Unknown].notes)},
		{"notice", slices.Concat(rows[Waived].notes, githubNotes(r), rows[Manual].notes)},
	} {
		list.write(&b)
	}
	var counts []string
	for _, status := range Statuses {
		counts = append(counts, fmt.Sprintf("%d %s", r.Summary.Count(status), looks[status].word))
	}
	b.WriteString("as of " + plain(r.AsOf) + ": " + strings.Join(counts, ", ") + "\n")
	_, err = io.WriteString(w, b.String())
	return err
}

// write writes as many as GitHub shows; the last says how many there are more, and of what.
func (l githubList) write(b *strings.Builder) {
	notes := l.notes
	if len(notes) > githubMost {
		var titles []string
		for _, note := range notes[githubMost-1:] {
			titles = append(titles, note.title)
		}
		notes = append(notes[:githubMost-1:githubMost-1], githubNote{
			title: fmt.Sprintf("and %d more", len(titles)),
			text:  fmt.Sprintf("GitHub shows %d annotations of a kind; the report has all:\n%s", githubMost, strings.Join(titles, "\n")),
		})
	}
	for _, note := range notes {
		b.WriteString("::" + l.kind + " title=" + githubProperty(note.title) + note.place + "::" + githubMessage(note.text) + "\n")
	}
}

// githubUnusable are the policies that could not judge; of many, one speaks, so that failures have their place.
func githubUnusable(r *Report) []githubNote {
	const few = 3
	var notes []githubNote
	var lines []string
	for i := range r.Policies.Errors {
		e := &r.Policies.Errors[i]
		place := ""
		if e.File != "" {
			place = ",file=" + githubProperty(e.File)
		}
		if e.Line > 0 {
			place += fmt.Sprintf(",line=%d", e.Line)
		}
		lines = append(lines, policyErrorText(e))
		notes = append(notes, githubNote{"policy could not judge", place, policyErrorText(e)})
	}
	if len(notes) > few {
		return []githubNote{{fmt.Sprintf("%d policies could not judge", len(lines)), notes[0].place, strings.Join(lines, "\n")}}
	}
	return notes
}

// githubUnread are the snapshots that could not be read, in one annotation where they are many.
func githubUnread(r *Report) []githubNote {
	const few = 3
	var notes []githubNote
	var lines []string
	for i := range r.Unread {
		u := &r.Unread[i]
		lines = append(lines, unreadText(u))
		notes = append(notes, githubNote{"snapshot could not be read", ",file=" + githubProperty(u.File), unreadText(u)})
	}
	if len(notes) > few {
		return []githubNote{{title: fmt.Sprintf("%d snapshots could not be read", len(lines)), text: strings.Join(lines, "\n")}}
	}
	return notes
}

// githubPartial says what the verdicts do not rest on, an annotation for each of a few accounts, one for more.
type githubPartial struct {
	notes []githubNote // of the first
	lines []string
}

// githubFew is the number of accounts up to which each has an annotation of its own.
const githubFew = 3

func (p *githubPartial) add(a *Account) {
	var parts []string
	if len(a.Gaps) > 0 {
		parts = append(parts, fmt.Sprintf("%s not be read, first %s", plural(len(a.Gaps), "list or resource", "lists or resources")+" could", gapText(&a.Gaps[0])))
	}
	if n := len(a.RegionsLeftOut); n > 0 {
		parts = append(parts, fmt.Sprintf("%s not asked for: %s", plural(n, "region", "regions"), strings.Join(a.RegionsLeftOut, ", ")))
	}
	parts = append(parts, nonEmpty(notAWS(a))...)
	if len(parts) == 0 {
		return
	}
	p.lines = append(p.lines, plain(a.Account+": "+strings.Join(parts, "; ")))
	if len(p.notes) < githubFew {
		p.notes = append(p.notes, githubNote{title: "incomplete: " + a.Account, text: strings.Join(parts, "\n")})
	}
}

func (p *githubPartial) annotations() []githubNote {
	if len(p.lines) > githubFew {
		return []githubNote{{title: fmt.Sprintf("incomplete: %d accounts", len(p.lines)), text: strings.Join(p.lines, "\n")}}
	}
	return p.notes
}

// githubNotes are the notes of the run, in one annotation.
func githubNotes(r *Report) []githubNote {
	if len(r.Notes) == 0 {
		return nil
	}
	return []githubNote{{title: "notes of the run", text: strings.Join(r.Notes, "\n")}}
}

// githubRows are the rows of a status, each with its reason, where it is, and the way out. Of those that GitHub will not show there
// is only the title.
type githubRows struct{ notes []githubNote }

func (g *githubRows) add(a *Account, result *Result) {
	note := githubNote{title: fmt.Sprintf("%s %s: %s", looks[result.Status].word, heading(result), a.Account)}
	if len(g.notes) >= githubMost {
		g.notes = append(g.notes, note)
		return
	}
	lines := []string{reason(result)}
	if resources := resourcesOf(result); len(resources) > 0 {
		var names []string
		for _, f := range resources {
			names = append(names, f.Resource)
		}
		lines = append(lines, "resource: "+plain(few(names)))
	}
	if result.Status == Fail || result.Status == Unknown {
		if way := wayLine(result); way != "" {
			lines = append(lines, "way out: "+way)
		}
	}
	note.text = strings.Join(lines, "\n")
	g.notes = append(g.notes, note)
}

// githubMessage escapes what would end the command; lines are told apart, everything else is plain.
func githubMessage(text string) string {
	const most = 4000 // of 64 KB that GitHub keeps of all
	var clean []string
	for part := range strings.SplitSeq(text, "\n") {
		clean = append(clean, plain(part))
	}
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(cut(strings.Join(clean, "\n"), most))
}

// githubProperty escapes what would end the property, too.
func githubProperty(text string) string {
	const most = 250
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(cut(plain(text), most))
}
