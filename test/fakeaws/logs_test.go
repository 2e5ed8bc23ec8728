package fakeaws_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

func TestMetricFiltersInPages(t *testing.T) {
	held := compliant(t)
	held.Logs.MetricFilters = nil
	for i := range 120 {
		held.Logs.MetricFilters = append(held.Logs.MetricFilters, snapshots.MetricFilter{Region: home,
			LogGroupName: "cloudtrail/management-events", FilterName: fmt.Sprintf("filter-%03d", i), FilterPattern: snapshots.Of("{ $.a = 1 }")})
	}
	held.Logs.LogGroups = append(held.Logs.LogGroups, snapshots.LogGroup{Region: home, LogGroupName: "empty"})
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held})
	c := connect(t, s, own, home).logs
	for name, tt := range map[string]struct {
		in          cloudwatchlogs.DescribeMetricFiltersInput
		want, pages int
	}{
		"whole region":    {cloudwatchlogs.DescribeMetricFiltersInput{}, 120, 3},
		"one group":       {cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("cloudtrail/management-events")}, 120, 3},
		"a smaller limit": {cloudwatchlogs.DescribeMetricFiltersInput{Limit: aws.Int32(20)}, 120, 6},
		"a prefix":        {cloudwatchlogs.DescribeMetricFiltersInput{FilterNamePrefix: aws.String("filter-00")}, 10, 1},
		"an empty group":  {cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("empty")}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			names := map[string]bool{}
			n := 0
			for pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(c, &tt.in); pages.HasMorePages(); n++ {
				out, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range out.MetricFilters {
					names[*f.FilterName] = true
				}
			}
			if len(names) != tt.want || n != tt.pages {
				t.Errorf("got %d filters on %d pages, want %d on %d", len(names), n, tt.want, tt.pages)
			}
		})
	}
	_, err := c.DescribeMetricFilters(t.Context(), &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("none")})
	if code(err) != "ResourceNotFoundException" {
		t.Errorf("no such group: got %q, want ResourceNotFoundException", code(err))
	}
	groups, err := c.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("cloudtrail/")})
	if err != nil || len(groups.LogGroups) != 1 || aws.ToInt32(groups.LogGroups[0].RetentionInDays) != 365 {
		t.Errorf("groups: got %+v, %v; want one that keeps 365 days", groups, err)
	}
}

// TestPageFailsHalfway cuts the second page once, and wants the same page of the next try.
func TestPageFailsHalfway(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{PageSize: 5}, &fakeaws.Account{Snapshot: compliant(t)})
	s.Interfere(func(c fakeaws.Call) fakeaws.Fault {
		if c.Page == 1 && c.Attempt == 1 {
			return fakeaws.Fault{Kind: fakeaws.Cut}
		}
		return fakeaws.Fault{}
	})
	c := connect(t, s, own, home).logs
	pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(c, &cloudwatchlogs.DescribeMetricFiltersInput{})
	if _, err := pages.NextPage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := pages.NextPage(t.Context()); err == nil {
		t.Fatal("second page: got an answer, want it cut")
	}
	out, err := pages.NextPage(t.Context())
	if err != nil || len(out.MetricFilters) != 5 {
		t.Fatalf("second page again: got %+v, %v; want 5 filters", out, err)
	}
	calls := s.Calls()
	if len(calls) != 3 || calls[2].Page != 1 || calls[2].Attempt != 2 || calls[1].RequestID == calls[2].RequestID {
		t.Errorf("got calls %+v, want the second attempt of page 1, with an id of its own", calls)
	}
}
