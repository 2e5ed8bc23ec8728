# METADATA
# title: Every subscriber of every topic is known
# description: >-
#   Whoever subscribes to a topic reads what it carries. The parameter subscribers lists the endpoints that are
#   expected, * for any text.
# custom:
#   control: sns-subscribers-reviewed
#   severity: low
#   remediation: >-
#     Remove the subscriptions that nobody expects (sns unsubscribe), and list the others in the parameter subscribers.
package policies.monitoring.sns_subscribers_reviewed

import future.keywords.not

import data.policies.lib.evidence

verdict := {"status": "unknown", "findings": [finding], "notes": []} if {
	not is_array(data.parameters.subscribers)
	finding := {"status": "unknown", "message": "the expected endpoints are not given: list them in the parameter subscribers"}
} else := {"status": "fail", "findings": strangers, "notes": []} if {
	count(strangers) > 0
} else := {"status": "unknown", "findings": unread, "notes": []} if {
	count(unread) > 0
} else := {"status": "pass", "findings": [finding], "notes": []} if {
	finding := {"status": "pass", "message": $"all {count(input.sns.subscriptions)} subscriptions go to expected endpoints"}
}

strangers := [{
	"status": "fail",
	"region": subscription.region,
	"resource": subscription.TopicArn,
	"link": "subscription",
	"message": message,
	"evidence": {"subscription": subscription.SubscriptionArn, "endpoint": subscription.Endpoint},
	"pointers": [pointer],
} |
	some i, subscription in input.sns.subscriptions
	subscription.SubscriptionArn != "Deleted"
	not expected(subscription.Endpoint)
	message := $"topic {subscription.TopicArn} has an unexpected subscriber: {subscription.Protocol} {subscription.Endpoint}"
	pointer := $"/sns/subscriptions/{i}"
]

expected(endpoint) if {
	some pattern in data.parameters.subscribers
	glob.match(replace(glob.quote_meta(pattern), `\*`, "*"), [], endpoint)
}

# unread are the subscriptions that nobody saw: of a whole region, of one topic, or of all.
unread := [{"status": "unknown", "link": "subscription", "message": why} | some why in whys]

whys := {why |
	some gap in input.gaps
	gap.operation in {"list-subscriptions-by-topic", "list-topics"}
	why := evidence.wanted(gap.operation, object.get(gap, "region", "every region"), evidence.home, evidence.reason(gap))
} | {evidence.wanted("list-subscriptions-by-topic", "every region", evidence.home, "it was not collected") |
	not input.sns.subscriptions
}
