package awscli

import (
	"net/url"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// trails makes one record of each trail: the home region's, if that was read, with the regions that listed it.
func (b *builder) trails() error {
	listed := map[string][]snapshots.Trail{}
	any, err := b.eachAnswer("describe-trails", func(f *file) error {
		var answer struct {
			TrailList []snapshots.Trail `json:"trailList"`
			Extra     snapshots.Extra   `json:",extra"`
		}
		if err := b.unmarshal(f, &answer, &answer.Extra); err != nil {
			return err
		}
		for _, t := range answer.TrailList {
			t.Region = f.region
			if t.Region == "" { // a flat folder: any region may have been asked
				t.Region = homeOf(t)
			}
			listed[t.TrailARN] = append(listed[t.TrailARN], t)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if any {
		b.s.CloudTrail.Trails = []snapshots.Trail{}
	}
	for _, copies := range listed {
		best := copies[0]
		seen := map[string]bool{}
		for _, t := range copies {
			seen[t.Region] = true
			if t.Region == homeOf(t) && best.Region != homeOf(t) {
				best = t
			}
		}
		best.SeenIn = sortedRegions(seen)
		b.s.CloudTrail.Trails = append(b.s.CloudTrail.Trails, best)
	}
	slices.SortFunc(b.s.CloudTrail.Trails, func(x, y snapshots.Trail) int { return strings.Compare(x.TrailARN, y.TrailARN) })
	if err := b.statuses(); err != nil {
		return err
	}
	return b.selectors()
}

func homeOf(t snapshots.Trail) string {
	if t.HomeRegion != nil {
		return *t.HomeRegion
	}
	arn, _ := snapshots.ParseARN(t.TrailARN)
	return arn.Region
}

// about reads what a call says of each resource: the one answer of several that fits best, or the error that was there
// in its place, or a gap. keep is called with the answer and the resource's place in the list.
func (b *builder) about(operation string, resources []resource, keep func(*file, int) error) error {
	c := b.call(operation)
	outcomes := make([]*file, len(resources))
	for _, f := range b.answers(operation) {
		i := match(f, resources)
		if i < 0 {
			b.orphan(f)
			continue
		}
		if outcomes[i] == nil || better(f, outcomes[i], resources[i].region) {
			outcomes[i] = f
		}
	}
	for i, f := range outcomes {
		r := resources[i]
		switch {
		case f == nil:
			b.gap(r.region, c, &r.arn, "the folder has no output of it")
		case f.failure != nil:
			b.gapOf(f, &r.arn)
		default:
			if err := keep(f, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphan notes an answer whose resource nothing else in the folder speaks of. An error is a gap all the same.
func (b *builder) orphan(f *file) {
	if f.failure == nil {
		b.result.note(f.path, "an answer of %s %s about a resource that no other file lists, or that its name does not single out: left out",
			f.call.service, f.call.operation)
		return
	}
	var name *string
	if f.name != "" && !f.guessed {
		name = &f.name
	}
	b.gapOf(f, name)
}

// better tells whether answer f says more of a resource of that region than answer old.
func better(f, old *file, region string) bool {
	if (f.failure == nil) != (old.failure == nil) {
		return f.failure == nil
	}
	return f.region == region && old.region != region
}

// resource is what calls are made about: its ARN, the region that knows it best, its name.
type resource struct {
	arn, region, name              string
	seenIn                         []string
	plainARN, plainName, plainTail string
}

func newResource(arn, region, name string, seenIn []string) resource {
	tail := name // what stands after account and region in the ARN: trail/NAME
	if parts, ok := snapshots.ParseARN(arn); ok {
		tail = parts.Resource
	}
	return resource{arn, region, name, seenIn, plain(arn), plain(name), plain(tail)}
}

// match is the resource that an answer is about, -1 if that is none, or not to be told.
func match(f *file, resources []resource) int {
	if arn := f.subject(); arn != "" {
		return slices.IndexFunc(resources, func(r resource) bool { return r.arn == arn })
	}
	best, most, rivals := -1, 0, 0
	for i, r := range resources {
		score := r.fits(f)
		switch {
		case score > most:
			best, most, rivals = i, score, 0
		case score == most && score > 0:
			rivals++
		}
	}
	if best >= 0 && rivals == 0 {
		return best
	}
	if best < 0 && len(resources) == 1 && (f.name == "" || f.guessed) {
		return 0
	}
	return -1
}

// subject is the ARN that an answer itself says it is about.
func (f *file) subject() string {
	if f.failure != nil {
		return ""
	}
	var values []string
	switch f.call.operation {
	case "get-event-selectors":
		values = []string{string(f.fields["TrailARN"])}
	case "get-alarm-mute-rule":
		values = []string{string(f.fields["AlarmMuteRuleArn"])}
	case "get-topic-attributes":
		values = f.ownFields()
	case "list-subscriptions-by-topic", "list-subscriptions":
		topics := map[string]bool{}
		for _, value := range fieldsOf(f.fields["Subscriptions"], "TopicArn") {
			topics[value] = true
		}
		values = []string{only(topics)}
	}
	if len(values) != 1 {
		return ""
	}
	return strings.Trim(values[0], `"`)
}

// fits is how well a file's name fits the resource: 0 not at all. Names are compared as they are, then with everything
// but letters and digits alike, for : and / do not go into file names.
func (r resource) fits(f *file) int {
	score := 0
	name := f.name
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	like := plain(name)
	switch {
	case name == r.arn:
		score = 60
	case like == r.plainARN:
		score = 50
	case name == r.name:
		score = 40
	case like == r.plainName || like == r.plainTail:
		score = 30
	case f.guessed && strings.Contains("-"+like+"-", "-"+r.plainName+"-"):
		score = 10 + min(len(r.name), 9)
	case numberedTail(name) != name:
		inner := *f
		inner.name = numberedTail(name)
		return r.fits(&inner)
	default:
		return 0
	}
	switch {
	case f.region == r.region:
		score += 5
	case f.region != "" && !slices.Contains(r.seenIn, f.region) && len(r.seenIn) > 0:
		score -= 5
	}
	return score
}

// numberedTail is a name without the number of a part at its end: topic.2 is topic.
func numberedTail(name string) string {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || i == len(name)-1 || strings.Trim(name[i+1:], "0123456789") != "" {
		return name
	}
	return name[:i]
}

// plain is a name in which everything but letters and digits is alike.
func plain(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	return b.String()
}

func (b *builder) trailResources() []resource {
	var out []resource
	for _, t := range b.s.CloudTrail.Trails {
		out = append(out, newResource(t.TrailARN, homeOf(t), t.Name, t.SeenIn))
	}
	return out
}

func (b *builder) statuses() error {
	return b.about("get-trail-status", b.trailResources(), func(f *file, i int) error {
		status := &snapshots.TrailStatus{}
		if err := snapshots.Unmarshal(f.data, status); err != nil {
			return &Error{File: f.path, Err: err}
		}
		delete(status.Extra, "ResponseMetadata")
		b.s.CloudTrail.Trails[i].Status = status
		return nil
	})
}

func (b *builder) selectors() error {
	return b.about("get-event-selectors", b.trailResources(), func(f *file, i int) error {
		var answer struct {
			TrailARN               *string                           `json:"TrailARN"`
			EventSelectors         []snapshots.EventSelector         `json:"EventSelectors"`
			AdvancedEventSelectors []snapshots.AdvancedEventSelector `json:"AdvancedEventSelectors"`
			Extra                  snapshots.Extra                   `json:",extra"`
		}
		if err := b.unmarshal(f, &answer, &answer.Extra); err != nil {
			return err
		}
		t := &b.s.CloudTrail.Trails[i]
		t.EventSelectors, t.AdvancedEventSelectors = answer.EventSelectors, answer.AdvancedEventSelectors
		if t.EventSelectors == nil && t.AdvancedEventSelectors == nil {
			t.EventSelectors = []snapshots.EventSelector{}
		}
		return nil
	})
}

func (b *builder) muteRules() error {
	var rules []snapshots.MuteRule
	any, err := b.eachAnswer("list-alarm-mute-rules", func(f *file) error {
		var answer struct {
			Summaries []snapshots.MuteRule `json:"AlarmMuteRuleSummaries"`
			Extra     snapshots.Extra      `json:",extra"`
		}
		err := b.unmarshal(f, &answer, &answer.Extra)
		for _, m := range answer.Summaries {
			m.Region = f.region
			rules = append(rules, m)
		}
		return err
	})
	if err != nil {
		return err
	}
	rules = once(rules)
	var resources []resource
	for _, m := range rules {
		arn, _ := snapshots.ParseARN(m.AlarmMuteRuleArn)
		_, name, _ := strings.Cut(arn.Resource, ":")
		resources = append(resources, newResource(m.AlarmMuteRuleArn, m.Region, name, nil))
	}
	err = b.about("get-alarm-mute-rule", resources, func(f *file, i int) error {
		full := snapshots.MuteRule{}
		if err := snapshots.Unmarshal(f.data, &full); err != nil {
			return &Error{File: f.path, Err: err}
		}
		full.Region = rules[i].Region
		rules[i] = full
		return nil
	})
	if any {
		b.s.CloudWatch.MuteRules = snapshots.Listed(rules)
	}
	return err
}
