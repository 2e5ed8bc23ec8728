package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots"
)

// ownPolicies are the folders and bundles of the user's own, and the key with which bundles must be signed.
type ownPolicies struct {
	policies               []string
	key, keyID, alg, scope string
}

// register adds --policies, which usage describes, and the flags of signatures under the names that opa gives them.
func (o *ownPolicies) register(cmd *cobra.Command, usage string) {
	flags := cmd.Flags()
	flags.StringArrayVar(&o.policies, "policies", nil, usage)
	flags.StringVar(&o.key, "verification-key", "", "each of --policies must be a bundle signed with the key to this `FILE`: a public key in PEM, or the secret of HS256")
	flags.StringVar(&o.keyID, "verification-key-id", "default", "the key's `NAME`")
	flags.StringVar(&o.alg, "signing-alg", "RS256", "`NAME` of the signature's algorithm")
	flags.StringVar(&o.scope, "scope", "", "`NAME` of the scope that the signature must have")
}

// sources are the embedded policies, unless they are not wanted, and those of the user's own.
func (o *ownPolicies) sources(embedded bool) ([]evaluator.Source, error) {
	var all []evaluator.Source
	if embedded {
		all = append(all, evaluator.Source{Name: "policies", FS: policies.FS, Catalogue: true})
	}
	v := evaluator.Verification{KeyID: o.keyID, Algorithm: o.alg, Scope: o.scope}
	if o.key != "" {
		if len(o.policies) == 0 {
			return nil, usageError(errors.New("--verification-key: there is nothing to verify"), "add --policies BUNDLE")
		}
		text, err := os.ReadFile(o.key)
		if err != nil {
			return nil, readable(err)
		}
		if v.Key = string(text); v.Key == "" {
			return nil, usageError(fmt.Errorf("%s: read verification key: is empty", o.key), "")
		}
	}
	given := map[string]bool{}
	for _, name := range o.policies {
		if given[filepath.Clean(name)] {
			return nil, usageError(fmt.Errorf("%s: read policies: is given twice", name), "name each folder and bundle once")
		}
		given[filepath.Clean(name)] = true
		source, err := evaluator.OpenSource(name, v)
		if err != nil {
			return nil, readable(err)
		}
		all = append(all, source)
	}
	return all, nil
}

// sources are the embedded policies, unless they are not wanted, and folders of the user's own.
func sources(embedded bool, folders []string) ([]evaluator.Source, error) {
	own := ownPolicies{policies: folders}
	return own.sources(embedded)
}

// edition is the benchmark of that id, or in that file; the newest of CIS if none is named.
func edition(from []evaluator.Source, name string) (*evaluator.Benchmark, error) {
	if !slices.ContainsFunc(from, func(s evaluator.Source) bool { return s.Catalogue }) {
		// The user's policies stand alone; the editions are still those that are shipped.
		from = append([]evaluator.Source{{Name: "policies", FS: policies.FS, Catalogue: true}}, from...)
	}
	b, err := evaluator.ShippedEdition(from, name)
	if b != nil || err != nil {
		return b, readable(err)
	}
	all, err := evaluator.Benchmarks(from)
	if err != nil {
		return nil, readable(err)
	}
	b, err = evaluator.FindBenchmark(all, name)
	if err == nil {
		return b, nil
	}
	text, failed := os.ReadFile(name)
	switch {
	case name != "" && failed == nil:
		if b, err = evaluator.ParseBenchmark(name, text); err == nil {
			b.Among(all)
		}
	case name != "" && !errors.Is(failed, fs.ErrNotExist):
		err = failed
	}
	if err != nil {
		return nil, readable(err)
	}
	return b, nil
}

// readable turns an error of what the user gave into wrong usage, with the way out where one is known.
func readable(err error) error {
	var input *evaluator.InputError
	var one *evaluator.PolicyError
	var many evaluator.PolicyErrors
	var path *fs.PathError
	var exit *exitError
	switch {
	case err == nil, errors.As(err, &exit):
		return err
	case errors.As(err, &input):
		return usageError(err, input.Hint)
	case errors.As(err, &many):
		return usageError(err, many.Hint())
	case errors.As(err, &one):
		return usageError(err, one.Hint)
	case errors.As(err, &path):
		return usageError(fmt.Errorf("%s: %s: %w", path.Path, path.Op, path.Err), snapshots.HintOf(err))
	}
	return err
}
