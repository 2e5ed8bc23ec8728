package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// simplifyView is what is said of one pattern, of one control, or of both.
type simplifyView struct {
	*shorterPattern
	Control *controlProposal `json:"control,omitempty"`

	pattern *filterpattern.Pattern // simplified
}

// controlProposal is what a control wants, the shortest pattern for exactly that, and what becomes of the given pattern.
type controlProposal struct {
	Edition   string                 `json:"edition"`
	ID        string                 `json:"id"`
	Control   string                 `json:"control"`
	Title     string                 `json:"title"`
	Patterns  []string               `json:"patterns"` // all that are accepted; any one suffices
	Proposal  string                 `json:"proposal"`
	Coverage  *filterpattern.Outcome `json:"coverage,omitempty"`
	Extended  string                 `json:"extended,omitempty"`  // the given pattern with what it lacks
	Added     []string               `json:"added,omitempty"`     // what that is
	Excluding []string               `json:"excluding,omitempty"` // conditions of the given pattern that keep wanted events out
	Problem   string                 `json:"problem,omitempty"`   // why there is no extended pattern
	Second    []string               `json:"second,omitempty"`    // patterns for filters beside it, then
}

// wantedControl is a control of an edition with the patterns that it accepts.
type wantedControl struct {
	edition string
	editionControl
	patterns []*filterpattern.Pattern
}

// wantedControls are the controls of the edition that accept filter patterns.
func wantedControls(ctx context.Context, o *simplifyOptions) ([]wantedControl, []editionControl, error) {
	from, err := sources(true, o.policies)
	if err != nil {
		return nil, nil, err
	}
	engine, err := evaluator.Compile(ctx, from)
	if err != nil {
		return nil, nil, readable(err)
	}
	controls, err := engine.Controls(ctx)
	if err != nil {
		return nil, nil, readable(err)
	}
	policies := map[string]evaluator.Control{}
	for _, c := range controls {
		policies[c.Slug] = c
	}
	b, err := edition(from, o.benchmark)
	if err != nil {
		return nil, nil, err
	}
	all := viewEdition(b, policies).Controls
	var wanted []wantedControl
	for _, c := range all {
		if len(c.Patterns) == 0 {
			continue
		}
		patterns, err := parsePatterns("control "+c.Control+": pattern", c.Patterns)
		if err != nil {
			return nil, nil, err
		}
		wanted = append(wanted, wantedControl{b.ID, c, patterns})
	}
	return wanted, all, nil
}

func wantedBy(ctx context.Context, o *simplifyOptions) (*wantedControl, error) {
	wanted, all, err := wantedControls(ctx, o)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, c := range wanted {
		if c.Control == o.control || c.ID == o.control {
			return &wanted[i], nil
		}
		names = append(names, c.Control)
	}
	for _, c := range all {
		if c.Control == o.control || c.ID == o.control {
			return nil, usageError(fmt.Errorf("control %s: wants no filter pattern", o.control), "one of "+strings.Join(names, ", "))
		}
	}
	return nil, usageError(fmt.Errorf("control %s: the edition has none of this name", o.control), "one of "+strings.Join(names, ", "))
}

// proposeFor says what the control wants, and how the given pattern, if there is one, comes to catch it.
func proposeFor(c *wantedControl, o *simplifyOptions, given *filterpattern.Pattern) (*controlProposal, error) {
	v := &controlProposal{Edition: c.edition, ID: c.ID, Control: c.Control, Title: c.Title, Patterns: c.Patterns}
	proposal, err := filterpattern.Propose(c.patterns...)
	if err != nil {
		return nil, err
	}
	v.Proposal = proposal.String()
	if given == nil {
		return v, nil
	}
	q := filterpattern.Question{Required: c.patterns}
	if o.scoped {
		if q.Scope, err = parsePattern("--scope", o.scope); err != nil {
			return nil, err
		}
	}
	alone := q
	alone.Deployed = []*filterpattern.Pattern{given}
	outcome := filterpattern.Decide(alone)
	v.Coverage = &outcome
	if outcome.Answer == filterpattern.Covered.String() {
		return v, nil
	}
	extended, err := filterpattern.Extend(given, q)
	if err == nil {
		v.Extended, v.Added, v.Excluding = extended.Pattern.String(), extended.Added, extended.Excluding
		return v, nil
	}
	v.Problem = err.Error()
	if rest, err := filterpattern.Rest(alone); err == nil {
		for _, p := range rest.Patterns {
			v.Second = append(v.Second, p.String())
		}
	}
	return v, nil
}

func (v *controlProposal) rows(row func(label, text string)) {
	row("control", v.Control+", "+v.Edition+" "+v.ID+": "+v.Title)
	for _, p := range v.Patterns {
		row("wants", p)
	}
	row("proposal", v.Proposal)
	row("length", fmt.Sprintf("%d characters", utf8.RuneCountInString(v.Proposal)))
	if v.Coverage == nil {
		return
	}
	switch v.Coverage.Answer {
	case filterpattern.Covered.String():
		row("covers", assumptions[v.Coverage.Assumes])
	case filterpattern.Missed.String():
		row("misses", v.Coverage.Nearest.Text)
	default:
		row("unknown", v.Coverage.Reason)
	}
	if v.Coverage.OverBroad != nil {
		row("over-broad", "also matches routine events, such as "+string(v.Coverage.OverBroad))
	}
	if v.Extended != "" {
		row("extended", v.Extended)
	}
	for _, clause := range v.Excluding {
		row("excluding", clause+" no longer keeps the control's events out")
	}
	if v.Problem != "" {
		row("not extended", v.Problem)
	}
	for _, p := range v.Second {
		row("second", p)
	}
}

// code is how --check ends.
func (v *simplifyView) code() error {
	missed, unknown := false, v.shorterPattern != nil && v.Less == 0 && v.Reason != ""
	if v.Control != nil && v.Control.Coverage != nil {
		missed = v.Control.Coverage.Answer == filterpattern.Missed.String()
		unknown = unknown || v.Control.Coverage.Answer == filterpattern.Undecided.String()
	}
	switch {
	case missed || v.shorterPattern != nil && (v.Less > 0 || !v.Fits):
		return exitWith(exitFails)
	case unknown:
		return exitWith(exitUnknown)
	}
	return nil
}

func (v *simplifyView) rows(row func(label, text string)) {
	if v.shorterPattern != nil {
		v.shorterPattern.rows(row)
	}
	if v.Control != nil {
		v.Control.rows(row)
	}
}

// rowed is something that is told in rows of a label and a text.
type rowed interface {
	rows(row func(label, text string))
}

// writeView writes rows, in which a terminal obeys nothing that a pattern or a name holds, or JSON.
func writeView(w io.Writer, format string, view rowed) error {
	if format == "json" {
		return writeIndented(w, view)
	}
	var b strings.Builder
	view.rows(func(label, text string) { fmt.Fprintf(&b, "%-12s %s\n", label, report.Clean(text)) })
	_, err := io.WriteString(w, b.String())
	return err
}
