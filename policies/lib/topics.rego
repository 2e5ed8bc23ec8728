# METADATA
# title: Topics, and who hears them
# description: A topic exists when it is listed, and is heard when one subscription to it is confirmed.
package policies.lib.topics

import future.keywords.not

import data.policies.lib.evidence

# is_topic tells whether an action is an SNS topic: arn:PARTITION:sns:REGION:ACCOUNT:NAME.
is_topic(action) if regex.match(`^arn:[^:]+:sns:[^:]+:[^:]*:[^:]+$`, action)

# listed tells whether a topic is among those that were read.
listed(topic) if places("topics", topic) != []

# confirmed tells whether a topic has a subscription that its subscriber confirmed: PendingConfirmation and Deleted are not ARNs.
confirmed(topic) if {
	some [n, i] in subscribed(topic)
	startswith(evidence.accounts[n].sns.subscriptions[i].SubscriptionArn, "arn:")
}

# counted are the topics whose own attributes count a confirmed subscription.
counted := {topic.TopicArn |
	some account in evidence.accounts
	some topic in account.sns.topics
	not topic.Attributes.SubscriptionsConfirmed in {"", "0"}
	topic.Attributes.SubscriptionsConfirmed
}

# denied are the topics of which SNS itself said that they are not there: an answer in a collector's ledger, a gap in an import.
denied := {gap.resource |
	some account in evidence.accounts
	some gap in account.gaps
	gap.operation in questions
	gap.code in not_there
} | {call.params["topic-arn"] |
	some account in evidence.accounts
	some call in account.collection.calls
	call.operation in questions
	call.code in not_there
}

questions := {"list-subscriptions-by-topic", "get-topic-attributes"}

not_there := {"NotFound", "NotFoundException"}

# heard tells whether a topic exists, and somebody hears it.
heard(topic) if {
	confirmed(topic)
	listed(topic)
	not topic in mute
}

# mute are the topics that alarms cannot reach: CloudWatch may not use the key that AWS manages for SNS, and nobody can allow it to.
mute := {topic.TopicArn |
	some account in evidence.accounts
	some topic in account.sns.topics
	endswith(topic.Attributes.KmsMasterKeyId, "alias/aws/sns")
}

# reach is how far an action reaches, for certain and as far as anyone knows: 2 no topic, 3 a topic, 4 that exists, 5 that
# someone hears.
reach(action) := [5, 5] if {
	heard(action)
} else := [3, 3] if {
	action in mute
} else := [4, 4] if {
	listed(action)
	unsubscribed(action) == ""
} else := [2, 2] if {
	not is_topic(action)
} else := [3, 3] if {
	existence(action).state == "no"
} else := [3, furthest[hearing(action).state]] if {
	existence(action).state == "maybe"
} else := [4, furthest[hearing(action).state]] if {
	hearing(action).state != "yes"
} else := [5, 5]

furthest := {"no": 4, "maybe": 5, "yes": 5}

# heard_by_someone tells whether an action is a topic that somebody hears.
heard_by_someone(action) if {
	is_topic(action)
	hearing(action).state == "yes"
}

# existence of a topic: yes, no, or maybe and why.
existence(topic) := {"state": "yes"} if {
	listed(topic)
} else := {"state": "no"} if {
	unlisted(topic) == ""
} else := {"state": "yes"} if {
	confirmed(topic)
} else := {"state": "no"} if {
	topic in denied
} else := {"state": "maybe", "why": unlisted(topic)}

# hearing of a topic: yes, no, or maybe and why.
hearing(topic) := {"state": "yes"} if {
	confirmed(topic)
} else := {"state": "no"} if {
	unsubscribed(topic) == ""
} else := {"state": "yes"} if {
	topic in counted
} else := {"state": "maybe", "why": unsubscribed(topic)}

# unlisted says why nobody knows whether a topic exists, unsubscribed why nobody knows who hears it. A topic that was asked and
# gave no answer is one that nobody knows of, whatever else was asked.
unlisted(topic) := "" if {
	part := split(topic, ":")
	evidence.unread(part[4], "list-topics", part[3]) == ""
} else := silent(topic) if {
	silent(topic) != ""
} else := why if {
	part := split(topic, ":")
	why := evidence.unread(part[4], "list-topics", part[3])
}

unsubscribed(topic) := silence(topic, "list-subscriptions-by-topic") if {
	evidence.particular[["list-subscriptions-by-topic", topic]]
} else := evidence.unread_topic(topic, "list-subscriptions-by-topic")

# silent says why a topic that was asked gave no answer to either question; "" where it was not asked in vain.
silent(topic) := silence(topic, "list-subscriptions-by-topic") if {
	silence(topic, "list-subscriptions-by-topic") != ""
} else := silence(topic, "get-topic-attributes")

silence(topic, operation) := evidence.unseen(operation, part[3], part[4], topic) if part := split(topic, ":")

# subscriptions are all that is known of a topic's subscribers: their ARNs, or the state in their place.
subscriptions(topic) := [evidence.accounts[n].sns.subscriptions[i].SubscriptionArn |
	some [n, i] in subscribed(topic)
]

# pointers are where a topic and its subscriptions stand in the snapshots.
pointers(topic) := [evidence.pointer(n, sprintf("/sns/%s/%d", [list, i])) |
	some list in ["subscriptions", "topics"]
	some [n, i] in array.slice(places(list, topic), 0, 10)
]

# subscribed are the places of a topic's subscriptions.
subscribed(topic) := places("subscriptions", topic)

# places are where a topic's own records stand, or its subscriptions.
places(list, topic) := [[n, i] | some n, index in about; some i in index[list][[topic]]]

about := [index |
	some account in evidence.accounts
	index := {
		"subscriptions": cistern.group(object.get(account, ["sns", "subscriptions"], []), ["TopicArn"]),
		"topics": cistern.group(object.get(account, ["sns", "topics"], []), ["TopicArn"]),
	}
]
