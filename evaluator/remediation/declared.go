package remediation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/cistern-audit/cistern/snapshots"
)

// declared is a resource in a format that says what shall be, not what to do. All changes of one trail are one resource.
type declared struct {
	changes []*Change // each has the record as it shall be
	create  bool
}

// declaredOf are the resources of a plan, in the order of its changes.
func declaredOf(p *Plan) []*declared {
	var all []*declared
	trails := map[string]*declared{}
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Trail != nil && trails[c.Trail.TrailARN] != nil {
			d := trails[c.Trail.TrailARN]
			d.changes, d.create = append(d.changes, c), d.create || c.Kind == TrailKind && c.Create
			continue
		}
		d := &declared{changes: []*Change{c}, create: c.Create}
		if c.Trail != nil {
			trails[c.Trail.TrailARN] = d
			d.create = c.Kind == TrailKind && c.Create
		}
		all = append(all, d)
	}
	return all
}

func (d *declared) first() *Change { return d.changes[0] }

// is tells whether one of the resource's changes is of a kind.
func (d *declared) is(kind Kind) bool {
	return slices.ContainsFunc(d.changes, func(c *Change) bool { return c.Kind == kind })
}

// fields are the names of all that differs from the snapshot.
func (d *declared) fields() []string {
	var all []string
	for _, c := range d.changes {
		all = append(all, c.Fields...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// existing is the resource as the snapshot has it; nil if it is created.
func (d *declared) existing() *Change {
	if d.create {
		return nil
	}
	return d.first().was
}

// purpose is a sentence for each change, with the controls that it serves, and what to know of it.
func (d *declared) purpose(p *Plan) []string {
	var lines []string
	for _, c := range d.changes {
		lines = append(lines, p.Resolve(c.Why)+" For "+spans(c.Controls)+".")
	}
	for _, c := range d.changes {
		for _, note := range c.Notes {
			lines = append(lines, p.Resolve(note))
		}
	}
	return lines
}

// commands are the AWS CLI calls that make the resource's changes, for formats that cannot say them.
func (d *declared) commands() []string {
	var lines []string
	for _, c := range d.changes {
		for _, call := range c.Calls {
			lines = append(lines, shellCall(call, c.Region))
		}
	}
	return lines
}

// regionsOf are the regions that a plan changes something in, the one with the most changes first.
func regionsOf(p *Plan) []string {
	count := map[string]int{}
	var all []string
	for _, c := range p.Changes {
		if count[c.Region]++; count[c.Region] == 1 {
			all = append(all, c.Region)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	return all
}

// madeName is a text by which some changes name what another creates, and what it is.
type madeName struct {
	kind   Kind
	region string
	text   string
}

// made are the texts that name what a change creates: its name, then its ARN.
func (c *Change) made() (name, arn string) {
	switch {
	case !c.Create:
		return "", ""
	case c.LogGroup != nil:
		return c.LogGroup.LogGroupName, orEmpty(c.LogGroup.Arn)
	case c.Bucket != nil:
		return c.Bucket.Name, ""
	case c.Topic != nil:
		return lastPart(c.Topic.TopicArn), c.Topic.TopicArn
	case c.Role != nil:
		return c.Role.Name, ""
	}
	return "", ""
}

// words are the runs of ASCII letters and digits of a name, taken apart where a capital follows a small letter, too.
func words(name string) []string {
	var all []string
	word := ""
	var last rune
	for _, r := range name + " " {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if word != "" && (!letter || r >= 'A' && r <= 'Z' && last >= 'a' && last <= 'z') {
			all, word = append(all, word), ""
		}
		if letter {
			word += string(r)
		}
		last = r
	}
	return all
}

// number is a number without an exponent.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// beyondThreshold tells what of an alarm is newer than the formats that declare resources; empty if nothing is.
func beyondThreshold(a *snapshots.Alarm) string {
	switch {
	case a.EvaluationCriteria != nil || a.EvaluationInterval != nil:
		return "its query"
	case a.EvaluationWindow != nil && a.EvaluationWindow.WallClockWindow != nil:
		return "its evaluation window"
	case a.WarmUpConfiguration != nil:
		return "its warm-up"
	case len(a.ActionConfiguration) > 0:
		return "the configuration of its actions"
	}
	return ""
}

// composed tells whether no sign of a text is another in Unicode's composed form, into which some tools bring all that they read.
// A text of which that is not known is none.
func composed(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.Is(unicode.M, r) || unicode.Is(decomposable, r)
	})
}

// decomposable are signs, beside marks, that may have another form.
var decomposable = &unicode.RangeTable{
	R16: []unicode.Range16{{0x0340, 0x0387, 1}, {0x1100, 0x11FF, 1}, {0x1F00, 0x1FFF, 1}, {0x2000, 0x2001, 1}, {0x2126, 0x212B, 1}, {0x2329, 0x232A, 1}, {0xF900, 0xFB4F, 1}},
	R32: []unicode.Range32{{0x1D15E, 0x1D1C0, 1}, {0x2F800, 0x2FA1F, 1}},
}
