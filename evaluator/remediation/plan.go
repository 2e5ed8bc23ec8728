package remediation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// mending is one run: what was found, what is to be mended, and how far that is.
type mending struct {
	*search
	before map[string][]report.Result // of each account
	start  *world
	now    *world
	goals  []goal
	failed map[goalKey]string // why a goal was not mended
	ids    []string           // of the accounts, in the order of the report
	whole  *report.Report

	careful bool // ask after each change whether it breaks something
}

type goalKey struct{ account, id string }

func (g goal) key() goalKey { return goalKey{g.account, g.row.ID} }

// Propose works out what each account needs, and proves it. The controls that are to be mended are those of the options that fail; with
// all accounts of a run, what one needs in another is in the other's plan.
func Propose(ctx context.Context, engine *evaluator.Engine, inputs []evaluator.Input, o Options) (*Result, error) {
	m := &mending{search: &search{engine: engine, options: o}, before: map[string][]report.Result{}, failed: map[goalKey]string{}}
	if err := m.find(ctx, inputs); err != nil {
		return nil, err
	}
	known := maps.Clone(m.failed)
	if err := m.pursueAll(ctx); err != nil {
		return nil, err
	}
	// That a change breaks what passes is rare, and to ask after each is dear: it is asked once, and only if it is so, step by step.
	broken, err := m.breaks(ctx, m.start, m.now)
	if err == nil && broken != "" {
		m.now, m.failed, m.careful = m.start, known, true
		err = m.pursueAll(ctx)
	}
	if err != nil {
		return nil, err
	}
	return m.result(ctx, inputs)
}

