package history

import (
	"cmp"
	_ "embed" // the schema
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

//go:embed history.schema.json
var schema string

// Schema is the JSON Schema of a history.
func Schema() []byte { return []byte(schema) }

// format is one way to write a history.
type format struct {
	name  string
	write func(h *History, w io.Writer, states bool) error
}

var formats = []format{
	{"text", writeText},
	{"json", func(h *History, w io.Writer, _ bool) error { return report.EncodeJSON(w, h) }},
	{"csv", writeCSV},
	{"html", writeHTML},
	{"markdown", writeMarkdown},
}

// Formats are the names of the formats that a history is written in.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes the history. With states, CSV has a row for each span instead of one for each outage.
func (h *History) Write(w io.Writer, format string, states bool) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(h, w, states)
		}
	}
	return fmt.Errorf("format %s: not one of %s", format, strings.Join(Formats(), ", "))
}

// mostText is what a line holds of a text of an account.
const mostText = 200

func (h *History) edition() string {
	text := h.Benchmark.Title
	if !strings.Contains(text, h.Benchmark.Version) {
		text += " " + h.Benchmark.Version
	}
	return report.Line(text, mostText)
}

// headline is the result in a sentence.
func (h *History) headline() string {
	s := &h.Summary
	if s.Outages == 0 {
		return fmt.Sprintf("Nothing broke in %s", plural(s.Accounts, "account"))
	}
	parts := []string{fmt.Sprintf("%d broken now", s.Broken)}
	if s.Waived > 0 {
		parts = append(parts, fmt.Sprintf("%d waived", s.Waived))
	}
	if s.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d not known any more", s.Unknown))
	}
	return fmt.Sprintf("%s: %s, %d mended", plural(s.Outages, "outage"), strings.Join(parts, ", "), s.Mended)
}

// extent is what was looked at.
func (h *History) extent() string {
	s := &h.Summary
	return fmt.Sprintf("%s of %s on %s", plural(s.Snapshots, "snapshot"), plural(s.Accounts, "account"), plural(s.Days, "day"))
}

// mending is how long it took to mend; "" if nobody knows.
func (h *History) mending() string {
	m := &h.Summary.Mending
	switch m.Outages {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("the one outage that was seen to begin and to end took %s", between(m.AtLeast, &m.AtMost))
	}
	return fmt.Sprintf("mean time to mend: %s (%d outages that were seen to begin and to end)", between(m.AtLeast, &m.AtMost), m.Outages)
}

// remarks are what else a reader must know.
func (h *History) remarks() []string {
	var lines []string
	if n := len(h.Unread); n > 0 {
		lines = append(lines, fmt.Sprintf("%s not be read, and left out", pluralOf(n, "snapshot could", "snapshots could")))
	}
	if n := h.Summary.Overdue; n > 0 {
		verb := "have"
		if n == 1 {
			verb = "has"
		}
		lines = append(lines, fmt.Sprintf("%s %s no snapshot in the last %s: nothing is known of them now", plural(n, "account"), verb, lasting(h.HoleSeconds)))
	}
	holes, accounts := 0, 0
	for i := range h.Accounts {
		if n := len(h.Accounts[i].Holes); n > 0 {
			holes += n
			accounts++
		}
	}
	if holes > 0 {
		lines = append(lines, fmt.Sprintf("%s without a snapshot for more than %s, in %s: nothing is known of them", plural(holes, "time"), lasting(h.HoleSeconds), plural(accounts, "account")))
	}
	if n := h.unknownNow(); n > 0 {
		lines = append(lines, fmt.Sprintf("%s unknown now", pluralOf(n, "control is", "controls are")))
	}
	return append(lines, h.Notes...)
}

// unknownNow is the number of controls that are unknown now and of no outage.
func (h *History) unknownNow() int { return max(0, h.Summary.Now.Unknown-h.Summary.Unknown) }

// titleOf is a control for a person.
func titleOf(c *Control) string {
	return report.Line(strings.TrimSpace(c.ID+" "+c.Title)+" ("+c.Control+")", mostText)
}

// links are where it broke, as a person reads it.
func (o *Outage) links() string {
	const most = 3
	var names []string
	for _, link := range o.Links {
		names = append(names, report.LinkName(link))
	}
	if n := len(names); n > most {
		names = []string{names[0], fmt.Sprintf("%d more", n-2), names[n-1]}
	}
	return report.Line(strings.Join(names, " → "), mostText)
}

// stamp shows times as briefly as they can be told apart.
type stamp struct{ layout string }

