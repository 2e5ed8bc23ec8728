package mutation

import "github.com/cistern-audit/cistern/evaluator/report"

// operator is one way to change a snapshot.
type operator struct {
	name      string // what it does, behind the record's name in a mutant's
	link      string // of the chain, as reports call it
	noticedBy audience
	want      report.Status // what those who notice must say; anything but pass if ""
	evidence  bool          // takes evidence away: what is not seen is unknown, never pass and never fail
	harmless  bool          // must change no status
	changes   func(*account) []change
}

// The audiences.
var (
	theChain   = audience{chain: true}
	theTrail   = audience{chain: true, one: []string{"cloudtrail-multi-region", "s3-data-events-read", "s3-data-events-write"}}
	management = audience{chain: true, one: []string{"cloudtrail-multi-region"}}
	delivery   = audience{chain: true, every: []string{"cloudtrail-cloudwatch-logs"}}
	everyTrail = audience{
		chain: true,
		one:   []string{"cloudtrail-multi-region", "s3-data-events-read", "s3-data-events-write"},
		every: []string{"cloudtrail-cloudwatch-logs", "cloudtrail-log-validation", "cloudtrail-kms"},
	}
	// anyService are the controls about events of any service, and those about keys: what leaves out KMS breaks them.
	anyService = audience{one: []string{
		"cloudtrail-multi-region", "cmk-disable-delete", "root-usage", "unauthorized-api-calls", "api-activity-no-mfa",
	}}
	objectReads  = audience{one: []string{"s3-data-events-read"}}
	objectWrites = audience{one: []string{"s3-data-events-write"}}
	objects      = audience{one: []string{"s3-data-events-read", "s3-data-events-write"}}
	signing      = audience{every: []string{"cloudtrail-log-validation"}}
	encryption   = audience{every: []string{"cloudtrail-kms"}}
	hub          = audience{every: []string{"security-hub-enabled"}}
)

