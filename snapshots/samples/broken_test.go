package samples_test

import "github.com/cistern-audit/cistern/snapshots"

// broken is every way in which a sample breaks the chain: the compliant account with one change. A name says the link
// first: broken-<link>-<what>.
var broken = map[string]func(*snapshots.Snapshot){
	"broken-trail-single-region": func(s *snapshots.Snapshot) {
		t := &s.CloudTrail.Trails[0]
		t.IsMultiRegionTrail = snapshots.Of(false)
		t.IncludeGlobalServiceEvents = snapshots.Of(false)
		t.SeenIn = []string{home}
	},
	"broken-trail-stopped": func(s *snapshots.Snapshot) {
		status := s.CloudTrail.Trails[0].Status
		status.IsLogging = snapshots.Of(false)
		status.StopLoggingTime = snapshots.Of(at("2026-01-02T03:04:05Z"))
	},
	"broken-event-selectors-read-only": func(s *snapshots.Snapshot) {
		s.CloudTrail.Trails[0].EventSelectors[0].ReadWriteType = snapshots.Of("ReadOnly")
	},
	"broken-event-selectors-no-kms": func(s *snapshots.Snapshot) {
		s.CloudTrail.Trails[0].EventSelectors[0].ExcludeManagementEventSources = []string{"kms.amazonaws.com"}
	},
	"broken-log-group-none": func(s *snapshots.Snapshot) {
		t := &s.CloudTrail.Trails[0]
		t.CloudWatchLogsLogGroupArn, t.CloudWatchLogsRoleArn = nil, nil
		t.Status.LatestCloudWatchLogsDeliveryTime = nil
	},
	"broken-metric-filter-none": func(s *snapshots.Snapshot) {
		s.Logs.MetricFilters = []snapshots.MetricFilter{}
	},
	"broken-metric-filter-other-group": func(s *snapshots.Snapshot) {
		for i := range s.Logs.MetricFilters {
			s.Logs.MetricFilters[i].LogGroupName = "cloudtrail/old-trail"
		}
	},
	"broken-pattern-misses": func(s *snapshots.Snapshot) {
		filterOf(s, "CloudTrailChanges").FilterPattern = snapshots.Of(`{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ` +
			`($.eventName = DeleteTrail) || ($.eventName = StartLogging) }`)
	},
	"broken-pattern-typo": func(s *snapshots.Snapshot) { // as the benchmark's line breaks are pasted
		filterOf(s, "ConsoleAuthenticationFailures").FilterPattern = snapshots.Of(
			`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failedauthentication") }`)
	},
	"broken-alarm-none": func(s *snapshots.Snapshot) {
		s.CloudWatch.Alarms = []snapshots.Alarm{}
	},
	"broken-alarm-namespace": func(s *snapshots.Snapshot) {
		alarmOf(s, "RootUsage").Namespace = snapshots.Of("LogMetrics")
	},
	"broken-alarm-threshold": func(s *snapshots.Snapshot) {
		alarmOf(s, "RootUsage").Threshold = snapshots.Of(10.0)
	},
	"broken-action-disabled": func(s *snapshots.Snapshot) {
		alarmOf(s, "RootUsage").ActionsEnabled = snapshots.Of(false)
	},
	"broken-action-none": func(s *snapshots.Snapshot) {
		alarmOf(s, "RootUsage").AlarmActions = []string{}
		alarmOf(s, "RootUsage").OKActions = []string{topicARN}
	},
	"broken-topic-deleted": func(s *snapshots.Snapshot) {
		s.SNS.Topics = []snapshots.Topic{}
		s.SNS.Subscriptions = []snapshots.Subscription{}
	},
	"broken-subscription-none": func(s *snapshots.Snapshot) {
		s.SNS.Topics[0].Attributes.SubscriptionsConfirmed = snapshots.Of("0")
		s.SNS.Subscriptions = []snapshots.Subscription{}
	},
	"broken-subscription-pending": func(s *snapshots.Snapshot) {
		s.SNS.Topics[0].Attributes.SubscriptionsConfirmed = snapshots.Of("0")
		s.SNS.Topics[0].Attributes.SubscriptionsPending = snapshots.Of("1")
		s.SNS.Subscriptions[0].SubscriptionArn = "PendingConfirmation"
	},
	"denied": func(s *snapshots.Snapshot) { // not broken: not seen
		s.CloudWatch = snapshots.CloudWatch{}
		for _, region := range []string{home, second} {
			for _, operation := range []string{"describe-alarms", "list-alarm-mute-rules"} {
				s.Gaps = append(s.Gaps, snapshots.Gap{
					Region: region, Service: "cloudwatch", Operation: operation, Kind: snapshots.Denied, Code: "AccessDenied",
					Message: "User: arn:aws:sts::111122223333:assumed-role/SecurityAudit/cistern is not authorized to perform this",
				})
			}
		}
	},
}

func filterOf(s *snapshots.Snapshot, name string) *snapshots.MetricFilter {
	for i := range s.Logs.MetricFilters {
		if s.Logs.MetricFilters[i].FilterName == name {
			return &s.Logs.MetricFilters[i]
		}
	}
	panic("no filter " + name)
}

func alarmOf(s *snapshots.Snapshot, name string) *snapshots.Alarm {
	for i := range s.CloudWatch.Alarms {
		if s.CloudWatch.Alarms[i].AlarmName == name {
			return &s.CloudWatch.Alarms[i]
		}
	}
	panic("no alarm " + name)
}
