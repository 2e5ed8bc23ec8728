package snapshots

import (
	"fmt"
	"slices"
	"strconv"
)

// record is one record of a list as validation sees it.
type record struct {
	pointer, region string
	name            string // what must be unique in its list
	arnField, arn   string // the ARN, and the field that holds it; "" if it has none
	service         string // that the ARN must name
	foreign         bool   // the ARN may be of another account or region
}

// all lists the records of a list.
func all[T any](pointer string, items []T, as func(T) record) []record {
	out := make([]record, len(items))
	for i, item := range items {
		out[i] = as(item)
		out[i].pointer = fmt.Sprintf("%s/%d", pointer, i)
	}
	return out
}

func textOf(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// records checks every record: its region, its ARN, and that it is there once.
func (c *checker) records() {
	s := c.snapshot
	c.check(all("/cloudtrail/trails", s.CloudTrail.Trails, func(t Trail) record {
		return record{region: t.Region, name: t.TrailARN, arnField: "TrailARN", arn: t.TrailARN, service: "cloudtrail", foreign: true}
	}))
	c.check(all("/logs/log_groups", s.Logs.LogGroups, func(g LogGroup) record {
		return record{region: g.Region, name: g.Region + " " + g.LogGroupName, arnField: "arn", arn: textOf(g.Arn), service: "logs"}
	}))
	c.check(all("/logs/metric_filters", s.Logs.MetricFilters, func(f MetricFilter) record {
		return record{region: f.Region, name: f.Region + " " + f.LogGroupName + " " + f.FilterName}
	}))
	c.check(all("/cloudwatch/alarms", s.CloudWatch.Alarms, func(a Alarm) record {
		return record{region: a.Region, name: a.Region + " " + a.AlarmName, arnField: "AlarmArn", arn: a.AlarmArn, service: "cloudwatch"}
	}))
	c.check(all("/cloudwatch/composite_alarms", s.CloudWatch.CompositeAlarms, func(a CompositeAlarm) record {
		return record{region: a.Region, name: a.Region + " " + a.AlarmName, arnField: "AlarmArn", arn: a.AlarmArn, service: "cloudwatch"}
	}))
	c.check(all("/cloudwatch/log_alarms", s.CloudWatch.LogAlarms, func(a LogAlarm) record {
		return record{region: a.Region, name: a.Region + " " + a.AlarmName, arnField: "AlarmArn", arn: a.AlarmArn, service: "cloudwatch"}
	}))
	c.check(all("/cloudwatch/mute_rules", s.CloudWatch.MuteRules, func(m MuteRule) record {
		return record{region: m.Region, name: m.AlarmMuteRuleArn, arnField: "AlarmMuteRuleArn", arn: m.AlarmMuteRuleArn, service: "cloudwatch"}
	}))
	c.check(all("/sns/topics", s.SNS.Topics, func(t Topic) record {
		return record{region: t.Region, name: t.TopicArn, arnField: "TopicArn", arn: t.TopicArn, service: "sns"}
	}))
	c.check(all("/sns/subscriptions", s.SNS.Subscriptions, func(n Subscription) record {
		name := ""
		if _, confirmed := ParseARN(n.SubscriptionArn); confirmed {
			name = n.SubscriptionArn
		}
		return record{region: n.Region, name: name, arnField: "TopicArn", arn: n.TopicArn, service: "sns", foreign: true}
	}))
	c.check(all("/securityhub/hubs", s.SecurityHub.Hubs, func(h Hub) record {
		return record{region: h.Region, name: h.Region, arnField: "HubArn", arn: h.HubArn, service: "securityhub"}
	}))
}

func (c *checker) check(records []record) {
	var enabled []string
	if r := c.snapshot.Collection.Regions; r != nil {
		enabled = r.Enabled
	}
	seen := map[string]string{}
	for _, r := range records {
		switch {
		case !IsRegion(r.region):
			c.note(Wrong, r.pointer+"/region", "a region (us-east-1)", orNone(r.region))
		case enabled != nil && !slices.Contains(enabled, r.region):
			c.note(Doubtful, r.pointer+"/region", "one of the enabled regions in /collection/regions/enabled", orNone(r.region))
		}
		if r.arn != "" {
			c.arn(r)
		}
		if first, again := seen[r.name]; again && r.name != "" {
			c.note(Wrong, r.pointer, "each record once", "the same "+strconv.Quote(r.name)+" as "+first)
		}
		seen[r.name] = r.pointer
	}
}

// arn checks that an ARN can be that of a record of this account and region.
func (c *checker) arn(r record) {
	pointer := r.pointer + "/" + r.arnField
	arn, ok := ParseARN(r.arn)
	if !ok {
		c.note(Wrong, pointer, "an ARN", orNone(r.arn))
		return
	}
	if arn.Service != r.service {
		c.note(Wrong, pointer, "an ARN of "+r.service, orNone(r.arn))
	}
	if partition := c.snapshot.Account.Partition; partition != "" && arn.Partition != partition {
		c.note(Wrong, pointer, "the account's partition, "+strconv.Quote(partition), orNone(arn.Partition))
	}
	if r.foreign {
		return
	}
	if id := c.snapshot.Account.ID; IsAccountID(id) && arn.Account != id {
		c.note(Wrong, pointer, "the account "+id, orNone(arn.Account))
	}
	if arn.Region != r.region {
		c.note(Wrong, pointer, "the record's region, "+strconv.Quote(r.region), orNone(arn.Region))
	}
}
