package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// completeness says, before any result, what the results do not rest on.
func (p *page) completeness(in func(string) string) {
	r := p.report
	var partial []*Account
	for i := range r.Accounts {
		if a := &r.Accounts[i]; len(a.Gaps)+len(a.RegionsLeftOut) > 0 {
			partial = append(partial, a)
		}
	}
	if len(partial) == 0 {
		p.put("<section class=\"box whole\" id=\"completeness\">\n<h2>✓ Complete</h2>\n<p>The evidence names nothing that could not be read.</p>\n</section>\n")
		return
	}
	p.put("<section class=\"box partial\" id=\"completeness\">\n<h2>? Incomplete</h2>\n<p>What could not be read is never taken for a pass or a fail; what needed it is unknown.</p>\n")
	if len(r.Accounts) > 1 {
		p.put("<p>%d of %d accounts could not be read whole.</p>\n", len(partial), len(r.Accounts))
	}
	if len(partial) > mostGaps {
		p.put("<details><summary>Which accounts</summary>\n")
	}
	for _, a := range partial {
		if len(r.Accounts) == 1 {
			p.gaps(a)
			continue
		}
		p.put("<details><summary>%s: %s</summary>\n", nameOf(a), partialText(a))
		if file := in(a.Account); file != "" {
			p.put("<p><a href=\"%s\">The page of account %s</a></p>\n", file, a.Account)
		} else {
			p.gaps(a)
		}
		p.put("</details>\n")
	}
	if len(partial) > mostGaps {
		p.put("</details>\n")
	}
	p.put("</section>\n")
}

func partialText(a *Account) string {
	var parts []string
	if n := len(a.Gaps); n > 0 {
		parts = append(parts, plural(n, "list or resource", "lists or resources")+" not read")
	}
	if n := len(a.RegionsLeftOut); n > 0 {
		parts = append(parts, plural(n, "region", "regions")+" not asked for")
	}
	return strings.Join(parts, ", ")
}

// gaps is what could not be read in one account, alike ones of several regions in one row.
func (p *page) gaps(a *Account) {
	if n := len(a.RegionsLeftOut); n > 0 {
		p.put("<p>Not asked for: %s: %s.</p>\n", plural(n, "region", "regions"), strings.Join(a.RegionsLeftOut, ", "))
	}
	if len(a.Gaps) == 0 {
		return
	}
	p.put("<table><thead><tr><th>Could not be read</th><th>Where</th><th>Why</th><th>Way out</th></tr></thead><tbody>\n")
	for _, same := range gapsAlike(a.Gaps) {
		g := same[0]
		var regions []string
		for _, one := range same {
			regions = append(regions, cmp.Or(one.Region, "global"))
		}
		slices.Sort(regions)
		p.put("<tr><td><code>%s %s</code> %s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", g.Service, g.Operation, g.Resource,
			strings.Join(slices.Compact(regions), ", "), strings.Join(nonEmpty(g.Kind, g.Code, g.Message), ": "), wayOut(g))
	}
	p.put("</tbody></table>\n")
}

func wayOut(g Gap) markup {
	if g.Action == "" {
		return ""
	}
	return markup("allow <code>" + escape(g.Action) + "</code>")
}

// broken lists the policies that could not judge, and the notes on the run.
func (p *page) broken() {
	r := p.report
	if n := len(r.Policies.Errors); n > 0 {
		p.put("<section class=\"box broken\" id=\"policy-errors\">\n<h2>✗ %s not judge</h2>\n<ul>\n", plural(n, "policy could", "policies could"))
		for _, e := range r.Policies.Errors {
			where := e.File
			if e.Line > 0 {
				where = fmt.Sprintf("%s:%d", e.File, e.Line)
			}
			p.put("<li><code>%s</code>: %s", where, strings.Join(nonEmpty(strings.Join(nonEmpty(e.Control, e.Account), ", "), e.Problem), ": "))
			if e.Hint != "" {
				p.put(" <em>%s</em>", e.Hint)
			}
			p.put("</li>\n")
		}
		p.put("</ul>\n</section>\n")
	}
	p.unread()
	if len(r.Notes) > 0 {
		p.put("<section class=\"box\" id=\"notes\">\n<h2>Notes on the run</h2>\n<ul>\n")
		for _, note := range r.Notes {
			p.put("<li>%s</li>\n", note)
		}
		p.put("</ul>\n</section>\n")
	}
}

