package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/snapshots"
)

// outcome is what is to be said of an account when all are read.
type outcome struct {
	account, file string
	gaps          string   // what was not read, in words; empty if nothing
	nothing       bool     // no list was read at all
	own           bool     // a gap is the account's own to close
	missing       []string // permissions
	refused       []string // regions that refuse what others answer
	unassumed     bool     // its role could not be assumed
	owners        []string // of resources that only they can let be read
	only          []string // regions that were read, where nobody said which there are
	notThere      []string // regions that were asked for and are not enabled
}

func outcomeOf(s *snapshots.Snapshot, file string) outcome {
	o := outcome{account: s.Account.ID, file: file, gaps: gapsByKind(s.Gaps)}
	o.nothing = !slices.ContainsFunc(snapshots.Lists(), func(l snapshots.List) bool { return l.Read(s) })
	answered := map[string]bool{}
	for _, c := range s.Collection.Calls {
		answered[c.Operation] = answered[c.Operation] || c.Status == "ok"
	}
	for _, g := range s.Gaps {
		o.own = o.own || !ofAnother(s, g)
		switch {
		case g.Service == "sts" && g.Operation == "assume-role":
			o.unassumed = true
		case ofAnother(s, g):
			o.owners = append(o.owners, ownerOf(g))
		case g.Kind != snapshots.Denied || g.Action == nil:
		case g.Region != "" && g.Resource == nil && answered[g.Operation]:
			o.refused = append(o.refused, g.Region)
		default:
			o.missing = append(o.missing, *g.Action)
		}
	}
	r := s.Collection.Regions
	if r == nil {
		return o
	}
	for _, c := range s.Collection.Calls {
		if r.Enabled == nil && len(r.Requested) == 0 && c.Operation == "describe-trails" {
			o.only = append(o.only, c.Region)
		}
	}
	for _, skipped := range r.Skipped {
		if slices.Contains(r.Requested, skipped.Name) {
			o.notThere = append(o.notThere, skipped.Name)
		}
	}
	return o
}

// ownerOf is the account of the resource that a gap is about.
func ownerOf(g snapshots.Gap) string {
	if g.Resource == nil {
		return ""
	}
	arn, _ := snapshots.ParseARN(*g.Resource)
	return arn.Account
}

// gapsByKind is what was not read, and of what kind: 3 gaps: 2 denied (cloudwatch:ListAlarmMuteRules), 1 error (...).
func gapsByKind(gaps []snapshots.Gap) string {
	const few = 4
	if len(gaps) == 0 {
		return ""
	}
	var parts []string
	for _, kind := range snapshots.GapKinds() {
		n, names := 0, map[string]bool{}
		for _, g := range gaps {
			if g.Kind != kind {
				continue
			}
			n++
			switch {
			case kind == snapshots.NotAttempted && g.Code == "": // follows from another gap
			case g.Action != nil:
				names[*g.Action] = true
			default:
				names[strings.TrimSpace(g.Service+" "+g.Operation+" "+g.Code)] = true
			}
		}
		if n == 0 {
			continue
		}
		part := fmt.Sprintf("%d %s", n, kind)
		if len(names) > 0 {
			part += " (" + someOf(slices.Sorted(maps.Keys(names)), few) + ")"
		}
		parts = append(parts, part)
	}
	return count(len(gaps), "gap") + ": " + strings.Join(parts, ", ")
}

