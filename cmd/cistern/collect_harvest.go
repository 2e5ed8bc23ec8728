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
	missing, err := h.missing(members)
	if err != nil {
		return err
	}
	h.progress.expect(h.total, len(h.outcomes))
	return session.Each(ctx, missing, h.keep)
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

// keep writes a snapshot and remembers what is to be said of it.
func (h *harvest) keep(s *snapshots.Snapshot) error {
	file, err := h.to.write(s)
	if err != nil {
		return err
	}
	o := outcomeOf(s, file)
	h.outcomes = append(h.outcomes, o)
	h.progress.finished(o.account, o.gaps)
	return nil
}

// missing are the members that are still to be read. Files that are of none of them are named.
func (h *harvest) missing(members []collector.Member) ([]collector.Member, error) {
	if !h.flags.resume {
		return members, nil
	}
	var missing []collector.Member
	var oldest snapshots.Time
	files := map[string]bool{}
	for _, m := range members {
		file := h.to.file(m.ID)
		files[file] = true
		s, err := snapshots.ReadFile(file)
		if err != nil || s.Account.ID != m.ID || !h.flags.suffices(s) {
			missing = append(missing, m)
			continue
		}
		if oldest.IsZero() || s.CollectedAt.Before(oldest.Time) {
			oldest = s.CollectedAt
		}
		h.outcomes = append(h.outcomes, outcomeOf(s, file))
	}
	if len(h.outcomes) > 0 {
		h.progress.say("note: ", fmt.Sprintf("kept %d of %s that were read before, the oldest at %s",
			len(h.outcomes), count(len(members), "account"), oldest))
	}
	return missing, h.strays(files)
}

// strays names the snapshots of the folder that belong to no account that is meant.
func (h *harvest) strays(meant map[string]bool) error {
	const few = 5
	found, err := snapshotsBelow(h.to.path)
	if err != nil {
		return nil // there is no folder yet
	}
	strays := slices.DeleteFunc(found, func(file string) bool { return meant[file] })
	if len(strays) > 0 {
		h.progress.say("note: ", fmt.Sprintf("%s in %s of accounts that are not read here: %s; evaluate would judge them too",
			count(len(strays), "file"), h.to.path, someOf(strays, few)))
	}
	return nil
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
	case slices.ContainsFunc(s.Gaps, func(g snapshots.Gap) bool { return !ofAnother(s, g) }):
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

// ofAnother tells whether a call was refused for a resource of another account, which alone can allow it.
func ofAnother(s *snapshots.Snapshot, g snapshots.Gap) bool {
	owner := ownerOf(g)
	return g.Kind == snapshots.Denied && owner != "" && owner != s.Account.ID
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
