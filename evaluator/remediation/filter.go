package remediation

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/snapshots"
)

// mostFilters is how many metric filters AWS allows on a log group.
const mostFilters = 100

// mendFilter are the ways to let a metric filter of the log group count the control's events.
func (c *scene) mendFilter() []move {
	var all []move
	for _, f := range c.pointedFilters() {
		if f.FilterName == c.finding.Resource && counts(f) <= 0 {
			all = append(all, c.countOne(f))
		}
	}
	return append(all, c.newFilters()...)
}

// counts is what a filter adds to its metric for each match; 1 where only the event knows.
func counts(f *snapshots.MetricFilter) float64 {
	for _, t := range f.MetricTransformations {
		if value, err := strconv.ParseFloat(orEmpty(t.MetricValue), 64); err == nil {
			return value
		}
	}
	return 1
}

// newFilters are the ways to come by a filter: one that is on another log group, one for an alarm that waits for it, a new one.
func (c *scene) newFilters() []move {
	if len(c.w.filters(c.group)) >= mostFilters || c.w.at(c.group.account) == nil {
		return nil
	}
	if g := groupAt(c.w.at(c.group.account), c.group.region, c.group.name); g != nil && !takesFilters(g) {
		return []move{c.deliverTo(mark(LogGroupName))}
	}
	pattern := c.accepted()
	if pattern == "" {
		return nil
	}
	var all []move
	for _, f := range c.elsewhere() {
		all = append(all, c.copyFilter(f))
	}
	if a := c.waiting(); a != nil {
		all = append(all, c.addFilter(*a.MetricName, pattern, snapshots.MetricTransformation{
			MetricName: *a.MetricName, MetricNamespace: *a.Namespace,
		}, fmt.Sprintf("Put a metric filter on log group %s for alarm %s, which waits for it.", c.group.name, a.AlarmName)))
	}
	name := camel(c.goal.row.Control)
	return append(all, c.addFilter(name, pattern, snapshots.MetricTransformation{MetricName: c.freshMetric(name), MetricNamespace: mark(Namespace)},
		fmt.Sprintf("Put a metric filter on log group %s that counts the events of %s.", c.group.name, c.goal.row.Control)))
}

// addFilter puts a filter on the log group.
func (c *scene) addFilter(name, pattern string, t snapshots.MetricTransformation, why string) move {
	return func(d *draft) bool {
		s := d.edit(c.group.account)
		if s == nil {
			return false
		}
		name := vacant(filterName(name), func(name string) bool { return filterAt(s, c.group.region, c.group.name, name) != nil })
		if t.MetricValue == nil {
			t.MetricValue = snapshots.Of("1")
		}
		s.Logs.MetricFilters = append(s.Logs.MetricFilters, snapshots.MetricFilter{
			Region: c.group.region, LogGroupName: c.group.name, FilterName: name, FilterPattern: &pattern,
			MetricTransformations: []snapshots.MetricTransformation{t},
		})
		d.touch(c.filterRef(name), touch{create: true, why: why})
		return true
	}
}

// filterName is a name as one that AWS takes for a metric filter.
func filterName(name string) string {
	const most = 500 // of 512, to leave room for a number
	runes := []rune(strings.NewReplacer(":", "-", "*", "-").Replace(name))
	return string(runes[:min(len(runes), most)])
}

// feedable tells whether a metric filter can feed a metric of that name and namespace.
func feedable(a *snapshots.Alarm) bool {
	return a.MetricName != nil && a.Namespace != nil && len(a.Dimensions) == 0 && !strings.HasPrefix(*a.Namespace, "AWS/") &&
		!strings.ContainsAny(*a.MetricName+*a.Namespace, ":*$")
}

func (c *scene) filterRef(name string) ref {
	return ref{FilterKind, c.group.account, c.group.region, c.group.name + "\x00" + name}
}

// editFilter changes a filter of the log group.
func (c *scene) editFilter(name string, t touch, change func(*snapshots.MetricFilter)) move {
	return func(d *draft) bool {
		s := d.edit(c.group.account)
		if s == nil {
			return false
		}
		f := filterAt(s, c.group.region, c.group.name, name)
		if f == nil {
			return false
		}
		change(f)
		d.touch(c.filterRef(name), t)
		return true
	}
}

// countOne makes a filter count each match as one.
func (c *scene) countOne(f *snapshots.MetricFilter) move {
	why := fmt.Sprintf("Let metric filter %s count each match as 1: it counts it as %s.", f.FilterName, orEmpty(f.MetricTransformations[0].MetricValue))
	return c.editFilter(f.FilterName, touch{why: why}, func(f *snapshots.MetricFilter) {
		for i := range f.MetricTransformations {
			f.MetricTransformations[i].MetricValue = snapshots.Of("1")
		}
	})
}

// accepted is the text of an accepted pattern that AWS takes: the first, unless it is too long.
func (c *scene) accepted() string {
	for _, text := range textsOf(c.finding.Evidence["wanted"]) {
		p, err := filterpattern.Parse(text)
		if err != nil {
			continue
		}
		if strings.ContainsAny(text, "\r\n\t") {
			return p.String()
		}
		return text
	}
	return ""
}

// wanted are the accepted patterns that can be read.
func (c *scene) wanted() []*filterpattern.Pattern {
	return filterpattern.ParseValid(textsOf(c.finding.Evidence["wanted"]))
}

