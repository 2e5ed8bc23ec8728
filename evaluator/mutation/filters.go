package mutation

import (
	"strings"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/snapshots"
)

func deletedFilter(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	return remove(filters, f, in)
}

// transforming edits every metric that a filter feeds.
func transforming(f *snapshots.MetricFilter, edit func(*snapshots.MetricTransformation)) bool {
	for i := range f.MetricTransformations {
		edit(&f.MetricTransformations[i])
	}
	return len(f.MetricTransformations) > 0
}

func countingNothing(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	return transforming(f, func(m *snapshots.MetricTransformation) { m.MetricValue = snapshots.Of("0") })
}

func metricRenamed(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	return transforming(f, func(m *snapshots.MetricTransformation) { m.MetricName += "Renamed" })
}

func metricMoved(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	return transforming(f, func(m *snapshots.MetricTransformation) { m.MetricNamespace += "/Moved" })
}

func transformed(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	f.ApplyOnTransformedLogs = snapshots.Of(true)
	return true
}

func selective(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	f.FieldSelectionCriteria = snapshots.Of(`@aws.region = "us-west-2"`)
	return true
}

func sameAgain(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	twin := *f
	twin.FilterName += "Again"
	in.Logs.MetricFilters = append(in.Logs.MetricFilters, twin)
	return true
}

func spelledCanonically(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	p, err := filterpattern.Parse(value(f.FilterPattern))
	if err != nil || p.String() == value(f.FilterPattern) {
		return false
	}
	f.FilterPattern = snapshots.Of(p.String())
	return true
}

func spelledWidely(f *snapshots.MetricFilter, in *snapshots.Snapshot) bool {
	text := value(f.FilterPattern)
	if !strings.HasPrefix(text, "{") || len(text)+6 > filterpattern.MaxLength {
		return false
	}
	f.FilterPattern = snapshots.Of("{   " + strings.TrimSuffix(text[1:], "}") + "   }")
	return true
}
