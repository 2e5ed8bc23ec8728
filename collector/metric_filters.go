package collector

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/cistern-audit/cistern/snapshots"
)

// listMetricFilters lists a region's metric filters: all, or those of one log group. That a log group does not exist is an
// answer: it has no filters.
func (c *collection) listMetricFilters(ctx context.Context, region, group string) {
	q := question{operation: describeMetricFilters, region: region}
	in := cloudwatchlogs.DescribeMetricFiltersInput{}
	if group != "" {
		q.params = map[string]string{"log-group-name": group}
		in.LogGroupName = &group
		q.answers = func(f *failure) bool { return f.code == "ResourceNotFoundException" }
	}
	failed := c.ask(ctx, q, func(ctx context.Context, token *string) (*string, error) {
		in.NextToken = token
		if _, err := c.clients.logs().DescribeMetricFilters(ctx, &in, logsIn(region)); err != nil {
			return nil, err
		}
		var page struct {
			MetricFilters []snapshots.MetricFilter `json:"metricFilters"`
			NextToken     *string                  `json:"nextToken"`
		}
		if err := decode(ctx, &page); err != nil {
			return nil, err
		}
		if page.MetricFilters == nil {
			return nil, &unreadableError{errNoList}
		}
		err := lacking("metric filter", page.MetricFilters, func(f *snapshots.MetricFilter) string { return lackOfFilter(f, group) })
		if err != nil {
			return nil, err
		}
		c.keep(func(s *snapshots.Snapshot) {
			s.Logs.MetricFilters = snapshots.Listed(s.Logs.MetricFilters)
			for _, f := range page.MetricFilters {
				f.Region = region
				s.Logs.MetricFilters = append(s.Logs.MetricFilters, f)
			}
		})
		return page.NextToken, nil
	})
	if failed != nil && q.settles(failed) {
		c.keep(func(s *snapshots.Snapshot) { s.Logs.MetricFilters = snapshots.Listed(s.Logs.MetricFilters) })
	}
}

// lackOfFilter is what a filter lacks that belongs to that group, or to any if it is empty.
func lackOfFilter(f *snapshots.MetricFilter, group string) string {
	named := func(t snapshots.MetricTransformation) bool {
		return t.MetricName != "" && t.MetricNamespace != "" && t.MetricValue != nil
	}
	return firstUnsaid(
		said{"filterName", f.FilterName != ""},
		said{"logGroupName", f.LogGroupName != "" && (group == "" || f.LogGroupName == group)},
		said{"filterPattern", f.FilterPattern != nil},
		said{"metricTransformations", len(f.MetricTransformations) > 0},
		said{"a metric's name, namespace or value", !slices.ContainsFunc(f.MetricTransformations, func(t snapshots.MetricTransformation) bool { return !named(t) })},
	)
}
