package awscli

import (
	"maps"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// topics are those that list-topics lists. Where nobody listed them, they are those that another answer proves to exist: an
// auditor who follows the benchmark asks for a topic's subscriptions and never lists the topics.
func (b *builder) topics() error {
	listed := map[string]string{} // ARN: region
	any, err := b.eachAnswer("list-topics", func(f *file) error {
		var answer struct {
			Topics []snapshots.Topic `json:"Topics"`
			Extra  snapshots.Extra   `json:",extra"`
		}
		err := b.unmarshal(f, &answer, &answer.Extra)
		for _, t := range answer.Topics {
			listed[t.TopicArn] = f.region
		}
		return err
	})
	if err != nil {
		return err
	}
	proven := b.provenTopics()
	maps.Copy(proven, listed)
	for _, arn := range slices.Sorted(maps.Keys(proven)) {
		b.s.SNS.Topics = append(b.s.SNS.Topics, snapshots.Topic{Region: proven[arn], TopicArn: arn})
	}
	if any {
		b.s.SNS.Topics = snapshots.Listed(b.s.SNS.Topics)
	}
	return b.attributes()
}

// provenTopics are the account's topics that answered a question about themselves.
func (b *builder) provenTopics() map[string]string {
	proven := map[string]string{}
	b.actions = newDirectory(b.actionTopics())
	for _, f := range slices.Concat(b.answers("list-subscriptions-by-topic"), b.answers("get-topic-attributes")) {
		if f.failure != nil {
			continue
		}
		topic := f.subject()
		if i := b.actions.match(f); topic == "" && i >= 0 { // an empty answer says what it is about by its name only
			topic = b.actions.resources[i].arn
		}
		if arn, ok := snapshots.ParseARN(topic); ok && arn.Account == b.id && !b.listedTopics(arn.Region) {
			proven[topic] = arn.Region
		}
	}
	return proven
}

// attributes are what get-topic-attributes says. A topic that nobody asked about has none, and no gap: its
// subscriptions are what counts.
func (b *builder) attributes() error {
	resources := b.topicResources()
	directory := newDirectory(resources)
	for _, f := range b.answers("get-topic-attributes") {
		i := directory.match(f)
		switch {
		case i < 0:
			b.missingTopic(f)
		case f.failure != nil:
			b.gapOf(f, &resources[i].arn)
		default:
			var answer struct {
				Attributes *snapshots.TopicAttributes `json:"Attributes"`
				Extra      snapshots.Extra            `json:",extra"`
			}
			if err := b.unmarshal(f, &answer, &answer.Extra); err != nil {
				return err
			}
			b.s.SNS.Topics[i].Attributes = answer.Attributes
		}
	}
	return nil
}

// missingTopic deals with an answer about a topic that is not known: that it is not there is no gap where the topics
// were listed.
func (b *builder) missingTopic(f *file) {
	gone := f.failure != nil && slices.Contains([]string{"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"}, f.failure.code)
	if gone && b.listedTopics(f.region) {
		return
	}
	if i := b.actions.match(f); i >= 0 && f.failure != nil {
		b.gapOf(f, &b.actions.resources[i].arn)
		return
	}
	b.orphan(f)
}

func (b *builder) listedTopics(region string) bool {
	return slices.ContainsFunc(b.answers("list-topics"), func(f *file) bool {
		return f.failure == nil && f.region == region && !f.unfinished()
	})
}

func (b *builder) topicResources() []resource {
	var out []resource
	for _, t := range b.s.SNS.Topics {
		out = append(out, topicResource(t.TopicArn, t.Region))
	}
	return out
}

func topicResource(arn, region string) resource {
	parts, _ := snapshots.ParseARN(arn)
	return resource{arn, region, parts.Resource, nil}
}

// actionTopics are the topics that the alarms act on.
func (b *builder) actionTopics() []resource {
	arns := map[string]bool{}
	add := func(actions []string) {
		for _, action := range actions {
			if arn, ok := snapshots.ParseARN(action); ok && arn.Service == "sns" {
				arns[action] = true
			}
		}
	}
	for _, a := range b.s.CloudWatch.Alarms {
		add(a.AlarmActions)
	}
	for _, a := range b.s.CloudWatch.CompositeAlarms {
		add(a.AlarmActions)
	}
	var out []resource
	for _, arn := range slices.Sorted(maps.Keys(arns)) {
		parts, _ := snapshots.ParseARN(arn)
		out = append(out, topicResource(arn, parts.Region))
	}
	return out
}

// subscriptions are those of list-subscriptions-by-topic and of list-subscriptions: either suffices for a topic.
func (b *builder) subscriptions() error {
	found, all, err := b.allSubscriptions()
	if err != nil {
		return err
	}
	read := len(all) > 0
	resources := b.topicResources()
	known := map[string]bool{}
	for _, r := range resources {
		known[r.arn] = true
	}
	for _, r := range b.actions.resources {
		if !known[r.arn] {
			resources = append(resources, r)
		}
	}
	directory := newDirectory(resources)
	outcomes := map[int][]*file{}
	for _, f := range slices.Concat(b.answers("list-subscriptions-by-topic"), b.onlyTopic()) {
		i := directory.match(f)
		switch {
		case i >= 0:
			outcomes[i] = append(outcomes[i], f)
		case f.failure != nil:
			b.missingTopic(f)
		case len(fieldsOf(f.fields["Subscriptions"], "TopicArn")) == 0:
			b.orphan(f)
		default:
			found, err = b.readSubscriptions(f, found)
		}
		if err != nil {
			return err
		}
		read = read || f.failure == nil
	}
	for i, r := range resources {
		if found, err = b.topicSubscriptions(r, outcomes[i], all, found); err != nil {
			return err
		}
	}
	if read {
		b.s.SNS.Subscriptions = snapshots.Listed(once(found))
	}
	b.unaskedSubscriptions(all)
	return nil
}

// allSubscriptions reads list-subscriptions, and tells for which regions.
func (b *builder) allSubscriptions() ([]snapshots.Subscription, map[string]bool, error) {
	var found []snapshots.Subscription
	all := map[string]bool{}
	byRegion := map[string][]*file{}
	for _, f := range b.answers("list-subscriptions") {
		if f.failure != nil {
			b.gapOf(f, nil)
			continue
		}
		var err error
		if found, err = b.readSubscriptions(f, found); err != nil {
			return nil, nil, err
		}
		byRegion[f.region] = append(byRegion[f.region], f)
	}
	for region, parts := range byRegion {
		before := len(b.s.Gaps)
		b.truncated(parts, nil)
		if len(b.s.Gaps) == before && !parts[0].guessed {
			all[region] = true
		}
	}
	return found, all, nil
}

// onlyTopic are the files whose content alone says that they list subscriptions. They may be of one topic only, and
// prove nothing of others.
func (b *builder) onlyTopic() []*file {
	var out []*file
	for _, f := range b.answers("list-subscriptions") {
		if f.guessed && f.failure == nil {
			out = append(out, f)
		}
	}
	return out
}

func (b *builder) readSubscriptions(f *file, found []snapshots.Subscription) ([]snapshots.Subscription, error) {
	var answer struct {
		Subscriptions []snapshots.Subscription `json:"Subscriptions"`
		Extra         snapshots.Extra          `json:",extra"`
	}
	err := b.unmarshal(f, &answer, &answer.Extra)
	for _, s := range answer.Subscriptions {
		arn, _ := snapshots.ParseARN(s.TopicArn)
		s.Region = arn.Region
		found = append(found, s)
	}
	return found, err
}

// topicSubscriptions reads what list-subscriptions-by-topic says of one topic, or records why nothing does.
func (b *builder) topicSubscriptions(r resource, files []*file, all map[string]bool, found []snapshots.Subscription) ([]snapshots.Subscription, error) {
	c := b.call("list-subscriptions-by-topic")
	answered := false
	var failed *file
	for _, f := range files {
		if f.failure != nil {
			failed = f
			continue
		}
		answered = true
		var err error
		if found, err = b.readSubscriptions(f, found); err != nil {
			return nil, err
		}
	}
	switch {
	case answered:
		b.truncated(files, &r.arn)
	case failed != nil && strings.HasPrefix(failed.failure.code, "NotFound"):
		b.missingTopic(failed)
	case failed != nil && !all[r.region]:
		b.gapOf(failed, &r.arn)
	case failed == nil && !all[r.region]:
		if arn, _ := snapshots.ParseARN(r.arn); arn.Account == b.id {
			b.gap(r.region, c, &r.arn, "the folder has no output of it")
		}
	}
	return found, nil
}

// unaskedSubscriptions records the regions in which nobody asked for subscriptions, and has no topic to name.
func (b *builder) unaskedSubscriptions(all map[string]bool) {
	c := b.call("list-subscriptions-by-topic")
	asked := maps.Clone(all)
	for _, f := range b.files {
		if f.call != nil && (f.call == c || f.call.operation == "list-subscriptions") {
			asked[f.region] = true
		}
	}
	for _, r := range b.topicResources() {
		asked[r.region] = true // has a gap of its own
	}
	for _, region := range b.expected() {
		if !asked[region] && !b.listedTopics(region) {
			b.gap(region, c, nil, "the folder has no output of it")
		}
	}
	if b.s.SNS.Subscriptions == nil && !slices.ContainsFunc(b.s.Gaps, func(g snapshots.Gap) bool { return g.Operation == c.operation }) {
		b.s.SNS.Subscriptions = []snapshots.Subscription{} // every region was asked for its topics, and there are none
	}
}
