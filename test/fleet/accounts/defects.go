package accounts

import (
	"math/rand/v2"
	"slices"

	"github.com/cistern-audit/cistern/snapshots"
)

// defect breaks something in an account that would pass.
type defect func(*draft)

// defects are what is wrong with an account on a day: what always was, and what broke at some time and is mended at another.
func (f Fleet) defects(d *draft, day int) []defect {
	if len(d.snapshot.CloudTrail.Trails) == 0 {
		return nil
	}
	dice := f.random(d.i, "defects")
	var found []defect
	if dice.IntN(100) < 35 {
		found = append(found, some(dice, d.watches()))
		if dice.IntN(3) == 0 {
			found = append(found, some(dice, d.watches()))
		}
	}
	drift := f.random(d.i, "drift")
	for range drift.IntN(3) {
		breaks, begins, lasts := some(drift, d.watches()), 1+drift.IntN(60), 1+drift.IntN(20)
		if day >= begins && day < begins+lasts {
			found = append(found, breaks)
		}
	}
	return found
}

// some is a defect by chance: of one watch mostly, of the whole chain at times, of what could be read seldom. Accounts that watch
// nothing themselves have only what is left.
func some(dice *rand.Rand, watching bool) defect {
	w, style := pick(dice, watches...), dice.IntN(wordings)
	roll := dice.IntN(100)
	if !watching {
		roll = 60 + roll*40/100
	}
	switch {
	case roll < 15:
		return func(d *draft) { d.pattern(w.name, w.narrower(style)) }
	case roll < 25:
		return func(d *draft) { d.dropFilter(w.name) }
	case roll < 32:
		return func(d *draft) { d.dropAlarm(w.name) }
	case roll < 60:
		return alarmDefect(dice, w.name)
	case roll < 75:
		return chainDefect(dice, watching)
	case roll < 90:
		return func(d *draft) { d.snapshot.SecurityHub.Hubs = d.snapshot.SecurityHub.Hubs[1:] }
	}
	return unread(dice)
}

// alarmDefect breaks the alarm of one watch.
func alarmDefect(dice *rand.Rand, name string) defect {
	change := pick(dice,
		func(a *snapshots.Alarm) { a.Threshold = snapshots.Of(5.0) },
		func(a *snapshots.Alarm) { a.Namespace = snapshots.Of("CISBenchmarks") },
		func(a *snapshots.Alarm) { a.MetricName = snapshots.Of(name + "Count") },
		func(a *snapshots.Alarm) { a.ActionsEnabled = snapshots.Of(false) },
		func(a *snapshots.Alarm) { a.AlarmActions = []string{} },
		func(a *snapshots.Alarm) { a.Statistic = snapshots.Of("Average") },
		func(a *snapshots.Alarm) { a.EvaluationPeriods = snapshots.Of(int64(3)) },
	)
	return func(d *draft) {
		for i := range d.snapshot.CloudWatch.Alarms {
			if a := &d.snapshot.CloudWatch.Alarms[i]; a.AlarmName == name {
				change(a)
			}
		}
	}
}

// chainDefect breaks what all watches of an account share.
func chainDefect(dice *rand.Rand, watching bool) defect {
	stopped := func(d *draft) { d.ownTrail(func(t *snapshots.Trail) { t.Status.IsLogging = snapshots.Of(false) }) }
	if !watching {
		return stopped
	}
	return pick(dice,
		stopped,
		func(d *draft) {
			d.ownTrail(func(t *snapshots.Trail) { t.IsMultiRegionTrail = snapshots.Of(false); t.SeenIn = []string{d.home} })
		},
		func(d *draft) {
			d.ownTrail(func(t *snapshots.Trail) { t.CloudWatchLogsLogGroupArn, t.CloudWatchLogsRoleArn = nil, nil })
			d.snapshot.Logs = snapshots.Logs{LogGroups: []snapshots.LogGroup{}, MetricFilters: []snapshots.MetricFilter{}}
		},
		func(d *draft) {
			d.ownTrail(func(t *snapshots.Trail) {
				t.AdvancedEventSelectors = nil
				t.EventSelectors = []snapshots.EventSelector{{
					ReadWriteType: snapshots.Of("WriteOnly"), IncludeManagementEvents: snapshots.Of(true), DataResources: []snapshots.DataResource{}}}
			})
		},
		func(d *draft) { d.subscription("PendingConfirmation") },
		func(d *draft) { d.subscription("") },
		func(d *draft) { d.dropTopic() },
	)
}

// unread makes a call refuse to answer.
func unread(dice *rand.Rand) defect {
	operation := pick(dice, refusal{service: "cloudwatch", operation: "describe-alarms"}, refusal{service: "cloudtrail", operation: "get-event-selectors"},
		refusal{service: "logs", operation: "describe-metric-filters"}, refusal{service: "securityhub", operation: "describe-hub"},
		refusal{service: "cloudtrail", operation: "get-trail-status"})
	return func(d *draft) {
		operation.region = d.home
		if operation.service == "cloudtrail" {
			operation.resource = d.snapshot.CloudTrail.Trails[0].TrailARN
		}
		d.denied = append(d.denied, operation)
	}
}

// ownTrail changes the trail that the account has itself, or its copy of the organisation's.
func (d *draft) ownTrail(change func(*snapshots.Trail)) { change(&d.snapshot.CloudTrail.Trails[0]) }

func (d *draft) pattern(name, pattern string) {
	for i, f := range d.snapshot.Logs.MetricFilters {
		if f.FilterName == name {
			d.snapshot.Logs.MetricFilters[i].FilterPattern = &pattern
		}
	}
}

func (d *draft) dropFilter(name string) {
	d.snapshot.Logs.MetricFilters = slices.DeleteFunc(d.snapshot.Logs.MetricFilters, func(f snapshots.MetricFilter) bool { return f.FilterName == name })
}

func (d *draft) dropAlarm(name string) {
	d.snapshot.CloudWatch.Alarms = slices.DeleteFunc(d.snapshot.CloudWatch.Alarms, func(a snapshots.Alarm) bool { return a.AlarmName == name })
}

// subscription gives the subscriptions of the watches' topic another ARN, or removes them if it is empty.
func (d *draft) subscription(arn string) {
	topic := d.topic()
	confirmed, pending := "0", "1"
	if arn == "" {
		pending = "0"
		d.snapshot.SNS.Subscriptions = slices.DeleteFunc(d.snapshot.SNS.Subscriptions, func(s snapshots.Subscription) bool { return s.TopicArn == topic })
	}
	for i, s := range d.snapshot.SNS.Subscriptions {
		if s.TopicArn == topic {
			d.snapshot.SNS.Subscriptions[i].SubscriptionArn = arn
		}
	}
	for _, t := range d.snapshot.SNS.Topics {
		if t.TopicArn == topic {
			t.Attributes.SubscriptionsConfirmed, t.Attributes.SubscriptionsPending = &confirmed, &pending
		}
	}
}

// dropTopic removes the watches' topic, as it is when nobody looked after alarms that still act on it.
func (d *draft) dropTopic() {
	topic := d.topic()
	if arn, _ := snapshots.ParseARN(topic); arn.Account != d.id {
		return
	}
	d.gone = append(d.gone, topic)
	d.snapshot.SNS.Topics = slices.DeleteFunc(d.snapshot.SNS.Topics, func(t snapshots.Topic) bool { return t.TopicArn == topic })
	d.snapshot.SNS.Subscriptions = slices.DeleteFunc(d.snapshot.SNS.Subscriptions, func(s snapshots.Subscription) bool { return s.TopicArn == topic })
}
