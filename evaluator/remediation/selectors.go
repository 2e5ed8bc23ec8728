package remediation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

const (
	objects      = "AWS::S3::Object"
	readWrite    = "All"
	readOnly     = "ReadOnly"
	writeOnly    = "WriteOnly"
	eventCat     = "eventCategory"
	resourceType = "resources.type"
)

// everything is the classic selector of all management events.
func everything() snapshots.EventSelector {
	return snapshots.EventSelector{
		ReadWriteType: snapshots.Of(readWrite), IncludeManagementEvents: snapshots.Of(true),
		DataResources: []snapshots.DataResource{}, ExcludeManagementEventSources: []string{},
	}
}

// recordManagement makes a trail record all management events. What it records of data stays as it is.
func (c *scene) recordManagement(d *draft) bool {
	if c.trail.EventSelectors == nil && c.trail.AdvancedEventSelectors == nil {
		return false // not read: nobody knows what would be lost
	}
	fits := true
	d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) {
		if len(t.AdvancedEventSelectors) > 0 {
			t.AdvancedEventSelectors = allManagement(t.AdvancedEventSelectors)
		} else {
			t.EventSelectors, fits = fit(wholeManagement(t.EventSelectors))
		}
		t.HasCustomEventSelectors = snapshots.Of(true)
	})
	c.trailChange(d, SelectorsKind, touch{
		why: fmt.Sprintf("Let trail %s record all management events, those that read and those that write, of every service.", c.trail.Name),
		notes: []string{"A first copy of management events is free; a second trail that records them is charged. " +
			"Events of KMS are many where keys are used much."},
	})
	return fits
}

// wholeManagement are classic selectors with all management events in one of them, and the same data events as before.
func wholeManagement(selectors []snapshots.EventSelector) []snapshots.EventSelector {
	var kept []snapshots.EventSelector
	whole := false
	for _, s := range selectors {
		kind := orEmpty(s.ReadWriteType)
		all := kind == "" || kind == readWrite
		if len(s.DataResources) == 0 {
			continue // of management events only: the whole one takes its place
		}
		if all && !whole {
			s.IncludeManagementEvents, s.ExcludeManagementEventSources = snapshots.Of(true), []string{}
			whole = true
		} else {
			s.IncludeManagementEvents, s.ExcludeManagementEventSources = snapshots.Of(false), []string{}
		}
		kept = append(kept, s)
	}
	if !whole {
		kept = append(kept, everything())
	}
	return kept
}

// allManagement are advanced selectors of which one lets all management events through, and the same others as before.
func allManagement(selectors []snapshots.AdvancedEventSelector) []snapshots.AdvancedEventSelector {
	whole := snapshots.AdvancedEventSelector{
		Name:           snapshots.Of("Management events"),
		FieldSelectors: []snapshots.AdvancedFieldSelector{{Field: eventCat, Equals: []string{"Management"}}},
	}
	var kept []snapshots.AdvancedEventSelector
	for _, s := range selectors {
		if !selects(&s, eventCat, "Management") {
			kept = append(kept, s)
		} else if s.Name != nil {
			whole.Name = s.Name
		}
	}
	return append(kept, whole)
}

// selects tells whether a selector asks that a field be a value, and no other.
func selects(s *snapshots.AdvancedEventSelector, field, value string) bool {
	return slices.ContainsFunc(s.FieldSelectors, func(f snapshots.AdvancedFieldSelector) bool {
		return f.Field == field && slices.Equal(f.Equals, []string{value})
	})
}

