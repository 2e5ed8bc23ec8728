# METADATA
# title: Every subscriber of the alarms' topics is known
# description: >-
#   Whoever subscribes to a topic hears what alarms tell it, at once or after a confirmation. The parameter subscribers
#   lists the endpoints that are expected, * for any text.
# custom:
#   control: sns-subscribers-reviewed
#   severity: low
#   remediation: >-
#     Remove the subscriptions that nobody expects (sns unsubscribe), and list the others in the parameter subscribers.
package policies.monitoring.sns_subscribers_reviewed

import future.keywords.not

import data.policies.lib.evidence
import data.policies.lib.topics

verdict := {"status": "unknown", "findings": [finding], "notes": []} if {
	not is_array(data.parameters.subscribers)
	finding := {"status": "unknown", "message": "the expected endpoints are not given: list them in the parameter subscribers"}
} else := {"status": "fail", "findings": array.concat(strangers, unseen), "notes": []} if {
	count(strangers) > 0
} else := {"status": "unknown", "findings": unseen, "notes": []} if {
	count(unseen) > 0
} else := {"status": "not_applicable", "findings": [], "notes": ["no alarm of the account tells an SNS topic"]} if {
	count(told) == 0
} else := {"status": "pass", "findings": [finding], "notes": []} if {
	finding := {
		"status": "pass",
		"message": $"the {count(subscriptions)} subscriptions of {count(told)} topics that alarms tell go to expected endpoints",
		"evidence": {"topics": array.slice([topic | some topic in told], 0, 100)},
		"pointers": [subscription.pointer | some subscription in array.slice(subscriptions, 0, 100)],
	}
}

# told are the topics that the account's alarms tell of any of their states, wherever these topics are.
told := {action |
	some kind in ["alarms", "composite_alarms", "log_alarms"]
	some alarm in input.cloudwatch[kind]
	some on in ["AlarmActions", "OKActions", "InsufficientDataActions"]
	some action in alarm[on]
	topics.is_topic(action)
}

# subscriptions of these topics, but for those that are deleted.
subscriptions := [object.union(record, {"pointer": evidence.pointer(n, $"/sns/subscriptions/{i}")}) |
	some topic in told
	some [n, i] in topics.subscribed(topic)
	record := evidence.accounts[n].sns.subscriptions[i]
	record.SubscriptionArn != "Deleted"
]

strangers := [finding(subscription, "fail", message) |
	some subscription in subscriptions
	not expected(subscription)
	not hidden(subscription)
	message := $"topic {subscription.TopicArn} has a subscriber that nobody expects: {subscription.Protocol} {subscription.Endpoint}"
]

expected(subscription) if subscription.Endpoint in data.parameters.subscribers

expected(subscription) if {
	some pattern in globs
	glob.match(pattern, null, subscription.Endpoint)
}

globs := {replace(glob.quote_meta(text), `\*`, "*") | some text in data.parameters.subscribers; is_string(text); contains(text, "*")}

# hidden are endpoints that are left out of a snapshot, or made unreadable in it.
hidden(subscription) if regex.match(`(?i)^$|redacted|\*\*|sha256`, object.get(subscription, "Endpoint", ""))

unseen := array.concat(
	[finding(subscription, "unknown", message) |
		some subscription in subscriptions
		not expected(subscription)
		hidden(subscription)
		message := $"topic {subscription.TopicArn} has a subscriber whose {subscription.Protocol} endpoint the snapshot does not show"
	],
	[{"status": "unknown", "link": link, "message": message} | some [link, message] in unread],
)

# unread are the lists that might name more topics, or more subscribers.
unread := {["alarm", why] |
	some region in asked
	why := evidence.unread(evidence.home, "describe-alarms", region)
	why != ""
} | {["subscription", why] |
	some topic in told
	why := topics.unsubscribed(topic)
	why != ""
}

# asked are the regions whose alarms must have been read.
default asked := {"every region"}

asked := doubted | {region | some region in input.collection.regions.enabled} if {
	[0, "describe-alarms"] in evidence.read
} else := doubted if {
	count(doubted) > 0
}

doubted := {object.get(gap, "region", "every region") | some gap in input.gaps; gap.operation == "describe-alarms"}

finding(subscription, status, message) := {
	"status": status,
	"region": subscription.region,
	"resource": subscription.TopicArn,
	"link": "subscription",
	"message": message,
	"evidence": {"subscription": subscription.SubscriptionArn, "endpoint": object.get(subscription, "Endpoint", "")},
	"pointers": [subscription.pointer],
}
