package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/snapshots"
)

// policyFmtFlags say what becomes of the formatted text; it is printed if none is given.
type policyFmtFlags struct{ diff, list, write bool }

func newPolicyFmtCommand(std stdio) *cobra.Command {
	f := &policyFmtFlags{}
	cmd := &cobra.Command{
		Use:   "fmt [FILE|DIR]",
		Short: "Format policies as OPA does",
		Long: `Prints policies in OPA's one format: a file, every .rego file of a folder, or what stands on stdin. --list, --diff and --write look at the
files that are not formatted only.`,
		Example: `  cistern policy fmt --diff my-policies/
  cistern policy fmt --list --write my-policies/
  cistern policy fmt < draft.rego`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "-" {
				text, err := io.ReadAll(std.in)
				if err != nil {
					return err
				}
				f.write = false
				return f.format(std, "stdin", text)
			}
			return eachPolicy(args[0], func(name string, text, formatted []byte) error { return f.show(std, name, text, formatted) })
		},
	}
	cmd.Flags().BoolVarP(&f.diff, "diff", "d", false, "show what would change")
	cmd.Flags().BoolVarP(&f.list, "list", "l", false, "name the files that are not formatted")
	cmd.Flags().BoolVarP(&f.write, "write", "w", false, "rewrite the files that are not formatted")
	return cmd
}

func (f *policyFmtFlags) format(std stdio, name string, text []byte) error {
	formatted, err := evaluator.Format(name, text)
	if err != nil {
		return readable(err)
	}
	return f.show(std, name, text, formatted)
}

func (f *policyFmtFlags) show(std stdio, name string, text, formatted []byte) error {
	same := bytes.Equal(text, formatted)
	var b bytes.Buffer
	if f.list && !same {
		fmt.Fprintln(&b, name)
	}
	if f.diff && !same {
		writeDiff(&b, name, lines(text), lines(formatted))
	}
	if !f.list && !f.diff && !f.write {
		b.Write(formatted)
	}
	if f.write && !same {
		if err := snapshots.WriteFile(name, formatted); err != nil {
			return unwritable(err)
		}
	}
	_, err := std.out.Write(b.Bytes())
	return err
}

func lines(text []byte) []string {
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// diffContext is the number of unchanged lines that a diff shows around a change.
const diffContext = 3

// writeDiff writes a unified diff of two texts. What is common to both is their longest common subsequence.
func writeDiff(w io.Writer, name string, old, now []string) {
	fmt.Fprintf(w, "--- %s\n+++ %s\n", name, name)
	edits := editsOf(old, now)
	for start := 0; start < len(edits); {
		if edits[start].kind == ' ' {
			start++
			continue
		}
		end, quiet := start, 0
		for i := start; i < len(edits) && quiet <= 2*diffContext; i++ {
			quiet++
			if edits[i].kind != ' ' {
				quiet, end = 0, i+1
			}
		}
		writeHunk(w, edits[max(0, start-diffContext):min(len(edits), end+diffContext)])
		start = end
	}
}

// edit is a line that is kept (' '), gone ('-') or new ('+'), and where in each text it stands, from 1.
type edit struct {
	kind     byte
	text     string
	old, now int
}

func writeHunk(w io.Writer, hunk []edit) {
	olds, nows := 0, 0
	for _, e := range hunk {
		if e.kind != '+' {
			olds++
		}
		if e.kind != '-' {
			nows++
		}
	}
	fmt.Fprintf(w, "@@ -%d,%d +%d,%d @@\n", hunk[0].old, olds, hunk[0].now, nows)
	for _, e := range hunk {
		fmt.Fprintf(w, "%c%s\n", e.kind, e.text)
	}
}

// editsOf turns one text into the other.
func editsOf(old, now []string) []edit {
	longest := make([][]int, len(old)+1)
	for i := range longest {
		longest[i] = make([]int, len(now)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			if old[i] == now[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			}
		}
	}
	var edits []edit
	for i, j := 0, 0; i < len(old) || j < len(now); {
		switch {
		case i < len(old) && j < len(now) && old[i] == now[j]:
			edits = append(edits, edit{' ', old[i], i + 1, j + 1})
			i, j = i+1, j+1
		case j == len(now) || i < len(old) && longest[i+1][j] >= longest[i][j+1]:
			edits = append(edits, edit{'-', old[i], i + 1, j + 1})
			i++
		default:
			edits = append(edits, edit{'+', now[j], i + 1, j + 1})
			j++
		}
	}
	return edits
}
