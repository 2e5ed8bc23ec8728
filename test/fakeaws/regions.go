package fakeaws

import (
	"slices"
	"strings"
)

// Regions are the regions of a partition that need no opting in.
func Regions(partition string) []string {
	switch partition {
	case "aws-us-gov":
		return []string{"us-gov-east-1", "us-gov-west-1"}
	case "aws-cn":
		return []string{"cn-north-1", "cn-northwest-1"}
	}
	return []string{"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
		"ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1",
		"us-east-2", "us-west-1", "us-west-2"}
}

// regionState is a region of an account, and how EC2 and the account service speak of it.
type regionState struct{ name, optIn, status string }

// regions are all regions of an account, sorted.
func (h *holding) regions() []regionState {
	var all []regionState
	for _, name := range h.enabled {
		if slices.Contains(Regions(h.partition), name) {
			all = append(all, regionState{name, "opt-in-not-required", "ENABLED_BY_DEFAULT"})
		} else {
			all = append(all, regionState{name, "opted-in", "ENABLED"})
		}
	}
	for _, name := range h.NotOptedIn {
		all = append(all, regionState{name, "not-opted-in", "DISABLED"})
	}
	slices.SortFunc(all, func(a, b regionState) int { return strings.Compare(a.name, b.name) })
	return all
}

func describeRegions(r *request) (any, error) {
	named := r.params.list("RegionName")
	m := &markup{}
	m.in("regionInfo", func() {
		for _, region := range r.account.regions() {
			if region.optIn == "not-opted-in" && !r.params.flag("AllRegions", false) {
				continue
			}
			if named != nil && !slices.Contains(named, region.name) {
				continue
			}
			m.in("item", func() {
				m.text("regionName", region.name)
				m.text("regionEndpoint", "ec2."+region.name+".amazonaws.com")
				m.text("optInStatus", region.optIn)
			})
		}
	})
	return m, nil
}

func listRegions(r *request) (any, error) {
	wanted := r.params.list("RegionOptStatusContains")
	all := where(r.account.regions(), func(region regionState) bool {
		return wanted == nil || slices.Contains(wanted, region.status)
	})
	page, next, err := paged(r, all)
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, region := range page {
		list = append(list, object{"RegionName": region.name, "RegionOptStatus": region.status})
	}
	return withToken(object{"Regions": list}, "NextToken", next), nil
}

// withToken adds the token of the next page, if there is one.
func withToken(fields object, name, token string) object {
	if token != "" {
		fields[name] = token
	}
	return fields
}
