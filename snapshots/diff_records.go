package snapshots

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// view is a snapshot as it is compared: its canonical form, decoded, and what it could see.
type view struct {
	snapshot *Snapshot
	document map[string]any
	regions  map[string]bool // that were read; nil if nobody says
}

func viewOf(s *Snapshot) (*view, error) {
	settled, err := s.clone()
	if err != nil {
		return nil, err
	}
	dropEmpty(snapshotShape, reflect.ValueOf(settled).Elem())
	canonical, err := settled.Canonical()
	if err != nil {
		return nil, err
	}
	document, err := decoded(canonical)
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: compare: %w", s.Account.ID, err)
	}
	return &view{s, document, regionsRead(s.Collection.Regions)}, nil
}

func regionsRead(r *Regions) map[string]bool {
	if r == nil || r.Enabled == nil && r.Requested == nil {
		return nil
	}
	read := map[string]bool{}
	names := r.Requested
	if len(names) == 0 {
		names = r.Enabled
	}
	for _, name := range names {
		read[name] = true
	}
	for _, skipped := range r.Skipped {
		delete(read, skipped.Name)
	}
	return read
}

// entry is one record of a list and where it stands.
type entry struct {
	pointer string
	fields  map[string]any
}

// at is what stands at a pointer of plain names; nil if nothing does.
func (v *view) at(pointer string) any {
	var value any = v.document
	for _, name := range strings.Split(pointer, "/")[1:] {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

func (v *view) records(pointer string) []entry {
	items, _ := v.at(pointer).([]any)
	var all []entry
	for i, item := range items {
		if fields, ok := item.(map[string]any); ok {
			all = append(all, entry{fmt.Sprintf("%s/%d", pointer, i), fields})
		}
	}
	return all
}

// rest is the document without the lists of records, and without what says how it was collected.
func (v *view) rest() map[string]any {
	rest := map[string]any{}
	for name, value := range v.document {
		switch name {
		case "schema", "collected_at", "collection", "gaps":
			continue
		}
		object, ok := value.(map[string]any)
		if !ok {
			rest[name] = value
			continue
		}
		kept := map[string]any{}
		for field, value := range object {
			if !slices.ContainsFunc(Lists(), func(l List) bool { return l.Pointer == "/"+name+"/"+field }) {
				kept[field] = value
			}
		}
		if len(kept) > 0 {
			rest[name] = kept
		}
	}
	return rest
}

// collection is how the snapshot was collected; of its calls, how many there were. The regions are compared apart.
func (v *view) collection() map[string]any {
	kept := map[string]any{"collected_at": v.document["collected_at"]}
	all, _ := v.document["collection"].(map[string]any)
	for name, value := range all {
		switch name {
		case "regions":
		case "calls":
			calls, _ := value.([]any)
			kept[name] = fmt.Sprintf("%d", len(calls))
		default:
			kept[name] = value
		}
	}
	return kept
}

// blind tells whether the snapshot would not show a record even if it were in the account: its list or its region was not read.
func (v *view) blind(list string, fields map[string]any) bool {
	region := textIn(fields, "region")
	if home := textIn(fields, "HomeRegion"); list == "/cloudtrail/trails" && home != "" {
		region = home // only there every trail is listed
	}
	if v.at(list) == nil || v.regions != nil && !v.regions[region] {
		return true
	}
	for _, l := range Lists() {
		if l.Pointer == list && v.gap(l.Service, l.Operation, region, fields) {
			return true
		}
	}
	return list == "/sns/subscriptions" && (v.gap("sns", "list-subscriptions", region, fields) || v.gap("sns", "list-topics", region, fields))
}

// unread tells whether the snapshot lacks a field of a record because the call that shows it was not made or failed.
func (v *view) unread(list, field string, fields map[string]any) bool {
	for _, d := range Details() {
		if d.Pointer != list || d.Field != field && d.Field != "" {
			continue
		}
		service := strings.Split(list, "/")[1]
		if v.gap(service, d.Operation, textIn(fields, "region"), fields) {
			return true
		}
		switch d.Field {
		case "Status", "Attributes":
			return true
		case "EventSelectors", "AdvancedEventSelectors": // a trail has the ones or the others
			return fields["EventSelectors"] == nil && fields["AdvancedEventSelectors"] == nil
		}
	}
	return false
}

// gap tells whether a call that would show the record failed: for the region, or for a resource that the record names.
func (v *view) gap(service, operation, region string, fields map[string]any) bool {
	return slices.ContainsFunc(v.snapshot.Gaps, func(g Gap) bool {
		if g.Service != service || g.Operation != operation || g.Region != "" && g.Region != region {
			return false
		}
		if g.Resource == nil {
			return true
		}
		for _, value := range fields {
			if value == *g.Resource {
				return true
			}
		}
		return false
	})
}

func textIn(fields map[string]any, name string) string {
	text, _ := fields[name].(string)
	return text
}

// Name is what a record of a list, as decoded JSON, is called in its region: what tells it apart, whatever else changes.
func Name(list string, fields map[string]any) string {
	text := func(name string) string { return textIn(fields, name) }
	switch list {
	case "/cloudtrail/trails":
		return text("TrailARN")
	case "/cloudwatch/alarms", "/cloudwatch/composite_alarms", "/cloudwatch/log_alarms":
		return text("AlarmName")
	case "/cloudwatch/mute_rules":
		return text("AlarmMuteRuleArn")
	case "/logs/log_groups":
		return text("logGroupName")
	case "/logs/metric_filters":
		return text("filterName") + " of " + text("logGroupName")
	case "/securityhub/hubs":
		return "hub"
	case "/sns/topics":
		return text("TopicArn")
	case "/sns/subscriptions":
		return strings.Join([]string{text("Protocol"), text("Endpoint"), "of", text("TopicArn")}, " ")
	}
	return ""
}

// identity is what a record is known by in both snapshots.
func identity(list string, fields map[string]any) string {
	parts := []string{textIn(fields, "region"), Name(list, fields)}
	switch list {
	case "/cloudtrail/trails":
		parts[0] = "" // a trail is read in another region where its home is not
	case "/logs/metric_filters":
		parts = append(parts, textIn(fields, "logGroupName"), textIn(fields, "filterName"))
	case "/sns/subscriptions":
		parts = append(parts, textIn(fields, "TopicArn"), textIn(fields, "Protocol"), textIn(fields, "Endpoint"))
	}
	return strings.Join(parts, "\x00")
}

// pair is a record as it was and as it is; one of them may be nil.
type pair struct{ old, new *entry }

// pairs brings together the records of two lists that are one, in the order of their names. A subscription is known by its ARN once it
// is confirmed, and by whom it reaches before and after.
func pairs(list string, old, now []entry) []pair {
	groups := map[string]*[2][]*entry{}
	for side, entries := range [2][]entry{old, now} {
		for i := range entries {
			key := identity(list, entries[i].fields)
			if groups[key] == nil {
				groups[key] = &[2][]*entry{}
			}
			groups[key][side] = append(groups[key][side], &entries[i])
		}
	}
	var all []pair
	for _, key := range sortedKeys(groups) {
		all = append(all, matched(list, groups[key][0], groups[key][1])...)
	}
	return all
}

// matched brings records of one identity together: equal ones, then those of one ARN, then one that is confirmed with one that was not,
// then, if it is no subscription, in their order.
func matched(list string, old, now []*entry) []pair {
	var all []pair
	match := func(same func(a, b *entry) bool) {
		old = slices.DeleteFunc(old, func(a *entry) bool {
			i := slices.IndexFunc(now, func(b *entry) bool { return same(a, b) })
			if i >= 0 {
				all = append(all, pair{a, now[i]})
				now = slices.Delete(now, i, i+1)
			}
			return i >= 0
		})
	}
	if len(old) > 1 || len(now) > 1 {
		match(func(a, b *entry) bool { return equal(a.fields, b.fields) })
	}
	if list == "/sns/subscriptions" {
		match(func(a, b *entry) bool { return a.fields["SubscriptionArn"] == b.fields["SubscriptionArn"] })
		match(func(a, b *entry) bool { return !confirmed(a) || !confirmed(b) })
	} else {
		match(func(*entry, *entry) bool { return true })
	}
	for _, a := range old {
		all = append(all, pair{a, nil})
	}
	for _, b := range now {
		all = append(all, pair{nil, b})
	}
	return all
}

func confirmed(e *entry) bool {
	_, ok := ParseARN(textIn(e.fields, "SubscriptionArn"))
	return ok
}
