package collector

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cistern-audit/cistern/snapshots"
)

// topics asks of each topic that an alarm acts on what it says of itself and who hears it. A topic of another region is asked
// there, and so is one of another account, which may refuse. A topic that answers either is there.
func (c *collection) topics(ctx context.Context) {
	var arns []string
	read := false
	c.keep(func(s *snapshots.Snapshot) {
		arns, read = slices.Concat(c.member.topics, actionTopics(s)), s.CloudWatch.Alarms != nil
	})
	slices.Sort(arns)
	arns = slices.Compact(arns)
	var asks []func()
	for _, arn := range arns {
		asks = append(asks, func() { c.topic(ctx, arn) })
	}
	together(asks...)
	if read {
		c.keep(func(s *snapshots.Snapshot) {
			s.SNS.Topics, s.SNS.Subscriptions = snapshots.Listed(s.SNS.Topics), snapshots.Listed(s.SNS.Subscriptions)
		})
	}
}

// actionTopics are the topics that alarms of any type act on when they ring.
func actionTopics(s *snapshots.Snapshot) []string {
	var arns []string
	add := func(actions []string) {
		for _, action := range actions {
			if arn, ok := snapshots.ParseARN(action); ok && arn.Service == "sns" && snapshots.IsRegion(arn.Region) {
				arns = append(arns, action)
			}
		}
	}
	for _, a := range s.CloudWatch.Alarms {
		add(a.AlarmActions)
	}
	for _, a := range s.CloudWatch.CompositeAlarms {
		add(a.AlarmActions)
	}
	for _, a := range s.CloudWatch.LogAlarms {
		add(a.AlarmActions)
	}
	return arns
}

func (c *collection) topic(ctx context.Context, arn string) {
	parts, _ := snapshots.ParseARN(arn)
	topic := snapshots.Topic{Region: parts.Region, TopicArn: arn}
	var attributes, subscriptions *failure
	together(
		func() { attributes = c.topicAttributes(ctx, &topic) },
		func() { subscriptions = c.subscriptions(ctx, &topic) },
	)
	if attributes == nil || subscriptions == nil {
		c.keep(func(s *snapshots.Snapshot) { s.SNS.Topics = append(s.SNS.Topics, topic) })
	}
}

func (c *collection) topicAttributes(ctx context.Context, topic *snapshots.Topic) *failure {
	q := question{operation: getTopicAttributes, region: topic.Region, params: map[string]string{"topic-arn": topic.TopicArn}, about: topic.TopicArn}
	return c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		out, err := c.clients.sns().GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &topic.TopicArn}, topicsIn(topic.Region))
		if err != nil {
			return nil, err
		}
		data, err := json.Marshal(out.Attributes)
		if err != nil {
			return nil, err
		}
		attributes := &snapshots.TopicAttributes{}
		if err := snapshots.Unmarshal(data, attributes); err != nil {
			return nil, &unreadableError{err}
		}
		topic.Attributes = attributes
		return nil, nil
	})
}

func topicsIn(region string) func(*sns.Options) {
	return func(o *sns.Options) { o.Region = region }
}
