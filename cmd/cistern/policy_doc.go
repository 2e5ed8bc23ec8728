package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
)

//go:embed policy_doc.html
var docPage string

// docControl is a control as the catalogue describes it.
type docControl struct {
	Control, Title, Description, Severity, Remediation, File string
	Editions                                                 []docRow
	Patterns                                                 []docPattern
}

// docRow is the control in one edition.
type docRow struct {
	Edition, ID, Assessment, Title string
	Level                          int
}

// docPattern is a filter pattern, and the editions that accept it; none for the policy's own.
type docPattern struct {
	Text     string
	Editions []string
}

func newPolicyDocCommand(std stdio) *cobra.Command {
	var own ownPolicies
	var format, output string
	cmd := &cobra.Command{
		Use:   "doc",
		Short: "Write the catalogue of controls as Markdown or HTML",
		Long: `Writes what each control says of itself in its METADATA (title, description, severity, remediation), the editions that ask for it and
their ids there, and the filter patterns that are accepted. The HTML is one file that needs no other.`,
		Example: `  cistern policy doc -o controls.html
  cistern policy doc --policies my-policies/ > controls.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format == "" {
				format = "md"
				if ending := filepath.Ext(output); ending == ".html" || ending == ".htm" {
					format = "html"
				}
			}
			if format != "md" && format != "html" {
				return usageError(fmt.Errorf("format %s: there is none of this name", format), "one of md, html")
			}
			controls, err := docControls(cmd.Context(), &own)
			if err != nil {
				return err
			}
			data := docMarkdown(controls)
			if format == "html" {
				data = docHTML(controls)
			}
			return writeOutput(std, output, data)
		},
	}
	own.register(cmd, "policies and editions in this `DIR`, or OPA bundle (.tar.gz), too (repeatable)")
	cmd.Flags().StringVarP(&format, "format", "f", "", "`NAME` of the format: md, html (default: as the output file ends, else md)")
	cmd.Flags().StringVarP(&output, "output", "o", "-", "write to this `FILE`; - is stdout")
	completeFrom(cmd, "format", func() []string { return []string{"md", "html"} })
	return cmd
}

// docControls is every control that has a policy, by slug.
func docControls(ctx context.Context, own *ownPolicies) ([]docControl, error) {
	from, err := own.sources(true)
	if err != nil {
		return nil, err
	}
	engine, err := evaluator.Compile(ctx, from)
	if err != nil {
		return nil, readable(err)
	}
	controls, err := engine.Controls(ctx)
	if err != nil {
		return nil, readable(err)
	}
	editions, err := evaluator.Benchmarks(from)
	if err != nil {
		return nil, readable(err)
	}
	var all []docControl
	for _, c := range controls {
		d := docControl{Control: c.Slug, Title: c.Title, Description: flat(c.Description), Severity: c.Severity, Remediation: flat(c.Remediation), File: c.File}
		for _, pattern := range c.Patterns {
			d.Patterns = append(d.Patterns, docPattern{Text: flat(pattern)})
		}
		for _, b := range editions {
			d.addRows(b)
		}
		all = append(all, d)
	}
	return all, nil
}

func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// addRows takes up what an edition says of the control.
func (d *docControl) addRows(b *evaluator.Benchmark) {
	for _, section := range b.Sections {
		for _, row := range section.Controls {
			if row.Control != d.Control {
				continue
			}
			d.Editions = append(d.Editions, docRow{b.ID, row.ID, row.Assessment, titleOf(row, evaluator.Control{Title: d.Title}), row.Level})
			for _, pattern := range row.Patterns {
				text := flat(pattern)
				i := slices.IndexFunc(d.Patterns, func(p docPattern) bool { return p.Text == text && len(p.Editions) > 0 })
				if i < 0 {
					i, d.Patterns = len(d.Patterns), append(d.Patterns, docPattern{Text: text})
				}
				d.Patterns[i].Editions = append(d.Patterns[i].Editions, b.ID)
			}
		}
	}
}

// page is HTML that is being written. It is not html/template's: to link that package makes the program more than twice as big,
// because what a template may call can then not be left out.
type page struct{ bytes.Buffer }

// put writes HTML with a text at each %s, which means nothing but text there.
func (p *page) put(format string, texts ...string) {
	var escaped []any
	for _, text := range texts {
		escaped = append(escaped, html.EscapeString(text))
	}
	fmt.Fprintf(&p.Buffer, format, escaped...)
}

// putIf is put where there is a text.
func (p *page) putIf(format, text string) {
	if text != "" {
		p.put(format, text)
	}
}

func docHTML(controls []docControl) []byte {
	head, tail, _ := strings.Cut(docPage, "<!-- controls -->\n")
	p := &page{}
	p.WriteString(head)
	p.put("<table>\n<tr><th>control</th><th>severity</th><th>what it wants</th></tr>\n")
	for _, c := range controls {
		p.put("<tr><td><a href=\"#%s\">%s</a></td><td>%s</td><td>%s</td></tr>\n", c.Control, c.Control, c.Severity, c.Title)
	}
	p.put("</table>\n")
	for _, c := range controls {
		p.control(c)
	}
	p.WriteString(tail)
	return p.Bytes()
}

func (p *page) control(c docControl) {
	p.put("<h2 id=\"%s\">%s</h2>\n<p><code>%s</code>", c.Control, c.Title, c.Control)
	p.putIf(" · %s", c.Severity)
	p.put(" · <code>%s</code></p>\n", c.File)
	p.putIf("<p>%s</p>\n", c.Description)
	p.putIf("<p><strong>Way out:</strong> %s</p>\n", c.Remediation)
	if len(c.Editions) > 0 {
		p.put("<table>\n<tr><th>edition</th><th>id</th><th>level</th><th>assessment</th><th>title</th></tr>\n")
		for _, e := range c.Editions {
			level := ""
			if e.Level > 0 {
				level = fmt.Sprint(e.Level)
			}
			p.put("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", e.Edition, e.ID, level, e.Assessment, e.Title)
		}
		p.put("</table>\n")
	}
	for _, pattern := range c.Patterns {
		by := "where an edition names none"
		if len(pattern.Editions) > 0 {
			by = "by " + strings.Join(pattern.Editions, ", ")
		}
		p.put("<p>Accepted %s:<br><code>%s</code></p>\n", by, pattern.Text)
	}
}

func docMarkdown(controls []docControl) []byte {
	var b bytes.Buffer
	b.WriteString("# Controls\n\n| control | severity | what it wants |\n| --- | --- | --- |\n")
	for _, c := range controls {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", inMarkdown(c.Control), c.Control, inMarkdown(c.Severity), inMarkdown(c.Title))
	}
	for _, c := range controls {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", inMarkdown(c.Control), inMarkdown(c.Title))
		if c.Description != "" {
			fmt.Fprintf(&b, "%s\n\n", inMarkdown(c.Description))
		}
		if c.Severity != "" {
			fmt.Fprintf(&b, "- severity: %s\n", inMarkdown(c.Severity))
		}
		fmt.Fprintf(&b, "- policy: %s\n", codeSpan(c.File))
		if c.Remediation != "" {
			fmt.Fprintf(&b, "- way out: %s\n", inMarkdown(c.Remediation))
		}
		for _, p := range c.Patterns {
			by := "where an edition names none"
			if len(p.Editions) > 0 {
				by = "by " + strings.Join(p.Editions, ", ")
			}
			fmt.Fprintf(&b, "- accepted %s: %s\n", inMarkdown(by), codeSpan(p.Text))
		}
		if len(c.Editions) > 0 {
			b.WriteString("\n| edition | id | level | assessment | title |\n| --- | --- | --- | --- | --- |\n")
		}
		for _, e := range c.Editions {
			level := ""
			if e.Level > 0 {
				level = fmt.Sprint(e.Level)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", inMarkdown(e.Edition), inMarkdown(e.ID), level, inMarkdown(e.Assessment), inMarkdown(e.Title))
		}
	}
	return b.Bytes()
}

// inMarkdown is a text that Markdown takes for nothing but text.
func inMarkdown(text string) string {
	var b strings.Builder
	for _, r := range flat(text) {
		if strings.ContainsRune("\\`*_{}[]<>|#&~$!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// codeSpan is a text between more backquotes than it has side by side.
func codeSpan(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}
