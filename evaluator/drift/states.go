// Package drift says what changed between two audits, in the accounts and in the verdicts, and writes it for people and programs.
package drift

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// StatesName is the name of a comparison of snapshots as JSON.
const StatesName = "cistern/snapshot-diff/v1"

// States is what changed in one or more accounts.
type States struct {
	Schema  string        `json:"schema"`
	Summary StatesSummary `json:"summary"`
	// OnlyFrom and OnlyTo are accounts that only one side has.
	OnlyFrom []string `json:"only_from,omitempty"`
	OnlyTo   []string `json:"only_to,omitempty"`
	// Accounts are those of which anything is told, by their ids.
	Accounts []*snapshots.Delta `json:"accounts"`
}

// StatesSummary counts what was compared and found.
type StatesSummary struct {
	Accounts int `json:"accounts"` // that both sides have
	Differ   int `json:"differ"`
	Added    int `json:"added"`
	Removed  int `json:"removed"`
	Changed  int `json:"changed"`
	Seen     int `json:"seen"`
	Unseen   int `json:"unseen"`
	Gaps     int `json:"gaps"`
}

// NewStates is a comparison of no account yet.
func NewStates() *States { return &States{Schema: StatesName, Accounts: []*snapshots.Delta{}} }

// Add adds an account. Accounts are added by their ids.
func (s *States) Add(d *snapshots.Delta) {
	s.Summary.Accounts++
	if !d.Same() {
		s.Summary.Differ++
	}
	for i := range d.Changes {
		switch d.Changes[i].Kind {
		case snapshots.Added:
			s.Summary.Added++
		case snapshots.Removed:
			s.Summary.Removed++
		case snapshots.Changed:
			s.Summary.Changed++
		case snapshots.Seen:
			s.Summary.Seen++
		case snapshots.Unseen:
			s.Summary.Unseen++
		}
	}
	s.Summary.Gaps += len(d.Gaps)
	if !d.Same() || len(d.Aside) > 0 {
		s.Accounts = append(s.Accounts, d)
	}
}

// Same tells whether nothing differs.
func (s *States) Same() bool {
	return s.Summary.Differ == 0 && len(s.OnlyFrom) == 0 && len(s.OnlyTo) == 0
}

