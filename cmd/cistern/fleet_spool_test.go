package main

import (
	"slices"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// TestFormsOf wants accounts kept once in each form that is written, and to be read again only where an output needs it.
func TestFormsOf(t *testing.T) {
	form := func(format string) report.Form {
		f, ok := report.FormOf(format, "2026-01-05T11:00:00Z", report.Style{})
		if !ok {
			t.Fatalf("%s: got no form", format)
		}
		return f
	}
	for name, test := range map[string]struct{ formats, want []string }{
		"nothing":              {nil, []string{"packed"}},
		"lines":                {[]string{"jsonl"}, []string{"jsonl"}},
		"text twice":           {[]string{"text", "text"}, []string{"text"}},
		"a table":              {[]string{"csv"}, []string{"packed"}},
		"tables and lines":     {[]string{"csv", "jsonl", "junit"}, []string{"jsonl", "packed"}},
		"a table made of json": {[]string{"csv", "json", "text"}, []string{"json", "text"}},
	} {
		var outputs []output
		for _, format := range test.formats {
			out := output{format: format}
			out.form, _ = report.FormOf(format, "2026-01-05T11:00:00Z", report.Style{})
			outputs = append(outputs, out)
		}
		var want []report.Form
		for _, format := range test.want {
			if format == "packed" {
				want = append(want, report.Packed())
				continue
			}
			want = append(want, form(format))
		}
		if got := formsOf(outputs); !slices.Equal(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
