package remediation

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// scene is what the moves for one finding are made of.
type scene struct {
	*search
	w       *world
	goal    goal
	finding *report.Finding
	trail   *snapshots.Trail // the most trustworthy record; nil if the finding is of no trail
	group   groupName        // that the trail delivers to, or that the finding is about
}

// moves are the ways to mend what a finding says, the cheapest first.
func (s *search) moves(w *world, g goal, f *report.Finding) []move {
	c := &scene{search: s, w: w, goal: g, finding: f}
	if arn := trailOf(f); arn != "" {
		c.trail = w.trail(arn, g.account)
	}
	if c.trail != nil && c.trail.CloudWatchLogsLogGroupArn != nil {
		c.group, _ = parseGroup(*c.trail.CloudWatchLogsLogGroupArn)
	}
	if f.Status == report.Unknown {
		return c.decide()
	}
	switch g.row.Control {
	case "cloudtrail-log-validation":
		if c.trail != nil {
			return []move{c.validate}
		}
	case "cloudtrail-kms":
		if c.trail != nil {
			return []move{c.encrypt}
		}
	case "s3-data-events-read", "s3-data-events-write":
		if f.Link == "event_selectors" && c.trail != nil {
			return []move{c.recordObjects}
		}
	case "security-hub-enabled":
		return []move{c.enableHub}
	}
	return c.mendLink()
}

// mendLink are the ways to mend the link at which a chain broke.
func (c *scene) mendLink() []move {
	if c.trail == nil {
		if c.finding.Link == "trail" {
			return []move{c.createTrail}
		}
		return nil
	}
	switch c.finding.Link {
	case "trail":
		return []move{c.startLogging, c.coverRegions}
	case "event_selectors":
		return []move{c.recordManagement}
	case "log_group":
		return c.mendGroup()
	case "metric_filter":
		return c.mendFilter()
	case "pattern":
		return c.mendPattern()
	case "alarm":
		return c.mendAlarm()
	case "action":
		return c.mendAction()
	case "topic", "subscription":
		return c.mendTopic()
	}
	return nil
}

// decide are the ways to make certain what nobody can decide from what was read. Where something was not read, reading it is the way.
func (c *scene) decide() []move {
	undecided := slices.Contains([]string{"metric_filter", "pattern", "alarm", "event_selectors"}, c.finding.Link)
	if c.trail == nil || !undecided || strings.Contains(c.finding.Message, "collect ") || strings.Contains(c.finding.Message, "is not among the snapshots") {
		return nil
	}
	var all []move
	switch filters := c.pointedFilters(); {
	case c.finding.Link == "event_selectors":
		return []move{c.recordManagement}
	case c.finding.Link == "alarm" && len(filters) > 0 && plain(filters[0]):
		all = append(all, c.addAlarm(filters[0].MetricTransformations[0]))
	}
	// A doubt stays as long as it decides, so that the new way must be whole at once.
	for _, filter := range c.newFilters() {
		all = append(all, func(d *draft) bool {
			had := c.w.filters(c.group)
			if !filter(d) {
				return false
			}
			for _, f := range d.filters(c.group) {
				known := slices.ContainsFunc(had, func(h snapshots.MetricFilter) bool { return h.FilterName == f.FilterName })
				if !known && !c.addAlarm(f.MetricTransformations[0])(d) {
					return false
				}
			}
			return true
		})
	}
	return all
}

// trailOf is the ARN of the trail that a finding is about.
func trailOf(f *report.Finding) string {
	if arn := textOf(f.Evidence["trail"]); arn != "" {
		return arn
	}
	if arn, ok := snapshots.ParseARN(f.Resource); ok && arn.Service == "cloudtrail" {
		return f.Resource
	}
	return ""
}

// trail is the record of a trail: its owner's of its home region, if there is one, else any that the account shows.
func (w *world) trail(arn, account string) *snapshots.Trail {
	owner, _ := snapshots.ParseARN(arn)
	var best *snapshots.Trail
	for _, id := range []string{account, owner.Account} {
		s := w.at(id)
		if s == nil {
			continue
		}
		for i := range s.CloudTrail.Trails {
			t := &s.CloudTrail.Trails[i]
			if t.TrailARN == arn && (best == nil || id == owner.Account || t.Region == owner.Region) {
				best = t
			}
		}
	}
	return best
}

