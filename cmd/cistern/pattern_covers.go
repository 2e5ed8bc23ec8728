package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
)

type coversOptions struct {
	required, deployed, except []string
	scope, format              string
	jsonl                      bool
}

func newPatternCovers(std stdio) *cobra.Command {
	var o coversOptions
	cmd := &cobra.Command{
		Use:   "covers --required P [--required P2] --deployed Q [--deployed Q2] [--scope S] [--except E]",
		Short: "Decide whether deployed filter patterns catch every event that a required one does",
		Long: `Decide whether the deployed filter patterns together match every event that a required pattern matches. Covering any one of
several required patterns suffices. --scope limits which events are meant; --except leaves events out knowingly.

Ends with 0 when they cover, 3 when an event is missed (it is shown), 4 when it cannot be known.

With --jsonl, reads {"required": P or [P..], "deployed": [Q..], "scope": S, "except": [E..]} a line from standard input and
answers {"answer": "covers|misses|unknown", ...} or {"error": "..."} a line, in order.`,
		Example: `  cistern pattern covers --required '{ $.eventName = "StopLogging" }' --deployed '{ $.eventName = "*Logging" }'`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.jsonl {
				return answerLines(std, newCoversAnswerer())
			}
			if len(o.required) == 0 {
				return usageError(errors.New("pattern covers: no --required pattern"), "cistern pattern covers --required P --deployed Q")
			}
			return decideCoverage(std, o, cmd.Flags().Changed("scope"))
		},
	}
	cmd.Flags().StringArrayVar(&o.required, "required", nil, "a pattern to be covered; repeated: any one of them")
	cmd.Flags().StringArrayVar(&o.deployed, "deployed", nil, "a pattern in force; repeated: all of them together")
	cmd.Flags().StringVar(&o.scope, "scope", "", "a pattern of the events that are meant (default all)")
	cmd.Flags().StringArrayVar(&o.except, "except", nil, "a pattern of events that are knowingly left out; may be repeated")
	cmd.Flags().StringVarP(&o.format, "format", "f", "text", "text or json")
	cmd.Flags().BoolVar(&o.jsonl, "jsonl", false, "answer questions from standard input, one JSON a line")
	return cmd
}

func decideCoverage(std stdio, o coversOptions, scoped bool) error {
	if o.format != "text" && o.format != "json" {
		return usageError(fmt.Errorf("pattern covers: format %q is not known", o.format), "formats: text, json")
	}
	q, err := o.question(scoped)
	if err != nil {
		return err
	}
	out := filterpattern.Decide(q)
	if o.format == "json" {
		err = writeIndented(std.out, out)
	} else {
		err = writeCoverage(std.out, q, out)
	}
	if err != nil {
		return err
	}
	switch out.Answer {
	case filterpattern.Missed.String():
		return exitWith(exitFails)
	case filterpattern.Undecided.String():
		return exitWith(exitUnknown)
	}
	return nil
}

func (o *coversOptions) question(scoped bool) (q filterpattern.Question, err error) {
	if q.Required, err = parsePatterns("--required", o.required); err != nil {
		return q, err
	}
	if q.Deployed, err = parsePatterns("--deployed", o.deployed); err != nil {
		return q, err
	}
	if q.Except, err = parsePatterns("--except", o.except); err != nil {
		return q, err
	}
	if scoped {
		q.Scope, err = parsePattern("--scope", o.scope)
	}
	return q, err
}

func writeIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// assumptions in words.
var assumptions = map[string]string{
	filterpattern.AnyJSON.String():     "whatever the events hold",
	filterpattern.CloudTrail.String():  "given that events are CloudTrail records with fields of the documented types",
	filterpattern.EventSource.String(): "given that events are CloudTrail records and each event name comes from the service that it belongs to",
}

func writeCoverage(w io.Writer, q filterpattern.Question, out filterpattern.Outcome) error {
	var b strings.Builder
	row := func(label, text string) { fmt.Fprintf(&b, "%-12s %s\n", label, text) }
	switch out.Answer {
	case filterpattern.Covered.String():
		row("covers", assumptions[out.Assumes])
		if len(q.Required) > 1 {
			row("required", q.Required[out.Required].String())
		}
	case filterpattern.Missed.String():
		row("misses", out.Nearest.Text)
		row("required", q.Required[out.Required].String())
		row("event", string(out.Event))
		if len(out.Nearest.Caught) > 0 {
			row("caught", strings.Join(out.Nearest.Caught, ", "))
		}
		row("missed", strings.Join(out.Nearest.Missed, ", "))
		for _, clause := range out.Nearest.ExcludedBy {
			row("excluded by", clause)
		}
	default:
		row("unknown", out.Reason)
	}
	for _, p := range q.Deployed {
		switch {
		case p.MatchesNothing() == filterpattern.Yes:
			row("note", "matches no CloudTrail record: "+p.String())
		case p.MatchesEverything() == filterpattern.Yes:
			row("note", "matches every CloudTrail record: "+p.String())
		}
	}
	if out.OverBroad != nil {
		row("over-broad", "also matches routine events, such as "+string(out.OverBroad))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// oneOrMore is a JSON string or a list of strings.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	var one *string
	if json.Unmarshal(data, &one) == nil && one != nil {
		*o = oneOrMore{*one}
		return nil
	}
	var several []*string
	if err := json.Unmarshal(data, &several); err != nil || several == nil {
		return errors.New("a pattern or a list of patterns expected")
	}
	*o = oneOrMore{}
	for _, text := range several {
		if text == nil {
			return errors.New("null is no pattern; the empty pattern is \"\"")
		}
		*o = append(*o, *text)
	}
	return nil
}

func newCoversAnswerer() lineAnswerer {
	cache := patternCache{}
	return func(line []byte) any {
		var in struct {
			Required oneOrMore `json:"required"`
			Deployed oneOrMore `json:"deployed"`
			Scope    *string   `json:"scope"`
			Except   oneOrMore `json:"except"`
		}
		if err := decodeStrict(line, &in); err != nil {
			return lineError{err.Error()}
		}
		if len(in.Required) == 0 {
			return lineError{`expected {"required": "..." or ["...", ...], "deployed": ["...", ...]}`}
		}
		var q filterpattern.Question
		var err error
		if q.Required, err = cache.parseAll("required", in.Required); err != nil {
			return lineError{err.Error()}
		}
		if q.Deployed, err = cache.parseAll("deployed", in.Deployed); err != nil {
			return lineError{err.Error()}
		}
		if q.Except, err = cache.parseAll("except", in.Except); err != nil {
			return lineError{err.Error()}
		}
		if in.Scope != nil {
			if q.Scope, err = cache.parse(*in.Scope); err != nil {
				return lineError{"scope: " + err.Error()}
			}
		}
		return filterpattern.Decide(q)
	}
}
