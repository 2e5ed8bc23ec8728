package awscli

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// call is one call of the AWS CLI whose answer an import understands.
type call struct {
	service, operation string
	// keys are top-level fields by which an answer is recognised: all of one of the lists.
	keys [][]string
	// scope is global for a call that is made once an account, about for one on a single resource, else regional.
	scope scope
	// param is the parameter that names the resource of an about call, in the CLI's spelling.
	param string
}

type scope int

const (
	regional scope = iota
	global
	about
)

// calls is every call that an import understands.
func calls() []*call {
	return []*call{
		{service: "cloudtrail", operation: "describe-trails", keys: [][]string{{"trailList"}}},
		{service: "cloudtrail", operation: "get-event-selectors", keys: [][]string{{"EventSelectors"},
			{"AdvancedEventSelectors"}, {"TrailARN"}}, scope: about, param: "trail-name"},
		{service: "cloudtrail", operation: "get-trail-status", keys: [][]string{{"IsLogging"},
			{"StartLoggingTime"}, {"LatestDeliveryTime"}, {"LatestCloudWatchLogsDeliveryTime"}, {"TimeLoggingStarted"}}, scope: about, param: "name"},
		{service: "cloudwatch", operation: "describe-alarms", keys: [][]string{{"MetricAlarms"}, {"CompositeAlarms"}, {"LogAlarms"}}},
		{service: "cloudwatch", operation: "get-alarm-mute-rule", keys: [][]string{{"AlarmMuteRuleArn"}}, scope: about, param: "alarm-mute-rule-name"},
		{service: "cloudwatch", operation: "list-alarm-mute-rules", keys: [][]string{{"AlarmMuteRuleSummaries"}}},
		{service: "ec2", operation: "describe-regions", keys: [][]string{{"Regions"}}, scope: global},
		{service: "account", operation: "list-regions", scope: global},
		{service: "iam", operation: "list-account-aliases", keys: [][]string{{"AccountAliases"}}, scope: global},
		{service: "logs", operation: "describe-log-groups", keys: [][]string{{"logGroups"}}},
		{service: "logs", operation: "describe-metric-filters", keys: [][]string{{"metricFilters"}}},
		{service: "organizations", operation: "describe-organization", keys: [][]string{{"Organization"}}, scope: global},
		{service: "securityhub", operation: "describe-hub", keys: [][]string{{"HubArn"}}},
		{service: "sns", operation: "get-topic-attributes", keys: [][]string{{"Attributes"}}, scope: about, param: "topic-arn"},
		{service: "sns", operation: "list-subscriptions-by-topic", scope: about, param: "topic-arn"},
		{service: "sns", operation: "list-subscriptions", keys: [][]string{{"Subscriptions"}}},
		{service: "sns", operation: "list-topics", keys: [][]string{{"Topics"}}},
		{service: "sts", operation: "get-caller-identity", keys: [][]string{{"Account", "Arn"}}, scope: global},
	}
}

// strangers are calls that are not understood, though their answers look like those of calls that are.
var strangers = []string{"describe-alarms-for-metric", "get-insight-selectors", "get-subscription-attributes"}

// named is the call that a file's name says, and what stands after it: the resource, or the number of a part.
func named(stem string, known []*call) (*call, string) {
	flat := flattened(stem)
	if slices.ContainsFunc(strangers, func(name string) bool { return strings.Contains(flat, name) }) {
		return nil, ""
	}
	var best *call
	end := 0
	for _, c := range known {
		for _, name := range []string{c.service + "-" + c.operation, c.operation} {
			if strings.HasPrefix(flat, name) && len(name) > end && separated(flat[len(name):], c.scope) {
				best, end = c, len(name)
			}
		}
	}
	if best == nil {
		return nil, ""
	}
	return best, strings.TrimLeft(stem[end:], ".-_ @=+,()")
}

// flattened is a name in lower case with one kind of separator, as long as the name itself.
func flattened(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_' || r == ' ':
			return '-'
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

var numbered = pattern(`^[.\-(@=+, ]*[0-9]*\)?$`)

// separated tells whether what follows a call's name is no part of another call's name.
func separated(rest string, s scope) bool {
	return rest == "" || strings.ContainsAny(rest[:1], ".@=+,(") || s == about && rest[0] == '-' ||
		numbered().MatchString(rest) || regionIn(rest) != ""
}

var regionPattern = pattern(`(?:^|[^a-z0-9])([a-z]{2,4}(?:-[a-z]+){1,2}-[0-9]{1,2})(?:$|[^a-z0-9])`)

// regionIn is the region that a name holds, "" if it holds none.
func regionIn(name string) string {
	found := regionPattern().FindStringSubmatch(name)
	if found == nil || !snapshots.IsRegion(found[1]) {
		return ""
	}
	return found[1]
}

// recognised is the call whose answer has these top-level fields.
func recognised(fields snapshots.Extra, known []*call) *call {
	if fields["InsightSelectors"] != nil {
		return nil
	}
	for _, c := range known {
		for _, keys := range c.keys {
			if !slices.ContainsFunc(keys, func(key string) bool { return fields[key] == nil }) {
				return c
			}
		}
	}
	return nil
}

func find(known []*call, operation string) *call {
	for _, c := range known {
		if c.operation == operation {
			return c
		}
	}
	return nil
}
