package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
)

// controlsFlags are what of the catalogue is shown.
type controlsFlags struct {
	benchmark, format, output string
	ownPolicies
}

// catalogue is every edition side by side.
type catalogue struct {
	Editions []editionHead      `json:"editions"`
	Controls []catalogueControl `json:"controls"`
}

type editionHead struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Version string `json:"version"`
	Source  string `json:"source,omitempty"`
}

// catalogueControl is one control in all editions that have it.
type catalogueControl struct {
	Control  string                 `json:"control"`
	Title    string                 `json:"title"`
	Severity string                 `json:"severity,omitempty"`
	Policy   bool                   `json:"policy"` // a policy decides it; else a human
	Editions map[string]editionCell `json:"editions"`
}

type editionCell struct {
	ID         string `json:"id"`
	Level      int    `json:"level,omitempty"`
	Assessment string `json:"assessment,omitempty"`
}

// editionView is one edition in full.
type editionView struct {
	editionHead
	Controls []editionControl `json:"controls"`
}

type editionControl struct {
	editionCell
	Control  string   `json:"control"`
	Title    string   `json:"title"`
	Section  string   `json:"section"`
	Severity string   `json:"severity,omitempty"`
	Policy   bool     `json:"policy"`
	Patterns []string `json:"patterns,omitempty"` // all that are accepted; any one suffices
	Notes    []string `json:"notes,omitempty"`
	Needs    []string `json:"needs,omitempty"`
	Reason   string   `json:"reason,omitempty"`
}

