package remediation

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// bucket is a bucket that nobody can read, and its policy.
func (t *terraform) bucket(c *Change) {
	label, b := t.labels[c], c.Bucket
	t.open("aws_s3_bucket", label, c.Region, func() { t.set("bucket", hclText(b.Name)) })
	t.open("aws_s3_bucket_public_access_block", label, c.Region, func() {
		t.set("bucket", "aws_s3_bucket."+label+".id")
		for _, name := range []string{"block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"} {
			t.set(name, "true")
		}
	})
	t.open("aws_s3_bucket_policy", label, c.Region, func() {
		t.set("bucket", "aws_s3_bucket."+label+".id")
		t.set("policy", "jsonencode("+hclValue(b.Policy)+")")
	})
}

// role is a role and what it may do; of one that is there, only that.
func (t *terraform) role(c *Change) {
	label, r := t.labels[c], c.Role
	name := hclText(r.Name)
	if !r.Existing {
		t.open("aws_iam_role", label, c.Region, func() {
			t.set("name", name)
			t.set("assume_role_policy", "jsonencode("+hclValue(r.Trust)+")")
		})
		name = "aws_iam_role." + label + ".id"
	}
	t.open("aws_iam_role_policy", label, c.Region, func() {
		t.set("name", hclText(r.Inline))
		t.set("role", name)
		t.set("policy", "jsonencode("+hclValue(r.Policy)+")")
	})
}

// simple are resources of a few texts.
func (t *terraform) simple(c *Change) {
	t.open(terraformTypes[c.Kind], t.labels[c], c.Region, func() {
		switch c.Kind {
		case LogGroupKind:
			t.set("name", hclText(c.LogGroup.LogGroupName))
		case TopicKind:
			t.set("name", hclText(lastPart(c.Topic.TopicArn)))
		case SubscriptionKind:
			t.set("topic_arn", t.refer(TopicKind, c.Region, c.Subscription.TopicArn))
			t.set("protocol", hclText(c.Subscription.Protocol))
			t.set("endpoint", hclText(c.Subscription.Endpoint))
		case HubKind:
			t.set("enable_default_standards", "false")
		}
	})
}

func (t *terraform) filter(c *Change) {
	f := c.Filter
	t.open(terraformTypes[FilterKind], t.labels[c], c.Region, func() {
		t.set("name", hclText(f.FilterName))
		t.set("log_group_name", t.refer(LogGroupKind, f.Region, f.LogGroupName))
		t.set("pattern", hclText(orEmpty(f.FilterPattern)))
		for i := range f.MetricTransformations {
			m := &f.MetricTransformations[i]
			t.block("metric_transformation", func() {
				t.set("namespace", hclText(m.MetricNamespace))
				t.set("name", hclText(m.MetricName))
				t.set("value", hclText(orEmpty(m.MetricValue)))
				if m.DefaultValue != nil {
					t.set("default_value", number(*m.DefaultValue))
				}
				t.setIf("unit", optionalText(m.Unit))
				if len(m.Dimensions) > 0 {
					t.set("dimensions", hclMap(m.Dimensions))
				}
			})
		}
		if !c.Create && f.MetricTransformations[0].Unit == nil { // of which the provider makes "None"
			t.ignore("metric_transformation[0].unit")
		}
	})
}

