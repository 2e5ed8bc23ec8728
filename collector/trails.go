package collector

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/cistern-audit/cistern/snapshots"
)

// listTrails lists the trails that a region shows: its own, and the shadows of others.
func (c *collection) listTrails(ctx context.Context, region string) {
	q := question{operation: describeTrails, region: region}
	c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		in := &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)}
		if _, err := c.clients.cloudtrail().DescribeTrails(ctx, in, trailsIn(region)); err != nil {
			return nil, err
		}
		var page struct {
			TrailList []snapshots.Trail `json:"trailList"`
		}
		if err := decode(ctx, &page); err != nil {
			return nil, err
		}
		if page.TrailList == nil {
			return nil, &unreadableError{errNoList}
		}
		if err := lacking("trail", page.TrailList, lackOfTrail); err != nil {
			return nil, err
		}
		c.keep(func(s *snapshots.Snapshot) {
			s.CloudTrail.Trails = snapshots.Listed(s.CloudTrail.Trails)
			for _, t := range page.TrailList {
				t.Region, t.SeenIn, t.Status, t.EventSelectors, t.AdvancedEventSelectors = region, nil, nil, nil, nil // of other calls
				c.listed = append(c.listed, t)
			}
		})
		if !c.session.options.AllLogGroups {
			c.askGroups(ctx)
		}
		return nil, nil
	})
}

func lackOfTrail(t *snapshots.Trail) string {
	arn, ok := snapshots.ParseARN(t.TrailARN)
	return firstUnsaid(
		said{"Name", t.Name != ""},
		said{"TrailARN", ok && arn.Service == "cloudtrail" && snapshots.IsRegion(arn.Region) && snapshots.IsAccountID(arn.Account)},
		said{"HomeRegion", t.HomeRegion == nil || *t.HomeRegion == arn.Region},
		said{"IsMultiRegionTrail", t.IsMultiRegionTrail != nil},
		said{"LogFileValidationEnabled", t.LogFileValidationEnabled != nil},
	)
}

func trailsIn(region string) func(*cloudtrail.Options) {
	return func(o *cloudtrail.Options) { o.Region = region }
}

// askTrails makes one record of each trail, the home region's if that was read, and asks what each says of itself. A trail is
// asked by its ARN and in its home region: no other answers for every trail, be it a shadow or an organisation's.
func (c *collection) askTrails(ctx context.Context) {
	copies := map[string][]snapshots.Trail{}
	for _, t := range c.listed {
		copies[t.TrailARN] = append(copies[t.TrailARN], t)
	}
	for _, same := range copies {
		c.trails = append(c.trails, mergedTrail(same))
	}
	for i := range c.trails {
		c.following.Go(func() { c.trailStatus(ctx, &c.trails[i]) })
		c.following.Go(func() { c.eventSelectors(ctx, &c.trails[i]) })
	}
}

func (c *collection) endTrails(s *snapshots.Snapshot) {
	slices.SortFunc(c.trails, func(x, y snapshots.Trail) int { return strings.Compare(x.TrailARN, y.TrailARN) })
	s.CloudTrail.Trails = append(s.CloudTrail.Trails, c.trails...)
}

// mergedTrail is one record of a trail that several regions list.
func mergedTrail(same []snapshots.Trail) snapshots.Trail {
	slices.SortFunc(same, func(x, y snapshots.Trail) int { return strings.Compare(x.Region, y.Region) })
	best := same[0]
	var seen []string
	for _, t := range same {
		seen = append(seen, t.Region)
		if t.Region == homeOf(&t) {
			best = t
		}
	}
	best.SeenIn = slices.Compact(seen)
	return best
}

func homeOf(t *snapshots.Trail) string {
	if arn, ok := snapshots.ParseARN(t.TrailARN); ok {
		return arn.Region
	}
	return aws.ToString(t.HomeRegion)
}

func (c *collection) trailStatus(ctx context.Context, t *snapshots.Trail) {
	home := homeOf(t)
	q := question{operation: getTrailStatus, region: home, params: map[string]string{"name": t.TrailARN}, about: t.TrailARN}
	c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		if _, err := c.clients.cloudtrail().GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: &t.TrailARN}, trailsIn(home)); err != nil {
			return nil, err
		}
		status := &snapshots.TrailStatus{}
		if err := decode(ctx, status); err != nil {
			return nil, err
		}
		if status.IsLogging == nil {
			return nil, &unreadableError{errNoStatus}
		}
		t.Status = status
		return nil, nil
	})
}

func (c *collection) eventSelectors(ctx context.Context, t *snapshots.Trail) {
	home := homeOf(t)
	q := question{operation: getEventSelectors, region: home, params: map[string]string{"trail-name": t.TrailARN}, about: t.TrailARN}
	c.ask(ctx, q, func(ctx context.Context, _ *string) (*string, error) {
		if _, err := c.clients.cloudtrail().GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: &t.TrailARN}, trailsIn(home)); err != nil {
			return nil, err
		}
		var answer struct {
			TrailARN               string                            `json:"TrailARN"`
			EventSelectors         []snapshots.EventSelector         `json:"EventSelectors"`
			AdvancedEventSelectors []snapshots.AdvancedEventSelector `json:"AdvancedEventSelectors"`
		}
		if err := decode(ctx, &answer); err != nil {
			return nil, err
		}
		if answer.TrailARN != t.TrailARN {
			return nil, &unreadableError{errNoTrail}
		}
		if answer.EventSelectors == nil && answer.AdvancedEventSelectors == nil {
			return nil, &unreadableError{errNoList}
		}
		err := cmp.Or(
			lacking("selector", answer.EventSelectors, func(s *snapshots.EventSelector) string {
				return firstUnsaid(said{"ReadWriteType", s.ReadWriteType != nil}, said{"IncludeManagementEvents", s.IncludeManagementEvents != nil})
			}),
			lacking("advanced selector", answer.AdvancedEventSelectors, func(s *snapshots.AdvancedEventSelector) string {
				return firstUnsaid(said{"FieldSelectors", len(s.FieldSelectors) > 0})
			}),
		)
		if err != nil {
			return nil, err
		}
		t.EventSelectors, t.AdvancedEventSelectors = answer.EventSelectors, answer.AdvancedEventSelectors
		return nil, nil
	})
}