// Write writes the comparison as text, json or markdown.
func (s *States) Write(w io.Writer, format string) error {
	var b strings.Builder
	switch format {
	case "json":
		return report.EncodeJSON(w, s)
	case "text":
		s.text(&b)
	case "markdown":
		s.markdown(&b)
	default:
		return fmt.Errorf("format %s: not one of %s", format, strings.Join(Formats(), ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Formats are the names of the formats that comparisons are written in.
func Formats() []string { return []string{"text", "json", "markdown"} }

// kinds are what resources of a list are called.
var kinds = map[string]string{
	"/cloudtrail/trails": "trail", "/cloudwatch/alarms": "alarm", "/cloudwatch/composite_alarms": "composite alarm",
	"/cloudwatch/log_alarms": "log alarm", "/cloudwatch/mute_rules": "mute rule", "/logs/log_groups": "log group",
	"/logs/metric_filters": "metric filter", "/securityhub/hubs": "Security Hub", "/sns/subscriptions": "subscription", "/sns/topics": "topic",
}

// words are the signs and words of the kinds of change.
var words = map[snapshots.ChangeKind]struct{ sign, word string }{
	snapshots.Added: {"+", "added"}, snapshots.Removed: {"-", "removed"}, snapshots.Changed: {"~", "changed"},
	snapshots.Seen: {"?", "seen newly, was not read before"}, snapshots.Unseen: {"?", "not seen any more, was not read"},
	snapshots.Cited: {"*", "the answer rests on it now"}, snapshots.Uncited: {"*", "no answer rests on it any more"},
}

const (
	mostText   = 300 // characters of one value or name
	mostBeside = 60  // bytes of two values in one line
	mostItems  = 10  // of one list
	mostAside  = 20
)

// resource names a resource to a person.
func resource(c *snapshots.Change) string {
	name := c.Name
	if c.List == "/securityhub/hubs" {
		name = ""
	}
	parts := slices.DeleteFunc([]string{kinds[c.List], name}, func(text string) bool { return text == "" })
	text := strings.Join(parts, " ")
	if c.Region != "" {
		text += " in " + c.Region
	}
	return report.Line(text, mostText)
}

func headline(c *snapshots.Change) string { return words[c.Kind].word + ": " + resource(c) }

// fieldLines tells a field that differs, each line for itself.
func fieldLines(f *snapshots.FieldChange) []string {
	path := report.Line(f.Path, mostText)
	switch {
	case f.Unread == "to":
		return []string{path + ": not read any more"}
	case f.Unread == "from":
		return []string{path + ": is read now: " + value(f.To)}
	case len(f.Removed)+len(f.Added) == 0 && len(f.From)+len(f.To) > mostBeside:
		return []string{path + ":", "- " + value(f.From), "+ " + value(f.To)}
	case len(f.Removed)+len(f.Added) == 0:
		return []string{path + ": " + value(f.From) + " → " + value(f.To)}
	}
	lines := []string{path + ":"}
	lines = append(lines, itemLines("- ", f.Removed)...)
	return append(lines, itemLines("+ ", f.Added)...)
}

func itemLines(sign string, items []json.RawMessage) []string {
	var lines []string
	for i, item := range items {
		if i == mostItems {
			return append(lines, fmt.Sprintf("%sand %d more", sign, len(items)-i))
		}
		lines = append(lines, sign+value(item))
	}
	return lines
}

func value(raw json.RawMessage) string {
	if raw == nil {
		return "(none)"
	}
	return report.Line(string(raw), mostText)
}

func gapLine(g *snapshots.GapChange) string {
	verb := map[string]string{"appeared": "could not be read any more", "vanished": "can be read now"}[g.Kind]
	text := strings.Join(slices.DeleteFunc([]string{g.Region, g.Service, g.Operation, g.Resource}, func(s string) bool { return s == "" }), " ")
	why := g.Why
	if g.Code != "" {
		why += ", " + g.Code
	}
	return report.Line(fmt.Sprintf("%s: %s (%s)", verb, text, why), mostText)
}

func (s *States) headline() string {
	n := s.Summary
	if s.Same() {
		return fmt.Sprintf("No difference in %s", count(n.Accounts, "account"))
	}
	text := fmt.Sprintf("%d of %s differ", n.Differ, count(n.Accounts, "account"))
	if n.Differ == 1 || n.Accounts == 1 {
		text = fmt.Sprintf("%d of %s differs", n.Differ, count(n.Accounts, "account"))
	}
	return fmt.Sprintf("%s: %d added, %d removed, %d changed, %d seen newly, %d not seen any more, %s", text,
		n.Added, n.Removed, n.Changed, n.Seen, n.Unseen, count(n.Gaps, "gap"))
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func accountName(id, alias string) string {
	if alias != "" {
		id += " (" + alias + ")"
	}
	return report.Line("Account "+id, mostText)
}

// onlyLines tells of accounts that one side has.
func onlyLines(from, to []string) []string {
	var lines []string
	for _, side := range []struct {
		word     string
		accounts []string
	}{{"only in the first", from}, {"only in the second", to}} {
		if len(side.accounts) > 0 {
			lines = append(lines, fmt.Sprintf("%s: %s", side.word, report.Line(strings.Join(side.accounts, ", "), 2000)))
		}
	}
	return lines
}

func (s *States) text(b *strings.Builder) {
	fmt.Fprintln(b, s.headline())
	for _, line := range onlyLines(s.OnlyFrom, s.OnlyTo) {
		fmt.Fprintln(b, line)
	}
	for _, d := range s.Accounts {
		if d.Same() && s.Summary.Accounts > 1 {
			continue
		}
		fmt.Fprintf(b, "\n%s\n", accountName(d.Account, d.Alias))
		fmt.Fprintf(b, "  collected %s, then %s\n", report.Line(d.From.CollectedAt, mostText), report.Line(d.To.CollectedAt, mostText))
		for i := range d.Changes {
			c := &d.Changes[i]
			fmt.Fprintf(b, "  %s %s\n", words[c.Kind].sign, headline(c))
			for j := range c.Fields {
				for k, line := range fieldLines(&c.Fields[j]) {
					fmt.Fprintf(b, "      %s%s\n", strings.Repeat("  ", min(k, 1)), line)
				}
			}
		}
		for i := range d.Gaps {
			fmt.Fprintf(b, "  ! %s\n", gapLine(&d.Gaps[i]))
		}
		for _, line := range regionLines(d) {
			fmt.Fprintf(b, "  ! %s\n", line)
		}
		if aside := asideLines(d); len(aside) > 0 {
			fmt.Fprintf(b, "  not counted:\n")
			for _, line := range aside {
				fmt.Fprintf(b, "      %s\n", line)
			}
		}
	}
}

func regionLines(d *snapshots.Delta) []string {
	var lines []string
	if names := d.Regions.NewlyRead; len(names) > 0 {
		lines = append(lines, report.Line("newly read: "+strings.Join(names, ", "), 2000))
	}
	if names := d.Regions.LeftOut; len(names) > 0 {
		lines = append(lines, report.Line("not read any more: "+strings.Join(names, ", "), 2000))
	}
	return lines
}

func asideLines(d *snapshots.Delta) []string {
	var lines []string
	for i := range d.Aside {
		c := &d.Aside[i]
		var paths []string
		for _, f := range c.Fields {
			paths = append(paths, f.Path)
		}
		name := resource(c)
		if c.List == "/collection" {
			name = "the collection"
		}
		lines = append(lines, report.Line(name+": "+strings.Join(paths, ", "), mostText))
	}
	if more := len(lines) - mostAside; more > 0 {
		lines = append(lines[:mostAside], fmt.Sprintf("and %d more", more))
	}
	return lines
}
