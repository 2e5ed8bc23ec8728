package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/evidence"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/policies"
)

func newEvidenceVerifyCommand(std stdio) *cobra.Command {
	var keys []string
	var format string
	cmd := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "Check a bundle: its files, its signature, and the report made again",
		Long: `Checks an evidence bundle, a folder or a zip archive: that every file is as SHA256SUMS and the statement have it, none missing and none
added; that each --key has signed; that the shipped policies are those of this program; and that the bundle's own snapshots, policies,
edition and options give the same report, page and collection record, byte for byte. What does not hold is named.

Whoever signs a bundle may have written any of it, also which version made it. So other verdicts and another record fail whatever version is
named; only the text of the report, its page and the shipped policies may differ under another version, and then they are not checked.

Exit codes: 0 all holds, and each --key has signed; 3 something does not hold; 4 what could be checked holds, but not everything could: no --key
was given, the bundle is not signed or signed by more keys, or it names another version and its text, page or shipped policies are not this one's;
2 wrong usage, no bundle could be read, or a later version made it; 1 the tool failed.`,
		Example: `  cistern evidence verify audit.zip --key pub.pem
  cistern evidence verify audit/ -f json | jq .checks`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usageError(fmt.Errorf("format %s: there is none of this name", format), "one of text, json")
			}
			v, err := verifyEvidence(cmd.Context(), args[0], keys)
			if err != nil {
				return err
			}
			return showVerification(std, v, format)
		},
	}
	cmd.Flags().StringArrayVar(&keys, "key", nil, "the public key in this PEM `FILE` must have signed (repeatable)")
	cmd.Flags().StringVarP(&format, "format", "f", "text", "`NAME` of the format: text, json")
	completeFrom(cmd, "format", func() []string { return []string{"text", "json"} })
	return cmd
}

func verifyEvidence(ctx context.Context, path string, keys []string) (*evidence.Verification, error) {
	o := evidence.VerifyOptions{Tool: thisTool(), Embedded: policies.FS}
	var err error
	if o.Keys, err = readPublicKeys(keys); err != nil {
		return nil, err
	}
	b, _, problems, err := readBundle(path)
	if err != nil {
		return nil, err
	}
	easeCollection()
	v := evidence.Unreadable(problems, o)
	if len(problems) == 0 {
		if v, err = evidence.Verify(ctx, b, o); err != nil {
			return nil, unknownBundle(path, err)
		}
	}
	v.Bundle = path
	return v, nil
}

// unknownBundle is the error of a bundle that a later version made, with the way out.
func unknownBundle(path string, err error) error {
	var newer *evidence.NewerError
	if errors.As(err, &newer) {
		return usageError(fmt.Errorf("%s: %w", path, err), "update cistern")
	}
	return err
}

func showVerification(std stdio, v *evidence.Verification, format string) error {
	text := []byte(verificationText(v))
	if format == "json" {
		var err error
		if text, err = indented(v); err != nil {
			return err
		}
	}
	if _, err := std.out.Write(text); err != nil {
		return err
	}
	switch v.Result {
	case evidence.Fails:
		return exitWith(exitFails)
	case evidence.Unchecked:
		return exitWith(exitUnknown)
	}
	return nil
}

// verificationText is a line a check and a line a problem.
func verificationText(v *evidence.Verification) string {
	const most = 50
	var b strings.Builder
	for _, c := range v.Checks {
		line := fmt.Sprintf("%-9s  %-9s  %s", c.Status, c.Name, report.Clean(c.Message))
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
		for i, p := range c.Problems {
			if i == most {
				fmt.Fprintf(&b, "           ... and %d more; -f json names them\n", len(c.Problems)-most)
				break
			}
			fmt.Fprintf(&b, "           %s\n", report.Clean(p.String()))
		}
	}
	result := map[evidence.Status]string{
		evidence.Holds:     "holds, every check",
		evidence.Fails:     "does not hold",
		evidence.Unchecked: "holds as far as it could be checked",
	}
	fmt.Fprintf(&b, "%s: %s\n", report.Clean(v.Bundle), result[v.Result])
	return b.String()
}
