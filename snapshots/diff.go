package snapshots

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Delta is what differs between two snapshots of one account.
type Delta struct {
	Account string `json:"account"`
	Alias   string `json:"alias,omitempty"`
	From    Moment `json:"from"`
	To      Moment `json:"to"`
	// Changes are what is otherwise in the account, or is seen no more or newly.
	Changes []Change `json:"changes"`
	// Gaps are those that only one of the two has.
	Gaps []GapChange `json:"gaps"`
	// Regions are those that only one of the two read.
	Regions RegionChange `json:"regions"`
	// Aside is what differs without the account being another: states, times, the record of the collection.
	Aside []Change `json:"aside"`
}

// Moment identifies one of the two snapshots.
type Moment struct {
	CollectedAt string `json:"collected_at"`
	Digest      string `json:"digest"`
}

// ChangeKind says what became of a resource.
type ChangeKind string

// The kinds of change. Of what was not read nobody knows whether it is there: it is seen newly, or not any more, and never added or
// removed.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
	Seen    ChangeKind = "seen"
	Unseen  ChangeKind = "unseen"
)

// Change is one resource that differs.
type Change struct {
	Kind ChangeKind `json:"kind"`
	// List is where its kind of resource stands in a snapshot: /cloudtrail/trails.
	List string `json:"list"`
	// Name tells it apart from others of its kind in its region.
	Name   string `json:"name"`
	Region string `json:"region,omitempty"`
	// From and To are its JSON pointers in the canonical form of the two; empty where it is not.
	From   string        `json:"from,omitempty"`
	To     string        `json:"to,omitempty"`
	Fields []FieldChange `json:"fields,omitempty"`
}

// GapChange is something that could be read once, and could not be the other time.
type GapChange struct {
	// Kind is appeared or vanished.
	Kind      string `json:"kind"`
	Region    string `json:"region,omitempty"`
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Resource  string `json:"resource,omitempty"`
	Why       string `json:"why"` // denied, error, not_attempted, throttled
	Code      string `json:"code,omitempty"`
}

// RegionChange are the regions that only one of two snapshots read.
type RegionChange struct {
	NewlyRead []string `json:"newly_read,omitempty"`
	LeftOut   []string `json:"left_out,omitempty"`
}

// Same tells whether the two show the same account, seen equally well. What stands aside does not count.
func (d *Delta) Same() bool {
	return len(d.Changes) == 0 && len(d.Gaps) == 0 && len(d.Regions.NewlyRead) == 0 && len(d.Regions.LeftOut) == 0
}

// AccountError is two snapshots that are not of one account.
type AccountError struct{ From, To string }

func (e *AccountError) Error() string {
	return fmt.Sprintf("compare: account %s and account %s are not one", e.From, e.To)
}

// Diff is what differs from one snapshot of an account to another. Lists have no order, so none matters. The error is an
// [*AccountError] for two accounts.
func Diff(from, to *Snapshot) (*Delta, error) {
	if from.Account.ID != to.Account.ID || from.Account.Partition != to.Account.Partition {
		return nil, &AccountError{from.Account.Partition + " " + from.Account.ID, to.Account.Partition + " " + to.Account.ID}
	}
	d := &Delta{Account: to.Account.ID, Alias: cmp.Or(textOf(to.Account.Alias), textOf(from.Account.Alias))}
	d.normalize()
	old, err := from.Canonical()
	if err != nil {
		return nil, err
	}
	now, err := to.Canonical()
	if err != nil {
		return nil, err
	}
	d.From, d.To = momentOf(from, old), momentOf(to, now)
	if bytes.Equal(old, now) {
		return d, nil
	}
	a, err := viewOf(from)
	if err != nil {
		return nil, err
	}
	b, err := viewOf(to)
	if err != nil {
		return nil, err
	}
	for _, list := range Lists() {
		d.list(list.Pointer, a, b)
	}
	d.rest(a, b)
	d.collection(a, b)
	d.gaps(from.Gaps, to.Gaps)
	d.regions(a, b)
	d.normalize()
	return d, nil
}

func momentOf(s *Snapshot, canonical []byte) Moment {
	return Moment{s.CollectedAt.String(), fmt.Sprintf("sha256:%x", sha256.Sum256(canonical))}
}

func (d *Delta) normalize() {
	d.Changes, d.Aside, d.Gaps = Listed(d.Changes), Listed(d.Aside), Listed(d.Gaps)
}

