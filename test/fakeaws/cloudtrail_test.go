package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

const trailARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/management-events"

func TestTrailIsListedWhereItIsSeen(t *testing.T) {
	held := compliant(t)
	local := held.CloudTrail.Trails[0]
	local.Name, local.TrailARN = "local", "arn:aws:cloudtrail:us-east-1:111122223333:trail/local"
	local.IsMultiRegionTrail, local.SeenIn = snapshots.Of(false), nil
	held.CloudTrail.Trails = append(held.CloudTrail.Trails, local)
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held})
	for _, tt := range []struct {
		name, region string
		in           cloudtrail.DescribeTrailsInput
		want         int
	}{
		{"home", home, cloudtrail.DescribeTrailsInput{}, 2},
		{"home without shadows", home, cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)}, 2},
		{"home, by name", home, cloudtrail.DescribeTrailsInput{TrailNameList: []string{"local"}}, 1},
		{"elsewhere", "eu-west-1", cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(true)}, 1},
		{"elsewhere without shadows", "eu-west-1", cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := connect(t, s, own, tt.region).cloudtrail.DescribeTrails(t.Context(), &tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if len(out.TrailList) != tt.want {
				t.Errorf("got %d trails, want %d", len(out.TrailList), tt.want)
			}
		})
	}
}

func TestTrailStatusIsAtHome(t *testing.T) {
	s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: compliant(t)})
	out, err := connect(t, s, own, home).cloudtrail.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: aws.String(trailARN)})
	if err != nil {
		t.Fatal(err)
	}
	if want := moment(t, "2026-01-05T09:57:31.402Z"); !aws.ToBool(out.IsLogging) || !out.LatestDeliveryTime.Equal(want.Time) {
		t.Errorf("got logging %v, delivered %v; want true, %v", *out.IsLogging, out.LatestDeliveryTime, want)
	}
	away := connect(t, s, own, "eu-west-1").cloudtrail
	if _, err = away.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: aws.String(trailARN)}); code(err) != "TrailNotFoundException" {
		t.Errorf("status elsewhere: got %q, want TrailNotFoundException", code(err))
	}
	if _, err = away.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: aws.String(trailARN)}); code(err) != "TrailNotFoundException" {
		t.Errorf("selectors elsewhere: got %q, want TrailNotFoundException", code(err))
	}
}

// member is an account of the organisation of the compliant sample that holds nothing itself.
func member(t *testing.T, id string) *fakeaws.Account {
	t.Helper()
	s, err := fakeaws.Copy(compliant(t), id)
	if err != nil {
		t.Fatal(err)
	}
	s.CloudTrail.Trails = []snapshots.Trail{}
	return &fakeaws.Account{Snapshot: s}
}

func TestMemberSeesTheOrganizationsTrail(t *testing.T) {
	held := compliant(t)
	held.CloudTrail.Trails[0].IsOrganizationTrail = snapshots.Of(true)
	m := member(t, other)
	for _, open := range []bool{false, true} {
		m.ForeignSelectors = open
		s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held}, m)
		c := connect(t, s, other, home).cloudtrail
		out, err := c.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
		if err != nil || len(out.TrailList) != 1 || aws.ToString(out.TrailList[0].TrailARN) != trailARN {
			t.Fatalf("got %v, %v; want the trail of %s", out, err, own)
		}
		if out, err = c.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{IncludeShadowTrails: aws.Bool(false)}); err != nil || len(out.TrailList) != 0 {
			t.Errorf("without shadows: got %v, %v; want no trail", out, err)
		}
		status, err := c.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: aws.String(trailARN)})
		if err != nil || !aws.ToBool(status.IsLogging) {
			t.Errorf("status: got %v, %v; want a trail that logs", status, err)
		}
		selectors, err := c.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: aws.String(trailARN)})
		if open && (err != nil || len(selectors.EventSelectors) != 1) {
			t.Errorf("open selectors: got %v, %v; want one", selectors, err)
		}
		if !open && code(err) != "TrailNotFoundException" {
			t.Errorf("selectors: got %q, want TrailNotFoundException", code(err))
		}
	}
}

func TestSelectorsOfEveryKind(t *testing.T) {
	advanced := []snapshots.AdvancedEventSelector{{FieldSelectors: []snapshots.AdvancedFieldSelector{
		{Field: "eventCategory", Equals: []string{"Management"}}}}}
	held := compliant(t)
	classic := held.CloudTrail.Trails[0].EventSelectors
	for name, set := range map[string]func(*snapshots.Trail){
		"classic":  func(trail *snapshots.Trail) { trail.EventSelectors = classic },
		"advanced": func(trail *snapshots.Trail) { trail.EventSelectors, trail.AdvancedEventSelectors = nil, advanced },
		"new":      func(trail *snapshots.Trail) { trail.EventSelectors, trail.AdvancedEventSelectors = nil, nil },
	} {
		t.Run(name, func(t *testing.T) {
			held := compliant(t)
			set(&held.CloudTrail.Trails[0])
			s := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: held})
			out, err := connect(t, s, own, home).cloudtrail.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: aws.String("management-events")})
			if err != nil {
				t.Fatal(err)
			}
			if name == "advanced" {
				if len(out.EventSelectors) != 0 || len(out.AdvancedEventSelectors) != 1 || out.AdvancedEventSelectors[0].FieldSelectors[0].Equals[0] != "Management" {
					t.Errorf("got %+v, want one advanced selector", out)
				}
				return
			}
			if len(out.AdvancedEventSelectors) != 0 || len(out.EventSelectors) != 1 || out.EventSelectors[0].ReadWriteType != "All" {
				t.Errorf("got %+v, want one classic selector of all events", out)
			}
		})
	}
}
