package report

import (
	"bytes"
	_ "embed" // the style and the script
	"fmt"
	"html"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

//go:embed html/report.css
var htmlStyle string

//go:embed html/report.js
var htmlScript string

const (
	// drawAll is the number of accounts up to which chains are drawn and raw JSON is shown: beyond, a page would open slowly.
	drawAll = 25
	// onePage is the number of accounts up to which one page shows everything.
	onePage = 500
	// mostNamed are shown of a list at the head of a page; the accounts have them all.
	mostNamed = 3
	// openFailures is the number of failing controls up to which they are shown open.
	openFailures = 40
)

// markup is text that is HTML already. All other text is escaped on its way into a page.
type markup string

// page is an HTML page in the making. html/template would do the escaping as well, but it makes the linker keep every method of every
// AWS client in the program: 88 MB instead of 34. So there are only two places where text can stand, the content of an element
// and an attribute in double quotes, and put escapes for both.
type page struct {
	buf    bytes.Buffer
	report *Report
	home   string // the page of all accounts; none if this is it
	opens  bool   // failing controls are shown open
	full   bool   // chains are drawn, and raw JSON is shown
}

// put writes markup; the form is a constant, and its texts are escaped.
func (p *page) put(form string, args ...any) {
	for i, arg := range args {
		switch v := arg.(type) {
		case markup:
			args[i] = string(v)
		case string:
			args[i] = escape(v)
		case Status:
			args[i] = escape(string(v))
		}
	}
	fmt.Fprintf(&p.buf, form, args...)
}

func escape(text string) string { return html.EscapeString(Clean(text)) }

// anchor is a fragment that names a thing, of characters that need no escaping anywhere.
func anchor(parts ...string) string {
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteByte('.')
		}
		for _, r := range part {
			switch {
			case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
				b.WriteRune(r)
			default:
				fmt.Fprintf(&b, "_%x", r)
			}
		}
	}
	return b.String()
}

// writeHTML writes one page that needs no network. For more accounts than one page can show it is the summary; HTMLPages makes a page an
// account besides.
func writeHTML(w io.Writer, s *Stream, _ Style) error {
	r, err := s.shown()
	if err != nil {
		return err
	}
	p := newPage(r)
	p.whole(len(r.Accounts) <= onePage, func(string) string { return "" })
	_, err = w.Write(p.buf.Bytes())
	return err
}

// Page is one file of a report in several.
type Page struct {
	Name    string
	Content []byte
}

// HTMLPages are the files of a folder for a report of any size: index.html, the summary, and a page an account.
func HTMLPages(s *Stream) iter.Seq2[Page, error] {
	file := func(account string) string { return "account-" + anchor(account) + ".html" }
	return func(yield func(Page, error) bool) {
		r, err := s.condensed()
		if err != nil {
			yield(Page{}, err)
			return
		}
		index := newPage(r)
		index.whole(false, file)
		if !yield(Page{"index.html", index.buf.Bytes()}, nil) {
			return
		}
		for a, err := range s.Accounts {
			if err != nil {
				yield(Page{}, err)
				return
			}
			one := *s.Head
			one.Accounts, one.Summary = []Account{*a}, a.Summary
			p := newPage(&one)
			p.home = "index.html"
			p.whole(true, func(string) string { return "" })
			if !yield(Page{file(a.Account), p.buf.Bytes()}, nil) {
				return
			}
		}
	}
}

func newPage(r *Report) *page {
	return &page{report: r, opens: r.Summary.Fail <= openFailures, full: len(r.Accounts) <= drawAll}
}

// whole is the page from head to foot; in the file of an account its results are found if they are not on this page.
func (p *page) whole(results bool, in func(account string) string) {
	r := p.report
	title := editionName(&r.Benchmark)
	p.buf.WriteString(HTMLHead{Title: headline(r) + ": " + title, Tool: r.Tool, Style: htmlStyle + printMargins(r), Script: htmlScript}.String())
	p.put("<body%s>\n", several(r))
	p.skips(results)
	p.head(title)
	p.put("<main>\n")
	p.drawingParts()
	p.completeness(in)
	p.broken()
	p.sum()
	if len(r.Accounts) > 1 {
		p.matrix(results, in)
	}
	p.attention(results, in)
	if results || len(r.Accounts) > 1 {
		p.filters(results)
	}
	p.put("<div id=\"results\" tabindex=\"-1\">\n")
	for i := range r.Accounts {
		if results {
			p.account(&r.Accounts[i])
		}
	}
	if len(r.Accounts) == 0 {
		p.put("<p>This report is of no account.</p>\n")
	}
	p.put("</div>\n")
	p.about()
	p.put("</main>\n<footer><p>Made by %s %s. This file needs no network and loads nothing.</p></footer>\n", r.Tool.Name, r.Tool.Version)
	p.put("<script>%s</script>\n</body>\n</html>\n", markup(htmlScript))
}

// several marks a page of more than one account.
func several(r *Report) markup {
	if len(r.Accounts) > 1 {
		return ` class="several"`
	}
	return ""
}

// skips are the links that the keyboard finds first.
func (p *page) skips(results bool) {
	if results || len(p.report.Accounts) > 1 {
		p.put("<a class=\"skip\" href=\"#filters\">Skip to the filters</a>\n")
	}
	if results {
		p.put("<a class=\"skip\" href=\"#results\">Skip to the results</a>\n")
	}
	if p.home != "" {
		p.put("<nav><a href=\"%s\">All accounts</a></nav>\n", p.home)
	}
}

