package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/snapshots"
)

// filtersView is what could be better in the metric filters of accounts.
type filtersView struct {
	Edition string          `json:"edition"`
	Checked int             `json:"checked"`  // filters in all
	Spelled int             `json:"spelling"` // characters that the others have for quotes, parentheses and spaces alone
	Filters []accountFilter `json:"filters"`  // those that can be simplified, are noisy, or are no pattern

	simplified, noisy, refused int
}

// accountFilter is one metric filter with what could be better.
type accountFilter struct {
	Account  string          `json:"account"`
	Region   string          `json:"region"`
	LogGroup string          `json:"log_group"`
	Filter   string          `json:"filter"`
	Pattern  *shorterPattern `json:"pattern,omitempty"`
	Noise    json.RawMessage `json:"noise,omitempty"` // a routine record that it counts and no control wants
	Error    string          `json:"error,omitempty"` // the pattern cannot be read
}

func simplifySnapshot(ctx context.Context, std stdio, o *simplifyOptions) error {
	inputs, err := readInputs(std.in, []string{o.snapshot})
	if err != nil {
		return err
	}
	controls, _, err := wantedControls(ctx, o)
	if err != nil {
		return err
	}
	view := &filtersView{Filters: []accountFilter{}}
	var wanted []*filterpattern.Pattern
	for _, c := range controls {
		view.Edition = c.edition
		wanted = append(wanted, c.patterns...)
	}
	for _, in := range inputs {
		view.add(in, wanted)
	}
	if err := writeView(std.out, o.format, view); err != nil {
		return err
	}
	if o.check && len(view.Filters) > 0 {
		return exitWith(exitFails)
	}
	return nil
}

// add goes through the filters of an account.
func (v *filtersView) add(in evaluator.Input, wanted []*filterpattern.Pattern) {
	groups := trailGroups(in.Snapshot)
	for _, f := range in.Snapshot.Logs.MetricFilters {
		v.Checked++
		found := accountFilter{Account: in.Snapshot.Account.ID, Region: f.Region, LogGroup: f.LogGroupName, Filter: f.FilterName}
		text := ""
		if f.FilterPattern != nil {
			text = *f.FilterPattern
		}
		p, err := filterpattern.Parse(text)
		if err != nil {
			v.refused++
			found.Error = err.Error()
			v.Filters = append(v.Filters, found)
			continue
		}
		shorter, _ := viewShorter(text, p)
		if len(shorter.Steps) > 0 {
			v.simplified++
			found.Pattern = shorter
		} else {
			v.Spelled += shorter.Less
		}
		if slices.Contains(groups, f.Region+" "+f.LogGroupName) {
			found.Noise = filterpattern.Noise(p, wanted)
		}
		if found.Noise != nil {
			v.noisy++
		}
		if found.Pattern != nil || found.Noise != nil {
			v.Filters = append(v.Filters, found)
		}
	}
}

// trailGroups are the log groups that trails write to, as "region name".
func trailGroups(s *snapshots.Snapshot) []string {
	var out []string
	for _, t := range s.CloudTrail.Trails {
		if t.CloudWatchLogsLogGroupArn == nil {
			continue
		}
		if arn, ok := snapshots.ParseARN(*t.CloudWatchLogsLogGroupArn); ok {
			name := strings.TrimSuffix(strings.TrimPrefix(arn.Resource, "log-group:"), ":*")
			out = append(out, arn.Region+" "+name)
		}
	}
	return out
}

func (v *filtersView) rows(row func(label, text string)) {
	for _, f := range v.Filters {
		row("filter", fmt.Sprintf("%s of %s in %s %s", f.Filter, f.LogGroup, f.Account, f.Region))
		if f.Pattern != nil {
			f.Pattern.rows(row)
		}
		if f.Noise != nil {
			row("noisy", "also counts routine events that no control of "+v.Edition+" wants, such as "+string(f.Noise))
		}
		if f.Error != "" {
			row("unreadable", f.Error)
		}
	}
	row("filters", fmt.Sprintf("%d: %d can be simplified, %d noisy, %d unreadable", v.Checked, v.simplified, v.noisy, v.refused))
	if v.Spelled > 0 {
		row("spelling", fmt.Sprintf("%d characters of the others are quotes, parentheses and spaces that say nothing", v.Spelled))
	}
}
