package snapshots

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Validate lists every problem of a snapshot's JSON text: what is no JSON, what has the wrong type, and beyond that
// what cannot be so, or is doubtful, in an account. [Plain] unpacks a file for it.
func Validate(data []byte) []Problem {
	s := new(Snapshot)
	d := decode(data, snapshotShape, reflect.ValueOf(s).Elem())
	var syntax *SyntaxError
	if errors.As(d.broken, &syntax) {
		return []Problem{{Wrong, syntax.Pointer, syntax.Offset, "JSON", syntax.Reason, syntax.Hint}}
	}
	if s.Schema != SchemaName {
		err := &SchemaError{s.Schema}
		return []Problem{{Wrong, "/schema", -1, strconv.Quote(SchemaName), orNone(s.Schema), err.Hint()}}
	}
	c := &checker{snapshot: s, problems: append(d.problems, d.missing...)}
	c.account()
	c.collection()
	c.records()
	c.trails()
	c.gaps()
	c.lists()
	sortProblems(c.problems)
	return c.problems
}

// checker looks for what types cannot say.
type checker struct {
	snapshot *Snapshot
	problems []Problem
}

func (c *checker) note(severity Severity, pointer, expected, got string) {
	c.problems = append(c.problems, Problem{severity, pointer, -1, expected, got, ""})
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return strconv.Quote(text)
}

func (c *checker) account() {
	a := c.snapshot.Account
	if a.ID != "" && !IsAccountID(a.ID) { // a missing one is noted already
		c.note(Wrong, "/account/id", "twelve digits", orNone(a.ID))
	}
	if a.Partition != "" && a.Partition != "aws" && !strings.HasPrefix(a.Partition, "aws-") {
		c.note(Wrong, "/account/partition", "aws, aws-us-gov, aws-cn ...", orNone(a.Partition))
	}
	if o := a.Organization; o != nil && !IsAccountID(o.MasterAccountID) {
		c.note(Wrong, "/account/organization/master_account_id", "twelve digits", orNone(o.MasterAccountID))
	}
}

func (c *checker) collection() {
	if c.snapshot.Collection.Source == "" {
		c.note(Doubtful, "/collection/source", "where the facts come from (aws, aws-cli)", "nothing")
	}
	if r := c.snapshot.Collection.Regions; r != nil {
		c.regions("/collection/regions/enabled", r.Enabled)
		c.regions("/collection/regions/requested", r.Requested)
	}
	for i, call := range c.snapshot.Collection.Calls {
		pointer := fmt.Sprintf("/collection/calls/%d", i)
		if call.Status != "ok" && !slices.Contains([]GapKind{Denied, Failed, Throttled}, GapKind(call.Status)) {
			c.note(Doubtful, pointer+"/status", "ok, denied, error or throttled", orNone(call.Status))
		}
		if call.SHA256 != nil && (len(*call.SHA256) != 64 || strings.Trim(*call.SHA256, "0123456789abcdef") != "") {
			c.note(Wrong, pointer+"/sha256", "64 hexadecimal digits", orNone(*call.SHA256))
		}
	}
}

func (c *checker) regions(pointer string, names []string) {
	seen := map[string]int{}
	for i, name := range names {
		here := fmt.Sprintf("%s/%d", pointer, i)
		if !IsRegion(name) {
			c.note(Wrong, here, "a region (us-east-1)", orNone(name))
		}
		if first, again := seen[name]; again {
			c.note(Doubtful, here, "each region once", fmt.Sprintf("%q, which item %d has", name, first))
		}
		seen[name] = i
	}
}

// trails checks what only trails have: a home region, and facts that come from calls of their own.
func (c *checker) trails() {
	for i, t := range c.snapshot.CloudTrail.Trails {
		pointer := fmt.Sprintf("/cloudtrail/trails/%d", i)
		arn, ok := ParseARN(t.TrailARN)
		if ok && t.HomeRegion != nil && *t.HomeRegion != arn.Region {
			c.note(Wrong, pointer+"/HomeRegion", "the region of the ARN, "+strconv.Quote(arn.Region), orNone(*t.HomeRegion))
		}
		if id := c.snapshot.Account.ID; ok && IsAccountID(id) && arn.Account != id && (t.IsOrganizationTrail == nil || !*t.IsOrganizationTrail) {
			c.note(Doubtful, pointer+"/TrailARN", "account "+id+", or an organisation trail", orNone(arn.Account))
		}
		if t.Status == nil && !c.excused("get-trail-status", t) {
			c.note(Doubtful, pointer+"/Status", "the trail's status, or a gap of get-trail-status", "neither")
		}
		if t.EventSelectors == nil && t.AdvancedEventSelectors == nil && !c.excused("get-event-selectors", t) {
			c.note(Doubtful, pointer+"/EventSelectors", "the trail's event selectors, or a gap of get-event-selectors", "neither")
		}
	}
}

// excused tells whether a gap says why a call about a trail was not read.
func (c *checker) excused(operation string, t Trail) bool {
	return slices.ContainsFunc(c.snapshot.Gaps, func(g Gap) bool {
		return g.Service == "cloudtrail" && g.Operation == operation && (g.Resource == nil || *g.Resource == t.TrailARN)
	})
}

func (c *checker) gaps() {
	for i, g := range c.snapshot.Gaps {
		pointer := fmt.Sprintf("/gaps/%d", i)
		if g.Kind != "" && !slices.Contains(GapKinds(), g.Kind) {
			c.note(Wrong, pointer+"/kind", "denied, error, not_attempted or throttled", orNone(string(g.Kind)))
		}
		if g.Region != "" && !IsRegion(g.Region) {
			c.note(Wrong, pointer+"/region", "a region (us-east-1)", orNone(g.Region))
		}
		if strings.ToLower(g.Operation) != g.Operation {
			c.note(Wrong, pointer+"/operation", "the AWS CLI's spelling (describe-trails)", orNone(g.Operation))
		}
	}
}

// lists checks that every list was read or has a gap.
func (c *checker) lists() {
	for _, l := range Lists() {
		if l.Read(c.snapshot) {
			continue
		}
		covered := slices.ContainsFunc(c.snapshot.Gaps, func(g Gap) bool {
			return g.Service == l.Service && (g.Operation == l.Operation ||
				l.Operation == "list-subscriptions-by-topic" && g.Operation == "list-subscriptions")
		})
		if !covered {
			c.problems = append(c.problems, Problem{Wrong, l.Pointer, -1,
				fmt.Sprintf("a list, or a gap of %s %s", l.Service, l.Operation), "neither",
				"a list that was not read is absent and has a gap; one that was read and holds nothing is []"})
		}
	}
}
