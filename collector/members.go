package collector

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// Each reads accounts, several at a time, and hands each snapshot to keep, one at a time. What goes wrong in one account
// is in its snapshot and never stops the others. It ends early when keep fails or ctx ends; what was being read then is
// dropped.
//
// A topic mostly answers to its own account alone. So an account with topics that only others' alarms act on is read, and kept, a
// second time when all were read: with these topics.
func (s *Session) Each(ctx context.Context, members []Member, keep func(*snapshots.Snapshot) error) error {
	if _, err := s.Caller(ctx); err != nil {
		return err
	}
	known := map[string]*Known{}
	var unread []Member
	for _, m := range members {
		if m.Known != nil {
			known[m.ID] = m.Known
			continue
		}
		unread = append(unread, m)
	}
	err := s.each(ctx, unread, func(snapshot *snapshots.Snapshot) error {
		known[snapshot.Account.ID] = KnownOf(snapshot)
		return keep(snapshot)
	})
	if err != nil {
		return err
	}
	owners := again(members, known)
	topics := map[string][]string{}
	for _, m := range owners {
		topics[m.ID] = m.topics
	}
	return s.each(ctx, owners, func(snapshot *snapshots.Snapshot) error {
		id := snapshot.Account.ID
		if gapsBesides(snapshot, topics[id]) > known[id].gaps {
			return nil // the first reading went better
		}
		return keep(snapshot)
	})
}

// gapsBesides counts the gaps that are not about these topics.
func gapsBesides(s *snapshots.Snapshot, topics []string) int {
	n := 0
	for _, g := range s.Gaps {
		if g.Resource == nil || !slices.Contains(topics, *g.Resource) {
			n++
		}
	}
	return n
}

func (s *Session) each(ctx context.Context, members []Member, keep func(*snapshots.Snapshot) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	waiting := make(chan Member)
	done := make(chan *snapshots.Snapshot)
	for range min(s.options.Parallel, len(members)) {
		go func() {
			for m := range waiting {
				snapshot, _ := s.read(ctx, m) // its only error is that of ctx
				done <- snapshot
			}
		}()
	}
	go func() {
		defer close(waiting)
		for _, m := range members {
			waiting <- m
		}
	}()
	for range members {
		snapshot := <-done
		if ctx.Err() != nil {
			continue // the workers run dry
		}
		if err := keep(snapshot); err != nil {
			stop(err)
		}
	}
	return context.Cause(ctx)
}

// Known is what one account's snapshot says of the topics of several.
type Known struct {
	asked, refused map[string]bool // by ARN; refused are those of other accounts
	gaps           int
}

// KnownOf is what a snapshot says of the topics of several accounts.
func KnownOf(s *snapshots.Snapshot) *Known {
	k := &Known{map[string]bool{}, map[string]bool{}, len(s.Gaps)}
	for _, call := range s.Collection.Calls {
		if call.Operation == listSubscriptionsByTopic.name {
			k.asked[call.Params["topic-arn"]] = true
		}
	}
	for _, g := range s.Gaps {
		if g.Operation != listSubscriptionsByTopic.name || g.Resource == nil {
			continue
		}
		if arn, ok := snapshots.ParseARN(*g.Resource); ok && arn.Account != s.Account.ID {
			k.refused[*g.Resource] = true
		}
	}
	return k
}

// again are the members that have topics of which others were refused an answer, and which nobody asked the owner of.
func again(members []Member, known map[string]*Known) []Member {
	topics := map[string]map[string]bool{}
	for _, k := range known {
		for topic := range k.refused {
			arn, _ := snapshots.ParseARN(topic)
			if owner := known[arn.Account]; owner != nil && !owner.asked[topic] {
				if topics[arn.Account] == nil {
					topics[arn.Account] = map[string]bool{}
				}
				topics[arn.Account][topic] = true
			}
		}
	}
	var owners []Member
	for _, m := range members {
		if wanted := topics[m.ID]; len(wanted) > 0 {
			m.topics, m.Known = slices.Sorted(maps.Keys(wanted)), nil
			owners = append(owners, m)
		}
	}
	slices.SortFunc(owners, func(x, y Member) int { return strings.Compare(x.ID, y.ID) })
	return owners
}
