package accounts

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// refusal is a call that AWS denies; about one resource, if that is named.
type refusal struct{ service, operation, region, resource string }

// refuse leaves the gaps of what is denied, and takes away what it would have shown.
func (d *draft) refuse() {
	slices.SortFunc(d.denied, func(x, y refusal) int { return compare(x, y) })
	d.denied = slices.Compact(d.denied)
	for _, r := range d.denied {
		g := snapshots.Gap{
			Region: r.region, Service: r.service, Operation: r.operation, Kind: snapshots.Denied, Code: "AccessDenied",
			Message: "User: " + d.snapshot.Collection.Caller.ARN + " is not authorized to perform: " + snapshots.ActionOf(r.service, r.operation) +
				" because no identity-based policy allows it",
			Action: snapshots.Of(snapshots.ActionOf(r.service, r.operation)),
		}
		if r.resource != "" {
			g.Resource = snapshots.Of(r.resource)
		}
		d.snapshot.Gaps = append(d.snapshot.Gaps, g)
		d.hide(r)
	}
}

func compare(x, y refusal) int {
	return slices.Compare([]string{x.region, x.service, x.operation, x.resource}, []string{y.region, y.service, y.operation, y.resource})
}

// hide takes away what a denied call would have shown.
func (d *draft) hide(r refusal) {
	switch r.operation {
	case "describe-alarms":
		d.snapshot.CloudWatch.Alarms = slices.DeleteFunc(d.snapshot.CloudWatch.Alarms, func(a snapshots.Alarm) bool { return a.Region == r.region })
	case "describe-metric-filters":
		d.snapshot.Logs.MetricFilters = nil
	case "describe-hub":
		d.snapshot.SecurityHub.Hubs = slices.DeleteFunc(d.snapshot.SecurityHub.Hubs, func(h snapshots.Hub) bool { return h.Region == r.region })
	case "get-event-selectors":
		d.ownTrail(func(t *snapshots.Trail) { t.EventSelectors, t.AdvancedEventSelectors = nil, nil })
	case "get-trail-status":
		d.ownTrail(func(t *snapshots.Trail) { t.Status = nil })
	}
}

// ledger writes down calls as a collector does: what it asked, when, and how it went.
type ledger struct {
	draft *draft
	dice  *rand.Rand
	at    time.Time
}

// addLedger adds the calls that a collector makes to see what this snapshot shows.
func (d *draft) addLedger() {
	l := &ledger{d, d.fleet.random(d.i, "ledger"), d.moment.Add(-20 * time.Second)}
	l.call("sts", "get-caller-identity", "", nil)
	l.call("ec2", "describe-regions", "", nil)
	l.call("iam", "list-account-aliases", "", nil)
	l.call("organizations", "describe-organization", "", nil)
	for _, region := range d.regions {
		l.call("cloudtrail", "describe-trails", region, nil)
		l.call("cloudwatch", "describe-alarms", region, map[string]string{"alarm-types": "MetricAlarm CompositeAlarm LogAlarm"})
		l.call("cloudwatch", "list-alarm-mute-rules", region, nil)
		l.call("securityhub", "describe-hub", region, nil)
	}
	for _, t := range d.snapshot.CloudTrail.Trails {
		l.call("cloudtrail", "get-trail-status", t.Region, map[string]string{"name": t.TrailARN})
		l.call("cloudtrail", "get-event-selectors", t.Region, map[string]string{"trail-name": t.TrailARN})
		if t.CloudWatchLogsLogGroupArn == nil || *t.CloudWatchLogsLogGroupArn != d.groupARN(d.id)+":*" {
			continue
		}
		l.call("logs", "describe-log-groups", t.Region, map[string]string{"log-group-name-prefix": d.group()})
		l.call("logs", "describe-metric-filters", t.Region, map[string]string{"log-group-name": d.group()})
	}
	for _, topic := range d.topics() {
		arn, _ := snapshots.ParseARN(topic)
		l.call("sns", "get-topic-attributes", arn.Region, map[string]string{"topic-arn": topic})
		l.call("sns", "list-subscriptions-by-topic", arn.Region, map[string]string{"topic-arn": topic})
	}
}

func (l *ledger) call(service, operation, region string, params map[string]string) {
	l.at = l.at.Add(time.Duration(5+l.dice.IntN(200)) * time.Millisecond)
	c := snapshots.Call{
		Service: service, Operation: operation, Region: region, Params: params, RequestID: snapshots.Of(uuid(l.dice)), Status: "ok",
		Attempts: snapshots.Of(int64(1)), StartedAt: snapshots.Of(snapshots.At(l.at)), DurationMS: snapshots.Of(30 + l.dice.Int64N(200)),
		Pages: snapshots.Of(int64(1)), SHA256: snapshots.Of(hex(l.dice, 64)),
	}
	topic, about := params["topic-arn"], ""
	for _, name := range []string{"topic-arn", "name", "trail-name"} {
		about += params[name]
	}
	switch {
	case slices.Contains(l.draft.gone, topic):
		c.Code, c.Pages, c.SHA256 = snapshots.Of("NotFound"), snapshots.Of(int64(0)), nil
	case slices.Contains(l.draft.denied, refusal{service, operation, region, about}):
		c.Code, c.Pages, c.SHA256, c.Status = snapshots.Of("AccessDenied"), snapshots.Of(int64(0)), nil, string(snapshots.Denied)
	case operation == "describe-alarms":
		c.Pages = snapshots.Of(l.draft.pagesOfAlarms(region))
	}
	l.draft.snapshot.Collection.Calls = append(l.draft.snapshot.Collection.Calls, c)
}

// pagesOfAlarms is how many pages describe-alarms has in a region: a hundred alarms a page.
func (d *draft) pagesOfAlarms(region string) int64 {
	var n int64
	for _, a := range d.snapshot.CloudWatch.Alarms {
		if a.Region == region {
			n++
		}
	}
	return max(1, (n+99)/100)
}
