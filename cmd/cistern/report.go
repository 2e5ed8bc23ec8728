package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/report"
)

func newReportCommand(std stdio) *cobra.Command {
	var o outputFlags
	var explain explainFlags
	cmd := &cobra.Command{
		Use:   "report FILE",
		Short: "Write a saved report in another format",
		Long: `Writes a report that "cistern evaluate -f json" saved in another format, without evaluating again. FILE may be in gzip, or - for stdin.

The exit code says only whether the report could be written.`,
		Example: "  cistern report report.json\n  cistern report report.json --explain root-usage\n  cistern report report.json -f json | jq .summary\n  cistern report report.json -o report.sarif -o junit=tests.xml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			outputs, err := o.all()
			if err != nil {
				return err
			}
			if err := spare(std.in, outputs, args); err != nil {
				return err
			}
			if err := explain.check(&o); err != nil {
				return err
			}
			if len(explain.controls) == 0 && isLarge(args[0]) {
				return o.writeLarge(cmd.Context(), std, args[0])
			}
			r, err := readReport(std.in, args[0])
			if err != nil {
				return err
			}
			if len(explain.controls) > 0 {
				return explain.write(std, &o, r, nil)
			}
			return o.write(std, r)
		},
	}
	o.register(cmd)
	o.registerDepth(cmd)
	explain.register(cmd)
	cmd.AddCommand(newReportSchemaCommand(std))
	return cmd
}

// largeReport is the size of a file from which its accounts are not all read into memory.
const largeReport = 64 << 20

func isLarge(path string) bool {
	const packs = 20 // times
	info, err := os.Stat(path)
	size := int64(largeReport)
	if strings.HasSuffix(path, ".gz") {
		size /= packs
	}
	return err == nil && info.Mode().IsRegular() && info.Size() >= size
}

// writeLarge writes a saved report whose accounts memory may have no room for.
func (o *outputFlags) writeLarge(ctx context.Context, std stdio, path string) error {
	outputs, err := o.all()
	if err != nil {
		return err
	}
	saved, err := openReport(path)
	if err != nil {
		return misreport(path, err)
	}
	defer saved.file.Close()
	easeCollection()
	pool, err := newSpool(keepFiles+1, outputs)
	if err != nil {
		return err
	}
	defer pool.close()
	for {
		if err := saved.advance(); err != nil {
			return misreport(path, err)
		}
		if saved.next == nil {
			break
		}
		packed, err := pool.pack(saved.next)
		if err != nil {
			return err
		}
		if err := pool.add(packed); err != nil {
			return err
		}
	}
	stream, err := pool.stream(ctx, saved.reader.Head)
	if err != nil {
		return err
	}
	return o.writeStream(std, stream)
}

func newReportSchemaCommand(std stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a report",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := std.out.Write(report.Schema())
			return err
		},
	}
}

func readReport(stdin io.Reader, path string) (*report.Report, error) {
	in := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, readable(err)
		}
		defer file.Close()
		in = file
	} else {
		path = "stdin"
	}
	unpacked, err := unpack(in)
	if err != nil {
		return nil, misreport(path, err)
	}
	r, err := report.Read(unpacked)
	if err != nil {
		return nil, misreport(path, err)
	}
	return r, nil
}

// misreport is a report that cannot be read, with the way out.
func misreport(path string, err error) error {
	if errors.As(err, new(*fs.PathError)) {
		return readable(err)
	}
	var schema *report.SchemaError
	var invalid *report.InvalidError
	hint := "cistern evaluate -f json -o report.json saves one"
	switch {
	case errors.As(err, &schema) && schema.IsSnapshot():
		hint = "this is a snapshot: cistern evaluate " + path + " makes its report"
	case schema != nil && schema.Newer():
		hint = "update cistern"
	case errors.As(err, &invalid):
		hint = invalid.Hint
	}
	return usageError(fmt.Errorf("%s: %w", path, err), hint)
}
