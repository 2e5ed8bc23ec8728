// Package snapshots holds what an AWS account looked like at one moment: the types of a snapshot file, reading it,
// writing it in one canonical form, its digest, its JSON Schema and its validation.
//
// Resources keep the AWS CLI's own field names (IsMultiRegionTrail, filterPattern, AlarmActions); names that cistern
// adds are snake_case (region, seen_in). Lists are flat and every record carries its region.
//
// Not seen is not empty. A nil list was not read: it is absent from the file and gaps say why. An empty list that is
// not nil was read and holds nothing: it is written as []. [Listed] makes a list that was read. Scalars that AWS may
// leave out are pointers for the same reason.
//
// No list of a snapshot has an order that means anything, so the canonical form sorts every list, known or unknown:
// shuffling a list or the keys of an object changes no byte of it. Fields that this version does not know are kept in
// the record's Extra and written back.
package snapshots

// SchemaName is the schema that this version of the program reads and writes.
const SchemaName = "cistern/snapshot/v1"

// Snapshot is one AWS account at one moment.
type Snapshot struct {
	// Schema names the format: cistern/snapshot/v1.
	Schema string `json:"schema,required"`
	// Account is the account that the snapshot shows.
	Account Account `json:"account,required"`
	// CollectedAt is the moment the snapshot shows, the only clock a policy knows.
	CollectedAt Time `json:"collected_at,required"`
	// Collection says who made the snapshot and how.
	Collection Collection `json:"collection"`
	// CloudTrail is what was read of the service cloudtrail.
	CloudTrail CloudTrail `json:"cloudtrail"`
	// Logs is what was read of the service logs.
	Logs Logs `json:"logs"`
	// CloudWatch is what was read of the service cloudwatch.
	CloudWatch CloudWatch `json:"cloudwatch"`
	// SNS is what was read of the service sns.
	SNS SNS `json:"sns"`
	// SecurityHub is what was read of the service securityhub.
	SecurityHub SecurityHub `json:"securityhub"`
	// Gaps is what could not be read.
	Gaps []Gap `json:"gaps"`

	Extra Extra `json:",extra"`
}

// Account says which account a snapshot shows.
type Account struct {
	// ID is the account's twelve digits.
	ID string `json:"id,required"`
	// Partition is the part of AWS it lives in: aws, aws-us-gov, aws-cn ...
	Partition string `json:"partition,required"`
	// Alias is the account's name, where it was read.
	Alias *string `json:"alias"`
	// Organization is the organisation it belongs to, where that was read.
	Organization *Organization `json:"organization"`

	Extra Extra `json:",extra"`
}

// Organization is the AWS organisation of an account.
type Organization struct {
	// ID is the organisation's id, o-exampleorgid.
	ID string `json:"id"`
	// MasterAccountID is the management account's twelve digits.
	MasterAccountID string `json:"master_account_id"`

	Extra Extra `json:",extra"`
}

// CloudTrail is what was read of the service cloudtrail.
type CloudTrail struct {
	// Trails are the trails that describe-trails lists, one record a trail.
	Trails []Trail `json:"trails"`

	Extra Extra `json:",extra"`
}

// Logs is what was read of the service logs.
type Logs struct {
	// LogGroups are the log groups that describe-log-groups lists.
	LogGroups []LogGroup `json:"log_groups"`
	// MetricFilters are the filters that describe-metric-filters lists.
	MetricFilters []MetricFilter `json:"metric_filters"`

	Extra Extra `json:",extra"`
}

// CloudWatch is what was read of the service cloudwatch.
type CloudWatch struct {
	// Alarms are the metric alarms that describe-alarms lists.
	Alarms []Alarm `json:"alarms"`
	// CompositeAlarms are the composite alarms that describe-alarms lists when it is asked for them.
	CompositeAlarms []CompositeAlarm `json:"composite_alarms"`
	// LogAlarms are the log alarms that describe-alarms lists when it is asked for them.
	LogAlarms []LogAlarm `json:"log_alarms"`
	// MuteRules are the alarm mute rules that list-alarm-mute-rules lists, with what get-alarm-mute-rule says of each.
	MuteRules []MuteRule `json:"mute_rules"`

	Extra Extra `json:",extra"`
}

