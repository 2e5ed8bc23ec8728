package collector

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/cistern-audit/cistern/snapshots"
)

// Why a region was left out.
const (
	whyNotOptedIn = "not opted in"
	whyNotAsked   = "not asked for"
	whyNotEnabled = "asked for, but not enabled in this account"
)

// codeNoRegion is the code of a gap of a region that was asked for and that AWS does not list.
const codeNoRegion = "NoSuchRegion"

// findRegions finds out which regions to read: the enabled ones, or those of them that were asked for. Where nobody says which
// are enabled and none were asked for, only the caller's own region is read, and the gap of describe-regions says so.
func (c *collection) findRegions(ctx context.Context) []string {
	enabled := map[string]bool{} // false: known, and off
	known := c.describeRegions(ctx, enabled) || c.listRegions(ctx, enabled)
	record := &snapshots.Regions{Requested: slices.Sorted(slices.Values(c.session.options.Regions))}
	record.Requested = slices.Compact(record.Requested)
	var read []string
	skip := func(name, why string) {
		record.Skipped = append(record.Skipped, snapshots.SkippedRegion{Name: name, Why: why})
	}
	if known {
		record.Enabled = []string{}
	}
	for _, name := range sorted(enabled) {
		switch {
		case !enabled[name]:
			if !slices.Contains(record.Requested, name) {
				skip(name, whyNotOptedIn)
			}
			continue
		case len(record.Requested) == 0 || slices.Contains(record.Requested, name):
			read = append(read, name)
		default:
			skip(name, whyNotAsked)
		}
		record.Enabled = append(record.Enabled, name)
	}
	switch {
	case known:
		c.absent(record, enabled)
	case len(record.Requested) > 0:
		read = record.Requested
	default:
		read = []string{c.cfg.Region}
	}
	if len(read) == 0 {
		c.why = "none of the regions that were asked for is enabled"
	}
	c.keep(func(s *snapshots.Snapshot) { s.Collection.Regions = record })
	return read
}

// absent says which regions were asked for that cannot be read. One that AWS does not know is a gap: it is a slip of the pen, and
// another region was meant.
func (c *collection) absent(record *snapshots.Regions, enabled map[string]bool) {
	q := question{operation: describeRegions}
	for _, name := range record.Requested {
		on, listed := enabled[name]
		if !on {
			record.Skipped = append(record.Skipped, snapshots.SkippedRegion{Name: name, Why: whyNotEnabled})
		}
		if !listed {
			c.keep(func(s *snapshots.Snapshot) {
				s.Gaps = append(s.Gaps, q.gap(snapshots.NotAttempted, codeNoRegion, "region "+name+" was asked for, and AWS does not list it"))
			})
		}
	}
}

// homesBeyond are the regions of the trails and of the log groups they deliver to, where nobody says which regions there are and
// none were asked for: what they watch is told there.
func (c *collection) homesBeyond() []string {
	var homes []string
	c.keep(func(s *snapshots.Snapshot) {
		r := s.Collection.Regions
		if r.Enabled != nil || len(r.Requested) > 0 {
			return
		}
		for _, t := range c.listed {
			homes = append(homes, homeOf(&t))
		}
		for _, g := range c.trailGroups() {
			homes = append(homes, g.region)
		}
	})
	slices.Sort(homes)
	return slices.DeleteFunc(slices.Compact(homes), func(home string) bool {
		return !snapshots.IsRegion(home) || slices.Contains(c.regional, home)
	})
}

func sorted(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *collection) describeRegions(ctx context.Context, enabled map[string]bool) bool {
	q := question{operation: describeRegions, region: c.cfg.Region}
	failed := c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		out, err := c.clients.ec2().DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
		if err != nil {
			return nil, err
		}
		for _, r := range out.Regions {
			if err := addRegion(enabled, aws.ToString(r.RegionName), aws.ToString(r.OptInStatus) != "not-opted-in"); err != nil {
				return nil, err
			}
		}
		if len(enabled) == 0 {
			return nil, &unreadableError{errNoRegions}
		}
		return nil, nil
	})
	if failed != nil {
		clear(enabled)
	}
	return failed == nil
}

// addRegion adds a region that an answer names. One that is named twice is on if either says so.
func addRegion(enabled map[string]bool, name string, on bool) error {
	if !snapshots.IsRegion(name) {
		return &unreadableError{fmt.Errorf("%q is no region", name)}
	}
	enabled[name] = enabled[name] || on
	return nil
}

func (c *collection) listRegions(ctx context.Context, enabled map[string]bool) bool {
	q := question{operation: listRegions, region: c.cfg.Region}
	failed := c.ask(ctx, q, func(ctx context.Context, token *string) (*string, error) {
		out, err := c.clients.account().ListRegions(ctx, &account.ListRegionsInput{NextToken: token})
		if err != nil {
			return nil, err
		}
		for _, r := range out.Regions {
			on := r.RegionOptStatus == types.RegionOptStatusEnabled || r.RegionOptStatus == types.RegionOptStatusEnabledByDefault
			if err := addRegion(enabled, aws.ToString(r.RegionName), on); err != nil {
				return nil, err
			}
		}
		if out.NextToken == nil && len(enabled) == 0 {
			return nil, &unreadableError{errNoRegions}
		}
		return out.NextToken, nil
	})
	if failed != nil {
		clear(enabled) // half a list would leave regions out
	}
	return failed == nil
}
