package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	defaultWidth = 80
	roomy        = 100 // columns from which a line has room for the control's name
	mostFindings = 10  // shown of one control; the JSON has all
	mostNames    = 6   // shown of one list of evidence
	mostGaps     = 20
)

// look is how a status appears to a person: never by colour alone.
type look struct{ glyph, word, color string }

var looks = map[Status]look{
	Pass:          {"✓", "pass", "32"},
	Fail:          {"✗", "fail", "1;31"},
	Unknown:       {"?", "unknown", "33"},
	NotApplicable: {"–", "n/a", "2"},
	Waived:        {"~", "waived", "35"},
	Manual:        {"☐", "manual", "36"},
}

// linkNames are the links of the chain as a person reads them.
var linkNames = map[string]string{
	"trail": "trail", "event_selectors": "selectors", "log_group": "log group", "metric_filter": "filter", "pattern": "pattern",
	"alarm": "alarm", "action": "action", "topic": "topic", "subscription": "subscription",
}

// textWriter lays a report out for a person.
type textWriter struct {
	buf   bytes.Buffer
	style Style
	said  map[string]string // of the account: a long text and the control where it stands
	asOf  time.Time
}

// writeText writes the report for a person: first what could not be read, then every control with its reason, then the sum.
func writeText(w io.Writer, s *Stream, style Style) error {
	r := s.Head
	t := newTextWriter(r.AsOf, style)
	t.header(r)
	grid := newGridSum(mostColumns)
	if _, err := t.buf.WriteTo(w); err != nil {
		return err
	}
	for formed, err := range s.formed(Form{"text", r.AsOf, style}) {
		if err != nil {
			return err
		}
		if err := writeFormed(w, formed, grid); err != nil {
			return err
		}
	}
	if len(s.Briefs) > 1 {
		t.matrix(grid)
	}
	t.summary(s)
	_, err := t.buf.WriteTo(w)
	return err
}

func (t *textWriter) header(r *Report) {
	t.line(0, t.paint("1", editionName(&r.Benchmark)))
	t.paragraph(0, "", fmt.Sprintf("as of %s · policies %s · %s %s", Clean(r.AsOf), short(r.Policies.Digest), Clean(r.Tool.Name), Clean(r.Tool.Version)))
	for i := range r.Policies.Sources {
		s := &r.Policies.Sources[i]
		t.paragraph(0, "policies: ", sourceText(r, s))
		if s.Digest != "" {
			t.line(len("policies: "), short(s.Digest))
		}
	}
	for _, note := range r.Notes {
		t.paragraph(0, "note: ", note)
	}
	t.unusable(r.Policies.Errors)
	t.unread(r.Unread)
}

func (t *textWriter) account(a *Account) {
	t.line(0, "")
	t.line(0, t.paint("1", "Account "+Clean(nameOf(a))))
	t.line(2, fmt.Sprintf("snapshot %s, collected %s from %s", short(a.Snapshot.Digest), Clean(a.Snapshot.CollectedAt), Clean(a.Snapshot.Source)))
	if text := notAWS(a); text != "" {
		for _, line := range wrap(Clean(text), max(t.style.Width-2, 30)) {
			t.line(2, t.paint("33", line))
		}
	}
	t.gaps(a.Gaps)
	if n := len(a.RegionsLeftOut); n > 0 {
		t.line(2, t.paint("33", fmt.Sprintf("not asked for: %s (%s)", plural(n, "region", "regions"), someRegions(a.RegionsLeftOut))))
	}
	t.said = map[string]string{}
	columns := columnsOf(a.Results, t.style.Width >= roomy)
	section := "\x00"
	for i := range a.Results {
		r := &a.Results[i]
		if t.style.Quiet && (r.Status == Pass || r.Status == NotApplicable || r.Status == Manual && r.Attestation == nil) {
			continue
		}
		if r.Section != section {
			section = r.Section
			t.line(0, "")
			t.line(2, t.paint("1", Clean(section)))
		}
		t.result(r, columns)
	}
}

// gaps says what the verdicts do not rest on.
func (t *textWriter) gaps(gaps []Gap) {
	if len(gaps) == 0 {
		t.line(2, "complete: the snapshot names nothing that could not be read")
		return
	}
	t.line(2, t.paint("33", fmt.Sprintf("incomplete: %s not be read", plural(len(gaps), "list or resource", "lists or resources")+" could")))
	alike := gapsAlike(gaps)
	for i, same := range alike {
		if i == mostGaps {
			t.line(4, fmt.Sprintf("and %d more", len(alike)-i))
			return
		}
		g := same[0]
		where := cmp.Or(Clean(g.Region), "global")
		if len(same) > 1 {
			var regions []string
			for _, one := range same {
				regions = append(regions, one.Region)
			}
			where = fmt.Sprintf("%d regions (%s)", len(same), someRegions(regions))
		}
		what := strings.Join(nonEmpty(where, Clean(g.Service), Clean(g.Operation), Clean(g.Resource)), " ")
		why := strings.Join(nonEmpty(Clean(g.Kind), Clean(g.Code), Clean(g.Message)), ": ")
		if g.Action != "" && !strings.Contains(why, g.Action) {
			why += "; allow " + Clean(g.Action)
		}
		t.paragraph(4, "- ", what+" ("+why+")")
	}
}

