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

// allLogGroups lists every log group of a region.
func (c *collection) allLogGroups(ctx context.Context, region string) {
	if c.session.options.AllLogGroups {
		c.listLogGroups(ctx, region, "")
	}
}

// logGroups lists the log groups that trails deliver to.
func (c *collection) logGroups(ctx context.Context) {
	c.ofTrailGroups(func(g trailGroup) { c.listLogGroups(ctx, g.region, g.name) }, func(s *snapshots.Snapshot) {
		s.Logs.LogGroups = snapshots.Listed(s.Logs.LogGroups)
	})
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

// ofTrailGroups asks something of each log group that trails deliver to, unless all of its region's were asked, and marks the list as
// read where it is known which groups these are.
func (c *collection) ofTrailGroups(ask func(trailGroup), mark func(*snapshots.Snapshot)) {
	read := false
	c.keep(func(s *snapshots.Snapshot) { read = s.CloudTrail.Trails != nil })
	if !read {
		return
	}
	var asks []func()
	for _, g := range c.trailGroups() {
		if !c.session.options.AllLogGroups || !slices.Contains(c.regional, g.region) {
			asks = append(asks, func() { ask(g) })
		}
	}
	together(asks...)
	if len(asks) == 0 && !c.session.options.AllLogGroups {
		c.keep(mark)
	}
}

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
