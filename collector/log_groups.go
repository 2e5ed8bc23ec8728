package collector

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/cistern-audit/cistern/snapshots"
)

// allLogs lists every log group and metric filter of a region, if that is wanted.
func (c *collection) allLogs(ctx context.Context, region string) {
	if c.session.options.AllLogGroups {
		together(
			func() { c.listLogGroups(ctx, region, "") },
			func() { c.listMetricFilters(ctx, region, "") },
		)
	}
}

// endLogs marks the lists as read where it is known that trails deliver to no log group.
func (c *collection) endLogs(s *snapshots.Snapshot) {
	if s.CloudTrail.Trails != nil && len(c.trailGroups()) == 0 {
		s.Logs.LogGroups, s.Logs.MetricFilters = snapshots.Listed(s.Logs.LogGroups), snapshots.Listed(s.Logs.MetricFilters)
	}
}

// askGroups asks of each log group that trails deliver to, once an account and while other regions are still being asked for trails.
func (c *collection) askGroups(ctx context.Context) {
	var groups []trailGroup
	c.keep(func(*snapshots.Snapshot) {
		for _, g := range c.trailGroups() {
			whole := c.session.options.AllLogGroups && slices.Contains(c.regional, g.region)
			if !whole && !c.askedGroups[g] {
				groups = append(groups, g)
				c.askedGroups[g] = true
			}
		}
	})
	for _, g := range groups {
		c.following.Go(func() { c.listLogGroups(ctx, g.region, g.name) })
		c.following.Go(func() { c.listMetricFilters(ctx, g.region, g.name) })
	}
}

// listLogGroups lists a region's log groups: all, or the one of that name.
func (c *collection) listLogGroups(ctx context.Context, region, name string) {
	q := question{operation: describeLogGroups, region: region}
	in := cloudwatchlogs.DescribeLogGroupsInput{}
	if name != "" {
		q.params = map[string]string{"log-group-name-prefix": name}
		in.LogGroupNamePrefix = &name
	}
	c.ask(ctx, q, func(ctx context.Context, token *string) (*string, error) {
		in.NextToken = token
		if _, err := c.clients.logs().DescribeLogGroups(ctx, &in, logsIn(region)); err != nil {
			return nil, err
		}
		var page struct {
			LogGroups []snapshots.LogGroup `json:"logGroups"`
			NextToken *string              `json:"nextToken"`
		}
		if err := decode(ctx, &page); err != nil {
			return nil, err
		}
		if page.LogGroups == nil {
			return nil, &unreadableError{errNoList}
		}
		err := lacking("log group", page.LogGroups, func(g *snapshots.LogGroup) string {
			return firstUnsaid(said{"logGroupName", g.LogGroupName != ""})
		})
		if err != nil {
			return nil, err
		}
		found := false
		c.keep(func(s *snapshots.Snapshot) {
			s.Logs.LogGroups = snapshots.Listed(s.Logs.LogGroups)
			for _, g := range page.LogGroups {
				g.Region = region
				if name == "" || g.LogGroupName == name {
					s.Logs.LogGroups = append(s.Logs.LogGroups, g)
				}
				found = found || name != "" && g.LogGroupName == name
			}
		})
		if found {
			return nil, nil // the pages to come are groups whose names are longer
		}
		return page.NextToken, nil
	})
}

func logsIn(region string) func(*cloudwatchlogs.Options) {
	return func(o *cloudwatchlogs.Options) { o.Region = region }
}

// trailGroup is a log group of the account that trails deliver to.
type trailGroup struct{ region, name string }

// trailGroups are the groups that the trails seen so far deliver to. The caller holds the lock.
func (c *collection) trailGroups() []trailGroup {
	var groups []trailGroup
	for _, t := range c.listed {
		arn, ok := snapshots.ParseARN(aws.ToString(t.CloudWatchLogsLogGroupArn))
		name, named := strings.CutPrefix(arn.Resource, "log-group:")
		name, _, _ = strings.Cut(name, ":")
		if ok && named && arn.Account == c.member.ID && snapshots.IsRegion(arn.Region) {
			groups = append(groups, trailGroup{arn.Region, name})
		}
	}
	slices.SortFunc(groups, func(x, y trailGroup) int {
		return cmp.Or(strings.Compare(x.region, y.region), strings.Compare(x.name, y.name))
	})
	return slices.Compact(groups)
}
