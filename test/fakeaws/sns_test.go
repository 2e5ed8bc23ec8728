package fakeaws_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

const topicARN = "arn:aws:sns:us-east-1:111122223333:security-alarms"

func TestSubscriptionsInPages(t *testing.T) {
	held := compliant(t)
	for i := range 204 {
		held.SNS.Subscriptions = append(held.SNS.Subscriptions, snapshots.Subscription{Region: home, TopicArn: topicARN,
			SubscriptionArn: "PendingConfirmation", Protocol: "email", Endpoint: fmt.Sprintf("<%d>&\"co\"@example.com", i)})
	}
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held})
	c := connect(t, s, own, home).sns
	pending, endpoints, n := 0, map[string]bool{}, 0
	for pages := sns.NewListSubscriptionsByTopicPaginator(c, &sns.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN)}); pages.HasMorePages(); n++ {
		out, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range out.Subscriptions {
			endpoints[*s.Endpoint] = true
			if *s.SubscriptionArn == "PendingConfirmation" {
				pending++
			}
		}
	}
	if pending != 204 || len(endpoints) != 205 || n != 3 || !endpoints[`<7>&"co"@example.com`] {
		t.Errorf("got %d pending of %d on %d pages, want 204 of 205 on 3", pending, len(endpoints), n)
	}
	attributes, err := c.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	if err != nil || attributes.Attributes["Policy"] != *held.SNS.Topics[0].Attributes.Policy {
		t.Errorf("attributes: got %+v, %v; want the topic's policy", attributes, err)
	}
	topics, err := c.ListTopics(t.Context(), &sns.ListTopicsInput{})
	if err != nil || len(topics.Topics) != 1 || *topics.Topics[0].TopicArn != topicARN {
		t.Errorf("topics: got %+v, %v; want one", topics, err)
	}
}

func TestTopicsThatAreNotRead(t *testing.T) {
	for _, tt := range []struct {
		name, account, region, topic, want string
		open                               bool
	}{
		{"own", own, home, topicARN, "", false},
		{"own, elsewhere", own, "eu-west-1", topicARN, "InvalidParameter", false},
		{"none", own, home, topicARN + "2", "NotFound", false},
		{"another's", other, home, topicARN, "AuthorizationError", false},
		{"another's, open", other, home, topicARN, "", true},
		{"another's, open, none", other, home, topicARN + "2", "NotFound", true},
		{"a stranger's", other, home, "arn:aws:sns:us-east-1:999999999999:t", "AuthorizationError", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: compliant(t), OpenTopics: tt.open}, member(t, other))
			c := connect(t, s, tt.account, tt.region).sns
			_, err := c.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &tt.topic})
			if code(err) != tt.want {
				t.Errorf("subscriptions: got %q, want %q", code(err), tt.want)
			}
			if _, err = c.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &tt.topic}); code(err) != tt.want {
				t.Errorf("attributes: got %q, want %q", code(err), tt.want)
			}
		})
	}
}
