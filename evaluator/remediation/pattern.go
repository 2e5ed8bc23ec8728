package remediation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/snapshots"
)

// mendPattern are the ways to let the filters of the log group catch what they miss: an existing one that catches more, one beside it that
// feeds the same metric, a new one.
func (c *scene) mendPattern() []move {
	if c.w.at(c.group.account) == nil {
		return nil
	}
	likely, others := c.near()
	var all []move
	for _, f := range likely {
		all = append(all, c.extend(f)...)
	}
	for _, f := range likely {
		all = append(all, c.beside(f)...)
	}
	all = append(all, c.newFilters()...)
	for _, f := range others {
		all = append(all, c.extend(f)...)
	}
	return all
}

// near are the filters that the finding names as the nearest: those that seem meant for the control, because they catch half of it or
// are called like it, and the others.
func (c *scene) near() (likely, others []*snapshots.MetricFilter) {
	wanted := c.wanted()
	share := map[string]float64{}
	for _, f := range c.pointedFilters() {
		own := filterpattern.ParseValid([]string{orEmpty(f.FilterPattern)})
		if len(own) == 0 || !plain(f) {
			continue
		}
		share[f.FilterName] = shareOf(wanted, own)
		score := max(alike(f.FilterName, c.goal.row.Control), alike(f.MetricTransformations[0].MetricName, c.goal.row.Control))
		if share[f.FilterName] >= 0.5 || score > leastAlike && c.closest(f.FilterName, f.MetricTransformations[0].MetricName) == c.goal.row.Control {
			likely = append(likely, f)
		} else {
			others = append(others, f)
		}
	}
	slices.SortStableFunc(likely, func(a, b *snapshots.MetricFilter) int { return cmp.Compare(share[b.FilterName], share[a.FilterName]) })
	const most = 3
	return likely[:min(len(likely), most)], others[:min(len(others), most)]
}

// shareOf is how much of the required patterns a pattern catches, by their parts: from 0 to 1.
func shareOf(required, deployed []*filterpattern.Pattern) float64 {
	best := 0.0
	for _, r := range required {
		q := filterpattern.Question{Required: []*filterpattern.Pattern{r}, Deployed: deployed, InForce: true}
		d := filterpattern.Covers(q)
		switch d.Answer {
		case filterpattern.Covered:
			return 1
		case filterpattern.Missed:
			n := filterpattern.Explain(q, d)
			if parts := len(n.Caught) + len(n.Missed); parts > 0 {
				best = max(best, float64(len(n.Caught))/float64(parts))
			}
		}
	}
	return best
}

// questions are what a filter's pattern has to answer, or one beside it: what the control wants of the missed event's service, and what it wants
// at all. A control may be about one service only, which a finding does not say. Of the other filters those count that are about nothing
// else: what happens to be caught for another control may not be relied on.
func (c *scene) questions(f *snapshots.MetricFilter, beside bool) []filterpattern.Question {
	wanted := c.wanted()
	q := filterpattern.Question{Required: wanted, InForce: true}
	for _, other := range c.w.filters(c.group) {
		own := filterpattern.ParseValid([]string{orEmpty(other.FilterPattern)})
		same := other.FilterName == f.FilterName
		if len(own) == 0 || same && !beside || !same && !(plain(&other) && speaksOf(wanted, own)) {
			continue
		}
		q.Deployed = append(q.Deployed, own...)
	}
	for _, e := range c.goal.row.Exceptions {
		q.Except = append(q.Except, filterpattern.ParseValid([]string{e.Except})...)
	}
	var all []filterpattern.Question
	if source := c.missedSource(); source != "" {
		within := q
		if scope := filterpattern.ParseValid([]string{`{ $.eventSource = "` + source + `" }`}); len(scope) == 1 {
			within.Scope = scope[0]
			all = append(all, within)
		}
	}
	return append(all, q)
}

// speaksOf tells whether a pattern catches events that are wanted, and no others.
func speaksOf(wanted, own []*filterpattern.Pattern) bool {
	return filterpattern.Covers(filterpattern.Question{Required: own, Deployed: wanted, InForce: true}).Answer == filterpattern.Covered
}

// missedSource is the service of the event that the finding says would go unnoticed.
func (c *scene) missedSource() string {
	event, _ := c.finding.Evidence["missed_event"].(map[string]any)
	source := textOf(event["eventSource"])
	if strings.Trim(source, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return ""
	}
	return source
}

// extend are the ways to let a filter catch what is missing. Its own events and its own exclusions stay.
func (c *scene) extend(f *snapshots.MetricFilter) []move {
	own := filterpattern.ParseValid([]string{orEmpty(f.FilterPattern)})[0]
	var all []move
	var texts []string
	for _, q := range c.questions(f, false) {
		e, err := filterpattern.Extend(own, q)
		if err != nil {
			continue
		}
		text := e.Pattern.String()
		if slices.Contains(texts, text) || len([]rune(text)) > filterpattern.MaxLength {
			continue
		}
		texts = append(texts, text)
		t := touch{why: fmt.Sprintf("Let metric filter %s catch %s, too.", f.FilterName, list(e.Added))}
		if len(e.Excluding) > 0 {
			t.notes = []string{fmt.Sprintf("%s kept events out that the control wants. If they are known and need nobody, write an exception into the "+
				"waivers file in place of this change.", list(e.Excluding))}
		}
		all = append(all, c.editFilter(f.FilterName, t, func(f *snapshots.MetricFilter) { f.FilterPattern = &text }))
	}
	return all
}

// list names a few things: a, b and c.
func list(names []string) string {
	const most = 5
	switch {
	case len(names) == 0:
		return "what it misses"
	case len(names) == 1:
		return names[0]
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// beside are the ways to put a second filter beside one that cannot take what is missing.
func (c *scene) beside(f *snapshots.MetricFilter) []move {
	if len(c.w.filters(c.group)) >= mostFilters {
		return nil
	}
	var all []move
	for _, q := range c.questions(f, true) {
		rest, err := filterpattern.Rest(q)
		if err != nil || len(rest.Patterns) == 0 {
			continue
		}
		why := fmt.Sprintf("Put a second metric filter beside %s that catches %s and feeds the same metric.", f.FilterName, list(rest.Missing))
		all = append(all, func(d *draft) bool {
			for _, p := range rest.Patterns {
				t := f.MetricTransformations[0]
				t.DefaultValue = nil
				if !c.addFilter(f.FilterName+"-more", p.String(), t, why)(d) {
					return false
				}
			}
			return true
		})
	}
	return all
}
