package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/snapshots"
)

func newSnapshotCommand(std stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Validate, rewrite, name, compare or redact snapshot files, or print their JSON Schema",
	}
	cmd.AddCommand(
		newSnapshotCanonicalCommand(std),
		newSnapshotDigestCommand(std),
		newSnapshotRedactCommand(std),
		newSnapshotDiffCommand(std),
		newSnapshotSchemaCommand(std),
		newSnapshotValidateCommand(std),
	)
	return cmd
}

func newSnapshotSchemaCommand(std stdio) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a snapshot",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return writeOutput(std, output, snapshots.Schema())
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "-", "file to write, - for standard output")
	return cmd
}

func newSnapshotCanonicalCommand(std stdio) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "canonical FILE",
		Short: "Write a snapshot in its canonical form, which digests and JSON pointers are of",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := readSnapshot(std, args[0])
			if err != nil {
				return err
			}
			if output != "-" {
				return unwritable(s.WriteFile(output))
			}
			data, err := s.Canonical()
			if err != nil {
				return err
			}
			return writeOutput(std, output, data)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "-", "file to write (.gz is packed), - for standard output")
	return cmd
}

func newSnapshotValidateCommand(std stdio) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Name every problem of a snapshot file by its JSON pointer",
		Long: "Validate names every problem of each file: what is no JSON, what has the wrong type, and what cannot be so in\n" +
			"an account. Errors make the file invalid (exit 2). Warnings, such as fields that this version does not know, do not.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			write, ok := map[string]func(io.Writer, []validated) error{"text": writeProblems, "json": writeProblemsJSON}[format]
			if !ok {
				return usageError(fmt.Errorf("format %q: there is none", format), "formats: text, json")
			}
			files := []validated{}
			invalid := false
			for _, path := range args {
				one, err := validate(std, path)
				if err != nil {
					return err
				}
				files = append(files, one)
				invalid = invalid || !one.Valid
			}
			if err := write(std.out, files); err != nil {
				return err
			}
			if invalid {
				return exitWith(exitUsage)
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	return cmd
}

// validated is what was found in one file.
type validated struct {
	File     string              `json:"file"`
	Valid    bool                `json:"valid"`
	Problems []snapshots.Problem `json:"problems"`
}

func validate(std stdio, path string) (validated, error) {
	data, err := readText(std, path)
	if err != nil {
		return validated{}, err
	}
	one := validated{File: path, Valid: true, Problems: snapshots.Validate(data)}
	for _, p := range one.Problems {
		one.Valid = one.Valid && p.Severity != snapshots.Wrong
	}
	if one.Problems == nil {
		one.Problems = []snapshots.Problem{}
	}
	return one, nil
}

func writeProblems(w io.Writer, files []validated) error {
	var b strings.Builder
	for _, f := range files {
		wrong := 0
		for _, p := range f.Problems {
			if p.Severity == snapshots.Wrong {
				wrong++
			}
			fmt.Fprintf(&b, "%s: %s: %s\n", f.File, p.Severity, p)
			if p.Hint != "" {
				fmt.Fprintf(&b, "%s: hint: %s\n", f.File, p.Hint)
			}
		}
		verdict := "valid"
		if !f.Valid {
			verdict = "invalid"
		}
		fmt.Fprintf(&b, "%s: %s, %s, %s\n", f.File, verdict, count(wrong, "error"), count(len(f.Problems)-wrong, "warning"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func writeProblemsJSON(w io.Writer, files []validated) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(files)
}

// readSnapshot reads the snapshot in a file, - for standard input. What is no snapshot is a wrong usage.
func readSnapshot(std stdio, path string) (*snapshots.Snapshot, error) {
	var s *snapshots.Snapshot
	var err error
	if path == "-" {
		if s, err = snapshots.Read(std.in); err != nil {
			err = fmt.Errorf("standard input: %w", err)
		}
	} else {
		s, err = snapshots.ReadFile(path)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return s, nil
}

// readText reads the JSON text of a file, - for standard input, unpacked.
func readText(std stdio, path string) ([]byte, error) {
	in := std.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(err)
		}
		defer f.Close()
		in = f
	}
	data, err := snapshots.Plain(in)
	if err != nil {
		return nil, unreadable(fmt.Errorf("%s: %w", path, err))
	}
	return data, nil
}
