package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// account is one account's results, by section.
func (p *page) account(a *Account) {
	several := len(p.report.Accounts) > 1
	p.put("<section class=\"account\" data-a=\"%s\" id=\"%s\">\n", a.Account, anchor("account", a.Account))
	if several {
		p.put("<h2>Account %s</h2>\n<details class=\"where\"><summary>%s</summary><dl>\n", nameOf(a), countsText(a.Summary))
		p.provenance(a)
		p.put("</dl>\n")
		p.gaps(a)
		p.put("</details>\n")
	} else {
		p.put("<h2>Results</h2>\n")
	}
	section := "\x00"
	for i := range a.Results {
		r := &a.Results[i]
		if r.Section != section {
			if section != "\x00" {
				p.put("</div>\n")
			}
			section = r.Section
			p.put("<div class=\"group\"><h3>%s</h3>\n", section)
		}
		p.result(a, r)
	}
	if len(a.Results) > 0 {
		p.put("</div>\n")
	} else {
		p.put("<p>No control was judged.</p>\n")
	}
	p.records(a)
	p.put("</section>\n")
}

func countsText(s Summary) string {
	var parts []string
	for _, status := range inOrder {
		if n := s.Count(status); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, looks[status].word))
		}
	}
	return strings.Join(parts, ", ")
}

// result is one control: a line, and behind it everything that there is to say. Of many accounts, what passes is the line alone.
func (p *page) result(a *Account, r *Result) {
	line := func() {
		p.put("%s<span>%s</span><span class=\"title\" role=\"heading\" aria-level=\"4\">%s</span><span class=\"at\">%s</span>", badge(r), r.ID, r.Title, lineEnd(r))
	}
	if !p.full && (r.Status == Pass || r.Status == NotApplicable) && len(r.Exceptions) == 0 {
		p.put("<div class=\"control line is-%s\" id=\"%s\" data-a=\"%s\" data-s=\"%s\" data-l=\"%d\">", r.Status, resultAnchor(a, r), a.Account, r.Status, r.Level)
		line()
		p.put("</div>\n")
		return
	}
	open := markup("")
	if p.opens && (r.Status == Fail || r.Status == Unknown) {
		open = " open"
	}
	p.put("<details class=\"control is-%s\" id=\"%s\" data-a=\"%s\" data-s=\"%s\" data-l=\"%d\"%s>\n<summary>", r.Status, resultAnchor(a, r), a.Account, r.Status, r.Level, open)
	line()
	p.put("</summary>\n<div class=\"body\">\n<p class=\"sub\"><a class=\"to\" href=\"#%s\" aria-label=\"Link to %s %s\">#</a> %s</p>\n",
		resultAnchor(a, r), r.ID, r.Title, strings.Join(nonEmpty(r.Control, levelText(r.Level), r.Severity, assessmentText(r.Assessment)), " · "))
	p.word(r)
	const most = 20
	findings := decidingFirst(r)
	ways := map[string]bool{} // each is shown once
	if len(findings) == 0 && r.Status != Pass {
		p.wayOut(r.Remediation)
	}
	for i, f := range findings {
		if i >= most && f.Status == Pass {
			p.put("<p>And %d more findings that pass; the JSON has them all.</p>\n", len(findings)-i)
			break
		}
		p.finding(a, r, f, i)
		if way := WayOut(r, f); f.Status != Pass && f.Status != NotApplicable && !ways[way] {
			ways[way] = true
			p.wayOut(way)
		}
	}
	if len(r.Notes) > 0 {
		p.put("<h4>Notes</h4>\n<ul>\n")
		for _, note := range r.Notes {
			p.put("<li>%s</li>\n", note)
		}
		p.put("</ul>\n")
	}
	p.put("</div>\n</details>\n")
}

func (p *page) wayOut(text string) {
	if text != "" {
		p.put("<div class=\"wayout\"><h4>Way out</h4><p>%s</p></div>\n", text)
	}
}

// decidingFirst are a result's findings, those that pass at the end.
func decidingFirst(r *Result) []*Finding {
	var first, passing []*Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Status == Pass {
			passing = append(passing, f)
		} else {
			first = append(first, f)
		}
	}
	return append(first, passing...)
}

// lineEnd is what a reader of the line alone should know.
func lineEnd(r *Result) string {
	switch at := breaksAt(r); {
	case at == "" || r.Status == Pass:
		return ""
	case r.Status == Unknown:
		return "not known at " + at
	default:
		return "breaks at " + at
	}
}

func levelText(level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprintf("level %d", level)
}

func assessmentText(assessment string) string {
	if assessment == "" {
		return ""
	}
	return "the edition's assessment: " + assessment
}

// word is what somebody answers for: a waiver, an exception, an attestation.
func (p *page) word(r *Result) {
	for _, w := range p.given(r) {
		p.put("<div class=\"box\"><h4>%s</h4>\n<dl>\n", w.kind)
		for _, f := range w.facts {
			p.fact(f[0], f[1])
		}
		p.put("</dl></div>\n")
	}
}

type givenWord struct {
	kind  string
	facts [][2]string
}

