package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
)

// policyBundleFlags are where a bundle goes, and what it says of itself.
type policyBundleFlags struct {
	output, key string
	options     evaluator.BundleOptions
}

func newPolicyBundleCommand(std stdio) *cobra.Command {
	f := &policyBundleFlags{}
	cmd := &cobra.Command{
		Use:   "bundle DIR",
		Short: "Write your own policies as an OPA bundle, signed if you give a key",
		Long: `Writes the policies and data files in DIR as an OPA bundle (.tar.gz) that holds these alone: what they use of the embedded library is where
the bundle is used. Tests and editions are left out. The manifest's roots are the packages and data that are there, so that the bundle
cannot hold anything else. The same files and revision give the same bytes.

The policies must pass policy check. With --signing-key the bundle is signed: --verification-key, where it is given as --policies, proves it.`,
		Example: `  cistern policy bundle mine -o mine.tar.gz --revision 2026-01
  cistern policy bundle mine -o mine.tar.gz --signing-key private.pem
  cistern evaluate prod.json --policies mine.tar.gz --verification-key public.pem`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.bundle(cmd.Context(), std, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.output, "output", "o", "", "write to this `FILE` (.tar.gz); - is stdout")
	flags.StringVar(&f.options.Revision, "revision", "", "what the bundle says of itself, such as a version or commit: `TEXT`")
	flags.StringVar(&f.key, "signing-key", "", "sign with the private key in this `FILE` (PEM), or the secret of HS256")
	flags.StringVar(&f.options.KeyID, "signing-key-id", "", "the key's `NAME` in the signature")
	flags.StringVar(&f.options.Algorithm, "signing-alg", "RS256", "`NAME` of the signature's algorithm")
	return cmd
}

func (f *policyBundleFlags) bundle(ctx context.Context, std stdio, dir string) error {
	if f.output == "" {
		return usageError(errors.New("bundle: nowhere to write it"), "add -o FILE.tar.gz")
	}
	if f.key != "" {
		text, err := os.ReadFile(f.key)
		if err != nil {
			return readable(err)
		}
		if f.options.Key = string(text); f.options.Key == "" {
			return usageError(fmt.Errorf("%s: read signing key: is empty", f.key), "")
		}
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return readable(err)
	case !info.IsDir():
		return usageError(fmt.Errorf("%s: bundle policies: is no folder", dir), "give the folder that holds the .rego files")
	}
	if err := checkPolicies(ctx, std, dir); err != nil {
		return err
	}
	source := evaluator.Source{Name: dir, FS: os.DirFS(dir)}
	archive, err := evaluator.WriteBundle(source, f.options)
	if err != nil {
		return readable(err)
	}
	if editions, err := fs.Glob(source.FS, "benchmarks/*.yaml"); err == nil && len(editions) > 0 {
		say(std.err, "note: ", fmt.Sprintf("%s/%s: is no part of the bundle; --benchmark FILE takes an edition", dir, editions[0]))
	}
	return writeOutput(std, f.output, archive)
}