// stamps is the day alone where no account has two snapshots on one.
func (h *History) stamps() stamp {
	s := stamp{time.DateOnly}
	for i := range h.Accounts {
		a := &h.Accounts[i]
		if len(a.Controls) == 0 {
			continue
		}
		for _, row := range a.Controls {
			for j, span := range row.Spans {
				days := int(span.LastSeen.Truncate(day).Sub(span.FirstSeen.Truncate(day))/day) + 1
				crowded := days < span.Snapshots || j > 0 && row.Spans[j-1].LastSeen.Truncate(day).Equal(span.FirstSeen.Truncate(day))
				if crowded {
					s.layout = "2006-01-02 15:04"
				}
				if j > 0 && row.Spans[j-1].LastSeen.Truncate(time.Minute).Equal(span.FirstSeen.Truncate(time.Minute)) {
					return stamp{"2006-01-02 15:04:05"}
				}
			}
		}
	}
	return s
}

const day = 24 * time.Hour

func (s stamp) of(t time.Time) string { return t.UTC().Format(s.layout) }

// span is from one time to another, the year said once.
func (s stamp) span(from, to time.Time) string {
	second := s.of(to)
	if from.UTC().Year() == to.UTC().Year() {
		second = second[len("2006-"):]
	}
	return s.of(from) + " – " + second
}

// broke is when it broke: between the last pass and the first fail.
func (s stamp) broke(o *Outage) string {
	if o.LastPass.IsZero() {
		return "by " + s.of(o.FirstFail)
	}
	return s.span(o.LastPass, o.FirstFail)
}

// mended is when it was mended: between the last fail and the first pass. Of what lasts, when it was seen last.
func (s stamp) mended(o *Outage) string {
	if o.State != Mended {
		return s.of(o.LastFail)
	}
	return s.span(o.LastFail, o.FirstPass)
}

// down is how long an outage was.
func (o *Outage) down() string {
	text := between(o.AtLeast, o.AtMost)
	if o.Holes {
		text += " *"
	}
	return text
}

func between(least int64, most *int64) string {
	switch {
	case most == nil:
		return lasting(least) + " or more"
	case *most == least:
		return lasting(least)
	}
	return lasting(least) + " to " + lasting(*most)
}

// lasting is a time in the unit that suits it.
func lasting(secs int64) string {
	for _, unit := range []struct {
		name        string
		least, size float64
	}{{" d", 24 * 3600, 24 * 3600}, {" h", 3600, 3600}, {" min", 60, 60}} {
		if float64(secs) >= unit.least {
			return strings.TrimSuffix(strconv.FormatFloat(float64(secs)/unit.size, 'f', 1, 64), ".0") + unit.name
		}
	}
	if secs == 0 {
		return "0"
	}
	return fmt.Sprintf("%d s", secs)
}

func plural(n int, thing string) string { return pluralOf(n, thing, thing+"s") }

func pluralOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// section is a part of the outages, under its heading.
type section struct {
	title string
	has   func(o *Outage) bool
	// ended heads the column that says how it ended, or when it was seen to fail last.
	ended string
}

// sections are all outages, in their order.
var sections = []section{
	{"Broken now, and passed before", func(o *Outage) bool { return o.State == Broken && !o.LastPass.IsZero() }, "last seen failing"},
	{"Broken now, and never seen to pass", func(o *Outage) bool { return o.State == Broken && o.LastPass.IsZero() }, "last seen failing"},
	{"Broken now, under a waiver", func(o *Outage) bool { return o.State == Waived }, "last seen failing"},
	{"Broken, and now unknown", func(o *Outage) bool { return o.State == Unknown }, "last seen failing"},
	{"Broke and was mended", func(o *Outage) bool { return o.State == Mended }, "mended"},
}

// alike are outages of one account that differ in nothing but the control: most often they have one cause.
type alike []*Outage

// within are the outages of a section, and how many they are.
func (h *History) within(s section) (all []alike, n int) {
	type key struct {
		account                                  string
		lastPass, firstFail, lastFail, firstPass time.Time
		links                                    string
	}
	places := map[key]int{}
	for i := range h.Outages {
		o := &h.Outages[i]
		if !s.has(o) {
			continue
		}
		n++
		k := key{o.Account, o.LastPass, o.FirstFail, o.LastFail, o.FirstPass, strings.Join(o.Links, " ")}
		place, known := places[k]
		if !known {
			place = len(all)
			places[k] = place
			all = append(all, nil)
		}
		all[place] = append(all[place], o)
	}
	return all, n
}

// ids are the controls by their ids, a few of them.
func (h *History) ids(a alike) string {
	const most = 6
	var ids []string
	for i, o := range a {
		if i == most && len(a) > most+1 {
			ids = append(ids, fmt.Sprintf("and %d more", len(a)-i))
			break
		}
		ids = append(ids, cmp.Or(o.ID, o.Control))
	}
	return report.Line(strings.Join(ids, ", "), mostText)
}
