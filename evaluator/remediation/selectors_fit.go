package remediation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// What AWS allows for the classic selectors of a trail.
const (
	mostSelectors = 5
	mostResources = 250 // data resources of all selectors together
)

// fits tells whether AWS takes so many classic selectors.
func fits(selectors []snapshots.EventSelector) bool {
	return len(selectors) <= mostSelectors && dataResources(selectors) <= mostResources
}

func dataResources(selectors []snapshots.EventSelector) int {
	n := 0
	for _, s := range selectors {
		for _, r := range s.DataResources {
			n += len(r.Values)
		}
	}
	return n
}

// fit makes classic selectors few enough for AWS, without a change of what they select: single buckets go where the objects of all buckets
// are selected, and selectors of the same reading and writing become one. Not ok if there are too many still.
func fit(selectors []snapshots.EventSelector) ([]snapshots.EventSelector, bool) {
	for _, fewer := range []func([]snapshots.EventSelector) []snapshots.EventSelector{withoutCovered, merged} {
		if fits(selectors) {
			break
		}
		selectors = fewer(selectors)
	}
	return selectors, fits(selectors)
}

// withoutCovered are selectors without the buckets whose events others select, as those of all buckets.
func withoutCovered(selectors []snapshots.EventSelector) []snapshots.EventSelector {
	whole := map[string]bool{} // kinds of events of which the objects of all buckets are selected
	for _, s := range selectors {
		for _, r := range s.DataResources {
			if orEmpty(r.Type) == objects && slices.ContainsFunc(r.Values, allBuckets) {
				whole[kindOf(&s)] = true
			}
		}
	}
	covered := func(kind string) bool { return whole[kind] || whole[readWrite] || whole[readOnly] && whole[writeOnly] }
	var kept []snapshots.EventSelector
	for _, s := range selectors {
		if !covered(kindOf(&s)) {
			kept = append(kept, s)
			continue
		}
		resources := []snapshots.DataResource{}
		for _, r := range s.DataResources {
			if orEmpty(r.Type) == objects {
				r.Values = slices.DeleteFunc(slices.Clone(r.Values), func(value string) bool { return !allBuckets(value) })
			}
			if len(r.Values) > 0 {
				resources = append(resources, r)
			}
		}
		s.DataResources = resources
		if len(resources) > 0 || managing(&s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// merged are selectors of which those become one that select the same kind of events. Of two that select management events, only those
// that leave out the same ones do.
func merged(selectors []snapshots.EventSelector) []snapshots.EventSelector {
	var kept []snapshots.EventSelector
	for _, s := range selectors {
		i := slices.IndexFunc(kept, func(k snapshots.EventSelector) bool {
			return kindOf(&k) == kindOf(&s) &&
				(!managing(&k) || !managing(&s) || slices.Equal(k.ExcludeManagementEventSources, s.ExcludeManagementEventSources))
		})
		if i < 0 {
			kept = append(kept, s)
			continue
		}
		both := joined(kept[i].DataResources, s.DataResources)
		if !managing(&kept[i]) {
			kept[i] = s
		}
		kept[i].DataResources = both
	}
	return kept
}

// joined are the data resources of both lists, each type and each value once.
func joined(a, b []snapshots.DataResource) []snapshots.DataResource {
	all := []snapshots.DataResource{}
	for _, r := range slices.Concat(a, b) {
		known := find(all, func(k *snapshots.DataResource) bool { return orEmpty(k.Type) == orEmpty(r.Type) })
		if known == nil {
			r.Values = slices.Clone(r.Values)
			all = append(all, r)
			continue
		}
		for _, value := range r.Values {
			if !slices.Contains(known.Values, value) {
				known.Values = append(known.Values, value)
			}
		}
	}
	return all
}

// kindOf is the reading, the writing or both that a selector is about.
func kindOf(s *snapshots.EventSelector) string { return cmp.Or(orEmpty(s.ReadWriteType), readWrite) }

// managing tells whether a selector selects management events: one that does not say does.
func managing(s *snapshots.EventSelector) bool {
	return s.IncludeManagementEvents == nil || *s.IncludeManagementEvents
}

// allBuckets tells whether a value of a data resource means the objects of all buckets: arn:aws:s3, and arn:aws:s3:::, too.
func allBuckets(value string) bool {
	arn := strings.TrimSuffix(value, ":::")
	return strings.HasPrefix(arn, "arn:") && strings.HasSuffix(arn, ":s3") && strings.Count(arn, ":") == 2
}

// crowded says that a trail's classic selectors leave no room for another; empty if they do.
func crowded(t *snapshots.Trail) string {
	n, resources := len(t.EventSelectors), dataResources(t.EventSelectors)
	if n < mostSelectors && resources < mostResources {
		return ""
	}
	return fmt.Sprintf("Trail %s has %d event selectors with %d data resources, and AWS allows %d with %d: take some away first, or select with advanced ones. ",
		t.Name, n, resources, mostSelectors, mostResources)
}