// recordObjects makes a trail record the reading or writing of the objects of all buckets.
func (c *scene) recordObjects(d *draft) bool {
	if c.trail.EventSelectors == nil && c.trail.AdvancedEventSelectors == nil {
		return false
	}
	arn, _ := snapshots.ParseARN(c.trail.TrailARN)
	kind := writeOnly
	if strings.HasSuffix(c.goal.row.Control, "read") {
		kind = readOnly
	}
	done := false
	d.editTrail(c.trail.TrailARN, func(t *snapshots.Trail) {
		if len(t.AdvancedEventSelectors) > 0 {
			t.AdvancedEventSelectors, done = withObjects(t.AdvancedEventSelectors, kind), true
		} else {
			t.EventSelectors, done = fit(classicObjects(t.EventSelectors, kind, "arn:"+arn.Partition+":s3"))
		}
		t.HasCustomEventSelectors = snapshots.Of(true)
	})
	c.trailChange(d, SelectorsKind, touch{
		data:  true,
		why:   fmt.Sprintf("Let trail %s record who reads and writes the objects of S3 buckets, as far as the controls ask.", c.trail.Name),
		notes: []string{"Data events are charged by their number, and S3 makes very many in a busy account."},
	})
	return done
}

// classicObjects are classic selectors with one more of the objects of all buckets; where there is one of the other kind, it becomes
// one of both.
func classicObjects(selectors []snapshots.EventSelector, kind, all string) []snapshots.EventSelector {
	selectors = slices.Clone(selectors)
	resource := snapshots.DataResource{Type: snapshots.Of(objects), Values: []string{all}}
	if len(selectors) == 0 {
		selectors = append(selectors, everything()) // AWS's default, which any selector takes the place of
	}
	for i, s := range selectors {
		only := len(s.DataResources) == 1 && orEmpty(s.DataResources[0].Type) == objects && slices.Equal(s.DataResources[0].Values, []string{all})
		if only && !isTrue(s.IncludeManagementEvents) && s.IncludeManagementEvents != nil {
			selectors[i].ReadWriteType = snapshots.Of(readWrite)
			return selectors
		}
	}
	return append(selectors, snapshots.EventSelector{
		ReadWriteType: &kind, IncludeManagementEvents: snapshots.Of(false),
		DataResources: []snapshots.DataResource{resource}, ExcludeManagementEventSources: []string{},
	})
}

// withObjects is the same of advanced selectors.
func withObjects(selectors []snapshots.AdvancedEventSelector, kind string) []snapshots.AdvancedEventSelector {
	selectors = slices.Clone(selectors)
	wanted := []snapshots.AdvancedFieldSelector{
		{Field: eventCat, Equals: []string{"Data"}},
		{Field: resourceType, Equals: []string{objects}},
	}
	name := "Data events of S3 objects"
	for i, s := range selectors {
		if orEmpty(s.Name) == name && selects(&s, resourceType, objects) && len(s.FieldSelectors) == len(wanted)+1 {
			selectors[i].FieldSelectors = wanted
			return selectors
		}
	}
	value := map[string]string{readOnly: "true", writeOnly: "false"}[kind]
	return append(selectors, snapshots.AdvancedEventSelector{
		Name:           &name,
		FieldSelectors: append(wanted, snapshots.AdvancedFieldSelector{Field: "readOnly", Equals: []string{value}}),
	})
}

// enableHub switches Security Hub on wherever the control found it off.
func (c *scene) enableHub(d *draft) bool {
	s := d.edit(c.goal.account)
	for _, f := range c.goal.row.Findings {
		if f.Status != report.Fail || f.Region == "" || slices.ContainsFunc(s.SecurityHub.Hubs, func(h snapshots.Hub) bool { return h.Region == f.Region }) {
			continue
		}
		s.SecurityHub.Hubs = append(s.SecurityHub.Hubs, snapshots.Hub{
			Region: f.Region, HubArn: "arn:" + s.Account.Partition + ":securityhub:" + f.Region + ":" + s.Account.ID + ":hub/default",
		})
		d.touch(ref{HubKind, s.Account.ID, f.Region, f.Region}, touch{
			create: true,
			why:    "Switch Security Hub on in " + f.Region + ".",
			notes:  []string{"Security Hub is charged by checks and findings. No standard is enabled; that is yours to choose."},
		})
	}
	return true
}
