package mutation

import (
	"fmt"

	"github.com/cistern-audit/cistern/snapshots"
)

// at is the pointer of one record.
func (l list[T]) at(i int) string { return fmt.Sprintf("%s/%d", l.pointer, i) }

// unread takes a whole list away and says so by a gap: denied, in every region.
func unread[T any](l list[T], calls [][2]string, forget func(*snapshots.Snapshot)) func(*account) []change {
	return func(a *account) []change {
		var pointers []string
		for i := range *l.of(a.snapshot) {
			if a.tester.serves(place{a.input, l.at(i)}) {
				pointers = append(pointers, l.at(i))
			}
		}
		if len(pointers) == 0 {
			return nil
		}
		return []change{{input: a.input, pointers: pointers, record: l.kind + "s", apply: doing(func(s *snapshots.Snapshot) {
			forget(s)
			for _, call := range calls {
				s.Gaps = append(s.Gaps, denied(call[0], call[1]))
			}
		})}}
	}
}

func denied(service, operation string) snapshots.Gap {
	return snapshots.Gap{Service: service, Operation: operation, Kind: snapshots.Denied, Code: "AccessDenied"}
}

// deniedOf is the gap of what one resource says of itself.
func deniedOf(service, operation, region, arn string) snapshots.Gap {
	gap := denied(service, operation)
	gap.Region, gap.Resource = region, &arn
	return gap
}

func trailsUnread(a *account) []change {
	return unread(trails, [][2]string{{"cloudtrail", "describe-trails"}}, func(s *snapshots.Snapshot) { s.CloudTrail.Trails = nil })(a)
}

func filtersUnread(a *account) []change {
	return unread(filters, [][2]string{{"logs", "describe-metric-filters"}}, func(s *snapshots.Snapshot) { s.Logs.MetricFilters = nil })(a)
}

func alarmsUnread(a *account) []change {
	return unread(alarms, [][2]string{{"cloudwatch", "describe-alarms"}}, func(s *snapshots.Snapshot) {
		s.CloudWatch.Alarms, s.CloudWatch.CompositeAlarms, s.CloudWatch.LogAlarms = nil, nil, nil
	})(a)
}

// topicsUnread takes topics and subscriptions away: either list proves by itself that a topic exists.
func topicsUnread(a *account) []change {
	return unread(topics, [][2]string{{"sns", "list-topics"}, {"sns", "list-subscriptions-by-topic"}}, func(s *snapshots.Snapshot) {
		s.SNS.Topics, s.SNS.Subscriptions = nil, nil
	})(a)
}

// subscriptionsUnread also takes away the topics' own count of them.
func subscriptionsUnread(a *account) []change {
	made := unread(topics, [][2]string{{"sns", "list-subscriptions-by-topic"}}, func(s *snapshots.Snapshot) {
		s.SNS.Subscriptions = nil
		for i := range s.SNS.Topics {
			s.SNS.Topics[i].Attributes = nil
		}
	})(a)
	for i := range made {
		made[i].record = "subscriptions"
	}
	return made
}

func hubsUnread(a *account) []change {
	return unread(hubs, [][2]string{{"securityhub", "describe-hub"}}, func(s *snapshots.Snapshot) { s.SecurityHub.Hubs = nil })(a)
}

func statusUnread(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	t.Status = nil
	in.Gaps = append(in.Gaps, deniedOf("cloudtrail", "get-trail-status", t.Region, t.TrailARN))
	return true
}

func selectorsUnread(t *snapshots.Trail, in *snapshots.Snapshot) bool {
	t.EventSelectors, t.AdvancedEventSelectors = nil, nil
	in.Gaps = append(in.Gaps, deniedOf("cloudtrail", "get-event-selectors", t.Region, t.TrailARN))
	return true
}
