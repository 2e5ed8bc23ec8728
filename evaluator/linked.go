package evaluator

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The lists that links run through, as ways below a snapshot.
var (
	trailsWay        = terms("cloudtrail", "trails")
	groupsWay        = terms("logs", "log_groups")
	filtersWay       = terms("logs", "metric_filters")
	alarmsWay        = terms("cloudwatch", "alarms")
	compositesWay    = terms("cloudwatch", "composite_alarms")
	logAlarmsWay     = terms("cloudwatch", "log_alarms")
	mutesWay         = terms("cloudwatch", "mute_rules")
	topicsWay        = terms("sns", "topics")
	subscriptionsWay = terms("sns", "subscriptions")

	linkedWays = [][]*ast.Term{
		trailsWay, groupsWay, filtersWay, alarmsWay, compositesWay, logAlarmsWay, mutesWay, topicsWay, subscriptionsWay,
	}
)

// The names of fields that links are read from.
var (
	kAccount      = ast.InternedTerm("account")
	kRegion       = ast.InternedTerm("region")
	kTrailARN     = ast.InternedTerm("TrailARN")
	kTrailGroup   = ast.InternedTerm("CloudWatchLogsLogGroupArn")
	kLogGroupName = ast.InternedTerm("logGroupName")
	kTransforms   = ast.InternedTerm("metricTransformations")
	kMetricName   = ast.InternedTerm("metricName")
	kMetricSpace  = ast.InternedTerm("metricNamespace")
	kAlarmName    = ast.InternedTerm("AlarmName")
	kAlarmRule    = ast.InternedTerm("AlarmRule")
	kAlarmActions = ast.InternedTerm("AlarmActions")
	kMetricNameCW = ast.InternedTerm("MetricName")
	kNamespaceCW  = ast.InternedTerm("Namespace")
	kMetrics      = ast.InternedTerm("Metrics")
	kMetricStat   = ast.InternedTerm("MetricStat")
	kMetric       = ast.InternedTerm("Metric")
	kAccountID    = ast.InternedTerm("AccountId")
	kTopicARN     = ast.InternedTerm("TopicArn")
	kGroupIDs     = terms("ScheduledQueryConfiguration", "LogGroupIdentifiers")
	kMuteTargets  = terms("MuteTargets", "AlarmNames")
	kService      = ast.InternedTerm("service")
	kGaps         = ast.InternedTerm("gaps")
	kLinked       = ast.InternedTerm("linked")
	kCollection   = ast.InternedTerm("collection")
	kCalls        = ast.InternedTerm("calls")
)

// metric is one metric of one account: where an alarm finds what a filter counts.
type metric struct{ account, region, namespace, name string }

// place is a named thing in a region.
type place struct{ region, name string }

// fragment is the part of another account's snapshot that the judged account points to: the indexes of the records that
// belong to it, by list.
type fragment struct {
	of      *subject
	records map[string][]int // by list pointer, "/sns/topics"
	regions map[string]bool
}

// linker collects what one account points to in other accounts.
type linker struct {
	*visit
	ctx       context.Context
	fragments map[string]*fragment
	metrics   map[metric]bool
	topics    map[string]bool
}

// link finds the fragments of other accounts that the account's trails, alarms and actions point to. The work is linear
// in the account, and in those it points to. Where another could not be had, v.err says so.
func (v *visit) link(ctx context.Context) []*fragment {
	if v.others == nil {
		return nil
	}
	l := &linker{v, ctx, map[string]*fragment{}, map[metric]bool{}, map[string]bool{}}
	l.addTrails()
	l.addAlarms()
	l.addTopics()
	var all []*fragment
	for _, id := range slices.Sorted(maps.Keys(l.fragments)) {
		all = append(all, l.fragments[id])
	}
	return all
}

// other is the fragment of that account, nil if it is the judged one or not in the run.
func (l *linker) other(account, region string) *fragment {
	if account == l.self.account {
		return nil
	}
	f := l.fragments[account]
	if f == nil {
		s := l.visit.account(l.ctx, account)
		if s == nil {
			return nil
		}
		f = &fragment{s, map[string][]int{}, map[string]bool{"": true}}
		l.fragments[account] = f
	}
	f.regions[region] = true
	return f
}

