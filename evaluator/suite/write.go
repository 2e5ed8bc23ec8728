package suite

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// SchemaName is the contract that the results as JSON keep.
const SchemaName = "cistern/test/v1"

// Style is how results are written.
type Style struct {
	Verbose bool // as text: those that passed, too
}

// Format is one way to write results.
type Format struct {
	Name  string
	write func(io.Writer, []Result, Style) error
}

// Formats are all of them.
func Formats() []Format {
	return []Format{{"text", writeText}, {"json", writeJSON}, {"tap", writeTAP}, {"junit", writeJUnit}}
}

// FormatNames are the names of all formats.
func FormatNames() []string {
	var names []string
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}

// Write writes the results in the format of that name.
func Write(w io.Writer, name string, results []Result, style Style) error {
	for _, f := range Formats() {
		if f.Name == name {
			return f.write(w, results, style)
		}
	}
	return fmt.Errorf("format %s: not one of %s", name, strings.Join(FormatNames(), ", "))
}

// place is where the test stands.
func (r Result) place() string {
	if r.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// title is the test's name for a person.
func (r Result) title() string {
	switch {
	case r.of != nil:
		return r.Suite + " / " + r.Name
	case r.Name == r.File:
		return r.Suite
	case strings.HasPrefix(r.Suite, "data."):
		return r.Suite + "." + r.Name
	}
	return r.Suite + " / " + r.Name
}

func writeText(w io.Writer, results []Result, style Style) error {
	var b strings.Builder
	for _, r := range results {
		if r.Outcome == Pass && !style.Verbose {
			continue
		}
		fmt.Fprintf(&b, "%-5s %s %s\n", r.Outcome, report.Clean(r.place()), report.Clean(r.title()))
		for _, line := range r.details() {
			fmt.Fprintf(&b, "      %s\n", report.Clean(line))
		}
	}
	s := Count(results)
	fmt.Fprintf(&b, "%d passed, %d failed", s.Pass, s.Fail)
	if s.Error > 0 {
		fmt.Fprintf(&b, ", %d could not be run", s.Error)
	}
	if s.Skip > 0 {
		fmt.Fprintf(&b, ", %d skipped", s.Skip)
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// mostFindings is how many findings of a difference a person is shown.
const mostFindings = 3

// details are the lines that tell why a test ended as it did, those that belong to another indented.
func (r Result) details() []string {
	var lines []string
	if r.Problem != "" {
		lines = append(lines, r.Problem)
	}
	if r.Hint != "" {
		lines = append(lines, "hint: "+r.Hint)
	}
	for _, d := range r.Differences {
		lines = append(lines, d.details()...)
	}
	if r.Output != "" && r.Outcome != Pass {
		for line := range strings.Lines(r.Output) {
			lines = append(lines, "printed: "+strings.TrimRight(line, "\n"))
		}
	}
	return lines
}

func (d Difference) details() []string {
	name := d.Control
	if d.ID != "" && d.ID != d.Control {
		name += " (" + d.ID + ")"
	}
	if d.Account != "" {
		name = "account " + d.Account + ": " + name
	}
	lines := []string{fmt.Sprintf("%s: %s: want %s, got %s (line %d)", name, d.Field, d.Want, d.Got, d.Line)}
	if d.Field == "verdict" {
		lines[0] = fmt.Sprintf("%s (line %d)", d.Got, d.Line)
	}
	for i, f := range d.Findings {
		if i == mostFindings {
			lines = append(lines, fmt.Sprintf("  and %d more", len(d.Findings)-i))
			break
		}
		link := ""
		if f.Link != "" {
			link = "link " + f.Link + ": "
		}
		lines = append(lines, "  "+link+f.Message)
		where := strings.TrimSpace(f.Region + " " + f.Resource)
		if where != "" {
			lines = append(lines, "    "+where)
		}
		if len(f.Pointers) > 0 {
			lines = append(lines, "    evidence: "+strings.Join(f.Pointers, ", "))
		}
	}
	for _, note := range d.Notes {
		if !strings.HasPrefix(note, "hint: ") {
			note = "note: " + note
		}
		lines = append(lines, "  "+note)
	}
	return lines
}

func writeJSON(w io.Writer, results []Result, _ Style) error {
	if results == nil {
		results = []Result{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Schema  string   `json:"schema"`
		Summary Summary  `json:"summary"`
		Results []Result `json:"results"`
	}{SchemaName, Count(results), results})
}

// writeTAP writes version 13 of the Test Anything Protocol.
func writeTAP(w io.Writer, results []Result, _ Style) error {
	var b strings.Builder
	fmt.Fprintf(&b, "TAP version 13\n1..%d\n", len(results))
	for i, r := range results {
		ok, directive := "ok", ""
		switch r.Outcome {
		case Fail, Error:
			ok = "not ok"
		case Skip:
			directive = " # SKIP " + tapText(r.Problem)
		}
		fmt.Fprintf(&b, "%s %d - %s%s\n", ok, i+1, tapText(r.title()), directive)
		if r.Outcome == Pass || r.Outcome == Skip {
			continue
		}
		diagnosis, err := yaml.Marshal(struct {
			Outcome Outcome  `yaml:"outcome"`
			At      string   `yaml:"at"`
			Message []string `yaml:"message"`
		}{r.Outcome, r.place(), r.details()})
		if err != nil {
			return err
		}
		b.WriteString("  ---\n")
		for line := range strings.Lines(string(diagnosis)) {
			b.WriteString("  " + line)
		}
		b.WriteString("  ...\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// tapText is text that a TAP line can hold: # begins a directive there.
func tapText(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(report.Clean(text), `\`, `\\`), "#", `\#`)
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string    `xml:"name,attr"`
	Class   string    `xml:"classname,attr"`
	File    string    `xml:"file,attr"`
	Line    int       `xml:"line,attr,omitempty"`
	Failure *junitWhy `xml:"failure"`
	Error   *junitWhy `xml:"error"`
	Skipped *junitWhy `xml:"skipped"`
}

type junitWhy struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func writeJUnit(w io.Writer, results []Result, _ Style) error {
	s := Count(results)
	all := junitSuites{Tests: len(results), Failures: s.Fail, Errors: s.Error}
	places := map[string]int{}
	for _, r := range results {
		key := r.Suite + "\n" + r.File
		i, ok := places[key]
		if !ok {
			i = len(all.Suites)
			places[key] = i
			all.Suites = append(all.Suites, junitSuite{Name: r.Suite})
		}
		all.Suites[i].add(r)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(r Result) {
	s.Tests++
	c := junitCase{Name: r.Name, Class: r.Suite, File: r.File, Line: r.Line}
	details := r.details()
	why := &junitWhy{Text: strings.Join(append([]string{r.place()}, details...), "\n")}
	if len(details) > 0 {
		why.Message = details[0]
	}
	switch r.Outcome {
	case Fail:
		s.Failures++
		c.Failure = why
	case Error:
		s.Errors++
		c.Error = why
	case Skip:
		s.Skipped++
		c.Skipped = why
	}
	s.Cases = append(s.Cases, c)
}
