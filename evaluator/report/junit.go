package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Err        string          `xml:"system-err,omitempty"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Skipped *string      `xml:"skipped"`
	Error   *junitReason `xml:"error"`
	Failure *junitReason `xml:"failure"`
	Out     string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes a suite for each account and a test for each control, as Jenkins reads them. There are no times: the same report
// gives the same bytes.
func writeJUnit(w io.Writer, s *Stream, _ Style) error {
	all := junitTotals(s)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.EncodeToken(all); err != nil {
		return err
	}
	err := s.each(func(_ int, a *Account) error { return encoder.Encode(junitSuiteOf(s, a)) })
	if err == nil && len(s.Head.Unread) > 0 {
		err = encoder.Encode(junitUnread(s.Head))
	}
	if err != nil {
		return err
	}
	if err := encoder.EncodeToken(all.End()); err != nil {
		return err
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// junitTotals is the element around the suites.
func junitTotals(s *Stream) xml.StartElement {
	tests, failures, errors := len(s.Head.Unread), 0, len(s.Head.Unread)
	for i := range s.Briefs {
		b := &s.Briefs[i]
		tests += b.Rows
		failures += b.Counted.Fail
		errors += b.Counted.Unknown
	}
	all := xml.StartElement{Name: xml.Name{Local: "testsuites"}}
	for _, attr := range []struct{ name, value string }{
		{"name", editionName(&s.Head.Benchmark)}, {"tests", strconv.Itoa(tests)}, {"failures", strconv.Itoa(failures)}, {"errors", strconv.Itoa(errors)},
	} {
		all.Attr = append(all.Attr, xml.Attr{Name: xml.Name{Local: attr.name}, Value: attr.value})
	}
	return all
}

// junitUnread is a suite of the snapshots that could not be read.
func junitUnread(r *Report) junitSuite {
	suite := junitSuite{Name: "snapshots that could not be read", Tests: len(r.Unread), Errors: len(r.Unread)}
	for i := range r.Unread {
		u := &r.Unread[i]
		suite.Cases = append(suite.Cases, junitCase{
			Class: plain(strings.ReplaceAll(r.Benchmark.ID, ".", "_") + ".unread"), Name: plainOr(u.File, "snapshot"),
			Error: &junitReason{Type: "unread", Message: plain(u.Problem), Text: unreadText(u)},
		})
	}
	return suite
}

func junitSuiteOf(of *Stream, a *Account) junitSuite {
	r := of.Head
	s := junitSuite{Name: plain(strings.Join(nonEmpty(a.Account, a.Alias), " ")), Tests: len(a.Results)}
	for _, p := range []junitProperty{
		{"benchmark", r.Benchmark.ID}, {"as_of", r.AsOf}, {"tool", r.Tool.Name + " " + r.Tool.Version},
		{"snapshot_digest", a.Snapshot.Digest}, {"collected_at", a.Snapshot.CollectedAt}, {"policies_digest", r.Policies.Digest},
		{"regions_left_out", strings.Join(a.RegionsLeftOut, ", ")},
	} {
		if p.Name != "regions_left_out" || p.Value != "" {
			s.Properties = append(s.Properties, junitProperty{p.Name, plain(p.Value)})
		}
	}
	for _, list := range []struct {
		name  string
		texts []string
	}{{"endpoint", endpointTexts(a)}, {"policy_source", sourceTexts(r)}, {"note", r.Notes}} {
		for _, text := range list.texts {
			s.Properties = append(s.Properties, junitProperty{list.name, plain(text)})
		}
	}
	class := plain(strings.ReplaceAll(r.Benchmark.ID, ".", "_") + "." + a.Account) // the part before the last dot is a package
	for i := range a.Results {
		c := junitCaseOf(&a.Results[i])
		c.Class = class
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	s.Err = joinLines(unsure(of, a))
	return s
}

// unsure is what an account's verdicts do not rest on, a line each.
func unsure(s *Stream, a *Account) []string {
	var text []string
	for _, problem := range unusableFor(s, a) {
		text = append(text, "could not judge: "+problem)
	}
	for i := range a.Gaps {
		text = append(text, "not read: "+gapText(&a.Gaps[i]))
	}
	text = append(text, nonEmpty(notAWS(a))...)
	if len(a.RegionsLeftOut) > 0 {
		text = append(text, "regions not asked for: "+strings.Join(a.RegionsLeftOut, ", "))
	}
	return text
}

// unusableFor are the policies that could not judge an account, and why.
func unusableFor(s *Stream, a *Account) []string {
	var text []string
	for _, e := range s.failuresOf(a.Account) {
		text = append(text, policyErrorText(e))
	}
	return text
}

func junitCaseOf(result *Result) junitCase {
	c := junitCase{Name: heading(result), Out: joinLines(findingLines(result))}
	why := reason(result)
	switch result.Status {
	case Pass:
	case Fail:
		c.Failure = junitWhy(result, why)
	case Unknown:
		c.Error = junitWhy(result, why)
	default:
		text := looks[result.Status].word + ": " + why
		c.Skipped = &text
	}
	return c
}

func junitWhy(result *Result, why string) *junitReason {
	const most = 1000 // the whole stands below it
	kind := string(result.Status)
	if decided := deciding(result); len(decided) > 0 && decided[0].Link != "" {
		kind = decided[0].Link
	}
	text := findingLines(result)
	for _, way := range WaysOut(result) {
		text = append(text, "way out: "+way)
	}
	return &junitReason{Type: plain(kind), Message: cut(why, most), Text: joinLines(text)}
}

// findingLines are the findings of a result and what is to be known of it, a line each.
func findingLines(result *Result) []string {
	var text []string
	for i := range result.Findings {
		text = append(text, findingText(&result.Findings[i]))
	}
	for _, note := range result.Notes {
		text = append(text, "note: "+note)
	}
	for i := range result.Exceptions {
		text = append(text, exceptedText(&result.Exceptions[i]))
	}
	return text
}

// findingText is a finding in one line, with where it is and what nobody would hear of.
func findingText(f *Finding) string {
	text := string(f.Status) + ": " + f.Message
	if where := strings.Join(nonEmpty(f.Region, f.Resource), " "); where != "" {
		text += " (" + where + ")"
	}
	if event := f.Evidence["missed_event"]; event != nil {
		text += "; nobody would hear of: " + eventText(event, compact(f.Evidence))
	}
	return text
}

// gapText is what could not be read, and why, in one line.
func gapText(g *Gap) string {
	text := strings.Join(nonEmpty(g.Region, g.Service, g.Operation, g.Resource), " ")
	why := strings.Join(nonEmpty(g.Kind, g.Code, g.Message), ": ")
	if g.Action != "" && !strings.Contains(why, g.Action) {
		why += "; allow " + g.Action
	}
	if why != "" {
		text += " (" + why + ")"
	}
	return text
}

// policyErrorText is why a policy could not judge, in one line.
func policyErrorText(e *PolicyError) string {
	at := e.File
	if e.Line > 0 {
		at = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	text := strings.Join(nonEmpty(e.Account, at, e.Problem), ": ")
	if e.Hint != "" {
		text += " (" + e.Hint + ")"
	}
	return text
}