func (f *fragment) add(way []*ast.Term, index int) {
	key := pointerOf(way)
	f.records[key] = append(f.records[key], index)
}

func pointerOf(way []*ast.Term) string {
	var b strings.Builder
	for _, name := range way {
		b.WriteString("/" + string(name.Value.(ast.String)))
	}
	return b.String()
}

// addTrails follows trails to their owners' record of them and to their log groups, and notes the metrics that are fed there.
func (l *linker) addTrails() {
	groups := map[string]bool{}
	eachAt(l.self.document(), trailsWay, func(_ int, trail ast.Value) {
		groups[textAt(trail, kTrailGroup)] = true
		name := textAt(trail, kTrailARN)
		owner := parseARN(name)
		f := l.other(owner.account, owner.region)
		if f == nil {
			return
		}
		for _, i := range f.of.index().trails[name] {
			f.add(trailsWay, i)
			groups[textAt(listAt(f.of.document(), trailsWay...).Elem(i).Value, kTrailGroup)] = true
		}
	})
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		l.addGroup(parseARN(name))
	}
}

func (l *linker) addGroup(group arn) {
	owner, at := l.self, place{group.region, group.logGroup()}
	if at.name == "" {
		return
	}
	f := l.other(group.account, group.region)
	if f != nil {
		owner = f.of
		for _, i := range owner.index().groups[at] {
			f.add(groupsWay, i)
		}
		for _, i := range owner.index().logAlarms[at] {
			f.add(logAlarmsWay, i)
			l.wantActions(listAt(owner.document(), logAlarmsWay...).Elem(i).Value)
		}
	} else if group.account != l.self.account {
		return
	}
	filters := listAt(owner.document(), filtersWay...)
	for _, i := range owner.index().filters[at] {
		if f != nil {
			f.add(filtersWay, i)
		}
		eachAt(filters.Elem(i).Value, []*ast.Term{kTransforms}, func(_ int, t ast.Value) {
			l.metrics[metric{group.account, group.region, textAt(t, kMetricSpace), textAt(t, kMetricName)}] = true
		})
	}
}