func (m *mending) pursueAll(ctx context.Context) error {
	for _, g := range m.goals {
		if err := m.pursue(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// find evaluates the accounts as they are, and lists what is to be mended.
func (m *mending) find(ctx context.Context, inputs []evaluator.Input) error {
	var err error
	if m.start, err = newWorld(inputs); err != nil {
		return err
	}
	m.now = m.start
	all := m.options.Evaluate
	all.NoRecords = true
	wanted := all.Controls
	all.Controls = nil
	var as []evaluator.Input
	for _, p := range m.start.accounts {
		as = append(as, evaluator.Input{Name: p.name, Snapshot: p.snapshot})
	}
	if m.whole, err = m.engine.Evaluate(ctx, as, all); err == nil {
		err = evaluator.Unjudged(m.whole)
	}
	if err != nil {
		return err
	}
	chosen := map[string]bool{}
	if len(wanted) > 0 {
		all.Controls = wanted
		some, err := m.engine.Evaluate(ctx, as[:1], all)
		if err != nil {
			return err
		}
		for _, row := range some.Accounts[0].Results {
			chosen[row.ID] = true
		}
	}
	for _, a := range m.whole.Accounts {
		m.ids = append(m.ids, a.Account)
		m.before[a.Account] = a.Results
		for _, row := range a.Results {
			if followsChain(&row) && !slices.Contains(m.slugs, row.Control) {
				m.slugs = append(m.slugs, row.Control)
			}
			if len(wanted) == 0 || chosen[row.ID] {
				m.aim(a.Account, row)
			}
		}
	}
	return nil
}

// followsChain tells whether a control is about the way from the trail to a person.
func followsChain(row *report.Result) bool {
	return slices.ContainsFunc(row.Findings, func(f report.Finding) bool { return f.Evidence["wanted"] != nil })
}

// aim makes a goal of a control that is to be mended.
func (m *mending) aim(account string, row report.Result) {
	g := goal{account, row}
	switch row.Status {
	case report.Fail:
		m.goals = append(m.goals, g)
	case report.Waived:
		if m.options.Waived {
			m.goals = append(m.goals, g)
		}
	case report.Unknown:
		m.goals = append(m.goals, g)
		if !m.options.Unknown {
			m.failed[g.key()] = strings.Join(report.WaysOut(&row), " ")
		}
	}
}

// pursue mends one goal, unless that would break what passes.
func (m *mending) pursue(ctx context.Context, g goal) error {
	if m.failed[g.key()] != "" {
		return nil
	}
	next, err := m.mend(ctx, m.now, g)
	if err != nil {
		return err
	}
	if next == nil {
		m.failed[g.key()] = cmp.Or(m.full(g)+m.unreadTrails(g)+strings.Join(report.WaysOut(&g.row), " "), "No change is known that makes it pass.")
		return nil
	}
	if next == m.now {
		return nil
	}
	broken := ""
	if m.careful {
		if broken, err = m.breaks(ctx, m.now, next); err != nil {
			return err
		}
	}
	if broken != "" {
		m.failed[g.key()] = "The change that would make it pass makes " + broken + " no longer pass. " + strings.Join(report.WaysOut(&g.row), " ")
		return nil
	}
	m.now = next
	return nil
}

// full says that a log group has no room for another filter, or a trail none for another selector, if that is so of the goal's.
func (m *mending) full(g goal) string {
	for _, f := range g.row.Findings {
		trail := m.now.trail(trailOf(&f), g.account)
		if trail == nil {
			continue
		}
		if f.Link == "event_selectors" && f.Status == report.Fail && crowded(trail) != "" {
			return crowded(trail)
		}
		group, _ := parseGroup(orEmpty(trail.CloudWatchLogsLogGroupArn))
		if n := len(m.now.filters(group)); n >= mostFilters {
			return fmt.Sprintf("Log group %s has %d metric filters, and AWS allows %d: take some away first. ", group.name, n, mostFilters)
		}
	}
	return ""
}

// breaks names a control that passed and would no longer do so in a world that another has become.
func (m *mending) breaks(ctx context.Context, last, next *world) (string, error) {
	changed := map[string]bool{}
	for i, p := range next.accounts {
		if last.accounts[i] != p {
			changed[p.snapshot.Account.ID] = true
		}
	}
	for _, id := range next.neighbours(changed) {
		rows, err := m.judge(ctx, next, id)
		if err != nil {
			return "", err
		}
		for i, row := range rows {
			if was := m.before[id][i]; was.Status == report.Pass && row.Status != report.Pass {
				return "control " + row.ID + " of account " + id, nil
			}
		}
	}
	return "", nil
}

// result is the plans, with what the controls say of the accounts as they would be.
func (m *mending) result(ctx context.Context, inputs []evaluator.Input) (*Result, error) {
	r := &Result{Schema: SchemaName, Tool: m.whole.Tool, Benchmark: m.whole.Benchmark, Policies: m.whole.Policies, Plans: []Plan{}}
	after := map[string][]report.Result{}
	for _, id := range m.ids {
		after[id] = m.before[id]
		if m.now != m.start {
			rows, err := m.judge(ctx, m.now, id)
			if err != nil {
				return nil, err
			}
			after[id] = rows
		}
	}
	for _, a := range m.whole.Accounts {
		s := m.start.at(a.Account)
		p := Plan{
			Account: a.Account, Alias: a.Alias, Partition: s.Account.Partition, CollectedAt: a.Snapshot.CollectedAt, Digest: a.Snapshot.Digest,
			Variables: []Variable{}, Changes: []Change{}, Steps: []Step{}, Permissions: []string{}, Controls: []Control{}, Accounts: []string{}, Assumptions: []string{},
		}
		for _, in := range inputs { // of the snapshot as it was given
			if in.Snapshot.Account.ID == a.Account {
				digest, err := in.Snapshot.Digest()
				if err != nil {
					return nil, err
				}
				p.Digest = digest
			}
		}
		served := m.served(after, &p)
		m.addChanges(&p, served)
		p.Permissions = permissions(p.Changes)
		m.addSteps(&p, served, after[a.Account])
		m.addControls(&p, after[a.Account])
		m.addVariables(&p)
		r.Plans = append(r.Plans, p)
	}
	return r, nil
}

// addChanges are the changes of an account's own resources.
func (m *mending) addChanges(p *Plan, served map[ref][]string) {
	for _, r := range slices.SortedFunc(maps.Keys(m.now.touched), compareRefs) {
		if r.account != p.Account {
			continue
		}
		if c, ok := m.change(r); ok {
			c.Controls = m.inOrder(p.Account, append(c.Controls, served[r]...))
			p.Changes = append(p.Changes, c)
		}
	}
}

func compareRefs(a, b ref) int {
	return cmp.Or(
		slices.Index(kinds, a.kind)-slices.Index(kinds, b.kind),
		strings.Compare(a.account, b.account), strings.Compare(a.region, b.region), strings.Compare(a.name, b.name),
	)
}

// inOrder are ids of controls, each once, in the order of the edition.
func (m *mending) inOrder(account string, ids []string) []string {
	sorted := []string{}
	for _, row := range m.before[account] {
		if slices.Contains(ids, row.ID) {
			sorted = append(sorted, row.ID)
		}
	}
	return sorted
}

// served are the controls that rest on what was changed, besides those that it was changed for: those that were to be mended, pass now, and
// whose findings point there; of data events, that the trail is started. Where that is in another account, the plan says so.
func (m *mending) served(after map[string][]report.Result, p *Plan) map[ref][]string {
	found := map[ref][]string{}
	refs := slices.Collect(maps.Keys(m.now.touched))
	for _, made := range m.now.promises {
		if _, known := m.now.touched[made.about]; made.step != nil && !known {
			refs = append(refs, made.about)
		}
	}
	for _, g := range m.goals {
		row := find(after[g.account], func(r *report.Result) bool { return r.ID == g.row.ID })
		if row == nil || row.Status != report.Pass {
			continue
		}
		for _, f := range row.Findings {
			for _, r := range refs {
				recorded := r.kind == LoggingKind && r.name == trailOf(&f) && strings.HasPrefix(g.row.Control, "s3-data-events-")
				if !recorded && !m.restsOn(&f, g.account, r) {
					continue
				}
				found[r] = append(found[r], g.row.ID)
				if g.account == p.Account && r.account != p.Account && m.now.at(r.account) != nil && !slices.Contains(p.Accounts, r.account) {
					p.Accounts = append(p.Accounts, r.account)
				}
			}
		}
	}
	slices.Sort(p.Accounts)
	return found
}

// restsOn tells whether a finding is about a resource of the way from the trail to a person.
func (m *mending) restsOn(f *report.Finding, home string, r ref) bool {
	if _, chain := f.Evidence["wanted"]; !chain {
		return false
	}
	group, _ := parseGroup(textOf(f.Evidence["log_group"]))
	switch r.kind {
	case LogGroupKind:
		return r == ref{LogGroupKind, group.account, group.region, group.name}
	case RoleKind:
		return r.account == group.account && r.region == group.region
	case TrailKind:
		c, _ := m.change(r)
		way := c.Create || slices.Contains(c.Fields, "IsMultiRegionTrail") || slices.Contains(c.Fields, "CloudWatchLogsLogGroupArn")
		return way && r.name == trailOf(f)
	case LoggingKind, SelectorsKind:
		return r.name == trailOf(f) && !m.now.touched[r].data
	case BucketKind:
		return r.account == group.account
	}
	for _, pointer := range f.Pointers {
		account, listed, i := pointed(pointer, home)
		s := m.now.at(account)
		if s == nil || account != r.account {
			continue
		}
		switch {
		case listed == "/logs/metric_filters" && r.kind == FilterKind:
			f := s.Logs.MetricFilters[i]
			if r.name == f.LogGroupName+"\x00"+f.FilterName && r.region == f.Region {
				return true
			}
		case listed == "/cloudwatch/alarms" && r.kind == AlarmKind:
			if a := s.CloudWatch.Alarms[i]; r.name == a.AlarmName && r.region == a.Region {
				return true
			}
		case listed == "/sns/topics" && r.kind == TopicKind:
			if r.name == s.SNS.Topics[i].TopicArn {
				return true
			}
		case listed == "/sns/subscriptions" && r.kind == SubscriptionKind:
			if r.name == s.SNS.Subscriptions[i].TopicArn {
				return true
			}
		}
	}
	return false
}

// change is what became of a resource; not ok if it is as it was.
func (m *mending) change(r ref) (Change, bool) {
	t := m.now.touched[r]
	c := Change{Kind: r.kind, Create: t.create, Region: r.region, Name: r.name, Why: t.why, Notes: t.notes, Controls: t.controls}
	before, after := m.start.at(r.account), m.now.at(r.account)
	if after == nil { // a trail of an account that is none of the run
		before, after = m.start.at(t.home), m.now.at(t.home)
	}
	switch r.kind {
	case BucketKind:
		c.Bucket = t.bucket
	case RoleKind:
		c.Role, c.Name = t.role, t.role.Name
	case LogGroupKind:
		c.LogGroup = groupAt(after, r.region, r.name)
	case TrailKind, LoggingKind, SelectorsKind:
		is := func(t *snapshots.Trail) bool { return t.TrailARN == r.name }
		c.Trail = find(after.CloudTrail.Trails, is)
		c.Name = c.Trail.Name
		c.was = &Change{Trail: find(before.CloudTrail.Trails, is)}
		c.Fields = c.trailFields(c.was.Trail)
		if !c.Create && len(c.Fields) == 0 {
			return c, false
		}
	case TopicKind:
		c.Topic, c.Name = topicAt(after, r.name), lastPart(r.name)
	case SubscriptionKind:
		c.Subscription = find(after.SNS.Subscriptions, func(n *snapshots.Subscription) bool {
			return n.TopicArn == r.name && strings.HasSuffix(n.SubscriptionArn, ":"+confirmed)
		})
		c.Name = lastPart(r.name)
	case FilterKind:
		group, name, _ := strings.Cut(r.name, "\x00")
		c.Filter, c.Name = filterAt(after, r.region, group, name), name
		c.was = &Change{Filter: filterAt(before, r.region, group, name)}
		c.Fields = differing(c.was.Filter, c.Filter)
		if !c.Create && len(c.Fields) == 0 {
			return c, false
		}
	case AlarmKind:
		c.Alarm = alarmAt(after, r.region, r.name)
		c.was = &Change{Alarm: alarmAt(before, r.region, r.name)}
		c.Fields = differing(c.was.Alarm, c.Alarm)
		if !c.Create && len(c.Fields) == 0 {
			return c, false
		}
	case HubKind:
		c.Hub = find(after.SecurityHub.Hubs, func(h *snapshots.Hub) bool { return h.Region == r.region })
	}
	c.Calls = c.calls()
	return c, true
}

// trailFields are the fields of a trail that a change of this kind is about and that differ.
func (c *Change) trailFields(was *snapshots.Trail) []string {
	if was == nil && !c.Create { // of a new trail, which records all management events and nothing else
		was = &snapshots.Trail{EventSelectors: []snapshots.EventSelector{everything()}}
	}
	all := differing(was, c.Trail)
	about := map[Kind][]string{
		TrailKind: {
			"CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "IncludeGlobalServiceEvents", "IsMultiRegionTrail", "KmsKeyId", "LogFileValidationEnabled",
		},
		SelectorsKind: {"AdvancedEventSelectors", "EventSelectors"},
		LoggingKind:   {"Status"},
	}[c.Kind]
	return slices.DeleteFunc(all, func(name string) bool { return !slices.Contains(about, name) })
}

// differing are the fields in which two records differ, by their JSON names; none if there was no record.
func differing[T any](was, is *T) []string {
	if was == nil || is == nil {
		return nil
	}
	var names []string
	a, b := reflect.ValueOf(was).Elem(), reflect.ValueOf(is).Elem()
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if name != "" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
