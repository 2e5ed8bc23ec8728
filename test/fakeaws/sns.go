package fakeaws

import (
	"encoding/json"
	"slices"

	"github.com/cistern-audit/cistern/snapshots"
)

// topicOwner is the account whose snapshot answers for the topic that a call is about.
func (r *request) topicOwner() (*holding, error) {
	arn, ok := snapshots.ParseARN(r.Resource)
	if !ok || arn.Service != "sns" || arn.Region != r.Region {
		return nil, &refusal{400, "InvalidParameter", "Invalid parameter: TopicArn"}
	}
	if arn.Account == r.account.id || r.account.hasTopic(r.Resource) {
		return r.account, nil
	}
	h := r.world.accounts[arn.Account]
	if h == nil || !h.OpenTopics {
		return nil, &refusal{403, "AuthorizationError", "User: " + r.caller() + " is not authorized to perform: SNS:" +
			r.operation.name + " on resource: " + r.Resource + " because no resource-based policy allows the SNS:" +
			r.operation.name + " action"}
	}
	return h, nil
}

func (h *holding) hasTopic(arn string) bool {
	return slices.ContainsFunc(h.Snapshot.SNS.Topics, func(t snapshots.Topic) bool { return t.TopicArn == arn }) ||
		slices.ContainsFunc(h.Snapshot.SNS.Subscriptions, func(n snapshots.Subscription) bool { return n.TopicArn == arn })
}

func noTopic() error { return &refusal{404, "NotFound", "Topic does not exist"} }

func getTopicAttributes(r *request) (any, error) {
	h, err := r.topicOwner()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(h.Snapshot.SNS.Topics, func(t snapshots.Topic) bool { return t.TopicArn == r.Resource })
	if i < 0 {
		return nil, noTopic()
	}
	attributes := h.Snapshot.SNS.Topics[i].Attributes
	if attributes == nil {
		attributes = &snapshots.TopicAttributes{TopicArn: &r.Resource, Owner: &h.id}
	}
	text, err := snapshots.Marshal(*attributes)
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	m := &markup{}
	m.in("Attributes", func() {
		for _, name := range sortedNames(fields) {
			m.in("entry", func() {
				m.text("key", name)
				m.text("value", fields[name])
			})
		}
	})
	return m, nil
}

func sortedNames(fields map[string]string) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func listTopics(r *request) (any, error) {
	topics := where(r.account.Snapshot.SNS.Topics, func(t snapshots.Topic) bool { return t.Region == r.Region })
	page, next, err := paged(r, topics)
	if err != nil {
		return nil, err
	}
	m := &markup{}
	m.in("Topics", func() {
		for _, t := range page {
			m.in("member", func() { m.text("TopicArn", t.TopicArn) })
		}
	})
	m.token(next)
	return m, nil
}

func listSubscriptions(r *request) (any, error) {
	return subscriptions(r, where(r.account.Snapshot.SNS.Subscriptions, func(n snapshots.Subscription) bool {
		return n.Region == r.Region
	}))
}

func listSubscriptionsByTopic(r *request) (any, error) {
	h, err := r.topicOwner()
	if err != nil {
		return nil, err
	}
	if !h.hasTopic(r.Resource) {
		return nil, noTopic()
	}
	return subscriptions(r, where(h.Snapshot.SNS.Subscriptions, func(n snapshots.Subscription) bool {
		return n.TopicArn == r.Resource
	}))
}

func subscriptions(r *request, all []snapshots.Subscription) (any, error) {
	page, next, err := paged(r, all)
	if err != nil {
		return nil, err
	}
	m := &markup{}
	m.in("Subscriptions", func() {
		for _, n := range page {
			m.in("member", func() {
				m.text("SubscriptionArn", n.SubscriptionArn)
				if n.Owner != nil {
					m.text("Owner", *n.Owner)
				}
				m.text("Protocol", n.Protocol)
				m.text("Endpoint", n.Endpoint)
				m.text("TopicArn", n.TopicArn)
			})
		}
	})
	m.token(next)
	return m, nil
}

// token writes the token of the next page, if there is one.
func (m *markup) token(next string) {
	if next != "" {
		m.text("NextToken", next)
	}
}