// unread lists the snapshots that were not judged at all.
func (p *page) unread() {
	all := p.report.Unread
	if len(all) == 0 {
		return
	}
	p.put("<section class=\"box broken\" id=\"unread\">\n<h2>✗ %s not be read</h2>\n<ul>\n", plural(len(all), "snapshot could", "snapshots could"))
	for i := range all {
		u := &all[i]
		p.put("<li><code>%s</code>: %s", unreadPlace(u), strings.Join(nonEmpty(u.Account, u.Problem), ": "))
		if u.Hint != "" {
			p.put(" <em>%s</em>", u.Hint)
		}
		p.put("</li>\n")
	}
	p.put("</ul>\n</section>\n")
}

// inOrder are the statuses as a reader asks for them.
var inOrder = [...]Status{Fail, Unknown, Waived, Manual, Pass, NotApplicable}

func (p *page) sum() {
	r := p.report
	p.put("<section id=\"summary\">\n<p class=\"headline\">%s.</p>\n<ul class=\"tiles\">\n", headline(r))
	for _, status := range inOrder {
		p.put("<li class=\"s-%s\"><b>%d</b><span aria-hidden=\"true\">%s</span> %s</li>\n", status, r.Summary.Count(status), looks[status].glyph, looks[status].word)
	}
	p.put("</ul>\n</section>\n")
}

// attention lists what fails or is unknown, with where the chain broke, so that it is found without scrolling.
func (p *page) attention(results bool, in func(string) string) {
	const most = 30 // of a status
	r := p.report
	if r.Summary.Fail+r.Summary.Unknown == 0 {
		return
	}
	p.put("<section id=\"attention\">\n<h2>What needs somebody</h2>\n<table><thead><tr><th>Status</th>")
	if len(r.Accounts) > 1 {
		p.put("<th>Account</th>")
	}
	p.put("<th>Control</th><th>Where</th></tr></thead><tbody>\n")
	var more []string
	for _, status := range []Status{Fail, Unknown} {
		shown := 0
		for i := range r.Accounts {
			a := &r.Accounts[i]
			for j := range a.Results {
				if a.Results[j].Status != status || shown == most {
					continue
				}
				shown++
				p.attentionRow(a, &a.Results[j], target(a, &a.Results[j], results, in))
			}
		}
		if n := r.Summary.Count(status) - shown; n > 0 {
			more = append(more, fmt.Sprintf("%d %s", n, looks[status].word))
		}
	}
	p.put("</tbody></table>\n")
	if len(more) > 0 {
		p.put("<p>And more: %s.</p>\n", strings.Join(more, ", "))
	}
	p.put("</section>\n")
}

func (p *page) attentionRow(a *Account, r *Result, href string) {
	p.put("<tr><td>%s</td>", badge(r))
	if len(p.report.Accounts) > 1 {
		p.put("<td>%s</td>", nameOf(a))
	}
	p.put("<td>")
	if href != "" {
		p.put("<a href=\"%s\">%s %s</a>", href, r.ID, r.Title)
	} else {
		p.put("%s %s", r.ID, r.Title)
	}
	p.put("</td><td>%s</td></tr>\n", lineEnd(r))
}

// target is where a result is shown: on this page, on that of its account, or nowhere.
func target(a *Account, r *Result, results bool, in func(string) string) string {
	file := in(a.Account)
	if !results && file == "" {
		return ""
	}
	return file + "#" + resultAnchor(a, r)
}

func resultAnchor(a *Account, r *Result) string { return anchor("a"+a.Account, r.Control, r.ID) }

// badge is a status by glyph, word and colour.
func badge(r *Result) markup {
	l := looks[r.Status]
	word := l.word
	if r.Attestation != nil {
		word += ": attested"
	}
	return markup(fmt.Sprintf(`<span class="badge s-%s"><span aria-hidden="true">%s</span> %s</span>`, escape(string(r.Status)), l.glyph, escape(word)))
}

// breaksAt names the links at which a result's chains broke, or beyond which nothing is known.
func breaksAt(r *Result) string {
	var links []string
	for _, f := range r.Findings {
		if f.Link != "" && !slices.Contains(links, linkName(f.Link)) {
			links = append(links, linkName(f.Link))
		}
	}
	return strings.Join(links, ", ")
}

func linkName(link string) string { return cmp.Or(linkNames[link], link) }

