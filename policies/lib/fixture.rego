# METADATA
# title: Accounts for tests
# description: |
#   A compliant account whose filters have given patterns, and the same account broken at each link of the chain. Tests start from the first
#   and expect the link of the second.
package policies.lib.fixture

# account has one metric filter, alarm and metric for each pattern, and one topic for all.
account(patterns) := {
	"schema": "cistern/snapshot/v1",
	"account": {"id": home, "partition": "aws"},
	"collected_at": "2026-01-01T00:00:00Z",
	"collection": {"source": "aws", "regions": {"enabled": ["eu-west-1", "us-east-1"]}},
	"cloudtrail": {"trails": [trail]},
	"logs": {"metric_filters": [filter(i, pattern) | some i, pattern in patterns]},
	"cloudwatch": {"alarms": [alarm(i) | some i, _ in patterns], "composite_alarms": [], "log_alarms": [], "mute_rules": []},
	"sns": {"topics": [{"region": "us-east-1", "TopicArn": topic}], "subscriptions": [subscription]},
	"securityhub": {"hubs": [{"region": "eu-west-1", "HubArn": "arn:hub:1"}, {"region": "us-east-1", "HubArn": "arn:hub:2"}]},
	"gaps": [],
}

home := "111122223333"

trail := {
	"region": "us-east-1",
	"Name": "main",
	"TrailARN": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main",
	"HomeRegion": "us-east-1",
	"IsMultiRegionTrail": true,
	"IsOrganizationTrail": false,
	"LogFileValidationEnabled": true,
	"KmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555",
	"CloudWatchLogsLogGroupArn": group,
	"HasCustomEventSelectors": true,
	"Status": {"IsLogging": true, "LatestCloudWatchLogsDeliveryTime": "2025-12-31T23:50:00Z"},
	"EventSelectors": [{
		"ReadWriteType": "All",
		"IncludeManagementEvents": true,
		"ExcludeManagementEventSources": [],
		"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
	}],
}

group := "arn:aws:logs:us-east-1:111122223333:log-group:trail/main:*"

filter(i, pattern) := {
	"region": "us-east-1",
	"logGroupName": "trail/main",
	"filterName": sprintf("filter%d", [i]),
	"filterPattern": pattern,
	"metricTransformations": [{"metricName": sprintf("metric%d", [i]), "metricNamespace": "CIS", "metricValue": "1"}],
}

alarm(i) := {
	"region": "us-east-1",
	"AlarmName": sprintf("alarm%d", [i]),
	"AlarmArn": sprintf("arn:aws:cloudwatch:us-east-1:111122223333:alarm:alarm%d", [i]),
	"MetricName": sprintf("metric%d", [i]),
	"Namespace": "CIS",
	"Statistic": "Sum",
	"Period": 300,
	"EvaluationPeriods": 1,
	"Threshold": 1,
	"ComparisonOperator": "GreaterThanOrEqualToThreshold",
	"TreatMissingData": "notBreaching",
	"ActionsEnabled": true,
	"AlarmActions": [topic],
	"OKActions": [],
}

topic := "arn:aws:sns:us-east-1:111122223333:alerts"

subscription := {
	"region": "us-east-1",
	"TopicArn": topic,
	"SubscriptionArn": "arn:aws:sns:us-east-1:111122223333:alerts:6b0e71bd-7e97-4d97-80ce-4a0994e55286",
	"Protocol": "email",
	"Endpoint": "security@example.com",
}

# patched is an account after some operations on it; every test of one broken thing is such a list.
patched(patterns, operations) := json.patch(account(patterns), operations)

set_to(path, value) := {"op": "add", "path": path, "value": value}

without(path) := {"op": "remove", "path": path}

gap(service, operation) := {
	"region": "us-east-1",
	"service": service,
	"operation": operation,
	"kind": "denied",
	"code": "AccessDenied",
	"message": "not authorized",
}

# broken breaks any control's chain at each of its links.
broken := {
	"trail": [set_to("/cloudtrail/trails/0/Status/IsLogging", false)],
	"event_selectors": [set_to("/cloudtrail/trails/0/EventSelectors/0/ReadWriteType", "ReadOnly")],
	"log_group": [without("/cloudtrail/trails/0/CloudWatchLogsLogGroupArn")],
	"metric_filter": [set_to("/logs/metric_filters/0/logGroupName", "trail/other")],
	"pattern": [set_to("/logs/metric_filters/0/filterPattern", `{ $.eventName = "RunInstances" }`)],
	"alarm": [set_to("/cloudwatch/alarms/0/Namespace", "Other")],
	"action": [set_to("/cloudwatch/alarms/0/AlarmActions", ["arn:aws:automate:us-east-1:ec2:stop"])],
	"topic": [set_to("/sns/topics", [])],
	"subscription": [set_to("/sns/subscriptions/0/SubscriptionArn", "PendingConfirmation")],
}

# unread leaves any control's chain open.
unread := {
	"selectors": [without("/cloudtrail/trails/0/EventSelectors")],
	"alarms": [without("/cloudwatch/alarms"), set_to("/gaps/-", gap("cloudwatch", "describe-alarms"))],
}
