package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/remediation"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// folder tells that the output is a folder.
func (f *fixFlags) folder() bool {
	if strings.HasSuffix(f.file, "/") {
		return true
	}
	info, err := os.Stat(f.file)
	return err == nil && info.IsDir()
}

// formatName is the format that was asked for, or that the output file's ending means.
func (f *fixFlags) formatName() string {
	if f.format != "" {
		return f.format
	}
	for _, format := range remediation.Formats() {
		if strings.HasSuffix(f.file, format.Ending) {
			return format.Name
		}
	}
	if report.FormatOf(f.file) == "json" {
		return "json"
	}
	return "text"
}

// writePlans writes what was worked out. A script comes with the plan as text on stderr.
func (f *fixFlags) writePlans(std stdio, r *remediation.Result) error {
	var b bytes.Buffer
	switch f.formatName() {
	case "text":
		style := report.Style{}
		if f.file == "-" {
			style = styleOf(std.out)
		}
		if err := remediation.WriteText(&b, r, style.Width); err != nil {
			return err
		}
		return writeOutput(std, f.file, b.Bytes())
	case "json":
		if err := remediation.WriteJSON(&b, r); err != nil {
			return err
		}
		return writeOutput(std, f.file, b.Bytes())
	}
	if err := f.writeChanges(std, r); err != nil {
		return err
	}
	if err := remediation.WriteText(&b, r, styleOf(std.err).Width); err != nil {
		return err
	}
	_, err := std.err.Write(b.Bytes())
	return err
}

// writeChanges writes a file with the changes of an account, or a folder with one for each.
func (f *fixFlags) writeChanges(std stdio, r *remediation.Result) error {
	format, _ := remediation.FormatOf(f.formatName())
	files := map[string][]byte{}
	var names []string
	for i := range r.Plans {
		p := &r.Plans[i]
		var b bytes.Buffer
		if err := remediation.Write(&b, format.Name, p); err != nil {
			return err
		}
		name := format.File(p.Account)
		names = append(names, name)
		files[name] = b.Bytes()
	}
	if !f.folder() {
		if len(names) != 1 {
			return usageError(fmt.Errorf("--output %s: there are %d accounts, and each needs a file", f.file, len(names)), "-o DIR/ writes a file for each")
		}
		return writeOutput(std, f.file, files[names[0]])
	}
	return writeFolder(f.file, func(yield func(string, []byte) bool) {
		for _, name := range names {
			if !yield(name, files[name]) {
				return
			}
		}
	})
}