// matrix is accounts by controls.
func (p *page) matrix(results bool, in func(string) string) {
	r := p.report
	rows := controlsOf(r.Accounts)
	p.put("<section id=\"matrix\">\n<h2>Accounts and controls</h2>\n<p class=\"sub\">")
	for _, status := range inOrder {
		p.put("%s %s &#160; ", looks[status].glyph, looks[status].word)
	}
	p.put("</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Accounts and controls\"><table class=\"matrix\"><thead><tr><th scope=\"col\">Account</th>")
	for _, row := range rows {
		p.put("<th scope=\"col\"><abbr title=\"%s\">%s</abbr></th>", row.Title, row.ID)
	}
	p.put("</tr></thead><tbody>\n")
	for i := range r.Accounts {
		a := &r.Accounts[i]
		p.put("<tr data-a=\"%s\" data-has=\"%s\"><th scope=\"row\">", a.Account, statusesOf(a))
		switch file := in(a.Account); {
		case file != "":
			p.put("<a href=\"%s\">%s</a>", file, nameOf(a))
		case results:
			p.put("<a href=\"#%s\">%s</a>", anchor("account", a.Account), nameOf(a))
		default:
			p.put("%s", nameOf(a))
		}
		p.put("</th>")
		for _, row := range rows {
			p.cell(a, row.in[i], results, in)
		}
		p.put("</tr>\n")
	}
	p.put("</tbody></table></div>\n")
	if !results && in(r.Accounts[0].Account) == "" {
		p.put("<p>More than %d accounts are too many for one page: <code>cistern report FILE -o html=FOLDER/</code> writes a page for each.</p>\n", onePage)
	}
	p.put("</section>\n")
}

func (p *page) cell(a *Account, r *Result, results bool, in func(string) string) {
	if r == nil {
		p.put("<td></td>")
		return
	}
	l := looks[r.Status]
	glyph, word := l.glyph, l.word
	if r.Attestation != nil {
		glyph, word = glyph+"a", word+": attested"
	}
	href := target(a, r, results, in)
	if href == "" || r.Status == Pass || r.Status == NotApplicable {
		p.put("<td class=\"s-%s\"><span role=\"img\" aria-label=\"%s\">%s</span></td>", r.Status, word, glyph)
		return
	}
	p.put("<td class=\"s-%s\"><a class=\"s-%s\" href=\"%s\" aria-label=\"%s %s\">%s</a></td>", r.Status, r.Status, href, r.ID, word, glyph)
}

// statusesOf are the statuses that an account's results have.
func statusesOf(a *Account) string {
	var all []string
	for _, status := range Statuses {
		if a.Summary.Count(status) > 0 {
			all = append(all, string(status))
		}
	}
	return strings.Join(all, " ")
}

// filters is the form that the script shows; without a script everything is there anyway. Where there are no results on the page it
// filters the accounts.
func (p *page) filters(results bool) {
	r := p.report
	p.put("<form class=\"filters\" id=\"filters\" tabindex=\"-1\" hidden aria-label=\"Filter the results\">\n<fieldset><legend>Show</legend>\n")
	for _, status := range inOrder {
		if r.Summary.Count(status) > 0 {
			p.put("<label><input type=\"checkbox\" name=\"status\" value=\"%s\" checked> %s %s</label>\n", status, looks[status].glyph, looks[status].word)
		}
	}
	p.put("</fieldset>\n")
	if results && len(r.Accounts) > 1 {
		p.put("<label>Account <select name=\"account\"><option value=\"\">all</option>\n")
		for i := range r.Accounts {
			p.put("<option value=\"%s\">%s</option>\n", r.Accounts[i].Account, nameOf(&r.Accounts[i]))
		}
		p.put("</select></label>\n")
	}
	if results {
		p.put("<label>Level <select name=\"level\"><option value=\"\">all</option><option value=\"1\">1</option><option value=\"2\">up to 2</option></select></label>\n")
	}
	p.put("<label>Search <input type=\"search\" name=\"q\" placeholder=\"press /\" autocomplete=\"off\"></label>\n" +
		"<button type=\"reset\">Show all</button>\n<output aria-live=\"polite\"></output>\n</form>\n")
}

// about is what another needs to make or check the report.
func (p *page) about() {
	r := p.report
	p.put("<section id=\"about\">\n<h2>How to check this report</h2>\n<p>The same snapshots, policies and options (edition, controls, waivers, parameters, time) give the same report, byte for byte. "+
		"A snapshot's digest is that of its canonical form. The commands, to which the options of the audit are added:</p>\n<pre>cistern snapshot digest SNAPSHOT\ncistern evaluate SNAPSHOT... --benchmark %s -f html</pre>\n", r.Benchmark.ID)
	if len(r.Accounts) > 1 {
		p.put("<details><summary>Snapshots of %d accounts</summary>\n<table><thead><tr><th>Account</th><th>Snapshot</th><th>Collected</th><th>By</th></tr></thead><tbody>\n", len(r.Accounts))
		for i := range r.Accounts {
			a := &r.Accounts[i]
			p.put("<tr><td>%s</td><td class=\"mono\">%s</td><td>%s</td><td>%s</td></tr>\n", nameOf(a), a.Snapshot.Digest, a.Snapshot.CollectedAt, a.Snapshot.CollectedBy)
		}
		p.put("</tbody></table></details>\n")
	}
	p.put("</section>\n")
}