func (t *terraform) alarm(c *Change) {
	a := c.Alarm
	t.open(terraformTypes[AlarmKind], t.labels[c], c.Region, func() {
		t.set("alarm_name", hclText(a.AlarmName))
		t.setIf("alarm_description", optionalText(a.AlarmDescription))
		t.setIf("namespace", optionalText(a.Namespace))
		t.setIf("metric_name", optionalText(a.MetricName))
		if len(a.Dimensions) > 0 {
			t.set("dimensions", hclMap(dimensionMap(a.Dimensions)))
		}
		t.setIf("statistic", optionalText(a.Statistic))
		t.setIf("extended_statistic", optionalText(a.ExtendedStatistic))
		t.setIf("evaluate_low_sample_count_percentiles", optionalText(a.EvaluateLowSampleCountPercentile))
		t.setIf("period", optionalInt(a.Period))
		t.setIf("unit", optionalText(a.Unit))
		t.setIf("evaluation_periods", optionalInt(a.EvaluationPeriods))
		t.setIf("datapoints_to_alarm", optionalInt(a.DatapointsToAlarm))
		t.setIf("comparison_operator", optionalText(a.ComparisonOperator))
		if a.Threshold != nil {
			t.set("threshold", number(*a.Threshold))
		}
		t.setIf("threshold_metric_id", optionalText(a.ThresholdMetricId))
		t.setIf("treat_missing_data", optionalText(a.TreatMissingData))
		t.setIf("actions_enabled", optionalBool(a.ActionsEnabled))
		for _, list := range []struct {
			name    string
			actions []string
		}{{"alarm_actions", a.AlarmActions}, {"ok_actions", a.OKActions}, {"insufficient_data_actions", a.InsufficientDataActions}} {
			var all []string
			for _, action := range list.actions {
				all = append(all, t.refer(TopicKind, a.Region, action))
			}
			if len(all) > 0 {
				t.set(list.name, hclList(all))
			}
		}
		for i := range a.Metrics {
			t.block("metric_query", func() { t.query(&a.Metrics[i]) })
		}
		if !c.Create {
			t.ignore("tags")
		}
	})
}

// query is one metric of an alarm on several.
func (t *terraform) query(q *snapshots.MetricDataQuery) {
	t.set("id", hclText(q.Id))
	t.setIf("expression", optionalText(q.Expression))
	t.setIf("label", optionalText(q.Label))
	t.setIf("return_data", optionalBool(q.ReturnData))
	t.setIf("period", optionalInt(q.Period))
	t.setIf("account_id", optionalText(q.AccountId))
	if s := q.MetricStat; s != nil && s.Metric != nil {
		t.block("metric", func() {
			t.setIf("namespace", optionalText(s.Metric.Namespace))
			t.setIf("metric_name", optionalText(s.Metric.MetricName))
			t.setIf("period", optionalInt(s.Period))
			t.setIf("stat", optionalText(s.Stat))
			t.setIf("unit", optionalText(s.Unit))
			if len(s.Metric.Dimensions) > 0 {
				t.set("dimensions", hclMap(dimensionMap(s.Metric.Dimensions)))
			}
		})
	}
}

// ignore lets Terraform leave alone what the snapshot does not know.
func (t *terraform) ignore(names ...string) {
	t.block("lifecycle", func() { t.set("ignore_changes", "["+strings.Join(names, ", ")+"]") })
}

func (t *terraform) trail(d *declared) {
	c := d.first()
	trail := c.Trail
	t.open(terraformTypes[TrailKind], t.labels[c], c.Region, func() {
		t.set("name", hclText(trail.Name))
		t.set("s3_bucket_name", t.refer(BucketKind, c.Region, orEmpty(trail.S3BucketName)))
		t.setIf("s3_key_prefix", optionalText(trail.S3KeyPrefix))
		t.setIf("sns_topic_name", optionalText(trail.SnsTopicName))
		if trail.Status != nil {
			t.setIf("enable_logging", optionalBool(trail.Status.IsLogging))
		}
		t.setIf("is_multi_region_trail", optionalBool(trail.IsMultiRegionTrail))
		t.setIf("is_organization_trail", optionalBool(trail.IsOrganizationTrail))
		t.setIf("include_global_service_events", optionalBool(trail.IncludeGlobalServiceEvents))
		t.setIf("enable_log_file_validation", optionalBool(trail.LogFileValidationEnabled))
		if trail.CloudWatchLogsLogGroupArn != nil {
			t.set("cloud_watch_logs_group_arn", t.refer(LogGroupKind, c.Region, *trail.CloudWatchLogsLogGroupArn))
		}
		if trail.CloudWatchLogsRoleArn != nil {
			t.set("cloud_watch_logs_role_arn", t.refer(RoleKind, c.Region, *trail.CloudWatchLogsRoleArn))
		}
		t.setIf("kms_key_id", optionalText(trail.KmsKeyId))
		if needed := t.needed(c.Region); len(needed) > 0 {
			t.set("depends_on", hclList(needed))
		}
		ignored := t.selectors(d)
		if !d.create {
			t.ignore(append(ignored, "tags")...)
		}
	})
}

