package accounts

import (
	"maps"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// addTopics adds the topics of the account that its alarms, or those of other accounts, act on, and who hears them. A topic of
// another account refuses to answer.
func (d *draft) addTopics() {
	for _, arn := range d.topics() {
		if owner, _ := snapshots.ParseARN(arn); owner.Account == d.id {
			d.addTopic(arn, owner.Region)
			continue
		}
		d.denied = append(d.denied, refusal{"sns", "get-topic-attributes", "us-east-1", arn}, refusal{"sns", "list-subscriptions-by-topic", "us-east-1", arn})
	}
}

// topics are the topics that a collector asks of, sorted.
func (d *draft) topics() []string {
	found := map[string]bool{}
	if d.kind == central {
		found[d.topic()] = true
	}
	for _, a := range d.snapshot.CloudWatch.Alarms {
		for _, action := range a.AlarmActions {
			found[action] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

const topicPolicy = `{"Version":"2012-10-17","Statement":[{"Sid":"Alarms","Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},` +
	`"Action":"sns:Publish","Resource":"TOPIC"}]}`

func (d *draft) addTopic(arn, region string) {
	d.snapshot.SNS.Topics = append(d.snapshot.SNS.Topics, snapshots.Topic{
		Region: region, TopicArn: arn,
		Attributes: &snapshots.TopicAttributes{
			TopicArn: &arn, Owner: &d.id, DisplayName: snapshots.Of(""),
			Policy:                 snapshots.Of(strings.ReplaceAll(topicPolicy, "TOPIC", arn)),
			SubscriptionsConfirmed: snapshots.Of("1"), SubscriptionsPending: snapshots.Of("0"), SubscriptionsDeleted: snapshots.Of("0"),
		},
	})
	protocol, endpoint := "email", "security@"+d.team()+".example.com"
	if strings.HasSuffix(arn, "ops-alerts") {
		protocol, endpoint = "https", "https://events.pager.example.com/integration/"+hex(d.dice, 32)+"/enqueue"
	}
	d.snapshot.SNS.Subscriptions = append(d.snapshot.SNS.Subscriptions, snapshots.Subscription{
		Region: region, TopicArn: arn, SubscriptionArn: arn + ":" + uuid(d.dice), Protocol: protocol, Endpoint: endpoint, Owner: &d.id,
	})
}

func (d *draft) addHubs() {
	for _, region := range d.regions {
		d.snapshot.SecurityHub.Hubs = append(d.snapshot.SecurityHub.Hubs, snapshots.Hub{
			Region: region, HubArn: d.arn("securityhub", region, "hub/default"), SubscribedAt: snapshots.Of(d.before(2 * year).UTC().Format("2006-01-02T15:04:05.000Z")),
			AutoEnableControls: snapshots.Of(true), ControlFindingGenerator: snapshots.Of("SECURITY_CONTROL"),
		})
	}
}
