package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/evidence"
	"github.com/cistern-audit/cistern/snapshots"
)

func newEvidenceSignCommand(std stdio) *cobra.Command {
	var keyPath string
	cmd := &cobra.Command{
		Use:   "sign BUNDLE --key FILE",
		Short: "Sign a bundle's statement",
		Long: `Signs the statement of a bundle, and so all of its files: adds evidence.dsse.json, a DSSE envelope around evidence.intoto.json. A second key
signs beside the first. The key is Ed25519, or ECDSA of the curves P-256 and P-384, in PEM, and not encrypted. The same key gives the same bytes.

What is signed is the bundle as it is: check it before, unless you have just packed it.`,
		Example: `  openssl genpkey -algorithm ed25519 -out key.pem
  openssl pkey -in key.pem -pubout -out pub.pem
  cistern evidence sign audit.zip --key key.pem
  cistern evidence verify audit.zip --key pub.pem`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			key, err := readSecret(keyPath)
			if err != nil {
				return err
			}
			b, folder, problems, err := readBundle(path)
			if err != nil {
				return err
			}
			hint := "cistern evidence verify " + path + " says what does not hold"
			if len(problems) > 0 {
				return usageError(fmt.Errorf("%s: sign: %s", path, problems[0]), hint)
			}
			if err := b.Sign(cmd.Context(), key); err != nil {
				return usageError(fmt.Errorf("%s: sign: %w", path, err), hint)
			}
			if err := writeSigned(path, b, folder); err != nil {
				return unwritable(err)
			}
			public := key.Public()
			say(std.err, "note: ", fmt.Sprintf("%s: signed by key %s (%s)", path, public.ID, public.Algorithm))
			return nil
		},
	}
	cmd.Flags().StringVar(&keyPath, "key", "", "the private key in this PEM `FILE`")
	if err := cmd.MarkFlagRequired("key"); err != nil {
		panic(err) // the flag was defined a line before
	}
	return cmd
}

// writeSigned adds the envelope to a folder, or writes the archive anew.
func writeSigned(path string, b evidence.Bundle, folder bool) error {
	if folder {
		return snapshots.WriteFile(filepath.Join(path, evidence.EnvelopeFile), b[evidence.EnvelopeFile])
	}
	text, err := b.Zip()
	if err != nil {
		return err
	}
	return snapshots.WriteFile(path, text)
}