// elsewhere are filters on other log groups of the region that catch all that the control wants: they were meant for it.
func (c *scene) elsewhere() []*snapshots.MetricFilter {
	s := c.w.at(c.group.account)
	wanted := c.wanted()
	var found []*snapshots.MetricFilter
	const most = 500
	for i := range s.Logs.MetricFilters {
		f := &s.Logs.MetricFilters[i]
		if i == most || f.Region != c.group.region || f.LogGroupName == c.group.name || !plain(f) {
			continue
		}
		own := filterpattern.ParseValid([]string{orEmpty(f.FilterPattern)})
		if len(own) == 0 || !ofCloudTrail(orEmpty(f.FilterPattern)) {
			continue
		}
		if filterpattern.Covers(filterpattern.Question{Required: wanted, Deployed: own, InForce: true}).Answer == filterpattern.Covered {
			found = append(found, f)
		}
	}
	slug := c.goal.row.Control
	slices.SortStableFunc(found, func(a, b *snapshots.MetricFilter) int {
		return cmp.Compare(alike(b.FilterName, slug), alike(a.FilterName, slug))
	})
	return found[:min(len(found), 2)]
}

// plain tells whether a filter counts one for each match, whatever the event.
func plain(f *snapshots.MetricFilter) bool {
	return len(f.MetricTransformations) == 1 && len(f.MetricTransformations[0].Dimensions) == 0 && orEmpty(f.MetricTransformations[0].MetricValue) == "1" &&
		!isTrue(f.ApplyOnTransformedLogs) && orEmpty(f.FieldSelectionCriteria) == "" && len(f.EmitSystemFieldDimensions) == 0
}

// copyFilter puts a filter of another log group on the trail's, too.
func (c *scene) copyFilter(f *snapshots.MetricFilter) move {
	t := f.MetricTransformations[0]
	why := fmt.Sprintf("Put metric filter %s of log group %s on log group %s, too, where the trail's events arrive.", f.FilterName, f.LogGroupName, c.group.name)
	return c.addFilter(f.FilterName, *f.FilterPattern, t, why)
}

// waiting is the alarm of the log group's region that waits for a metric which no filter feeds, and that is called like the control.
func (c *scene) waiting() *snapshots.Alarm {
	s := c.w.at(c.group.account)
	slug := c.goal.row.Control
	var best *snapshots.Alarm
	most := leastAlike
	for i := range s.CloudWatch.Alarms {
		a := &s.CloudWatch.Alarms[i]
		if a.Region != c.group.region || !feedable(a) || fed(s, a.Region, *a.Namespace, *a.MetricName) {
			continue
		}
		score := max(alike(a.AlarmName, slug), alike(*a.MetricName, slug))
		if score > most && c.closest(a.AlarmName, *a.MetricName) == slug {
			best, most = a, score
		}
	}
	return best
}

// closest is the edition's control whose slug is most like one of these names.
func (c *scene) closest(names ...string) string {
	best, most := "", 0.0
	for _, slug := range c.slugs {
		for _, name := range names {
			if score := alike(name, slug); score > most {
				best, most = slug, score
			}
		}
	}
	return best
}

// fed tells whether a filter feeds a metric.
func fed(s *snapshots.Snapshot, region, namespace, name string) bool {
	return slices.ContainsFunc(s.Logs.MetricFilters, func(f snapshots.MetricFilter) bool {
		return f.Region == region && slices.ContainsFunc(f.MetricTransformations, func(t snapshots.MetricTransformation) bool {
			return t.MetricNamespace == namespace && t.MetricName == name
		})
	})
}

// freshMetric is a name of a metric that no filter and no alarm of the region has.
func (c *scene) freshMetric(name string) string {
	s := c.w.at(c.group.account)
	return vacant(name, func(name string) bool {
		return slices.ContainsFunc(s.CloudWatch.Alarms, func(a snapshots.Alarm) bool { return a.Region == c.group.region && orEmpty(a.MetricName) == name }) ||
			slices.ContainsFunc(s.Logs.MetricFilters, func(f snapshots.MetricFilter) bool {
				return f.Region == c.group.region && slices.ContainsFunc(f.MetricTransformations, func(t snapshots.MetricTransformation) bool { return t.MetricName == name })
			})
	})
}

// vacant is a name that is not taken: name, name-2, name-3 ...
func vacant(name string, taken func(string) bool) string {
	free := name
	for n := 2; taken(free); n++ {
		free = name + "-" + strconv.Itoa(n)
	}
	return free
}

// camel is a slug as people call their filters and alarms: RootUsage.
func camel(slug string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(written.Replace(slug), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		first, size := utf8.DecodeRuneInString(word)
		b.WriteString(string(unicode.ToUpper(first)) + word[size:])
	}
	if b.Len() == 0 {
		return "Monitoring"
	}
	return b.String()
}

// leastAlike is how alike a name and a slug must be to be taken for each other.
const leastAlike = 0.5

// alike tells how alike a name and a slug are, from 0 to 1: by the triples of letters that both have, without what most names have.
func alike(name, slug string) float64 {
	a, b := triples(name), triples(slug)
	if len(a)+len(b) == 0 {
		return 0
	}
	both := 0
	for t := range a {
		if b[t] {
			both++
		}
	}
	return 2 * float64(both) / float64(len(a)+len(b))
}

// written are short forms that slugs have, and what names have in their place.
var written = strings.NewReplacer("cloudtrail", "CloudTrail", "nacl", "network-Acl", "auth-", "authentication-", "signin-no-", "signin-without-",
	"disable-delete", "disabled-or-deleted")

func triples(text string) map[string]bool {
	text = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ReplaceAll(strings.ToLower(written.Replace(text)), "changes", ""))
	found := map[string]bool{}
	for i := range max(0, len(text)-2) {
		found[text[i:i+3]] = true
	}
	return found
}