func (p *page) given(r *Result) []givenWord {
	until := func(expires string) string {
		return strings.Join(nonEmpty(expires, daysLeft(p.report.AsOf, expires)), ", ")
	}
	var all []givenWord
	if w := r.Waiver; w != nil {
		all = append(all, givenWord{"Waived, and it still fails", [][2]string{{"Owner", w.Owner}, {"Reason", w.Reason}, {"Ticket", w.Ticket}, {"Until", until(w.Expires)}}})
	}
	for _, e := range r.Exceptions {
		all = append(all, givenWord{"Decided for all events but these", [][2]string{
			{"Except", e.Except}, {"Owner", e.Owner}, {"Reason", e.Reason}, {"Ticket", e.Ticket}, {"Until", until(e.Expires)},
		}})
	}
	if t := r.Attestation; t != nil {
		all = append(all, givenWord{"Attested to be met otherwise", [][2]string{
			{"By the data", string(t.Status)}, {"Evidence", t.Evidence}, {"Owner", t.Owner}, {"Reason", t.Reason}, {"Ticket", t.Ticket}, {"Until", until(t.Expires)},
		}})
	}
	return all
}

// finding is one thing that was seen; it has an address of its own.
func (p *page) finding(a *Account, r *Result, f *Finding, n int) {
	p.put("<div class=\"finding\" id=\"%s\" tabindex=\"-1\">\n<p class=\"says\">%s</p>\n", findingAnchor(a, r, n), sentence(f.Message))
	if where := strings.Join(nonEmpty(f.Region, f.Resource), " "); where != "" {
		p.put("<p class=\"sub mono\"><a class=\"to\" href=\"#%s\" aria-label=\"Link to this finding\">#</a> %s</p>\n", findingAnchor(a, r, n), where)
	}
	if !p.full {
		p.brief(f)
		return
	}
	p.chain(a, f)
	if event, ok := f.Evidence["missed_event"]; ok {
		p.put("<div class=\"event\"><h4>Nobody would have heard of this event, or one like it</h4><p>%s</p>\n<details class=\"json\"><summary>The whole CloudTrail event</summary><pre>%s</pre></details></div>\n",
			eventText(event, compact(f.Evidence)), jsonText(event))
	}
	p.evidence(f)
	p.put("</div>\n")
}

func findingAnchor(a *Account, r *Result, n int) string {
	return fmt.Sprintf("%s.%d", resultAnchor(a, r), n)
}

// brief is what a page of many accounts shows of a finding: the chain and the event in a line each.
func (p *page) brief(f *Finding) {
	if at := slices.Index(Chain[:], f.Link); at >= 0 {
		var links []string
		for _, link := range Chain[:at] {
			links = append(links, linkName(link)+" "+looks[Pass].glyph)
		}
		p.put("<p>%s</p>\n", strings.Join(append(links, linkName(f.Link)+" "+looks[f.Status].glyph), "  "))
	}
	if event, ok := f.Evidence["missed_event"]; ok {
		p.put("<p class=\"event\">Nobody would have heard of %s</p>\n", eventText(event, compact(f.Evidence)))
	}
	p.put("</div>\n")
}

// evidence is what was seen, but for the event.
func (p *page) evidence(f *Finding) {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(f.Evidence)) {
		if key != "missed_event" && evidenceText(f.Evidence[key]) != "" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return
	}
	p.put("<h4>Seen</h4>\n<dl>\n")
	for _, key := range keys {
		p.fact(strings.ReplaceAll(key, "_", " "), strings.NewReplacer("\n", " ", "\t", " ").Replace(evidenceText(f.Evidence[key])))
	}
	p.put("</dl>\n")
}

// links leads to the raw JSON of records.
func (p *page) links(a *Account, pointers []string) {
	for i, pointer := range pointers {
		if _, ok := a.Records[pointer]; ok && i < mostNames {
			p.put(" <a class=\"to\" href=\"#%s\" aria-label=\"Raw JSON of %s\">{}</a>", anchor("r"+a.Account, pointer), pointer)
		}
	}
}

// records is the raw JSON that the findings of an account point to, each record once.
func (p *page) records(a *Account) {
	if !p.full {
		return
	}
	shown := map[string]bool{}
	for i := range a.Results {
		for _, f := range a.Results[i].Findings {
			for _, pointer := range f.Pointers {
				if _, ok := a.Records[pointer]; ok {
					shown[pointer] = true
				}
			}
		}
	}
	if len(shown) == 0 {
		return
	}
	p.put("<details class=\"raw\"><summary>Raw JSON of %s behind the findings</summary>\n", plural(len(shown), "record", "records"))
	for _, pointer := range slices.Sorted(maps.Keys(shown)) {
		p.put("<h4 class=\"mono\" id=\"%s\" tabindex=\"-1\">%s</h4>\n<pre>%s</pre>\n", anchor("r"+a.Account, pointer), pointer, jsonText(a.Records[pointer]))
	}
	p.put("</details>\n")
}

// sentence begins a message with a capital letter.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// jsonText is a value as indented JSON, each line of it made safe by itself.
func jsonText(value any) markup {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return markup(escape(fmt.Sprint(value)))
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, line := range lines {
		lines[i] = escape(line)
	}
	return markup(strings.Join(lines, "\n"))
}
