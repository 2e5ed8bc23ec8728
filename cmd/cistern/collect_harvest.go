package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
)

// harvest is what a run of collecting brings in.
type harvest struct {
	flags    *collectFlags
	to       *target
	progress *progress
	total    int       // accounts to read; 0 while that is not known
	outcomes []outcome // of the accounts that are there
}

// stamp is a moment in a file's name.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// own reads the caller's own account.
func (h *harvest) own(ctx context.Context, session *collector.Session) error {
	s, err := session.Account(ctx)
	if err != nil {
		return err
	}
	return h.keep(s)
}

// several reads the accounts that are meant and not there yet.
func (h *harvest) several(ctx context.Context, session *collector.Session) error {
	members, err := h.members(ctx, session)
	if err != nil {
		return err
	}
	h.total = len(members)
	if h.flags.resume {
		h.recall(members)
		h.strays(members)
	}
	h.progress.expect(h.total, len(h.outcomes))
	return session.Each(ctx, members, h.keep)
}

func (h *harvest) members(ctx context.Context, session *collector.Session) ([]collector.Member, error) {
	if !h.flags.organization {
		caller, err := session.Caller(ctx)
		if err != nil {
			return nil, err
		}
		return h.flags.members(session, caller), nil
	}
	active, inactive, err := session.Members(ctx, h.flags.roleName)
	if err == nil && len(inactive) > 0 {
		h.progress.say("note: ", fmt.Sprintf("%s of the organisation not active, and not read: %s",
			count(len(inactive), "account"), strings.Join(inactive, ", ")))
	}
	return active, err
}

// keep writes a snapshot and remembers what is to be said of it. An account may be read a second time, for the sake of others.
func (h *harvest) keep(s *snapshots.Snapshot) error {
	file, err := h.to.write(s)
	if err != nil {
		return err
	}
	o := outcomeOf(s, file)
	i := slices.IndexFunc(h.outcomes, func(before outcome) bool { return before.account == o.account })
	if i >= 0 {
		h.outcomes[i] = o
	} else {
		h.outcomes = append(h.outcomes, o)
	}
	h.progress.finished(o, i >= 0)
	return nil
}

// recall keeps the members that the folder holds whole.
func (h *harvest) recall(members []collector.Member) {
	var oldest snapshots.Time
	for i, m := range members {
		file := h.to.file(m.ID)
		s, err := snapshots.ReadFile(file)
		if err != nil || s.Account.ID != m.ID || !h.flags.suffices(s) {
			continue // read it again
		}
		if oldest.IsZero() || s.CollectedAt.Before(oldest.Time) {
			oldest = s.CollectedAt
		}
		members[i].Known = collector.KnownOf(s)
		h.outcomes = append(h.outcomes, outcomeOf(s, file))
	}
	if len(h.outcomes) > 0 {
		h.progress.say("note: ", fmt.Sprintf("kept %d of %s from before, the oldest of %s",
			len(h.outcomes), count(len(members), "account"), oldest.UTC().Format(time.RFC3339)))
	}
}

// strays names the snapshots of the folder that belong to no account that is meant.
func (h *harvest) strays(members []collector.Member) {
	const few = 5
	meant := map[string]bool{}
	for _, m := range members {
		meant[h.to.file(m.ID)] = true
	}
	found, err := snapshotsBelow(h.to.path)
	if err != nil {
		return // there is no folder yet
	}
	strays := slices.DeleteFunc(found, func(file string) bool { return meant[file] })
	if len(strays) > 0 {
		h.progress.say("note: ", fmt.Sprintf("%s in %s of no account that is read here, which evaluate would judge too: %s",
			count(len(strays), "file"), h.to.path, someOf(strays, few)))
	}
}

// suffices tells whether a snapshot is what would be read now: whole, and of the same regions and things.
func (f *collectFlags) suffices(s *snapshots.Snapshot) bool {
	var requested []string
	if r := s.Collection.Regions; r != nil {
		requested = r.Requested
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(f.Regions)))
	switch {
	case s.Collection.Source != "aws", !slices.Equal(requested, wanted):
		return false
	case slices.ContainsFunc(s.Gaps, func(g snapshots.Gap) bool { return !ofAnother(s, g) && !isAnswer(g) }):
		return false
	case slices.ContainsFunc(snapshots.Lists(), func(l snapshots.List) bool { return !l.Read(s) && l.Pointer != "/cloudwatch/log_alarms" }):
		return false
	case f.AllLogGroups && !slices.ContainsFunc(s.Collection.Calls, listsAllLogGroups):
		return false
	}
	return !slices.ContainsFunc(s.SNS.Subscriptions, func(n snapshots.Subscription) bool {
		_, arn := snapshots.ParseARN(n.Endpoint)
		redacted := strings.HasPrefix(n.Endpoint, "hmac-sha256:")
		return !arn && n.Endpoint != "" && redacted != (f.redact != "")
	})
}

func listsAllLogGroups(c snapshots.Call) bool {
	return c.Service == "logs" && c.Operation == "describe-log-groups" && len(c.Params) == 0
}

// ofAnother tells whether a call was refused for a resource of another account, which alone can allow it. Of a trail, CloudTrail says
// to others that it is not there.
func ofAnother(s *snapshots.Snapshot, g snapshots.Gap) bool {
	owner := ownerOf(g)
	return (g.Kind == snapshots.Denied || isGone(g)) && owner != "" && owner != s.Account.ID
}

// isGone tells whether the answer was that there is no such thing.
func isGone(g snapshots.Gap) bool {
	return slices.Contains([]string{"NotFound", "NotFoundException", "ResourceNotFoundException", "TrailNotFoundException",
		"CloudTrailARNInvalidException"}, g.Code)
}

// isAnswer tells whether reading again would leave the same gap: a topic that is not there, alarms of a type that a region does not know.
func isAnswer(g snapshots.Gap) bool {
	return isGone(g) || g.Operation == "describe-alarms" && g.Resource != nil
}

// interrupted is the end of a run that somebody stopped. What is written is whole.
func (h *harvest) interrupted() error {
	if h.total == 0 {
		return &exitError{code: exitFailed, err: errors.New("collect: interrupted: nothing was written")}
	}
	return &exitError{code: exitFailed, err: errors.New("collect: interrupted: " + h.sofar()), hint: h.to.goOn + " goes on"}
}

func (h *harvest) sofar() string {
	verb := "are"
	if len(h.outcomes) == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %s %s in %s", len(h.outcomes), count(h.total, "account"), verb, h.to.path)
}