// addAlarms follows the metrics to the alarms of other accounts that watch them, and notes the topics of all alarms.
func (l *linker) addAlarms() {
	for _, way := range [][]*ast.Term{alarmsWay, compositesWay, logAlarmsWay} {
		eachAt(l.self.document(), way, func(_ int, alarm ast.Value) { l.wantActions(alarm) })
	}
	watching := map[string]bool{}
	for m := range l.metrics {
		watching[m.account] = true
		for _, id := range l.others.watchers(m.account) {
			watching[id] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(watching)) {
		if id == l.self.account {
			continue
		}
		if s := l.visit.account(l.ctx, id); s != nil {
			l.addWatcher(s)
		}
	}
}

func (l *linker) addWatcher(s *subject) {
	alarms := listAt(s.document(), alarmsWay...)
	var found []int
	for m := range l.metrics {
		found = append(found, s.index().alarms[m]...)
	}
	slices.Sort(found)
	names := map[place]bool{}
	for _, i := range slices.Compact(found) {
		alarm := alarms.Elem(i).Value
		region := textAt(alarm, kRegion)
		l.other(s.account, region).add(alarmsWay, i)
		l.wantActions(alarm)
		names[place{region, textAt(alarm, kAlarmName)}] = true
	}
	if len(names) == 0 {
		return
	}
	l.addAround(s, names)
}

// addAround adds the composite alarms over these alarms, and the rules that mute them.
func (l *linker) addAround(s *subject, alarms map[place]bool) {
	f := l.fragments[s.account]
	for more := true; more; { // composites of composites
		more = false
		eachAt(s.document(), compositesWay, func(i int, c ast.Value) {
			own := place{textAt(c, kRegion), textAt(c, kAlarmName)}
			named := slices.ContainsFunc(alarmsIn(textAt(c, kAlarmRule)), func(name string) bool { return alarms[place{own.region, name}] })
			if named && !alarms[own] {
				alarms[own], more = true, true
				f.add(compositesWay, i)
				l.wantActions(c)
			}
		})
	}
	eachAt(s.document(), mutesWay, func(i int, rule ast.Value) {
		region, hit := textAt(rule, kRegion), at(rule, kMuteTargets...) == nil && f.regions[textAt(rule, kRegion)] // its targets were not read
		eachAt(rule, kMuteTargets, func(_ int, name ast.Value) {
			text, _ := name.(ast.String)
			hit = hit || alarms[place{region, alarmName(string(text))}]
		})
		if hit {
			f.add(mutesWay, i)
		}
	})
}

// ruleOperand is an alarm in a composite's rule: ALARM("name"), ALARM('name'), ALARM(name), ALARM("arn:..."). It is the name_term of
// policies/lib/alarms.rego.
var ruleOperand = regexp.MustCompile(`\(\s*(?:([^\s"'()][^"'()]*?)|'([^']*)'|"([^"]*)")\s*\)`)

// alarmsIn is the names of the alarms in a composite alarm's rule.
func alarmsIn(rule string) []string {
	var names []string
	for _, m := range ruleOperand.FindAllStringSubmatch(rule, -1) {
		names = append(names, alarmName(m[1]+m[2]+m[3]))
	}
	return names
}

// alarmName is the name in an alarm's ARN, or the name that it is.
func alarmName(text string) string {
	if name, ok := strings.CutPrefix(parseARN(text).resource, "alarm:"); ok {
		return name
	}
	return text
}

func (l *linker) wantActions(alarm ast.Value) {
	eachAt(alarm, []*ast.Term{kAlarmActions}, func(_ int, action ast.Value) {
		text, _ := action.(ast.String)
		l.topics[string(text)] = true
	})
}

// addTopics follows the actions to topics of other accounts.
func (l *linker) addTopics() {
	for _, name := range slices.Sorted(maps.Keys(l.topics)) {
		topic := parseARN(name)
		if topic.service != "sns" {
			continue
		}
		if f := l.other(topic.account, topic.region); f != nil {
			for _, i := range f.of.index().topics[name] {
				f.add(topicsWay, i)
			}
			for _, i := range f.of.index().subscriptions[name] {
				f.add(subscriptionsWay, i)
			}
		}
	}
}

// term is the fragment as a policy sees it: shaped like a snapshot; a list that the other snapshot lacks is absent here too.
func (f *fragment) term() *ast.Term {
	document := f.of.document()
	sections := map[string]ast.Object{}
	for _, way := range linkedWays {
		list := listAt(document, way...)
		if list == nil {
			continue
		}
		key := pointerOf(way)
		slices.Sort(f.records[key])
		f.records[key] = slices.Compact(f.records[key])
		var members []*ast.Term
		for _, i := range f.records[key] {
			members = append(members, list.Elem(i))
		}
		section := string(way[0].Value.(ast.String))
		if sections[section] == nil {
			sections[section] = ast.NewObject()
		}
		sections[section].Insert(way[1], ast.ArrayTerm(members...))
	}
	all := ast.NewObject([2]*ast.Term{kAccount, ast.NewTerm(at(document, kAccount))})
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		all.Insert(ast.InternedTerm(name), ast.NewTerm(sections[name]))
	}
	all.Insert(kGaps, f.gaps())
	if calls := f.calls(); calls != nil {
		all.Insert(kCollection, ast.ObjectTerm([2]*ast.Term{kCalls, ast.ArrayTerm(calls...)}))
	}
	return ast.NewTerm(all)
}

// calls are those of the other account's ledger, by which a policy knows what was asked there; nil if it has none.
func (f *fragment) calls() []*ast.Term {
	var calls []*ast.Term
	eachAt(f.of.document(), []*ast.Term{kCollection, kCalls}, func(_ int, call ast.Value) {
		if f.regions[textAt(call, kRegion)] {
			calls = append(calls, ast.NewTerm(call))
		}
	})
	return calls
}

// gaps are those of the other account that bear on what is pointed to.
func (f *fragment) gaps() *ast.Term {
	var members []*ast.Term
	eachAt(f.of.document(), []*ast.Term{kGaps}, func(_ int, gap ast.Value) {
		switch textAt(gap, kService) {
		case "cloudtrail", "logs", "cloudwatch", "sns":
			if f.regions[textAt(gap, kRegion)] {
				members = append(members, ast.NewTerm(gap))
			}
		}
	})
	return ast.ArrayTerm(members...)
}
