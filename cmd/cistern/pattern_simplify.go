package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
)

type simplifyOptions struct {
	format, control, benchmark, scope, snapshot string
	check, scoped                               bool
	policies                                    []string
}

func newPatternSimplify(std stdio) *cobra.Command {
	var o simplifyOptions
	cmd := &cobra.Command{
		Use:   "simplify [PATTERN | FILE | -]",
		Short: "Print a shorter filter pattern that catches exactly the same events",
		Long: `Print a shorter filter pattern that catches exactly the same events, and what could go and why. That both catch the same is
proven, whatever the events hold and however AWS reads what it does not document; what cannot be decided stays. The pattern is
the argument, or the content of the FILE of that name, or of standard input (-). It may have up to 16,384 characters; whether
the result fits into the 1,024 that AWS takes is said.

--control NAME also says what an edition's control wants, the shortest pattern that catches exactly that, and, beside a
pattern, whether the pattern covers the control and which pattern would. --scope limits which events are meant.

--snapshot FILE goes through all metric filters of an account instead: which can be simplified, and which also count
routine events that no control of the edition wants.

Ends with 0. With --check it ends with 3 when there is a shorter pattern, when the pattern stays too long for AWS, when the
control's events are missed, or when a filter of the account is listed; with 4 when it cannot be known.`,
		Example: `  cistern pattern simplify '{ ($.eventName = "StopLogging") || ($.eventName = "*Logging") }'
  cistern pattern simplify --control cloudtrail-config-changes '{ $.eventName = *Trail }'
  cistern pattern simplify --snapshot account.json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.scoped = cmd.Flags().Changed("scope")
			return runSimplify(cmd.Context(), std, &o, args)
		},
	}
	cmd.Flags().StringVarP(&o.format, "format", "f", "text", "`NAME` of the format: text, json")
	cmd.Flags().BoolVar(&o.check, "check", false, "end with 3 if there is something to do")
	cmd.Flags().StringVar(&o.control, "control", "", "also propose a pattern for this control, by `SLUG` or by the edition's id")
	cmd.Flags().StringVar(&o.benchmark, "benchmark", "", "the edition's `ID`, or a YAML file (default the newest of CIS)")
	cmd.Flags().StringVar(&o.scope, "scope", "", "a `PATTERN` of the events that the control means (default all)")
	cmd.Flags().StringVar(&o.snapshot, "snapshot", "", "go through the metric filters of the snapshot in this `FILE`")
	cmd.Flags().StringArrayVar(&o.policies, "policies", nil, "policies and editions in this `DIR`, or OPA bundle (.tar.gz), too (repeatable)")
	completeFrom(cmd, "benchmark", editionIDs)
	completeFrom(cmd, "format", func() []string { return []string{"text", "json"} })
	cmd.MarkFlagsMutuallyExclusive("snapshot", "control")
	cmd.MarkFlagsMutuallyExclusive("snapshot", "scope")
	return cmd
}

func runSimplify(ctx context.Context, std stdio, o *simplifyOptions, args []string) error {
	switch {
	case o.format != "text" && o.format != "json":
		return usageError(fmt.Errorf("pattern simplify: format %q is not known", o.format), "formats: text, json")
	case o.snapshot != "" && len(args) > 0:
		return usageError(errors.New("pattern simplify: a pattern and --snapshot"), "the patterns are those of the snapshot; leave one of the two out")
	case o.snapshot != "":
		return simplifySnapshot(ctx, std, o)
	case len(args) == 0 && o.control == "":
		return usageError(errors.New("pattern simplify: which pattern?"), "cistern pattern simplify PATTERN, or --control NAME, or --snapshot FILE")
	case o.scoped && o.control == "":
		return usageError(errors.New("pattern simplify: --scope without --control"), "the scope limits which events a control means")
	}
	var view simplifyView
	if len(args) == 1 {
		name, text, err := patternText(std.in, args[0])
		if err != nil {
			return err
		}
		p, err := parsePatternBy(filterpattern.ParseLong, name, text)
		if err != nil {
			return err
		}
		view.shorterPattern, view.pattern = viewShorter(text, p)
	}
	if o.control != "" {
		c, err := wantedBy(ctx, o)
		if err != nil {
			return err
		}
		if view.Control, err = proposeFor(c, o, view.pattern); err != nil {
			return err
		}
	}
	if err := writeView(std.out, o.format, &view); err != nil || !o.check {
		return err
	}
	return view.code()
}

// patternText is the pattern that the argument is, or that stands in the file of that name, and what an error calls it.
func patternText(stdin io.Reader, arg string) (name, text string, err error) {
	if arg == "-" {
		text, err = readPattern("standard input", stdin)
		return "standard input", text, err
	}
	if strings.ContainsAny(arg, "{}[]%\"\n") || arg == "" { // no name of a file, or a strange one
		return "pattern", arg, nil
	}
	file, err := os.Open(arg)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENAMETOOLONG):
		return "pattern", arg, nil
	case err != nil:
		return "", "", readable(err)
	}
	defer file.Close()
	text, err = readPattern(arg, file)
	return arg, text, err
}

func readPattern(name string, r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxPatternFile+1))
	switch {
	case err != nil:
		return "", readable(err)
	case len(text) > maxPatternFile:
		return "", usageError(fmt.Errorf("%s: longer than %d bytes", name, maxPatternFile), fmt.Sprintf("a pattern of up to %d characters is read", filterpattern.MaxLong))
	}
	return strings.TrimSpace(string(text)), nil
}

// maxPatternFile is how many bytes a file may have: more than any pattern has.
const maxPatternFile = 128 << 10

// shorterPattern is a pattern beside its simplified form.
type shorterPattern struct {
	Given      string               `json:"given"`
	Simplified string               `json:"simplified"` // the given text if it could not be made shorter
	Length     int                  `json:"length"`     // of the simplified form, in characters
	Fits       bool                 `json:"fits"`       // into a metric filter: AWS takes 1,024 characters
	Less       int                  `json:"less"`       // characters than the given text
	Equivalent bool                 `json:"equivalent"` // proven to catch the same events
	Steps      []filterpattern.Step `json:"steps"`      // none where only the spelling is shorter
	Reason     string               `json:"reason,omitempty"`
}

// viewShorter simplifies the pattern that was given as a text.
func viewShorter(given string, p *filterpattern.Pattern) (*shorterPattern, *filterpattern.Pattern) {
	out := filterpattern.Simplify(p)
	v := &shorterPattern{Given: given, Simplified: out.Pattern.String(), Equivalent: true, Steps: out.Steps, Reason: out.Reason}
	if v.Steps == nil {
		v.Steps = []filterpattern.Step{}
	}
	length := utf8.RuneCountInString(given)
	if utf8.RuneCountInString(v.Simplified) >= length {
		v.Simplified = given
		if len(v.Steps) > 0 { // it was written without any space
			v.Simplified = out.Pattern.Compact()
		}
	}
	v.Length = utf8.RuneCountInString(v.Simplified)
	v.Less = length - v.Length
	v.Fits = v.Length <= filterpattern.MaxLength
	return v, out.Pattern
}

func (v *shorterPattern) rows(row func(label, text string)) {
	row("simplified", v.Simplified)
	switch {
	case v.Less > 0 && v.Fits && v.Length+v.Less > filterpattern.MaxLength:
		row("length", fmt.Sprintf("%d characters, %d less: it fits now; %d were more than the %d that AWS takes", v.Length, v.Less, v.Length+v.Less, filterpattern.MaxLength))
	case v.Less > 0:
		row("length", fmt.Sprintf("%d characters, %d less", v.Length, v.Less))
	default:
		row("length", fmt.Sprintf("%d characters; nothing could be left out", v.Length))
	}
	if !v.Fits {
		row("too long", fmt.Sprintf("AWS takes %d characters: split it into several filters that feed the same metric, or name the control that it is for (--control), whose own pattern may do",
			filterpattern.MaxLength))
	}
	for _, s := range v.Steps {
		row(s.Action, s.Part+": "+s.Why)
	}
	if v.Less > 0 && len(v.Steps) == 0 {
		row("dropped", "quotes, parentheses and spaces that say nothing")
	}
	if v.Less > 0 {
		row("proven", "catches the same events, "+assumptions[filterpattern.AnyJSON.String()])
	}
	if v.Reason != "" {
		row("note", "there may be a shorter form: "+v.Reason)
	}
}
