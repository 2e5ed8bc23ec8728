package fakeaws

import (
	"slices"

	"github.com/cistern-audit/cistern/snapshots"
)

// sight is a trail as an account sees it.
type sight struct {
	snapshots.Trail
	home  string
	owner string
}

func seen(t snapshots.Trail) sight {
	arn, _ := snapshots.ParseARN(t.TrailARN)
	home := arn.Region
	if t.HomeRegion != nil {
		home = *t.HomeRegion
	}
	return sight{t, home, arn.Account}
}

// in tells whether describe-trails of a region lists the trail.
func (t sight) in(region string) bool {
	if t.SeenIn != nil {
		return slices.Contains(t.SeenIn, region)
	}
	return t.home == region || t.IsMultiRegionTrail != nil && *t.IsMultiRegionTrail
}

// trails are the trails that an account sees: its snapshot's, and those of its organisation that other accounts own.
func (r *request) trails() []sight {
	var all []sight
	for _, t := range r.account.Snapshot.CloudTrail.Trails {
		all = append(all, r.completed(seen(t)))
	}
	for _, h := range r.world.sorted() {
		if h == r.account || !h.sameOrganization(r.account) {
			continue
		}
		for _, t := range h.Snapshot.CloudTrail.Trails {
			s := seen(t)
			known := slices.ContainsFunc(all, func(other sight) bool { return other.TrailARN == t.TrailARN })
			if s.owner == h.id && t.IsOrganizationTrail != nil && *t.IsOrganizationTrail && !known {
				s.SeenIn = nil // the regions of the member count, not the owner's
				all = append(all, s)
			}
		}
	}
	return all
}

// completed is another account's trail with the status and selectors that its owner knows, where the account's own
// snapshot has none.
func (r *request) completed(t sight) sight {
	owner := r.world.accounts[t.owner]
	if owner == nil || owner == r.account {
		return t
	}
	for _, known := range owner.Snapshot.CloudTrail.Trails {
		if known.TrailARN != t.TrailARN {
			continue
		}
		if t.Status == nil {
			t.Status = known.Status
		}
		if t.EventSelectors == nil && t.AdvancedEventSelectors == nil {
			t.EventSelectors, t.AdvancedEventSelectors = known.EventSelectors, known.AdvancedEventSelectors
		}
	}
	return t
}

func describeTrails(r *request) (any, error) {
	shadows := r.params.flag("includeShadowTrails", true)
	named := r.params.list("trailNameList")
	list := []object{}
	for _, t := range r.trails() {
		shadow := t.home != r.Region || t.owner != r.account.id
		if !t.in(r.Region) || shadow && !shadows {
			continue
		}
		if named != nil && !slices.Contains(named, t.TrailARN) && (t.home != r.Region || !slices.Contains(named, t.Name)) {
			continue
		}
		fields, err := wire(t.Trail, "seen_in", "Status", "EventSelectors", "AdvancedEventSelectors")
		if err != nil {
			return nil, err
		}
		list = append(list, fields)
	}
	return object{"trailList": list}, nil
}

// trail is the trail that a call is about, which its home region alone knows.
func (r *request) trail() (sight, error) {
	for _, t := range r.trails() {
		if t.home == r.Region && (t.TrailARN == r.Resource || t.Name == r.Resource && t.owner == r.account.id) {
			return t, nil
		}
	}
	return sight{}, r.noTrail()
}

func (r *request) noTrail() error {
	return &refusal{400, "TrailNotFoundException", "Unknown trail: " + r.Resource + " for the user: " + r.account.id}
}

func getTrailStatus(r *request) (any, error) {
	t, err := r.trail()
	if err != nil {
		return nil, err
	}
	if t.Status == nil {
		return object{"IsLogging": false}, nil // a trail that nobody started
	}
	return wire(*t.Status)
}

func getEventSelectors(r *request) (any, error) {
	t, err := r.trail()
	if err != nil {
		return nil, err
	}
	if t.owner != r.account.id && !r.account.ForeignSelectors {
		return nil, r.noTrail()
	}
	fields := object{"TrailARN": t.TrailARN}
	if t.AdvancedEventSelectors != nil {
		fields["AdvancedEventSelectors"], err = wired(t.AdvancedEventSelectors)
		return fields, err
	}
	selectors := t.EventSelectors
	if selectors == nil { // what a new trail has
		selectors = []snapshots.EventSelector{{ReadWriteType: snapshots.Of("All"), IncludeManagementEvents: snapshots.Of(true),
			DataResources: []snapshots.DataResource{}, ExcludeManagementEventSources: []string{}}}
	}
	fields["EventSelectors"], err = wired(selectors)
	return fields, err
}