// editTrail changes every record of a trail, whichever account shows it.
func (d *draft) editTrail(arn string, change func(*snapshots.Trail)) {
	for _, p := range slices.Clone(d.accounts) {
		if !slices.ContainsFunc(p.snapshot.CloudTrail.Trails, func(t snapshots.Trail) bool { return t.TrailARN == arn }) {
			continue
		}
		s := d.edit(p.snapshot.Account.ID)
		for i := range s.CloudTrail.Trails {
			if s.CloudTrail.Trails[i].TrailARN == arn {
				change(&s.CloudTrail.Trails[i])
			}
		}
	}
}

// groupName names a log group.
type groupName struct{ partition, account, region, name string }

// parseGroup reads arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME:*
func parseGroup(text string) (groupName, bool) {
	arn, ok := snapshots.ParseARN(text)
	name, is := strings.CutPrefix(arn.Resource, "log-group:")
	if !ok || !is || arn.Service != "logs" {
		return groupName{}, false
	}
	name, _, _ = strings.Cut(name, ":")
	return groupName{arn.Partition, arn.Account, arn.Region, name}, name != ""
}

func (g groupName) arn() string {
	return strings.Join([]string{"arn", g.partition, "logs", g.region, g.account, "log-group", g.name}, ":")
}

func (g groupName) stream() string { return g.arn() + ":*" }

// filters are the metric filters of a log group.
func (w *world) filters(g groupName) []snapshots.MetricFilter {
	s := w.at(g.account)
	if s == nil {
		return nil
	}
	var found []snapshots.MetricFilter
	for _, f := range s.Logs.MetricFilters {
		if f.Region == g.region && f.LogGroupName == g.name {
			found = append(found, f)
		}
	}
	return found
}

func groupAt(s *snapshots.Snapshot, region, name string) *snapshots.LogGroup {
	return find(s.Logs.LogGroups, func(g *snapshots.LogGroup) bool { return g.Region == region && g.LogGroupName == name })
}

func filterAt(s *snapshots.Snapshot, region, group, name string) *snapshots.MetricFilter {
	return find(s.Logs.MetricFilters, func(f *snapshots.MetricFilter) bool {
		return f.Region == region && f.LogGroupName == group && f.FilterName == name
	})
}

func alarmAt(s *snapshots.Snapshot, region, name string) *snapshots.Alarm {
	if s == nil {
		return nil
	}
	return find(s.CloudWatch.Alarms, func(a *snapshots.Alarm) bool { return a.Region == region && a.AlarmName == name })
}

func topicAt(s *snapshots.Snapshot, arn string) *snapshots.Topic {
	return find(s.SNS.Topics, func(t *snapshots.Topic) bool { return t.TopicArn == arn })
}

func find[T any](list []T, is func(*T) bool) *T {
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func isTrue(b *bool) bool { return b != nil && *b }

// pointedAlarms are the alarms that the finding points to, and their accounts.
func (c *scene) pointedAlarms() (found []*snapshots.Alarm, accounts []string) {
	for _, pointer := range c.finding.Pointers {
		account, list, i := pointed(pointer, c.goal.account)
		s := c.w.at(account)
		if list != "/cloudwatch/alarms" || s == nil || i < 0 || i >= len(s.CloudWatch.Alarms) {
			continue
		}
		a := &s.CloudWatch.Alarms[i]
		if a.AlarmArn == c.finding.Resource || a.AlarmName == c.finding.Resource { // the one that the finding is about comes first
			found, accounts = slices.Insert(found, 0, a), slices.Insert(accounts, 0, account)
			continue
		}
		found, accounts = append(found, a), append(accounts, account)
	}
	return found, accounts
}

// pointedFilters are the metric filters of the log group that the finding points to.
func (c *scene) pointedFilters() []*snapshots.MetricFilter {
	var found []*snapshots.MetricFilter
	for _, pointer := range c.finding.Pointers {
		account, list, i := pointed(pointer, c.goal.account)
		s := c.w.at(account)
		if list != "/logs/metric_filters" || s == nil || account != c.group.account || i < 0 || i >= len(s.Logs.MetricFilters) {
			continue
		}
		f := &s.Logs.MetricFilters[i]
		if f.FilterName == c.finding.Resource {
			found = slices.Insert(found, 0, f)
			continue
		}
		found = append(found, f)
	}
	return found
}
