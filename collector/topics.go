package collector

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cistern-audit/cistern/snapshots"
)

// askOthersTopics asks of the topics that only alarms of other accounts act on.
func (c *collection) askOthersTopics(ctx context.Context) { c.askTopics(ctx, c.member.topics) }

// endTopics marks the lists as read where it is known which topics alarms act on.
func (c *collection) endTopics(s *snapshots.Snapshot) {
	if s.CloudWatch.Alarms != nil {
		s.SNS.Topics, s.SNS.Subscriptions = snapshots.Listed(s.SNS.Topics), snapshots.Listed(s.SNS.Subscriptions)
	}
}

// askTopics asks of each topic among an alarm's actions what it says of itself and who hears it, once an account and while other
// alarms are still being listed. A topic of another region is asked there, and so is one of another account, which may refuse.
func (c *collection) askTopics(ctx context.Context, actions []string) {
	for _, action := range actions {
		arn, ok := snapshots.ParseARN(action)
		if !ok || arn.Service != "sns" || !snapshots.IsRegion(arn.Region) {
			continue
		}
		again := false
		c.keep(func(*snapshots.Snapshot) { again, c.askedTopics[action] = c.askedTopics[action], true })
		if !again {
			c.following.Go(func() { c.topic(ctx, action) })
		}
	}
}

// gone tells that a topic is not there, which is an answer.
func gone(f *failure) bool { return f.code == "NotFound" || f.code == "NotFoundException" }

// topic reads one topic. One that answers anything is there.
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
	q := question{operation: getTopicAttributes, region: topic.Region, params: map[string]string{"topic-arn": topic.TopicArn}, about: topic.TopicArn, answers: gone}
	return c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		out, err := c.clients.sns().GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &topic.TopicArn}, topicsIn(topic.Region))
		if err != nil {
			return nil, err
		}
		if err := inXML(ctx, "GetTopicAttributes", "Attributes", len(out.Attributes)); err != nil {
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
