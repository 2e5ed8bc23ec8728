package fakeaws

// protocol is how a service speaks on the wire.
type protocol int

const (
	json10 protocol = iota
	json11
	restJSON
	query
	ec2Query
)

// service is one service, and the words in which it refuses.
type service struct {
	// name is the AWS CLI's; scope is the name in a signature's scope; action is the prefix of its permissions.
	name, scope, action string
	protocol            protocol
	// shapes comes before the codes of its errors, namespace after the answers of XML.
	shapes, namespace string
	denied            string
	throttled         string
	badToken          string
	badParameter      string
	// anywhere is a service that answers for all regions, whichever the call was signed for.
	anywhere bool
}

// services is every service that is known.
var services = []service{
	{name: "account", scope: "account", action: "account", protocol: restJSON, denied: "AccessDeniedException",
		throttled: "TooManyRequestsException", badToken: "ValidationException", badParameter: "ValidationException", anywhere: true},
	{name: "cloudtrail", scope: "cloudtrail", action: "cloudtrail", protocol: json11, denied: "AccessDeniedException",
		throttled: "ThrottlingException", badToken: "InvalidNextTokenException", badParameter: "InvalidParameterCombinationException"},
	{name: "cloudwatch", scope: "monitoring", action: "cloudwatch", protocol: json10, shapes: "com.amazonaws.cloudwatch.v2010_08_01#",
		denied: "AccessDenied", throttled: "Throttling", badToken: "InvalidNextToken", badParameter: "ValidationError"},
	{name: "ec2", scope: "ec2", action: "ec2", protocol: ec2Query, namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
		denied: "UnauthorizedOperation", throttled: "RequestLimitExceeded", badParameter: "InvalidParameterValue"},
	{name: "iam", scope: "iam", action: "iam", protocol: query, namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		denied: "AccessDenied", throttled: "Throttling", badToken: "ValidationError", badParameter: "ValidationError", anywhere: true},
	{name: "logs", scope: "logs", action: "logs", protocol: json11, denied: "AccessDeniedException",
		throttled: "ThrottlingException", badToken: "InvalidParameterException", badParameter: "InvalidParameterException"},
	{name: "organizations", scope: "organizations", action: "organizations", protocol: json11, denied: "AccessDeniedException",
		throttled: "TooManyRequestsException", badToken: "InvalidInputException", badParameter: "InvalidInputException", anywhere: true},
	{name: "securityhub", scope: "securityhub", action: "securityhub", protocol: restJSON, denied: "AccessDeniedException",
		throttled: "TooManyRequestsException", badParameter: "InvalidInputException"},
	{name: "sns", scope: "sns", action: "SNS", protocol: query, namespace: "http://sns.amazonaws.com/doc/2010-03-31/",
		denied: "AuthorizationError", throttled: "Throttling", badToken: "InvalidParameter", badParameter: "InvalidParameter"},
	{name: "sts", scope: "sts", action: "sts", protocol: query, namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
		denied: "AccessDenied", throttled: "Throttling", badParameter: "ValidationError", anywhere: true},
}

// operation is one operation of a service.
type operation struct {
	service string
	// name is on the wire; cli is the AWS CLI's spelling.
	name, cli string
	// path is the method and path by which rest-json names it.
	path string
	// about is the parameter that names the resource, knows are others that are understood.
	about string
	knows []string
	// token and size are the parameters of the page and its size, page AWS's own size.
	token, size string
	page        int
	// fresh is an answer that depends on more than the account and the parameters.
	fresh  bool
	answer func(*request) (any, error)
}

// operations is every operation that is answered.
func operations() []*operation {
	return []*operation{
		{service: "account", name: "ListRegions", cli: "list-regions", path: "POST /listRegions", answer: listRegions,
			knows: []string{"RegionOptStatusContains"}, token: "NextToken", size: "MaxResults", page: 50},
		{service: "cloudtrail", name: "DescribeTrails", cli: "describe-trails", answer: describeTrails,
			knows: []string{"includeShadowTrails", "trailNameList"}},
		{service: "cloudtrail", name: "GetEventSelectors", cli: "get-event-selectors", about: "TrailName", answer: getEventSelectors},
		{service: "cloudtrail", name: "GetTrailStatus", cli: "get-trail-status", about: "Name", answer: getTrailStatus},
		{service: "cloudwatch", name: "DescribeAlarms", cli: "describe-alarms", answer: describeAlarms,
			knows: []string{"AlarmTypes", "AlarmNames", "AlarmNamePrefix"}, token: "NextToken", size: "MaxRecords", page: 100},
		{service: "cloudwatch", name: "GetAlarmMuteRule", cli: "get-alarm-mute-rule", about: "AlarmMuteRuleName", answer: getAlarmMuteRule},
		{service: "cloudwatch", name: "ListAlarmMuteRules", cli: "list-alarm-mute-rules", answer: listAlarmMuteRules,
			knows: []string{"Statuses"}, token: "NextToken", size: "MaxRecords", page: 100},
		{service: "ec2", name: "DescribeRegions", cli: "describe-regions", answer: describeRegions, knows: []string{"AllRegions", "RegionName"}},
		{service: "iam", name: "ListAccountAliases", cli: "list-account-aliases", answer: listAccountAliases,
			token: "Marker", size: "MaxItems", page: 100},
		{service: "logs", name: "DescribeLogGroups", cli: "describe-log-groups", answer: describeLogGroups,
			knows: []string{"logGroupNamePrefix"}, token: "nextToken", size: "limit", page: 50},
		{service: "logs", name: "DescribeMetricFilters", cli: "describe-metric-filters", about: "logGroupName", answer: describeMetricFilters,
			knows: []string{"filterNamePrefix"}, token: "nextToken", size: "limit", page: 50},
		{service: "organizations", name: "DescribeOrganization", cli: "describe-organization", answer: describeOrganization},
		{service: "organizations", name: "ListAccounts", cli: "list-accounts", answer: listAccounts,
			token: "NextToken", size: "MaxResults", page: 20},
		{service: "securityhub", name: "DescribeHub", cli: "describe-hub", path: "GET /accounts", answer: describeHub, knows: []string{"HubArn"}},
		{service: "sns", name: "GetTopicAttributes", cli: "get-topic-attributes", about: "TopicArn", answer: getTopicAttributes},
		{service: "sns", name: "ListSubscriptions", cli: "list-subscriptions", answer: listSubscriptions, token: "NextToken", page: 100},
		{service: "sns", name: "ListSubscriptionsByTopic", cli: "list-subscriptions-by-topic", about: "TopicArn",
			answer: listSubscriptionsByTopic, token: "NextToken", page: 100},
		{service: "sns", name: "ListTopics", cli: "list-topics", answer: listTopics, token: "NextToken", page: 100},
		{service: "sts", name: "AssumeRole", cli: "assume-role", about: "RoleArn", answer: assumeRole, fresh: true,
			knows: []string{"RoleSessionName", "ExternalId", "DurationSeconds"}},
		{service: "sts", name: "GetCallerIdentity", cli: "get-caller-identity", answer: getCallerIdentity, fresh: true},
	}
}

// byName are operations by their service and what names them on the wire.
func byName(all []*operation) map[string]*operation {
	named := map[string]*operation{}
	for _, o := range all {
		if o.path != "" {
			named[o.service+" "+o.path] = o
			continue
		}
		named[o.service+" "+o.name] = o
	}
	return named
}