// SNS is what was read of the service sns.
type SNS struct {
	// Topics are the topics that list-topics lists, with what get-topic-attributes says of each.
	Topics []Topic `json:"topics"`
	// Subscriptions are the subscriptions that list-subscriptions-by-topic or list-subscriptions lists.
	Subscriptions []Subscription `json:"subscriptions"`

	Extra Extra `json:",extra"`
}

// SecurityHub is what was read of the service securityhub.
type SecurityHub struct {
	// Hubs are the hubs that describe-hub shows, one a region where Security Hub is on.
	Hubs []Hub `json:"hubs"`

	Extra Extra `json:",extra"`
}

// List is one list of a snapshot and the AWS CLI call that fills it.
type List struct {
	// Pointer is where the list stands in the snapshot.
	Pointer string
	// Service and Operation are the call, in the AWS CLI's spelling.
	Service, Operation string
	// Read tells whether the list was read, in some region at least.
	Read func(*Snapshot) bool
}

// Lists is every list of resources that a snapshot holds, in the order of the file.
func Lists() []List {
	return []List{
		{"/cloudtrail/trails", "cloudtrail", "describe-trails", func(s *Snapshot) bool { return s.CloudTrail.Trails != nil }},
		{"/cloudwatch/alarms", "cloudwatch", "describe-alarms", func(s *Snapshot) bool { return s.CloudWatch.Alarms != nil }},
		{"/cloudwatch/composite_alarms", "cloudwatch", "describe-alarms", func(s *Snapshot) bool { return s.CloudWatch.CompositeAlarms != nil }},
		{"/cloudwatch/log_alarms", "cloudwatch", "describe-alarms", func(s *Snapshot) bool { return s.CloudWatch.LogAlarms != nil }},
		{"/cloudwatch/mute_rules", "cloudwatch", "list-alarm-mute-rules", func(s *Snapshot) bool { return s.CloudWatch.MuteRules != nil }},
		{"/logs/log_groups", "logs", "describe-log-groups", func(s *Snapshot) bool { return s.Logs.LogGroups != nil }},
		{"/logs/metric_filters", "logs", "describe-metric-filters", func(s *Snapshot) bool { return s.Logs.MetricFilters != nil }},
		{"/securityhub/hubs", "securityhub", "describe-hub", func(s *Snapshot) bool { return s.SecurityHub.Hubs != nil }},
		{"/sns/subscriptions", "sns", "list-subscriptions-by-topic", func(s *Snapshot) bool { return s.SNS.Subscriptions != nil }},
		{"/sns/topics", "sns", "list-topics", func(s *Snapshot) bool { return s.SNS.Topics != nil }},
	}
}

// Detail is a call that fills a field of each record of a list; all of the record if Field is empty.
type Detail struct{ Pointer, Field, Operation string }

// Details are the calls that are made for one record at a time.
func Details() []Detail {
	return []Detail{
		{"/cloudtrail/trails", "Status", "get-trail-status"},
		{"/cloudtrail/trails", "EventSelectors", "get-event-selectors"},
		{"/cloudtrail/trails", "AdvancedEventSelectors", "get-event-selectors"},
		{"/cloudwatch/mute_rules", "", "get-alarm-mute-rule"},
		{"/sns/subscriptions", "", "list-subscriptions"},
		{"/sns/topics", "Attributes", "get-topic-attributes"},
	}
}

// Listed is items as a list that was read: empty, but not nil, when there are none.
func Listed[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// Of is a pointer to value, for fields that AWS may leave out.
func Of[T any](value T) *T { return &value }