// list compares the records of one list, by what they are called.
func (d *Delta) list(pointer string, a, b *view) {
	for _, p := range pairs(pointer, a.records(pointer), b.records(pointer)) {
		one := p.new
		if one == nil {
			one = p.old
		}
		change := Change{List: pointer, Name: Name(pointer, one.fields), Region: textIn(one.fields, "region")}
		if p.old != nil {
			change.From = p.old.pointer
		}
		if p.new != nil {
			change.To = p.new.pointer
		}
		switch {
		case p.old == nil && a.blind(pointer, p.new.fields):
			change.Kind = Seen
		case p.old == nil:
			change.Kind = Added
		case p.new == nil && b.blind(pointer, p.old.fields):
			change.Kind = Unseen
		case p.new == nil:
			change.Kind = Removed
		default:
			change.Kind = Changed
			d.changed(change, p, a, b)
			continue
		}
		d.Changes = append(d.Changes, change)
	}
}

// changed notes the fields of a record that both have: those that count, and those that do not.
func (d *Delta) changed(change Change, p pair, a, b *view) {
	var counts, aside []FieldChange
	for _, f := range Fields(p.old.fields, p.new.fields) {
		top, _, _ := strings.Cut(f.Path, ".")
		top = strings.TrimSuffix(top, "[]")
		switch {
		case passing(change.List, f.Path):
			aside = append(aside, f)
			continue
		case f.Path == top && f.From == nil && a.unread(change.List, top, p.old.fields):
			f.Unread = "from"
		case f.Path == top && f.To == nil && b.unread(change.List, top, p.new.fields):
			f.Unread = "to"
		}
		counts = append(counts, f)
	}
	if len(counts) > 0 {
		change.Fields = counts
		d.Changes = append(d.Changes, change)
	}
	if len(aside) > 0 {
		change.Fields = aside
		d.Aside = append(d.Aside, change)
	}
}

// rest compares what is in no list: the account, and what this version does not know.
func (d *Delta) rest(a, b *view) {
	old, now := a.rest(), b.rest()
	for _, name := range sortedKeys(union(old, now)) {
		fields := Fields(map[string]any{name: orMissing(old, name)}, map[string]any{name: orMissing(now, name)})
		if len(fields) > 0 {
			d.Changes = append(d.Changes, Change{Kind: Changed, List: "/" + name, Name: name, Fields: fields})
		}
	}
}

// collection notes how the two were collected.
func (d *Delta) collection(a, b *view) {
	old, now := a.collection(), b.collection()
	if fields := Fields(old, now); len(fields) > 0 {
		d.Aside = append(d.Aside, Change{Kind: Changed, List: "/collection", Name: "collection", Fields: fields})
	}
}

// gaps compares what could not be read, by what it is and not by what AWS said of it.
func (d *Delta) gaps(from, to []Gap) {
	appeared, vanished := gapsOnlyIn(to, from, "appeared"), gapsOnlyIn(from, to, "vanished")
	d.Gaps = slices.Concat(appeared, vanished)
	slices.SortFunc(d.Gaps, func(x, y GapChange) int {
		return cmp.Or(cmp.Compare(x.Region, y.Region), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Operation, y.Operation),
			cmp.Compare(x.Resource, y.Resource), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Why, y.Why), cmp.Compare(x.Code, y.Code))
	})
}

func gapsOnlyIn(some, others []Gap, kind string) []GapChange {
	known := map[GapChange]bool{}
	for _, g := range others {
		known[gapChange(g, kind)] = true
	}
	var only []GapChange
	for _, g := range some {
		if one := gapChange(g, kind); !known[one] {
			known[one] = true
			only = append(only, one)
		}
	}
	return only
}

func gapChange(g Gap, kind string) GapChange {
	return GapChange{kind, g.Region, g.Service, g.Operation, textOf(g.Resource), string(g.Kind), g.Code}
}

// regions compares which regions were read, where both say it.
func (d *Delta) regions(a, b *view) {
	if a.regions == nil || b.regions == nil {
		return
	}
	for _, name := range sortedKeys(b.regions) {
		if !a.regions[name] {
			d.Regions.NewlyRead = append(d.Regions.NewlyRead, name)
		}
	}
	for _, name := range sortedKeys(a.regions) {
		if !b.regions[name] {
			d.Regions.LeftOut = append(d.Regions.LeftOut, name)
		}
	}
}

// decoded is JSON as it stands, numbers included.
func decoded(data []byte) (map[string]any, error) {
	var document map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	err := d.Decode(&document)
	return document, err
}

func union(a, b map[string]any) map[string]any {
	both := map[string]any{}
	for name := range a {
		both[name] = nil
	}
	for name := range b {
		both[name] = nil
	}
	return both
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }
