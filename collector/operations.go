package collector

import (
	"context"
	"slices"

	"github.com/cistern-audit/cistern/snapshots"
)

// operation is one call of the AWS API.
type operation struct {
	// service and name are in the AWS CLI's spelling.
	service, name string
	// perSecond is how many AWS allows an account and region in a second, as documented; where nothing is documented,
	// what is polite.
	perSecond float64
	// global is for a call that is made once an account, not in each region.
	global bool
	// raw is for a call whose answer is read as it came over the wire: its protocol is JSON, and its records a snapshot's.
	raw bool
	// often says how often a plan must expect it.
	often string
}

// The calls, and the documented quotas behind them: CloudTrail's "Get, describe, and list APIs" 10 a second; CloudWatch Logs
// DescribeMetricFilters 5, DescribeLogGroups 5 (10 where it was raised); CloudWatch DescribeAlarms 9; SNS 30; Security Hub 10; STS
// 600 for all of its calls together.
var (
	assumeRole           = operation{"sts", "assume-role", 600, true, false, "once an account, of its role"}
	getCallerIdentity    = operation{"sts", "get-caller-identity", 600, true, false, "once an account"}
	describeRegions      = operation{"ec2", "describe-regions", 10, true, false, "once an account"}
	listRegions          = operation{"account", "list-regions", 2, true, false, "once an account, if ec2 describe-regions is refused"}
	listAccountAliases   = operation{"iam", "list-account-aliases", 5, true, false, "once an account"}
	describeOrganization = operation{"organizations", "describe-organization", 2, true, false, "once an account"}
	listAccounts         = operation{"organizations", "list-accounts", 4, true, false, "once for every 20 accounts, in the management account"}

	describeTrails    = operation{"cloudtrail", "describe-trails", 10, false, true, "once a region"}
	getTrailStatus    = operation{"cloudtrail", "get-trail-status", 10, false, true, "once a trail, in its home region"}
	getEventSelectors = operation{"cloudtrail", "get-event-selectors", 10, false, true, "once a trail, in its home region"}

	describeLogGroups     = operation{"logs", "describe-log-groups", 5, false, true, "once a log group that a trail delivers to"}
	describeMetricFilters = operation{"logs", "describe-metric-filters", 5, false, true, "once a log group that a trail delivers to"}

	describeAlarms     = operation{"cloudwatch", "describe-alarms", 9, false, true, "once a region, and for every 100 alarms"}
	listAlarmMuteRules = operation{"cloudwatch", "list-alarm-mute-rules", 5, false, true, "once a region"}
	getAlarmMuteRule   = operation{"cloudwatch", "get-alarm-mute-rule", 5, false, true, "once a mute rule"}

	getTopicAttributes       = operation{"sns", "get-topic-attributes", 30, false, false, "once a topic that an alarm acts on, in its region"}
	listSubscriptionsByTopic = operation{"sns", "list-subscriptions-by-topic", 30, false, false, "once a topic that an alarm acts on, in its region"}

	describeHub = operation{"securityhub", "describe-hub", 10, false, true, "once a region"}
)

// action is the IAM permission that it needs, empty if it needs none.
func (o operation) action() string { return snapshots.ActionOf(o.service, o.name) }

// reader fills lists of the snapshot.
type reader struct {
	// lists are the pointers of the lists that it fills, as [snapshots.Lists] has them.
	lists []string
	// calls are what it may ask.
	calls []operation
	// inRegion asks one region; nil if nothing is asked of every region.
	inRegion func(*collection, context.Context, string)
	// after starts to ask what follows from the answers of all regions; nil if nothing does.
	after func(*collection, context.Context)
	// end puts the lists in order when the last answer is there; nil if there is nothing to do.
	end func(*collection, *snapshots.Snapshot)
}

// readers is who fills which list. A new resource is a line here, and a file beside this one of the same name as in
// package snapshots.
func readers() []reader {
	return []reader{
		{[]string{"/cloudtrail/trails"}, []operation{describeTrails, getTrailStatus, getEventSelectors},
			(*collection).listTrails, (*collection).askTrails, (*collection).endTrails},
		{[]string{"/logs/log_groups", "/logs/metric_filters"}, []operation{describeLogGroups, describeMetricFilters},
			(*collection).allLogs, (*collection).askGroups, (*collection).endLogs},
		{[]string{"/cloudwatch/alarms", "/cloudwatch/composite_alarms", "/cloudwatch/log_alarms"}, []operation{describeAlarms},
			(*collection).alarms, nil, nil},
		{[]string{"/cloudwatch/mute_rules"}, []operation{listAlarmMuteRules, getAlarmMuteRule},
			(*collection).muteRules, nil, nil},
		{[]string{"/sns/topics", "/sns/subscriptions"}, []operation{getTopicAttributes, listSubscriptionsByTopic},
			nil, (*collection).askOthersTopics, (*collection).endTopics},
		{[]string{"/securityhub/hubs"}, []operation{describeHub},
			(*collection).hub, nil, nil},
	}
}

// aboutAccount are the calls that say which account it is and which regions it can use.
func aboutAccount() []operation {
	return []operation{getCallerIdentity, describeRegions, listRegions, listAccountAliases, describeOrganization}
}

// operations is every call that reading one account may make, in the order in which it makes them.
func operations() []operation {
	all := aboutAccount()
	for _, r := range readers() {
		all = slices.Concat(all, r.calls)
	}
	return all
}
