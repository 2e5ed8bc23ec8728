package accounts

import (
	"fmt"
	"slices"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

const (
	trailName = "management-events"
	namespace = "CISBenchmark"
	hour      = time.Hour
	year      = 365 * 24 * time.Hour
)

// addTrails adds the account's own trail, and the copy of the organisation's.
func (d *draft) addTrails() {
	if d.kind == alone || d.kind == reports {
		d.addTrail(d.trail(d.id, trailName, d.groupARN(d.id)))
		return
	}
	t := d.trail(d.managerID(), "organization-events", d.groupARN(d.watcher()))
	t.IsOrganizationTrail = snapshots.Of(true)
	d.addTrail(t)
}

func (d *draft) addTrail(t snapshots.Trail) {
	d.snapshot.CloudTrail.Trails = append(d.snapshot.CloudTrail.Trails, t)
}

// group is the name of the log group that trails deliver to.
func (d *draft) group() string {
	return pick(d.fleet.random(d.organization(), "group"), "cloudtrail/management-events", "aws-cloudtrail-logs", "/aws/cloudtrail", "CloudTrail/DefaultLogGroup")
}

func (d *draft) groupARN(account string) string {
	return fmt.Sprintf("arn:aws:logs:%s:%s:log-group:%s", d.home, account, d.group())
}

func (d *draft) trail(owner, name, groupARN string) snapshots.Trail {
	delivered := d.moment.Add(-time.Duration(2+d.dice.IntN(10)) * time.Minute)
	t := snapshots.Trail{
		Region: d.home, SeenIn: slices.Clone(d.regions), Name: name, HomeRegion: &d.home,
		TrailARN:                   fmt.Sprintf("arn:aws:cloudtrail:%s:%s:trail/%s", d.home, owner, name),
		S3BucketName:               snapshots.Of("cloudtrail-" + owner),
		S3KeyPrefix:                snapshots.Of("audit"),
		IncludeGlobalServiceEvents: snapshots.Of(true),
		IsMultiRegionTrail:         snapshots.Of(true),
		IsOrganizationTrail:        snapshots.Of(false),
		LogFileValidationEnabled:   snapshots.Of(d.dice.IntN(10) > 0),
		CloudWatchLogsLogGroupArn:  snapshots.Of(groupARN + ":*"),
		CloudWatchLogsRoleArn:      snapshots.Of("arn:aws:iam::" + owner + ":role/CloudTrailToCloudWatchLogs"),
		HasCustomEventSelectors:    snapshots.Of(true),
		HasInsightSelectors:        snapshots.Of(false),
		Status: &snapshots.TrailStatus{
			IsLogging:                        snapshots.Of(true),
			LatestDeliveryTime:               snapshots.Of(snapshots.At(delivered)),
			LatestCloudWatchLogsDeliveryTime: snapshots.Of(snapshots.At(delivered.Add(-2 * time.Minute))),
			LatestDigestDeliveryTime:         snapshots.Of(snapshots.At(delivered.Add(-40 * time.Minute))),
			StartLoggingTime:                 snapshots.Of(d.before(3 * year)),
		},
	}
	if d.dice.IntN(5) > 0 {
		t.KmsKeyId = snapshots.Of(fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", d.home, owner, uuid(d.dice)))
	}
	d.selectEvents(&t)
	return t
}

// selectEvents gives a trail its event selectors: most record what is written and read, and the objects of buckets in some accounts.
func (d *draft) selectEvents(t *snapshots.Trail) {
	if d.dice.IntN(3) == 0 {
		t.AdvancedEventSelectors = []snapshots.AdvancedEventSelector{{
			Name:           snapshots.Of("Management events"),
			FieldSelectors: []snapshots.AdvancedFieldSelector{{Field: "eventCategory", Equals: []string{"Management"}}},
		}}
		return
	}
	selector := snapshots.EventSelector{
		ReadWriteType:                 snapshots.Of("All"),
		IncludeManagementEvents:       snapshots.Of(true),
		DataResources:                 []snapshots.DataResource{},
		ExcludeManagementEventSources: []string{},
	}
	if d.dice.IntN(2) == 0 {
		selector.DataResources = []snapshots.DataResource{{Type: snapshots.Of("AWS::S3::Object"), Values: []string{"arn:aws:s3"}}}
	}
	t.EventSelectors = []snapshots.EventSelector{selector}
}

// addWatches adds the log group, and a metric filter and an alarm for each watch.
func (d *draft) addWatches() {
	d.snapshot.Logs.LogGroups = append(d.snapshot.Logs.LogGroups, snapshots.LogGroup{
		Region: d.home, LogGroupName: d.group(), Arn: snapshots.Of(d.groupARN(d.id) + ":*"), LogGroupArn: snapshots.Of(d.groupARN(d.id)),
		CreationTime:      snapshots.Of(d.before(3 * year).UnixMilli()),
		RetentionInDays:   snapshots.Of(pick(d.dice, int64(90), 365, 365, 400, 731)),
		MetricFilterCount: snapshots.Of(int64(len(watches))),
		StoredBytes:       snapshots.Of(d.dice.Int64N(1 << 36)),
		LogGroupClass:     snapshots.Of("STANDARD"),
	})
	house := d.fleet.random(d.organization(), "wording").IntN(wordings) // of the organisation's template
	for _, w := range watches {
		style := house
		if d.dice.IntN(20) == 0 {
			style = d.dice.IntN(wordings)
		}
		d.addFilter(w.name, w.worded(style))
		d.addAlarm(d.watchAlarm(w.name))
	}
}

func (d *draft) addFilter(name, pattern string) {
	d.snapshot.Logs.MetricFilters = append(d.snapshot.Logs.MetricFilters, snapshots.MetricFilter{
		Region: d.home, LogGroupName: d.group(), FilterName: name, FilterPattern: &pattern,
		MetricTransformations: []snapshots.MetricTransformation{{
			MetricName: name, MetricNamespace: namespace, MetricValue: snapshots.Of("1"), DefaultValue: snapshots.Of(0.0),
		}},
		CreationTime: snapshots.Of(d.before(2 * year).UnixMilli()),
	})
}

// topic is the ARN of the topic that the alarms of watches act on.
func (d *draft) topic() string {
	if d.kind == reports {
		return fmt.Sprintf("arn:aws:sns:us-east-1:%s:central-security-alarms", d.centralID())
	}
	if d.kind == central {
		return d.arn("sns", "us-east-1", "central-security-alarms")
	}
	return d.arn("sns", d.home, "security-alarms")
}

func (d *draft) watchAlarm(name string) snapshots.Alarm {
	a := d.alarm(d.home, name, "Sum", 1, "GreaterThanOrEqualToThreshold")
	a.MetricName, a.Namespace = &name, snapshots.Of(namespace)
	a.TreatMissingData = snapshots.Of("notBreaching")
	a.AlarmActions = []string{d.topic()}
	return a
}
