package awscli

import (
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
	directory := newDirectory(resources)
	for _, f := range b.answers(operation) {
		i := directory.match(f)
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

func (b *builder) trailResources() []resource {
	var out []resource
	for _, t := range b.s.CloudTrail.Trails {
		out = append(out, resource{t.TrailARN, homeOf(t), t.Name, t.SeenIn})
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
		resources = append(resources, resource{m.AlarmMuteRuleArn, m.Region, name, nil})
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