// operators are all of them: first those that break something, along the chain; then what takes evidence away; then what is
// harmless.
var operators = []operator{
	{name: "IsLogging false", link: "trail", noticedBy: theTrail, changes: each(trails, stopped)},
	{name: "one region only", link: "trail", noticedBy: theTrail, changes: each(trails, oneRegion)},
	{name: "LogFileValidationEnabled false", link: "trail", noticedBy: signing, changes: each(trails, unsigned)},
	{name: "KmsKeyId removed", link: "trail", noticedBy: encryption, changes: each(trails, unencrypted)},

	{name: "management events excluded", link: "event_selectors", noticedBy: management, changes: each(trails, withoutManagement)},
	{name: "WriteOnly", link: "event_selectors", noticedBy: management.and(objectReads), changes: each(trails, recordingOnly("WriteOnly"))},
	{name: "ReadOnly", link: "event_selectors", noticedBy: management.and(objectWrites), changes: each(trails, recordingOnly("ReadOnly"))},
	{name: "kms.amazonaws.com excluded", link: "event_selectors", noticedBy: anyService, changes: each(trails, withoutKMS)},
	{name: "selector narrowed to one event", link: "event_selectors", noticedBy: management, changes: each(trails, narrowedToOneEvent)},
	{name: "S3 data events removed", link: "event_selectors", noticedBy: objects, changes: each(trails, withoutObjects)},
	{name: "S3 data events of one bucket", link: "event_selectors", noticedBy: objects, changes: each(trails, oneBucket)},

	{name: "log group removed", link: "log_group", noticedBy: delivery, changes: each(trails, withoutGroup)},
	{name: "another log group", link: "log_group", noticedBy: theChain, changes: each(trails, anotherGroup)},
	{name: "log group deleted", link: "log_group", noticedBy: theChain, changes: withItsFilters(each(trails, groupDeleted))},
	{name: "delivery failing for two days", link: "log_group", noticedBy: delivery, changes: each(trails, deliveryFailing)},

	{name: "deleted", link: "metric_filter", noticedBy: theChain, changes: needed(each(filters, deletedFilter))},
	{name: "metric value 0", link: "metric_filter", noticedBy: theChain, changes: needed(each(filters, countingNothing))},
	{name: "on transformed logs", link: "metric_filter", noticedBy: theChain, changes: needed(each(filters, transformed))},
	{name: "fieldSelectionCriteria", link: "metric_filter", noticedBy: theChain, changes: needed(each(filters, selective))},
	{name: "metric renamed", link: "alarm", noticedBy: theChain, changes: needed(each(filters, metricRenamed))},
	{name: "metric namespace changed", link: "alarm", noticedBy: theChain, changes: needed(each(filters, metricMoved))},
	{name: "pattern weakened", link: "pattern", noticedBy: theChain, changes: weakened},

	{name: "deleted", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, deletedAlarm))},
	{name: "threshold 10", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, threshold(10)))},
	{name: "threshold 1.5", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, threshold(1.5)))},
	{name: "LessThanThreshold", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, lessThan))},
	{name: "average, diluted by a default value", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, diluted))},
	{name: "always up by a default value", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, alwaysUp))},
	{name: "missing data breaching", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, missingBreaches))},
	{name: "unit Seconds", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, inSeconds))},
	{name: "3 of 3 periods", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, threePeriods))},
	{name: "DatapointsToAlarm 2 of 3", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, twoOfThree))},
	{name: "namespace changed", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, otherNamespace))},
	{name: "metric changed", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, otherMetric))},
	{name: "dimension added", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, dimensionAdded))},
	{name: "in another region", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, otherRegion))},
	{name: "muted", link: "alarm", noticedBy: theChain, changes: needed(each(alarms, muted))},

	{name: "ActionsEnabled false", link: "action", noticedBy: theChain, changes: needed(each(alarms, actionsDisabled))},
	{name: "no actions", link: "action", noticedBy: theChain, changes: needed(each(alarms, withoutActions))},
	{name: "OKActions only", link: "action", noticedBy: theChain, changes: needed(each(alarms, whenOK))},
	{name: "action on a topic that does not exist", link: "topic", noticedBy: theChain, changes: needed(each(alarms, actionAstray))},
	{name: "action on a function", link: "action", noticedBy: theChain, changes: needed(each(alarms, actionFunction))},
	{name: "deleted", link: "action", noticedBy: theChain, changes: composites(deletedComposite)},
	{name: "ActionsEnabled false", link: "action", noticedBy: theChain, changes: composites(compositeDisabled)},
	{name: "no actions", link: "action", noticedBy: theChain, changes: composites(compositeWithoutActions)},
	{name: "rule FALSE", link: "action", noticedBy: theChain, changes: composites(compositeNever)},
	{name: "actions suppressed", link: "action", noticedBy: theChain, changes: composites(compositeSuppressed)},

	{name: "deleted", link: "topic", noticedBy: theChain, changes: needed(each(topics, deletedTopic))},
	{name: "encrypted with alias/aws/sns", link: "topic", noticedBy: theChain, changes: needed(each(topics, mutedByKey))},
	{name: "subscriptions pending", link: "subscription", noticedBy: theChain, changes: needed(each(topics, subscribersAre("PendingConfirmation")))},
	{name: "subscriptions Deleted", link: "subscription", noticedBy: theChain, changes: needed(each(topics, subscribersAre("Deleted")))},
	{name: "subscriptions removed", link: "subscription", noticedBy: theChain, changes: needed(each(topics, withoutSubscribers))},

	{name: "removed", noticedBy: hub, changes: each(hubs, deletedHub)},

	{name: "not read", link: "trail", evidence: true, noticedBy: everyTrail, want: report.Unknown, changes: trailsUnread},
	{name: "status not read", link: "trail", evidence: true, noticedBy: theTrail.and(delivery), want: report.Unknown, changes: each(trails, statusUnread)},
	{name: "selectors not read", link: "event_selectors", evidence: true, noticedBy: theTrail, want: report.Unknown, changes: each(trails, selectorsUnread)},
	{name: "not read", link: "metric_filter", evidence: true, noticedBy: theChain, want: report.Unknown, changes: filtersUnread},
	{name: "not read", link: "alarm", evidence: true, noticedBy: theChain, want: report.Unknown, changes: alarmsUnread},
	{name: "not read", link: "topic", evidence: true, noticedBy: theChain, want: report.Unknown, changes: topicsUnread},
	{name: "not read", link: "subscription", evidence: true, noticedBy: theChain, want: report.Unknown, changes: subscriptionsUnread},
	{name: "not read", evidence: true, noticedBy: hub, want: report.Unknown, changes: hubsUnread},

	{name: "lists and keys in another order", harmless: true, changes: once(reordered)},
	{name: "unknown fields, descriptions and times", harmless: true, changes: once(redecorated)},
	{name: "an unrelated alarm", harmless: true, changes: once(moreAlarms)},
	{name: "an unrelated metric filter", harmless: true, changes: once(moreFilters)},
	{name: "an unrelated topic", harmless: true, changes: once(moreTopics)},
	{name: "an unrelated log group", harmless: true, changes: once(moreGroups)},
	{name: "a mute rule that has expired", harmless: true, changes: once(oldMuteRule)},
	{name: "another trail that is not logging", harmless: true, changes: each(trails, idleTwin)},
	{name: "the same filter again", harmless: true, changes: each(filters, sameAgain)},
	{name: "pattern spelled canonically", harmless: true, changes: each(filters, spelledCanonically)},
	{name: "pattern spelled with more space", harmless: true, changes: each(filters, spelledWidely)},
	{name: "Sum over an hour", harmless: true, changes: each(alarms, anHour)},
	{name: "a second action on a function", harmless: true, changes: each(alarms, secondAction)},
	{name: "an action when all is well", harmless: true, changes: each(alarms, alsoOK)},
	{name: "one more subscription, pending", harmless: true, changes: each(topics, oneMorePending)},
}

// and is both audiences.
func (a audience) and(b audience) audience {
	return audience{
		chain: a.chain || b.chain,
		one:   append(append([]string{}, a.one...), b.one...),
		every: append(append([]string{}, a.every...), b.every...),
	}
}
