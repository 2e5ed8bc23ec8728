package fakeaws

import (
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

func describeLogGroups(r *request) (any, error) {
	prefix := r.params.text("logGroupNamePrefix")
	groups := where(r.account.Snapshot.Logs.LogGroups, func(g snapshots.LogGroup) bool {
		return g.Region == r.Region && strings.HasPrefix(g.LogGroupName, prefix)
	})
	page, next, err := paged(r, groups)
	if err != nil {
		return nil, err
	}
	list, err := wired(page)
	return withToken(object{"logGroups": list}, "nextToken", next), err
}

func describeMetricFilters(r *request) (any, error) {
	group, prefix := r.Resource, r.params.text("filterNamePrefix")
	if group != "" && !r.knowsGroup(group) {
		return nil, &refusal{400, "ResourceNotFoundException", "The specified log group does not exist."}
	}
	filters := where(r.account.Snapshot.Logs.MetricFilters, func(f snapshots.MetricFilter) bool {
		return f.Region == r.Region && (group == "" || f.LogGroupName == group) && strings.HasPrefix(f.FilterName, prefix)
	})
	page, next, err := paged(r, filters)
	if err != nil {
		return nil, err
	}
	list, err := wired(page)
	return withToken(object{"metricFilters": list}, "nextToken", next), err
}

// knowsGroup tells whether a region has a log group: as its list says or, if that was not read, as filters and trails say.
func (r *request) knowsGroup(name string) bool {
	s := r.account.Snapshot
	if s.Logs.LogGroups != nil {
		return slices.ContainsFunc(s.Logs.LogGroups, func(g snapshots.LogGroup) bool {
			return g.Region == r.Region && g.LogGroupName == name
		})
	}
	return slices.ContainsFunc(s.Logs.MetricFilters, func(f snapshots.MetricFilter) bool {
		return f.Region == r.Region && f.LogGroupName == name
	}) || slices.ContainsFunc(s.CloudTrail.Trails, func(t snapshots.Trail) bool {
		if t.CloudWatchLogsLogGroupArn == nil {
			return false
		}
		arn, _ := snapshots.ParseARN(*t.CloudWatchLogsLogGroupArn)
		return arn.Account == r.account.id && arn.Region == r.Region &&
			strings.TrimSuffix(arn.Resource, ":*") == "log-group:"+name
	})
}