// printMargins puts what identifies the report on every printed page.
func printMargins(r *Report) string {
	return fmt.Sprintf(`@page { margin: 16mm 14mm; @bottom-left { content: "%s, as of %s"; font: 8pt sans-serif; } @bottom-center { content: "policies %s"; font: 8pt sans-serif; } @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
`, plainOnly(r.Benchmark.ID), plainOnly(r.AsOf), plainOnly(short(r.Policies.Digest)))
}

// plainOnly leaves only what can stand in a text of CSS.
func plainOnly(text string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(" .:-", c) {
			return c
		}
		return -1
	}, text)
}

// headline is the result in a sentence.
func headline(r *Report) string {
	s := r.Summary
	judged := s.Pass + s.Fail + s.Unknown + s.Waived
	switch {
	case len(r.Accounts) == 0 || judged+s.Manual+s.NotApplicable == 0:
		return "Nothing was judged"
	case s.Fail > 0 && s.Unknown > 0:
		return fmt.Sprintf("%s, %s not known", plural(s.Fail, "control fails", "controls fail"), plural(s.Unknown, "is", "are"))
	case s.Fail > 0:
		return plural(s.Fail, "control fails", "controls fail")
	case s.Unknown > 0:
		return plural(s.Unknown, "control is not known", "controls are not known")
	case s.Pass == 0:
		return "Nothing fails, and nothing passes by data"
	case s.Waived > 0:
		return fmt.Sprintf("Nothing fails but what is waived (%d)", s.Waived)
	}
	return "Nothing fails"
}

func (p *page) head(title string) {
	r := p.report
	p.put("<header>\n<h1>%s</h1>\n<p class=\"sub\">Would anyone have been told?</p>\n<dl>\n", title)
	p.fact("As of", r.AsOf)
	if len(r.Accounts) == 1 {
		a := &r.Accounts[0]
		p.fact("Account", nameOf(a))
		p.provenance(a)
	} else {
		p.fact("Accounts", fmt.Sprint(len(r.Accounts)))
		p.collected()
	}
	p.fact("Policies", r.Policies.Digest)
	for _, s := range r.Policies.Sources {
		text := s.Kind + " " + s.Name
		if s.Signed != "" {
			text += ", signed (" + s.Signed + ")"
		}
		if len(s.Adds) > 0 {
			text += "; adds " + strings.Join(s.Adds, ", ")
		}
		if len(s.Replaces) > 0 {
			text += "; replaces " + strings.Join(s.Replaces, ", ")
		}
		p.fact("Besides the shipped", text)
	}
	p.put("</dl>\n</header>\n")
}

func (p *page) fact(name, value string) {
	if value != "" {
		p.put("<dt>%s</dt><dd>%s</dd>\n", name, value)
	}
}

// provenance is where an account's evidence is from.
func (p *page) provenance(a *Account) {
	s := &a.Snapshot
	p.fact("Snapshot", s.Digest)
	collected := s.CollectedAt + " from " + s.Source
	if s.CollectedWith != "" {
		collected += ", by cistern " + s.CollectedWith
	}
	if s.Calls > 0 {
		collected += ", " + plural(s.Calls, "call", "calls")
	}
	p.fact("Collected", collected)
	p.fact("Collected by", s.CollectedBy)
	if n := len(s.Regions); n > 0 {
		p.fact("Regions read", fmt.Sprintf("%d: %s", n, strings.Join(s.Regions, ", ")))
	}
	for _, e := range s.Endpoints {
		p.fact("Not AWS itself", e.Service+" at "+e.URL)
	}
}

// collected is where the evidence of several accounts is from, all together.
func (p *page) collected() {
	var times, by, regions, elsewhere []string
	for i := range p.report.Accounts {
		s := &p.report.Accounts[i].Snapshot
		times, by, regions = append(times, s.CollectedAt), append(by, nonEmpty(s.CollectedBy)...), append(regions, s.Regions...)
		for _, e := range s.Endpoints {
			elsewhere = append(elsewhere, e.Service+" at "+e.URL)
		}
	}
	once := func(texts []string) []string { slices.Sort(texts); return slices.Compact(texts) }
	if times = once(times); len(times) == 1 {
		p.fact("Collected", times[0])
	} else if len(times) > 1 {
		p.fact("Collected", times[0]+" to "+times[len(times)-1])
	}
	if by = once(by); len(by) > 0 {
		p.fact("Collected by", fmt.Sprintf("%s: %s", plural(len(by), "identity", "identities"), someOf(by, mostNamed)))
	}
	if regions = once(regions); len(regions) > 0 {
		p.fact("Regions read", fmt.Sprintf("%d: %s", len(regions), strings.Join(regions, ", ")))
	}
	if elsewhere = once(elsewhere); len(elsewhere) > 0 {
		p.fact("Not AWS itself", someOf(elsewhere, mostNamed))
	}
}

// daysLeft is how long somebody's word still holds at the report's clock.
func daysLeft(asOf, expires string) string {
	now, err := time.Parse(time.RFC3339, asOf)
	end, wrong := time.Parse(time.DateOnly, expires)
	if err != nil || wrong != nil {
		return ""
	}
	const day = 24 * time.Hour
	left := end.AddDate(0, 0, 1).Sub(now)
	days := int((left + day - 1) / day) // that have begun
	if left <= 0 {
		return "expired"
	}
	return plural(days, "day left", "days left")
}