// gapsAlike puts together what failed in the same way in several regions, in the order in which they first did. What AWS says of each may
// differ in the region's name; the first speaks for all.
func gapsAlike(gaps []Gap) [][]Gap {
	var alike [][]Gap
	at := map[Gap]int{}
	for _, g := range gaps {
		key := g
		key.Region, key.Message = "", ""
		i, known := at[key]
		if !known || g.Region == "" {
			at[key] = len(alike)
			alike = append(alike, []Gap{g})
			continue
		}
		alike[i] = append(alike[i], g)
	}
	return alike
}

func someRegions(all []string) string {
	const few = 3
	var names []string
	for _, name := range all[:min(len(all), few)] {
		names = append(names, Clean(name))
	}
	if more := len(all) - few; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// columns are the widths of a result's line.
type columns struct{ id, control int }

func columnsOf(results []Result, named bool) columns {
	var c columns
	for _, r := range results {
		c.id = max(c.id, len(Clean(r.ID)))
		if named {
			c.control = max(c.control, len(Clean(r.Control)))
		}
	}
	return c
}

func (t *textWriter) result(r *Result, c columns) {
	l := looks[r.Status]
	level := "  "
	if r.Level > 0 {
		level = fmt.Sprintf("L%d", r.Level)
	}
	lead := pad(Clean(r.ID), c.id) + "  " + level + "  "
	if c.control > 0 {
		lead += pad(Clean(r.Control), c.control) + "  "
	}
	indent := 4 + 9 + 2 + len(lead)
	for i, part := range wrap(Clean(r.Title), max(t.style.Width-indent, 20)) {
		if i == 0 {
			t.line(4, t.paint(l.color, l.glyph+" "+pad(l.word, 7))+"  "+lead+part)
			continue
		}
		t.line(indent, part)
	}
	if c.control == 0 && r.ID != r.Control && (r.Status != Pass || t.style.Verbose) {
		t.paragraph(detail, "control: ", r.Control)
	}
	t.findings(r)
	if !t.style.Quiet || r.Status != Manual {
		for _, note := range r.Notes {
			t.once(r, "note: ", note)
		}
	}
	t.decisions(r)
	if r.Status == Fail || r.Status == Unknown {
		all := WaysOut(r)
		for i, text := range all {
			if i == mostWays && !t.style.Verbose {
				t.line(detail, "and more; --verbose shows all")
				break
			}
			t.once(r, "way out: ", text)
		}
	}
}

// once writes a text in full where it stands first, and after that where to read it.
func (t *textWriter) once(r *Result, label, text string) {
	if at, ok := t.said[label+text]; ok {
		text = "as for " + at
	} else {
		t.said[label+text] = Clean(r.ID)
	}
	t.paragraph(detail, label, text)
}

// detail is the indent of what stands below a control's line.
const detail = 15

// findings shows why: for a pass only where more is asked for.
func (t *textWriter) findings(r *Result) {
	shown := 0
	for i := range r.Findings {
		f := &r.Findings[i]
		if !t.style.Verbose && (r.Status == Pass || (f.Status == Pass && r.Status != Manual)) {
			continue
		}
		if shown == mostFindings && !t.style.Verbose {
			t.line(detail, "and more; --verbose shows all")
			return
		}
		shown++
		t.finding(f)
	}
}

func (t *textWriter) finding(f *Finding) {
	if chain := t.chain(f); chain != nil {
		t.wrapped(chain)
	}
	where := strings.Join(nonEmpty(Clean(f.Region), Clean(f.Resource)), " ")
	if where != "" && !strings.Contains(f.Message, f.Resource) {
		t.paragraph(detail, "", f.Message+" ("+where+")")
	} else {
		t.paragraph(detail, "", f.Message)
	}
	t.evidence(f.Evidence)
	t.pointers(f)
}

// pointers says where in the snapshot a finding's resources are.
func (t *textWriter) pointers(f *Finding) {
	const few = 4
	n := len(f.Pointers)
	if n == 0 {
		return
	}
	text := strings.Join(f.Pointers[:min(n, few)], ", ")
	switch {
	case t.style.Verbose:
		text = strings.Join(f.Pointers, ", ")
	case n > few:
		text += fmt.Sprintf(" and %d more", n-few)
	}
	t.paragraph(detail, "in the snapshot: ", text)
}

// wrapped writes parts in as few lines as they fit; they may be painted.
func (t *textWriter) wrapped(parts []string) {
	line, wide := "", 0
	for _, part := range parts {
		plain := span(unpainted.Replace(part))
		if line != "" && detail+wide+2+plain > t.style.Width {
			t.line(detail, line)
			line, wide = "", 0
		}
		if line != "" {
			line, wide = line+"  ", wide+2
		}
		line, wide = line+part, wide+plain
	}
	t.line(detail, line)
}

// chain draws how far an event would have come: `trail ✓  selectors ✓  log group ✗`.
func (t *textWriter) chain(f *Finding) []string {
	at := slices.Index(Chain[:], f.Link)
	if at < 0 {
		return nil
	}
	var parts []string
	for _, link := range Chain[:at] {
		parts = append(parts, linkNames[link]+" "+t.paint(looks[Pass].color, looks[Pass].glyph))
	}
	end := looks[f.Status]
	return append(parts, linkNames[f.Link]+" "+t.paint(end.color, end.glyph))
}

// tellingFirst is the evidence that a person wants to know first.
var tellingFirst = [...]string{"missed_event", "nearest", "missed", "excluded_by"}

// saidAlready is the evidence that the title, the message and the pointers tell as well.
var saidAlready = [...]string{"actions", "alarms", "filters", "log_group", "trail", "wanted"}

// evidence shows what was seen.
func (t *textWriter) evidence(evidence map[string]any) {
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(evidence)), func(key string) bool {
		return slices.Contains(tellingFirst[:], key) || (!t.style.Verbose && slices.Contains(saidAlready[:], key))
	})
	for _, key := range slices.Concat(tellingFirst[:], keys) {
		value, nearest := evidence[key], map[string]any(nil)
		if key == "nearest" {
			nearest, _ = value.(map[string]any)
		}
		switch {
		case key == "missed_event" && value != nil:
			t.paragraph(detail, "nobody would hear of: ", eventText(value, compact(evidence)))
		case nearest != nil:
			t.nearest(nearest)
		default:
			if text := evidenceText(value); text != "" {
				t.paragraph(detail, strings.ReplaceAll(Clean(key), "_", " ")+": ", text)
			}
		}
	}
}

