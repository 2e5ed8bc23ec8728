package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// digested is one file and the digests of the snapshot in it.
type digested struct {
	File    string `json:"file"`
	Digest  string `json:"digest"`
	Content string `json:"content_digest"`
}

func newSnapshotDigestCommand(std stdio) *cobra.Command {
	var content bool
	var format string
	cmd := &cobra.Command{
		Use:   "digest FILE...",
		Short: "Print the SHA-256 of each snapshot's canonical form, or of what was observed alone",
		Long: "Digest prints the SHA-256 of each snapshot's canonical form, which names the file. With --content it leaves out the record of the\n" +
			"collection and all that moves by itself (docs/snapshot.md has the table): equal content digests show that nothing\n" +
			"was changed in the account.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			write, ok := map[string]func(io.Writer, []digested) error{
				"json": writeDigestsJSON,
				"text": func(w io.Writer, all []digested) error { return writeDigests(w, all, content) },
			}[format]
			if !ok {
				return usageError(fmt.Errorf("format %q: there is none", format), "formats: text, json")
			}
			var all []digested
			for _, path := range args {
				one, err := digestOf(std, path)
				if err != nil {
					return err
				}
				all = append(all, one)
			}
			return write(std.out, all)
		},
	}
	cmd.Flags().BoolVar(&content, "content", false, "the digest of what was observed, without times and the record of the collection")
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text, or json with both digests")
	completeFrom(cmd, "format", func() []string { return []string{"text", "json"} })
	return cmd
}

func digestOf(std stdio, path string) (digested, error) {
	s, err := readSnapshot(std, path)
	if err != nil {
		return digested{}, err
	}
	one := digested{File: path}
	if one.Digest, err = s.Digest(); err != nil {
		return one, err
	}
	one.Content, err = s.ContentDigest()
	return one, err
}

func writeDigests(w io.Writer, all []digested, content bool) error {
	for _, one := range all {
		digest := one.Digest
		if content {
			digest = one.Content
		}
		if _, err := fmt.Fprintf(w, "%s  %s\n", digest, one.File); err != nil {
			return err
		}
	}
	return nil
}

func writeDigestsJSON(w io.Writer, all []digested) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