func newControlsCommand(std stdio) *cobra.Command {
	f := &controlsFlags{}
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "List the catalogue: editions side by side, or one edition in full",
		Example: `  cistern controls
  cistern controls --benchmark 7.0.0
  cistern controls -f json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return listControls(cmd.Context(), std, f) },
	}
	cmd.Flags().StringVar(&f.benchmark, "benchmark", "", "show this edition in full: an `ID` or a YAML file")
	f.ownPolicies.register(cmd, "policies and editions in this `DIR`, or OPA bundle (.tar.gz), too (repeatable)")
	cmd.Flags().StringVarP(&f.format, "format", "f", "text", "`NAME` of the format: text, json")
	cmd.Flags().StringVarP(&f.output, "output", "o", "-", "write to this `FILE`; - is stdout")
	completeFrom(cmd, "benchmark", editionIDs)
	completeFrom(cmd, "format", func() []string { return []string{"text", "json"} })
	return cmd
}

func listControls(ctx context.Context, std stdio, f *controlsFlags) error {
	if f.format != "text" && f.format != "json" {
		return usageError(fmt.Errorf("format %s: there is none of this name", f.format), "one of text, json")
	}
	from, err := f.sources(true)
	if err != nil {
		return err
	}
	engine, err := evaluator.Compile(ctx, from)
	if err != nil {
		return readable(err)
	}
	policies := map[string]evaluator.Control{}
	controls, err := engine.Controls(ctx)
	if err != nil {
		return readable(err)
	}
	for _, c := range controls {
		policies[c.Slug] = c
	}
	var view textView
	if f.benchmark != "" {
		b, err := edition(from, f.benchmark)
		if err != nil {
			return err
		}
		view = viewEdition(b, policies)
	} else {
		all, err := evaluator.Benchmarks(from)
		if err != nil {
			return readable(err)
		}
		view = viewCatalogue(all, policies)
	}
	data := view.text()
	if f.format == "json" {
		if data, err = indented(view); err != nil {
			return err
		}
	}
	return writeOutput(std, f.output, data)
}

// textView is something that can be shown to a person, or as JSON.
type textView interface{ text() []byte }

func indented(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return b.Bytes(), err
}

func headOf(b *evaluator.Benchmark) editionHead {
	return editionHead{b.ID, b.Title, b.Version, b.Source}
}

func viewEdition(b *evaluator.Benchmark, policies map[string]evaluator.Control) *editionView {
	v := &editionView{headOf(b), []editionControl{}}
	for _, section := range b.Sections {
		for _, row := range section.Controls {
			c, judged := policies[row.Control]
			patterns := row.Patterns
			if len(patterns) == 0 {
				patterns = c.Patterns
			}
			v.Controls = append(v.Controls, editionControl{
				editionCell: editionCell{row.ID, row.Level, row.Assessment},
				Control:     row.Control,
				Title:       titleOf(row, c),
				Section:     strings.TrimSpace(section.ID + " " + section.Title),
				Severity:    c.Severity,
				Policy:      judged,
				Patterns:    patterns,
				Notes:       row.Notes,
				Needs:       row.Needs,
				Reason:      row.Reason,
			})
		}
	}
	return v
}

// titleOf is the edition's title of a control, the policy's own if it gives none.
func titleOf(row evaluator.Row, c evaluator.Control) string {
	for _, title := range []string{row.Title, c.Title} {
		if title != "" {
			return title
		}
	}
	return row.Control
}

// viewCatalogue puts the editions side by side, in the order of the newest that has the control.
func viewCatalogue(all []*evaluator.Benchmark, policies map[string]evaluator.Control) *catalogue {
	v := &catalogue{Editions: []editionHead{}, Controls: []catalogueControl{}}
	for _, b := range all {
		v.Editions = append(v.Editions, headOf(b))
	}
	at := map[string]int{}
	for _, b := range newestFirst(all) {
		for _, section := range b.Sections {
			for _, row := range section.Controls {
				i, ok := at[row.Control]
				if !ok {
					c, judged := policies[row.Control]
					i = len(v.Controls)
					at[row.Control] = i
					v.Controls = append(v.Controls, catalogueControl{row.Control, titleOf(row, c), c.Severity, judged, map[string]editionCell{}})
				}
				v.Controls[i].Editions[b.ID] = editionCell{row.ID, row.Level, row.Assessment}
			}
		}
	}
	return v
}

// newestFirst is the editions of CIS from the newest, then the others.
func newestFirst(all []*evaluator.Benchmark) []*evaluator.Benchmark {
	var cis, others []*evaluator.Benchmark
	for _, b := range all {
		if strings.HasPrefix(b.ID, "cis-") {
			cis = append(cis, b)
		} else {
			others = append(others, b)
		}
	}
	slices.Reverse(cis)
	return append(cis, others...)
}

func (v *catalogue) text() []byte {
	var b bytes.Buffer
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "control")
	for _, e := range v.Editions {
		fmt.Fprintf(table, "\t%s", strings.TrimPrefix(e.ID, "cis-"))
	}
	fmt.Fprintln(table)
	for _, c := range v.Controls {
		fmt.Fprint(table, c.Control)
		for _, e := range v.Editions {
			id := c.Editions[e.ID].ID
			if id == "" {
				id = "-"
			}
			fmt.Fprintf(table, "\t%s", id)
		}
		fmt.Fprintln(table)
	}
	table.Flush()
	return b.Bytes()
}

func (v *editionView) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s  %s %s\n", v.ID, v.Title, v.Version)
	section := ""
	for _, c := range v.Controls {
		if c.Section != section {
			section = c.Section
			fmt.Fprintf(&b, "\n%s\n", section)
		}
		level := ""
		if c.Level > 0 {
			level = "level " + strconv.Itoa(c.Level)
		}
		fmt.Fprintf(&b, "  %-5s %-30s %-8s %-10s %s\n", c.ID, c.Control, level, c.Assessment, c.Title)
		for _, pattern := range c.Patterns {
			fmt.Fprintf(&b, "        pattern  %s\n", pattern)
		}
		if len(c.Needs) > 0 {
			fmt.Fprintf(&b, "        needs    %s in --parameters\n", strings.Join(c.Needs, ", "))
		}
		if c.Reason != "" {
			fmt.Fprintf(&b, "        manual   %s\n", c.Reason)
		}
	}
	return b.Bytes()
}

// editionIDs are the ids of the embedded editions, for completion.
func editionIDs() []string {
	from, err := sources(true, nil)
	if err != nil {
		return nil
	}
	all, err := evaluator.Benchmarks(from)
	if err != nil {
		return nil
	}
	var ids []string
	for _, b := range all {
		ids = append(ids, b.ID)
	}
	return ids
}
