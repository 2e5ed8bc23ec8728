package mutation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/snapshots"
)

// change is one mutant in the making.
type change struct {
	input    int
	pointers []string // the records that are changed
	record   string   // what a person calls them: "alarm RootUsage"
	what     string   // what is done to them; the operator's name if ""
	apply    func(*snapshots.Snapshot) *snapshots.Snapshot
	matters  func(*control) bool // whether it takes something from a control; it does if nil
}

// account is one snapshot of a run.
type account struct {
	tester   *tester
	input    int
	snapshot *snapshots.Snapshot // not to be changed
	err      error
}

// list is where the records of a kind stand.
type list[T any] struct {
	kind, pointer string
	of            func(*snapshots.Snapshot) *[]T
	name          func(*T) string
}

var (
	trails = list[snapshots.Trail]{
		"trail", "/cloudtrail/trails",
		func(s *snapshots.Snapshot) *[]snapshots.Trail { return &s.CloudTrail.Trails },
		func(t *snapshots.Trail) string { return t.Name },
	}
	filters = list[snapshots.MetricFilter]{
		"filter", "/logs/metric_filters",
		func(s *snapshots.Snapshot) *[]snapshots.MetricFilter { return &s.Logs.MetricFilters },
		func(f *snapshots.MetricFilter) string { return f.FilterName },
	}
	alarms = list[snapshots.Alarm]{
		"alarm", "/cloudwatch/alarms",
		func(s *snapshots.Snapshot) *[]snapshots.Alarm { return &s.CloudWatch.Alarms },
		func(a *snapshots.Alarm) string { return a.AlarmName },
	}
	topics = list[snapshots.Topic]{
		"topic", "/sns/topics",
		func(s *snapshots.Snapshot) *[]snapshots.Topic { return &s.SNS.Topics },
		func(t *snapshots.Topic) string { return t.TopicArn[strings.LastIndex(t.TopicArn, ":")+1:] },
	}
	hubs = list[snapshots.Hub]{
		"hub", "/securityhub/hubs",
		func(s *snapshots.Snapshot) *[]snapshots.Hub { return &s.SecurityHub.Hubs },
		func(h *snapshots.Hub) string { return h.Region },
	}
)

// each makes a change of every record on which a control rests, where edit has something to edit: it answers whether it had.
func each[T any](l list[T], edit func(record *T, in *snapshots.Snapshot) bool) func(*account) []change {
	return func(a *account) []change {
		var all []change
		for i := range *l.of(a.snapshot) {
			pointer := l.at(i)
			if !a.tester.serves(place{a.input, pointer}) {
				continue
			}
			try := func(s *snapshots.Snapshot) bool { return edit(&(*l.of(s))[i], s) }
			fresh, err := a.tester.fresh(a.input)
			if err != nil {
				a.err = err
				return nil
			}
			name := l.kind + " " + l.name(&(*l.of(fresh))[i])
			if !try(fresh) {
				continue
			}
			all = append(all, change{input: a.input, pointers: []string{pointer}, record: name, apply: doing(func(s *snapshots.Snapshot) { try(s) })})
		}
		return all
	}
}

// once makes one change of the whole snapshot.
func once(edit func(*snapshots.Snapshot) *snapshots.Snapshot) func(*account) []change {
	return func(a *account) []change { return []change{{input: a.input, apply: edit}} }
}

func doing(edit func(*snapshots.Snapshot)) func(*snapshots.Snapshot) *snapshots.Snapshot {
	return func(s *snapshots.Snapshot) *snapshots.Snapshot {
		edit(s)
		return s
	}
}

// serves tells whether a control's verdict rests on a record.
func (t *tester) serves(at place) bool {
	return slices.ContainsFunc(t.controls, func(c *control) bool { return c.points[at] })
}

// remove takes a record out of its list.
func remove[T any](l list[T], record *T, in *snapshots.Snapshot) bool {
	all := l.of(in)
	for i := range *all {
		if &(*all)[i] == record {
			*all = slices.Delete(*all, i, i+1)
			return true
		}
	}
	return false
}

// needed limits changes to the controls that need what is changed: where other filters, alarms or topics do the same work, the change
// takes nothing from them.
func needed(changes func(*account) []change) func(*account) []change {
	return func(a *account) []change {
		all := changes(a)
		for i, c := range all {
			all[i].matters = func(one *control) bool {
				return slices.ContainsFunc(a.filtersBehind(one, c.pointers[0]), func(n place) bool {
					return a.tester.needs(one, n, nil)
				})
			}
		}
		return all
	}
}