// someOf names the first of many.
func someOf(names []string, most int) string {
	if len(names) <= most+1 { // one more is as short as to say so
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// tell says what a reader of the snapshots must know, accounts of which the same is to be said together.
func (h *harvest) tell(std stdio) {
	slices.SortFunc(h.outcomes, func(x, y outcome) int { return strings.Compare(x.account, y.account) })
	h.each(func(o outcome) string { return strings.Join(o.only, ",") }, func(accounts, regions string) {
		say(std.err, "warning: ", accounts+": only "+regions+" was read, for nobody said which regions there are")
		say(std.err, "hint: ", "--regions "+regions+",... names the regions to read, or allow ec2:DescribeRegions")
	})
	h.each(func(o outcome) string { return strings.Join(o.notThere, ", ") }, func(accounts, regions string) {
		say(std.err, "note: ", accounts+": not enabled and not read: "+regions)
	})
	h.each(func(o outcome) string { return o.gaps }, func(accounts, gaps string) {
		say(std.err, "note: ", accounts+": "+gaps)
	})
	h.tellWaysOut(std)
	if h.total > 0 {
		complete := 0
		for _, o := range h.outcomes {
			if o.gaps == "" {
				complete++
			}
		}
		say(std.err, "", fmt.Sprintf("%s, %d complete and %d with gaps", h.sofar(), complete, len(h.outcomes)-complete))
	}
}

// each hands accounts of which the same is to be said, and that. Nothing is said of those without.
func (h *harvest) each(text func(outcome) string, tell func(accounts, text string)) {
	const few = 3
	same := map[string][]string{}
	for _, o := range h.outcomes {
		if t := text(o); t != "" {
			same[t] = append(same[t], o.account)
		}
	}
	texts := slices.SortedFunc(maps.Keys(same), func(x, y string) int { return strings.Compare(same[x][0], same[y][0]) })
	for _, t := range texts {
		accounts := "account " + same[t][0]
		if len(same[t]) > 1 {
			accounts = fmt.Sprintf("%s (%s)", count(len(same[t]), "account"), someOf(same[t], few))
		}
		tell(accounts, t)
	}
}

// tellWaysOut says once how the gaps of all accounts could be closed.
func (h *harvest) tellWaysOut(std stdio) {
	missing, refused, owners, unassumed := map[string]bool{}, map[string]bool{}, map[string]bool{}, false
	for _, o := range h.outcomes {
		for _, action := range o.missing {
			missing[action] = true
		}
		for _, region := range o.refused {
			refused[region] = true
		}
		for _, owner := range o.owners {
			owners[owner] = true
		}
		unassumed = unassumed || o.unassumed
	}
	for _, o := range h.outcomes {
		delete(owners, o.account)
	}
	if len(missing) > 0 {
		say(std.err, "note: ", "missing permissions: "+strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
		say(std.err, "hint: ", "cistern collect --iam-policy prints a policy with all that are needed")
	}
	if len(refused) > 0 {
		const few = 5
		say(std.err, "hint: ", "refused there, and answered elsewhere: "+someOf(slices.Sorted(maps.Keys(refused)), few)+
			"; a service control policy may close these regions, and --regions names the others")
	}
	if unassumed {
		say(std.err, "hint: ", "a role must be there and trust the caller, and the caller must be allowed sts:AssumeRole")
	}
	if len(owners) > 0 {
		const few = 5
		say(std.err, "hint: ", "read too, and judged together, other accounts show what is theirs: "+
			someOf(slices.Sorted(maps.Keys(owners)), few))
	}
}

// verdict is how a run of collecting ends.
func (h *harvest) verdict() error {
	gaps, nothing := false, true
	for _, o := range h.outcomes {
		gaps, nothing = gaps || h.open(o), nothing && o.nothing
	}
	switch {
	case nothing && len(h.outcomes) == 1:
		return fmt.Errorf("collect: account %s: nothing could be read", h.outcomes[0].account)
	case nothing:
		return errors.New("collect: nothing could be read of any account")
	case gaps:
		return exitWith(exitUnknown)
	}
	return nil
}

// open tells whether something of an account was read by nobody: what an account does not tell others, it tells itself.
func (h *harvest) open(o outcome) bool {
	return o.own || slices.ContainsFunc(o.owners, func(owner string) bool {
		return !slices.ContainsFunc(h.outcomes, func(other outcome) bool { return other.account == owner && !other.own })
	})
}

// files are the snapshots that are there, by account.
func (h *harvest) files() []string {
	var files []string
	for _, o := range h.outcomes {
		files = append(files, o.file)
	}
	return files
}