// needed are the resources of a region that a trail needs without naming them.
func (t *terraform) needed(region string) []string {
	var all []string
	for i := range t.plan.Changes {
		c := &t.plan.Changes[i]
		switch {
		case c.Region == region && c.Kind == BucketKind:
			all = append(all, "aws_s3_bucket_policy."+t.labels[c])
		case c.Region == region && c.Kind == RoleKind:
			all = append(all, "aws_iam_role_policy."+t.labels[c])
		}
	}
	return all
}

// selectors writes the selectors of a trail that are not AWS's default, and returns the attributes that must be left alone.
func (t *terraform) selectors(d *declared) (ignored []string) {
	trail := d.first().Trail
	custom := d.is(SelectorsKind) || isTrue(trail.HasCustomEventSelectors)
	switch {
	case custom && len(trail.AdvancedEventSelectors)+len(trail.EventSelectors) == 0:
		ignored = append(ignored, "advanced_event_selector", "event_selector")
	case custom && len(trail.AdvancedEventSelectors) > 0:
		for i := range trail.AdvancedEventSelectors {
			t.block("advanced_event_selector", func() { t.advancedSelector(&trail.AdvancedEventSelectors[i]) })
		}
	case custom:
		for _, s := range trail.EventSelectors {
			t.block("event_selector", func() {
				t.setIf("read_write_type", optionalText(s.ReadWriteType))
				t.setIf("include_management_events", optionalBool(s.IncludeManagementEvents))
				if len(s.ExcludeManagementEventSources) > 0 {
					t.set("exclude_management_event_sources", hclTexts(s.ExcludeManagementEventSources))
				}
				for _, r := range s.DataResources {
					t.block("data_resource", func() {
						t.set("type", hclText(orEmpty(r.Type)))
						t.set("values", hclTexts(r.Values))
					})
				}
			})
		}
	}
	if d.create {
		return nil
	}
	if trail.HasInsightSelectors == nil || *trail.HasInsightSelectors {
		ignored = append(ignored, "insight_selector")
	}
	if trail.SnsTopicName == nil && trail.SnsTopicARN != nil {
		ignored = append(ignored, "sns_topic_name")
	}
	if trail.Status == nil || trail.Status.IsLogging == nil {
		ignored = append(ignored, "enable_logging")
	}
	slices.Sort(ignored)
	return ignored
}

func (t *terraform) advancedSelector(s *snapshots.AdvancedEventSelector) {
	t.setIf("name", optionalText(s.Name))
	for _, f := range s.FieldSelectors {
		t.block("field_selector", func() {
			t.set("field", hclText(f.Field))
			for _, m := range []struct {
				name   string
				values []string
			}{
				{"equals", f.Equals}, {"not_equals", f.NotEquals}, {"starts_with", f.StartsWith}, {"not_starts_with", f.NotStartsWith},
				{"ends_with", f.EndsWith}, {"not_ends_with", f.NotEndsWith},
			} {
				if len(m.values) > 0 {
					t.set(m.name, hclTexts(m.values))
				}
			}
		})
	}
}

func dimensionMap(list []snapshots.Dimension) map[string]string {
	all := map[string]string{}
	for _, d := range list {
		all[d.Name] = d.Value
	}
	return all
}

func optionalText(text *string) string {
	if text == nil {
		return ""
	}
	return hclText(*text)
}

func optionalBool(b *bool) string {
	if b == nil {
		return ""
	}
	return strconv.FormatBool(*b)
}

func optionalInt(i *int64) string {
	if i == nil {
		return ""
	}
	return strconv.FormatInt(*i, 10)
}
