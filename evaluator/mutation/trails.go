package mutation

import (
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

func stopped(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	t.Status = &snapshots.TrailStatus{IsLogging: snapshots.Of(false), LatestCloudWatchLogsDeliveryTime: value(t.Status).LatestCloudWatchLogsDeliveryTime}
	return true
}

func oneRegion(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	t.IsMultiRegionTrail = snapshots.Of(false)
	return true
}

func unsigned(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	t.LogFileValidationEnabled = snapshots.Of(false)
	return true
}

func unencrypted(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	t.KmsKeyId = nil
	return true
}

// withDefault spells out what a trail without selectors records.
func withDefault(t *snapshots.Trail) {
	if len(t.EventSelectors)+len(t.AdvancedEventSelectors) == 0 {
		t.HasCustomEventSelectors = snapshots.Of(true)
		t.EventSelectors = []snapshots.EventSelector{{ReadWriteType: snapshots.Of("All"), IncludeManagementEvents: snapshots.Of(true)}}
	}
}

// selects tells whether an advanced selector is about a field of that value.
func selects(s snapshots.AdvancedEventSelector, field, value string) bool {
	return slices.ContainsFunc(s.FieldSelectors, func(f snapshots.AdvancedFieldSelector) bool {
		return f.Field == field && slices.Contains(f.Equals, value)
	})
}

func withoutManagement(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	withDefault(t)
	for i := range t.EventSelectors {
		t.EventSelectors[i].IncludeManagementEvents = snapshots.Of(false)
	}
	t.AdvancedEventSelectors = slices.DeleteFunc(t.AdvancedEventSelectors, func(s snapshots.AdvancedEventSelector) bool {
		return selects(s, "eventCategory", "Management")
	})
	if len(t.EventSelectors)+len(t.AdvancedEventSelectors) == 0 { // none at all would mean AWS's default
		t.AdvancedEventSelectors = []snapshots.AdvancedEventSelector{{FieldSelectors: []snapshots.AdvancedFieldSelector{
			{Field: "eventCategory", Equals: []string{"Data"}},
			{Field: "resources.type", Equals: []string{"AWS::Lambda::Function"}},
		}}}
	}
	return true
}

func recordingOnly(side string) func(*snapshots.Trail, *snapshots.Snapshot) bool {
	return func(t *snapshots.Trail, in *snapshots.Snapshot) bool {
		withDefault(t)
		for i := range t.EventSelectors {
			t.EventSelectors[i].ReadWriteType = snapshots.Of(side)
		}
		reading := map[string]string{"ReadOnly": "true", "WriteOnly": "false"}[side]
		for i := range t.AdvancedEventSelectors {
			s := &t.AdvancedEventSelectors[i]
			s.FieldSelectors = slices.DeleteFunc(s.FieldSelectors, func(f snapshots.AdvancedFieldSelector) bool { return f.Field == "readOnly" })
			s.FieldSelectors = append(s.FieldSelectors, snapshots.AdvancedFieldSelector{Field: "readOnly", Equals: []string{reading}})
		}
		return true
	}
}

// narrow adds a condition to every advanced selector of management events.
func narrow(t *snapshots.Trail, field snapshots.AdvancedFieldSelector) bool {
	if len(t.EventSelectors) > 0 {
		return false
	}
	if len(t.AdvancedEventSelectors) == 0 {
		t.AdvancedEventSelectors = []snapshots.AdvancedEventSelector{{FieldSelectors: []snapshots.AdvancedFieldSelector{
			{Field: "eventCategory", Equals: []string{"Management"}},
		}}}
	}
	some := false
	for i := range t.AdvancedEventSelectors {
		if s := &t.AdvancedEventSelectors[i]; selects(*s, "eventCategory", "Management") {
			s.FieldSelectors = append(s.FieldSelectors, field)
			some = true
		}
	}
	return some
}

func withoutKMS(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	const kms = "kms.amazonaws.com"
	for i := range t.EventSelectors {
		s := &t.EventSelectors[i]
		s.ExcludeManagementEventSources = append(s.ExcludeManagementEventSources, kms)
	}
	return len(t.EventSelectors) > 0 || narrow(t, snapshots.AdvancedFieldSelector{Field: "eventSource", NotEquals: []string{kms}})
}

func narrowedToOneEvent(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	return narrow(t, snapshots.AdvancedFieldSelector{Field: "eventName", Equals: []string{"DescribeRegions"}})
}

const s3Object = "AWS::S3::Object"

func withoutObjects(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	some := false
	for i := range t.EventSelectors {
		s := &t.EventSelectors[i]
		before := len(s.DataResources)
		s.DataResources = slices.DeleteFunc(s.DataResources, func(r snapshots.DataResource) bool { return value(r.Type) == s3Object })
		some = some || len(s.DataResources) < before
	}
	before := len(t.AdvancedEventSelectors)
	t.AdvancedEventSelectors = slices.DeleteFunc(t.AdvancedEventSelectors, func(s snapshots.AdvancedEventSelector) bool {
		return selects(s, "resources.type", s3Object)
	})
	return some || len(t.AdvancedEventSelectors) < before
}

func oneBucket(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	const bucket = "arn:aws:s3:::one-bucket/"
	some := false
	for _, s := range t.EventSelectors {
		for i, r := range s.DataResources {
			if value(r.Type) == s3Object {
				s.DataResources[i].Values = []string{bucket}
				some = true
			}
		}
	}
	for i, s := range t.AdvancedEventSelectors {
		if selects(s, "resources.type", s3Object) {
			only := snapshots.AdvancedFieldSelector{Field: "resources.ARN", StartsWith: []string{bucket}}
			t.AdvancedEventSelectors[i].FieldSelectors = append(s.FieldSelectors, only)
			some = true
		}
	}
	return some
}

func withoutGroup(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	t.CloudWatchLogsLogGroupArn, t.CloudWatchLogsRoleArn = nil, nil
	return true
}

func anotherGroup(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	arn := value(t.CloudWatchLogsLogGroupArn)
	t.CloudWatchLogsLogGroupArn = snapshots.Of(strings.TrimSuffix(arn, ":*") + "-elsewhere:*")
	return arn != ""
}

// groupDeleted takes the log group away, and its metric filters with it.
func groupDeleted(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	parts := strings.Split(value(t.CloudWatchLogsLogGroupArn), ":")
	if len(parts) < 7 || parts[4] != in.Account.ID {
		return false
	}
	region, name := parts[3], parts[6]
	logs := &in.Logs
	logs.LogGroups = slices.DeleteFunc(logs.LogGroups, func(g snapshots.LogGroup) bool { return g.Region == region && g.LogGroupName == name })
	before := len(logs.MetricFilters)
	logs.MetricFilters = slices.DeleteFunc(logs.MetricFilters, func(f snapshots.MetricFilter) bool { return f.Region == region && f.LogGroupName == name })
	return len(logs.MetricFilters) < before
}

// withItsFilters adds the filters that a trail's log group takes with it to what is changed.
func withItsFilters(changes func(*account) []change) func(*account) []change {
	return func(a *account) []change {
		all := changes(a)
		for i, c := range all {
			arn := value(find(a.tester, trails, place{a.input, c.pointers[0]}).CloudWatchLogsLogGroupArn)
			for j, f := range a.snapshot.Logs.MetricFilters {
				if strings.Contains(arn, ":"+f.Region+":") && strings.HasSuffix(strings.TrimSuffix(arn, ":*"), ":log-group:"+f.LogGroupName) {
					all[i].pointers = append(all[i].pointers, filters.at(j))
				}
			}
		}
		return all
	}
}

func deliveryFailing(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	status := value(t.Status)
	status.LatestCloudWatchLogsDeliveryError = snapshots.Of("Access denied")
	status.LatestCloudWatchLogsDeliveryTime = snapshots.Of(snapshots.At(in.CollectedAt.Add(-48 * time.Hour)))
	t.Status = &status
	return true
}

// idleTwin adds a trail that is not logging beside the one that is.
func idleTwin(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	twin := *t
	twin.Name += "-idle"
	twin.TrailARN += "-idle"
	status := value(t.Status)
	status.IsLogging = snapshots.Of(false)
	twin.Status = &status
	in.CloudTrail.Trails = append(in.CloudTrail.Trails, twin)
	return true
}
