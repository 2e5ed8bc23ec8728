package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// mergeFlags are how the parts of a report are put together.
type mergeFlags struct {
	outputFlags
	failOn string
}

func newMergeCommand(std stdio) *cobra.Command {
	f := &mergeFlags{}
	cmd := &cobra.Command{
		Use:   "merge PART.json...",
		Short: "Put together the parts of a report that were judged apart",
		Long: `Puts together what "cistern evaluate --shard I/N" wrote, all N parts of it, given in any order. The report is that of one run over all
snapshots, byte for byte, in every format, and so is the exit code. PART may be in a folder: then all its .json and .json.gz
files are parts. Parts may be packed with gzip.

Parts that are missing, given twice, cut off or changed since they were written, or judged otherwise (other snapshots, policies, options,
another version) are refused by name.`,
		Example: `  cistern evaluate snapshots/ --shard 1/2 -o part-1.json
  cistern evaluate snapshots/ --shard 2/2 -o part-2.json
  cistern merge part-1.json part-2.json -o report.json -o report.html`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := checkFailOn(f.failOn); err != nil {
				return err
			}
			if err := f.check(); err != nil {
				return err
			}
			return f.merge(cmd.Context(), std, paths)
		},
	}
	f.register(cmd)
	f.registerDepth(cmd)
	registerFailOn(cmd, &f.failOn)
	return cmd
}

func (f *mergeFlags) merge(ctx context.Context, std stdio, paths []string) error {
	outputs, err := f.all()
	if err != nil {
		return err
	}
	if err := spare(std.in, outputs, paths); err != nil {
		return err
	}
	files, err := partFiles(paths)
	if err != nil {
		return err
	}
	var parts []*partFile
	defer func() {
		for _, p := range parts {
			p.file.Close()
		}
	}()
	var heads []*report.Report
	for _, name := range files {
		p, err := openPart(name)
		if err != nil {
			return err
		}
		parts = append(parts, p)
		heads = append(heads, p.reader.Head)
	}
	head, err := evaluator.Merge(files, heads)
	var wrong *evaluator.ShardError
	if errors.As(err, &wrong) {
		return usageError(err, wrong.Hint)
	}
	if err != nil {
		return err
	}
	easeCollection()
	pool, err := newSpool(keepFiles+1, outputs)
	if err != nil {
		return err
	}
	defer pool.close()
	if err := gather(parts, pool); err != nil {
		return err
	}
	stream, err := pool.stream(ctx, head)
	if err != nil {
		return err
	}
	return conclude(std, stream, heads[0].Shard.Barren, f.failOn, func() error { return f.writeStream(std, stream) })
}

// gather puts the accounts of all parts into their one order. Each part has its own in order.
func gather(parts []*partFile, pool *spool) error {
	for _, p := range parts {
		if err := p.advance(); err != nil {
			return mispart(p.name, p.reader.Head.Shard, err)
		}
	}
	last, of := "", ""
	for {
		left := slices.DeleteFunc(slices.Clone(parts), func(p *partFile) bool { return p.next == nil })
		if len(left) == 0 {
			return nil
		}
		first := slices.MinFunc(left, func(a, b *partFile) int { return strings.Compare(a.next.Account, b.next.Account) })
		if last != "" && first.next.Account <= last {
			return usageError(fmt.Errorf("%s: account %s: comes after %s of %s", first.name, first.next.Account, last, of), "a part has its accounts in order, each once: was the file changed by hand?")
		}
		if s := first.reader.Head.Shard; !(&part{index: s.Index, of: s.Of}).has(first.next.Account) {
			return usageError(fmt.Errorf("%s: account %s: is not of part %d of %d", first.name, first.next.Account, s.Index, s.Of), "was the file changed by hand?")
		}
		last, of = first.next.Account, first.name
		packed, err := pool.pack(first.next)
		if err != nil {
			return err
		}
		if err := pool.add(packed); err != nil {
			return err
		}
		if err := first.advance(); err != nil {
			return mispart(first.name, first.reader.Head.Shard, err)
		}
	}
}
