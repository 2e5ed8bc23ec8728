package samples_test

import (
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

const (
	account   = "111122223333"
	home      = "us-east-1"
	second    = "eu-west-1"
	trailARN  = "arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events"
	groupName = "cloudtrail/management-events"
	groupARN  = "arn:aws:logs:us-east-1:111122223333:log-group:cloudtrail/management-events"
	topicARN  = "arn:aws:sns:us-east-1:111122223333:security-alarms"
	namespace = "CISBenchmark"
)

func at(clock string) snapshots.Time {
	t, err := snapshots.ParseTime(clock)
	if err != nil {
		panic(err)
	}
	return t
}

// empty is a fresh account: everything was read, and there is nothing.
func empty() *snapshots.Snapshot {
	return &snapshots.Snapshot{
		Schema:      snapshots.SchemaName,
		Account:     snapshots.Account{ID: account, Partition: "aws", Alias: snapshots.Of("example")},
		CollectedAt: at("2026-01-05T10:00:00Z"),
		Collection: snapshots.Collection{
			Source: "aws",
			Caller: &snapshots.Caller{
				ARN:    "arn:aws:sts::111122223333:assumed-role/SecurityAudit/cistern",
				UserID: snapshots.Of("AROAEXAMPLEAUDITROLE:cistern"),
			},
			Regions: &snapshots.Regions{Enabled: []string{second, home}},
		},
		CloudTrail: snapshots.CloudTrail{Trails: []snapshots.Trail{}},
		Logs:       snapshots.Logs{LogGroups: []snapshots.LogGroup{}, MetricFilters: []snapshots.MetricFilter{}},
		CloudWatch: snapshots.CloudWatch{
			Alarms:          []snapshots.Alarm{},
			CompositeAlarms: []snapshots.CompositeAlarm{},
			LogAlarms:       []snapshots.LogAlarm{},
			MuteRules:       []snapshots.MuteRule{},
		},
		SNS:         snapshots.SNS{Topics: []snapshots.Topic{}, Subscriptions: []snapshots.Subscription{}},
		SecurityHub: snapshots.SecurityHub{Hubs: []snapshots.Hub{}},
		Gaps:        []snapshots.Gap{},
	}
}

// compliant is an account that meets every monitoring control, and the logging controls that a snapshot decides.
func compliant() *snapshots.Snapshot {
	s := empty()
	s.CloudTrail.Trails = []snapshots.Trail{trail()}
	s.Logs.LogGroups = []snapshots.LogGroup{{
		Region:          home,
		LogGroupName:    groupName,
		Arn:             snapshots.Of(groupARN + ":*"),
		LogGroupArn:     snapshots.Of(groupARN),
		CreationTime:    snapshots.Of(int64(1735725600000)),
		RetentionInDays: snapshots.Of(int64(365)),
		KmsKeyId:        snapshots.Of("arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"),
		LogGroupClass:   snapshots.Of("STANDARD"),
	}}
	for _, w := range watches {
		s.Logs.MetricFilters = append(s.Logs.MetricFilters, filter(w.name, w.pattern))
		s.CloudWatch.Alarms = append(s.CloudWatch.Alarms, alarm(w.name))
	}
	s.SNS.Topics = []snapshots.Topic{topic()}
	s.SNS.Subscriptions = []snapshots.Subscription{{
		Region:          home,
		TopicArn:        topicARN,
		SubscriptionArn: topicARN + ":66666666-7777-8888-9999-000000000000",
		Protocol:        "email",
		Endpoint:        "security@example.com",
		Owner:           snapshots.Of(account),
	}}
	for _, region := range []string{second, home} {
		s.SecurityHub.Hubs = append(s.SecurityHub.Hubs, snapshots.Hub{
			Region:                  region,
			HubArn:                  "arn:aws:securityhub:" + region + ":111122223333:hub/default",
			SubscribedAt:            snapshots.Of("2025-01-01T10:30:00.000Z"),
			AutoEnableControls:      snapshots.Of(true),
			ControlFindingGenerator: snapshots.Of("SECURITY_CONTROL"),
		})
	}
	return s
}

func trail() snapshots.Trail {
	return snapshots.Trail{
		Region:                     home,
		SeenIn:                     []string{second, home},
		Name:                       "management-events",
		TrailARN:                   trailARN,
		HomeRegion:                 snapshots.Of(home),
		S3BucketName:               snapshots.Of("example-cloudtrail-logs"),
		IncludeGlobalServiceEvents: snapshots.Of(true),
		IsMultiRegionTrail:         snapshots.Of(true),
		IsOrganizationTrail:        snapshots.Of(false),
		LogFileValidationEnabled:   snapshots.Of(true),
		CloudWatchLogsLogGroupArn:  snapshots.Of(groupARN + ":*"),
		CloudWatchLogsRoleArn:      snapshots.Of("arn:aws:iam::111122223333:role/CloudTrailToCloudWatchLogs"),
		KmsKeyId:                   snapshots.Of("arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"),
		HasCustomEventSelectors:    snapshots.Of(true),
		HasInsightSelectors:        snapshots.Of(false),
		Status: &snapshots.TrailStatus{
			IsLogging:                        snapshots.Of(true),
			LatestDeliveryTime:               snapshots.Of(at("2026-01-05T09:57:31.402Z")),
			LatestCloudWatchLogsDeliveryTime: snapshots.Of(at("2026-01-05T09:55:12.873Z")),
			LatestDigestDeliveryTime:         snapshots.Of(at("2026-01-05T09:14:08.15Z")),
			StartLoggingTime:                 snapshots.Of(at("2025-01-01T10:05:00Z")),
		},
		EventSelectors: []snapshots.EventSelector{{
			ReadWriteType:           snapshots.Of("All"),
			IncludeManagementEvents: snapshots.Of(true),
			DataResources: []snapshots.DataResource{{
				Type:   snapshots.Of("AWS::S3::Object"),
				Values: []string{"arn:aws:s3"},
			}},
			ExcludeManagementEventSources: []string{},
		}},
	}
}

func filter(name, pattern string) snapshots.MetricFilter {
	return snapshots.MetricFilter{
		Region:        home,
		LogGroupName:  groupName,
		FilterName:    name,
		FilterPattern: snapshots.Of(pattern),
		MetricTransformations: []snapshots.MetricTransformation{{
			MetricName:      name,
			MetricNamespace: namespace,
			MetricValue:     snapshots.Of("1"),
		}},
		CreationTime: snapshots.Of(int64(1735725900000)),
	}
}

func alarm(name string) snapshots.Alarm {
	return snapshots.Alarm{
		Region:                  home,
		AlarmName:               name,
		AlarmArn:                "arn:aws:cloudwatch:us-east-1:111122223333:alarm:" + name,
		ActionsEnabled:          snapshots.Of(true),
		AlarmActions:            []string{topicARN},
		OKActions:               []string{},
		InsufficientDataActions: []string{},
		MetricName:              snapshots.Of(name),
		Namespace:               snapshots.Of(namespace),
		Dimensions:              []snapshots.Dimension{},
		Statistic:               snapshots.Of("Sum"),
		Period:                  snapshots.Of(int64(300)),
		EvaluationPeriods:       snapshots.Of(int64(1)),
		Threshold:               snapshots.Of(1.0),
		ComparisonOperator:      snapshots.Of("GreaterThanOrEqualToThreshold"),
		TreatMissingData:        snapshots.Of("notBreaching"),
		StateValue:              snapshots.Of("OK"),
	}
}

func topic() snapshots.Topic {
	return snapshots.Topic{
		Region:   home,
		TopicArn: topicARN,
		Attributes: &snapshots.TopicAttributes{
			TopicArn:    snapshots.Of(topicARN),
			Owner:       snapshots.Of(account),
			DisplayName: snapshots.Of("Security alarms"),
			Policy: snapshots.Of(strings.ReplaceAll(`{"Version":"2012-10-17","Statement":[{"Sid":"Alarms","Effect":"Allow",`+
				`"Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"TOPIC",`+
				`"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}]}`, "TOPIC", topicARN)),
			SubscriptionsConfirmed: snapshots.Of("1"),
			SubscriptionsPending:   snapshots.Of("0"),
			SubscriptionsDeleted:   snapshots.Of("0"),
		},
	}
}
