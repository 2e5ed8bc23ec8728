package mutation

import (
	"slices"

	"github.com/cistern-audit/cistern/snapshots"
)

// subscriptionsOf edits the subscriptions of a topic, and has it count none.
func subscriptionsOf(t *snapshots.Topic, in *snapshots.Snapshot, edit func(*snapshots.Subscription)) bool {
	some := false
	for i := range in.SNS.Subscriptions {
		if s := &in.SNS.Subscriptions[i]; s.TopicArn == t.TopicArn {
			edit(s)
			some = true
		}
	}
	if t.Attributes != nil {
		t.Attributes.SubscriptionsConfirmed = snapshots.Of("0")
	}
	return some
}

func subscribersAre(state string) func(*snapshots.Topic, *snapshots.Snapshot) bool {
	return func(t *snapshots.Topic, in *snapshots.Snapshot) bool {
		return subscriptionsOf(t, in, func(s *snapshots.Subscription) { s.SubscriptionArn = state })
	}
}

func withoutSubscribers(t *snapshots.Topic, in *snapshots.Snapshot) bool {
	arn := t.TopicArn
	some := subscriptionsOf(t, in, func(*snapshots.Subscription) {})
	in.SNS.Subscriptions = slices.DeleteFunc(in.SNS.Subscriptions, func(s snapshots.Subscription) bool { return s.TopicArn == arn })
	return some
}

func deletedTopic(t *snapshots.Topic, in *snapshots.Snapshot) bool {
	withoutSubscribers(t, in)
	return remove(topics, t, in)
}

func mutedByKey(t *snapshots.Topic, in *snapshots.Snapshot) bool {
	attributes := value(t.Attributes)
	attributes.KmsMasterKeyId = snapshots.Of("alias/aws/sns")
	t.Attributes = &attributes
	return true
}

func oneMorePending(t *snapshots.Topic, in *snapshots.Snapshot) bool {
	in.SNS.Subscriptions = append(in.SNS.Subscriptions, snapshots.Subscription{
		Region: t.Region, TopicArn: t.TopicArn, SubscriptionArn: "PendingConfirmation", Protocol: "email", Endpoint: "new@example.com",
		Owner: snapshots.Of(in.Account.ID),
	})
	return true
}

func deletedHub(h *snapshots.Hub, in *snapshots.Snapshot) bool { return remove(hubs, h, in) }
