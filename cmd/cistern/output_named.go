package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// output is one place that is written to.
type output struct {
	file, format string
	form         report.Form // zero if accounts cannot be written before the report is known
}

// folder tells that the output is a folder of pages, which only HTML can be.
func (o output) folder() bool { return strings.HasSuffix(o.file, "/") }

// namedOutputs are -o, as often as it was given, and -f.
type namedOutputs struct {
	outputs []string // each FILE or FORMAT=FILE
	format  string
}

// formatWord is what may be the name of a format; a file of such a name that holds an = is written ./name=more.
var formatWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

// read gives the outputs that were asked for, of the formats that there are: stdout if none is named. What accept refuses, or what cannot be
// written, is refused here, before any work is done.
func (o *namedOutputs) read(formats []string, accept func(text string, out output) error) ([]output, error) {
	given := o.outputs
	if len(given) == 0 {
		given = []string{"-"}
	}
	if o.format != "" && len(given) > 1 {
		return nil, usageError(fmt.Errorf("--format %s: there are %d outputs", o.format, len(given)), "-o "+o.format+"=FILE says the format of each")
	}
	var outputs []output
	seen := map[string]bool{}
	for _, text := range given {
		out, err := o.one(text, formats)
		if err != nil {
			return nil, err
		}
		if err := accept(text, out); err != nil {
			return nil, err
		}
		if seen[sameFile(out.file)] {
			return nil, usageError(fmt.Errorf("--output %s: is named twice", out.file), "each output is a file of its own, and one may be stdout")
		}
		seen[sameFile(out.file)] = true
		outputs = append(outputs, out)
	}
	return outputs, nil
}

// one reads FILE or FORMAT=FILE.
func (o *namedOutputs) one(text string, formats []string) (output, error) {
	names := strings.Join(formats, ", ")
	out := output{file: text, format: o.format}
	if name, file, ok := strings.Cut(text, "="); ok && formatWord.MatchString(name) {
		if o.format != "" {
			return out, usageError(fmt.Errorf("--format %s: --output %s names a format, too", o.format, text), "give one of them; a file of this name is ./"+text)
		}
		out = output{file: file, format: name}
		if !slices.Contains(formats, name) {
			return out, usageError(fmt.Errorf("--output %s: there is no format %s", text, name), "one of "+names+"; a file of this name is ./"+text)
		}
	}
	if out.file == "" {
		return out, usageError(fmt.Errorf("--output %s: names no file", text), "- is stdout")
	}
	out.format = cmp.Or(out.format, report.FormatOf(out.file), "text")
	if !slices.Contains(formats, out.format) {
		return out, usageError(fmt.Errorf("format %s: there is none of this name", out.format), "one of "+names)
	}
	return out, nil
}

// sameFile is alike for two names of one file.
func sameFile(file string) string {
	if file == "-" {
		return file
	}
	whole, err := filepath.Abs(file)
	if err != nil {
		return filepath.Clean(file)
	}
	return whole
}
