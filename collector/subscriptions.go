package collector

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/cistern-audit/cistern/snapshots"
)

// subscriptions lists who hears a topic.
func (c *collection) subscriptions(ctx context.Context, topic *snapshots.Topic) *failure {
	q := question{operation: listSubscriptionsByTopic, region: topic.Region, params: map[string]string{"topic-arn": topic.TopicArn}, about: topic.TopicArn, answers: gone}
	return c.ask(ctx, q, func(ctx context.Context, token *string) (*string, error) {
		in := &sns.ListSubscriptionsByTopicInput{TopicArn: &topic.TopicArn, NextToken: token}
		out, err := c.clients.sns().ListSubscriptionsByTopic(ctx, in, topicsIn(topic.Region))
		if err != nil {
			return nil, err
		}
		if err := inXML(ctx, "ListSubscriptionsByTopic", "Subscriptions", len(out.Subscriptions)); err != nil {
			return nil, err
		}
		err = lacking("subscription", out.Subscriptions, func(s *types.Subscription) string {
			return firstUnsaid(said{"TopicArn", aws.ToString(s.TopicArn) == topic.TopicArn}, said{"SubscriptionArn", aws.ToString(s.SubscriptionArn) != ""})
		})
		if err != nil {
			return nil, err
		}
		var found []snapshots.Subscription
		for _, s := range out.Subscriptions {
			found = append(found, snapshots.Subscription{
				Region: topic.Region, TopicArn: aws.ToString(s.TopicArn), SubscriptionArn: aws.ToString(s.SubscriptionArn),
				Protocol: aws.ToString(s.Protocol), Endpoint: c.address(aws.ToString(s.Endpoint)), Owner: s.Owner,
			})
		}
		c.keep(func(s *snapshots.Snapshot) { s.SNS.Subscriptions = append(s.SNS.Subscriptions, found...) })
		return out.NextToken, nil
	})
}

// address is a subscriber's address as the snapshot keeps it: as it is, or as a hash with the owner's key, equal for equal
// addresses. The ARN of a function or queue is nobody's address.
func (c *collection) address(endpoint string) string {
	key := c.session.options.RedactKey
	if _, arn := snapshots.ParseARN(endpoint); len(key) == 0 || arn || endpoint == "" {
		return endpoint
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(endpoint))
	return fmt.Sprintf("hmac-sha256:%x", mac.Sum(nil))
}
