package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/policies"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

func newPolicyExportCommand(std stdio) *cobra.Command {
	var benchmark string
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write the embedded policies to a folder, to read, change and use with OPA's tools",
		Long: `Writes the embedded policies with their tests and one edition to DIR, and beside them what OPA, Regal and editors need to work on them:
the JSON Schema of input (schemas/snapshot.json), what policies may use (capabilities.json), what they find at data (data.json: benchmark,
parameters, as_of, and the sample snapshots at saved), what it is as a bundle (.manifest), and what Regal need not ask (.regal/config.yaml).

DIR must not be there, or be empty. It is written whole or not at all. What you change there replaces the embedded policy wherever the folder is
given as --policies; what you leave as it was counts as the embedded one.

data.json is as the unit tests want it. With --benchmark, data.benchmark is the edition's, as in an evaluation.`,
		Example: `  cistern policy export my-policies
  cistern policy export opa
  cistern-opa test opa mine
  cistern evaluate prod.json --policies my-policies`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := exportedFiles(cmd.Context(), benchmark)
			if err != nil {
				return err
			}
			if err := writeFolder(args[0], maps.All(files)); err != nil {
				return err
			}
			say(std.err, "note: ", fmt.Sprintf("%s: %d files; cistern policy check %[1]s and cistern test %[1]s say whether they hold", args[0], len(files)))
			return nil
		},
	}
	cmd.Flags().StringVar(&benchmark, "benchmark", "", "the edition: an `ID` or a YAML file (default: the newest of CIS, and data.json names none)")
	completeFrom(cmd, "benchmark", editionIDs)
	return cmd
}

// exportedFiles is what the folder holds, by path.
func exportedFiles(ctx context.Context, benchmark string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(policies.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name == "benchmarks":
			return fs.SkipDir // OPA takes every YAML file for data, and two editions would not fit into one document
		case entry.IsDir(), path.Ext(name) == ".ast": // what the policies compile to is ours alone
			return nil
		}
		files[name], err = fs.ReadFile(policies.FS, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	if files["schemas/snapshot.json"], err = evaluator.InputSchema(); err != nil {
		return nil, err
	}
	if files["capabilities.json"], err = evaluator.Capabilities(); err != nil {
		return nil, err
	}
	from, err := sources(true, nil)
	if err != nil {
		return nil, err
	}
	b, err := edition(from, benchmark)
	if err != nil {
		return nil, err
	}
	if files["benchmarks/"+b.ID+".yaml"], err = editionFile(b.ID, benchmark); err != nil {
		return nil, readable(err)
	}
	if benchmark == "" {
		b = nil
	}
	if files["data.json"], err = exportedData(ctx, from, b); err != nil {
		return nil, err
	}
	files[".manifest"], err = manifestOf(files["data.json"])
	return files, err
}

// manifestOf says what the folder holds as a bundle, so that OPA can load another one beside it.
func manifestOf(data []byte) ([]byte, error) {
	var names map[string]json.RawMessage
	if err := json.Unmarshal(data, &names); err != nil {
		return nil, err
	}
	roots := append(slices.Collect(maps.Keys(names)), "policies")
	slices.Sort(roots)
	return indented(map[string]any{"roots": slices.Compact(roots)})
}

// editionFile is the text of the edition: an embedded one, or the file that was named.
func editionFile(id, name string) ([]byte, error) {
	text, err := fs.ReadFile(policies.FS, "benchmarks/"+id+".yaml")
	if errors.Is(err, fs.ErrNotExist) {
		return os.ReadFile(name)
	}
	return text, err
}

// exportedData is what policies find at data: as in unit tests if there is no edition.
func exportedData(ctx context.Context, from []evaluator.Source, b *evaluator.Benchmark) ([]byte, error) {
	data, err := evaluator.DefaultData()
	if err != nil {
		return nil, err
	}
	if b != nil {
		found, err := evaluator.Query(ctx, from, "data.benchmark", evaluator.QueryOptions{Options: evaluator.Options{Benchmark: b}})
		if err != nil {
			return nil, readable(err)
		}
		data["benchmark"] = found[0].Expressions[0].Value
	}
	saved := map[string]json.RawMessage{}
	for _, name := range samples.Names() {
		if saved[name], err = fs.ReadFile(samples.FS(), name+".json"); err != nil {
			return nil, err
		}
	}
	data["saved"] = saved
	return indented(data)
}