// filtersBehind are the control's filters that tell nobody any more when a record of this account is gone.
func (a *account) filtersBehind(c *control, pointer string) []place {
	var found []place
	for at := range c.points {
		if !strings.HasPrefix(at.pointer, filters.pointer+"/") {
			continue
		}
		filter := find(a.tester, filters, at)
		switch {
		case at == place{a.input, pointer}:
			return []place{at}
		case !strings.HasPrefix(pointer, filters.pointer) && a.silenced(c, filter, pointer):
			found = append(found, at)
		}
	}
	slices.SortFunc(found, func(p, q place) int { return strings.Compare(p.pointer, q.pointer) })
	return found
}

// find is the record of a kind at a place; nil if another kind's is there.
func find[T any](t *tester, l list[T], at place) *T {
	index, err := strconv.Atoi(strings.TrimPrefix(at.pointer, l.pointer+"/"))
	if err != nil || at.input < 0 {
		return nil
	}
	all := *l.of(t.inputs[at.input].Snapshot)
	if index >= len(all) {
		return nil
	}
	return &all[index]
}

// silenced tells whether every alarm of the control on a filter's metric is the one at pointer, or tells only the topic there.
func (a *account) silenced(c *control, filter *snapshots.MetricFilter, pointer string) bool {
	if filter == nil {
		return false
	}
	some := false
	for at := range c.points {
		alarm := find(a.tester, alarms, at)
		if alarm == nil || !watches(alarm, filter) {
			continue
		}
		some = true
		if at == (place{a.input, pointer}) {
			continue
		}
		if topic := a.topicAt(pointer); topic == "" || !tellsOnly(alarm, topic) {
			return false
		}
	}
	return some
}

func (a *account) topicAt(pointer string) string {
	if topic := find(a.tester, topics, place{a.input, pointer}); topic != nil {
		return topic.TopicArn
	}
	return ""
}

// watches tells whether an alarm is on a metric of the filter, by itself or by metric math.
func watches(alarm *snapshots.Alarm, filter *snapshots.MetricFilter) bool {
	return slices.ContainsFunc(filter.MetricTransformations, func(m snapshots.MetricTransformation) bool {
		return value(alarm.MetricName) == m.MetricName && value(alarm.Namespace) == m.MetricNamespace ||
			slices.ContainsFunc(alarm.Metrics, func(q snapshots.MetricDataQuery) bool {
				return q.MetricStat != nil && q.MetricStat.Metric != nil && value(q.MetricStat.Metric.MetricName) == m.MetricName &&
					value(q.MetricStat.Metric.Namespace) == m.MetricNamespace
			})
	})
}

func tellsOnly(alarm *snapshots.Alarm, topic string) bool {
	return !slices.ContainsFunc(alarm.AlarmActions, func(action string) bool { return action != topic && strings.Contains(action, ":sns:") })
}

// weakened makes a change for every way in which one condition makes a filter's pattern narrower.
func weakened(a *account) []change {
	var all []change
	for i, f := range a.snapshot.Logs.MetricFilters {
		pointer := filters.at(i)
		p, err := filterpattern.Parse(value(f.FilterPattern))
		if err != nil || !a.tester.serves(place{a.input, pointer}) {
			continue
		}
		for _, w := range append(p.Weaker(), blinded(p)...) {
			all = append(all, change{
				input: a.input, pointers: []string{pointer}, record: "filter " + f.FilterName, what: "pattern " + w.What,
				apply: doing(func(s *snapshots.Snapshot) {
					s.Logs.MetricFilters[i].FilterPattern = snapshots.Of(w.Pattern.String())
				}),
				matters: func(c *control) bool { return a.tester.needs(c, place{a.input, pointer}, w.Pattern) },
			})
		}
	}
	return all
}

// blinded is the pattern without one event, as someone leaves it out who finds it too loud.
func blinded(p *filterpattern.Pattern) []filterpattern.Weakening {
	name := "CreateUser"
	if _, after, ok := strings.Cut(p.String(), "$.eventName = "); ok {
		name = strings.Trim(strings.FieldsFunc(after, func(r rune) bool { return strings.ContainsRune(" )}", r) })[0], `"`)
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(p.String(), "{"), "}")
	if p.Form() != filterpattern.JSON {
		return nil
	}
	less, err := filterpattern.Parse(fmt.Sprintf(`{ (%s) && $.eventName != "%s" }`, inner, name))
	if err != nil {
		return nil // too long, or too many conditions
	}
	return []filterpattern.Weakening{{What: "without eventName " + name, Pattern: less}}
}