// nearest says how near the best attempt came.
func (t *textWriter) nearest(n map[string]any) {
	if text, ok := n["text"].(string); ok && text != "" {
		t.paragraph(detail, "nearest: ", text)
	}
	if clauses := evidenceText(n["excluded_by"]); clauses != "" {
		t.paragraph(detail, "excluded by: ", clauses)
	}
}

// evidenceText is a piece of evidence in one line; long lists are cut, the JSON has all.
func evidenceText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		var names []string
		for i, each := range v {
			if i == mostNames {
				names = append(names, fmt.Sprintf("and %d more", len(v)-i))
				break
			}
			names = append(names, evidenceText(each))
		}
		return strings.Join(names, ", ")
	}
	return compact(value)
}

// compact is JSON in one line that can be wrapped: a space follows each comma and colon.
func compact(value any) string {
	switch v := value.(type) {
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, compact(key)+": "+compact(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, each := range v {
			parts = append(parts, compact(each))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (t *textWriter) summary(s *Stream) {
	t.line(0, "")
	if len(s.Briefs) > 1 {
		for i := range s.Briefs {
			b := &s.Briefs[i]
			t.countLine(2, Clean(b.Account), t.counts(b.Summary, b.Attested))
		}
		t.countLine(0, t.paint("1", plural(len(s.Briefs), "account", "accounts")), t.counts(s.Head.Summary, s.attested()))
		return
	}
	t.countLine(0, t.paint("1", "Summary"), t.counts(s.Head.Summary, s.attested()))
}

// counts says how many rows have each status; attested is how many of the manual ones somebody answers for.
func (t *textWriter) counts(s Summary, attested int) string {
	var parts []string
	for _, status := range Statuses {
		n, l := s.Count(status), looks[status]
		text := fmt.Sprintf("%d %s", n, l.word)
		if status == Manual && attested > 0 {
			text += fmt.Sprintf(" (%d attested)", attested)
		}
		if n > 0 {
			text = t.paint(l.color, text)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " · ")
}

// paragraph writes label and text, wrapped, the text hanging under itself.
func (t *textWriter) paragraph(indent int, label, text string) {
	hang := len(label)
	if hang > 12 {
		hang = 2
	}
	lines := wrap(label+Clean(text), max(t.style.Width-indent-hang, 30))
	for i, line := range lines {
		if i == 0 {
			t.line(indent, line)
			continue
		}
		t.line(indent+hang, line)
	}
}

// line writes one line; an empty one has no indent.
func (t *textWriter) line(indent int, text string) {
	if text != "" {
		t.buf.WriteString(strings.Repeat(" ", indent))
	}
	t.buf.WriteString(text)
	t.buf.WriteByte('\n')
}

func (t *textWriter) paint(color, text string) string {
	if !t.style.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// short is a digest that a person can compare at a glance.
func short(digest string) string {
	const enough = len("sha256:") + 12
	if len(digest) > enough {
		digest = digest[:enough]
	}
	return Clean(digest)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func nonEmpty(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}
