package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// side is what a status says of the control: it holds, it does not, or that is not known.
type side int

const (
	dark side = iota // unknown, or left to a human: neither broken nor mended
	up               // pass, or nothing to ask it of
	down             // fail, with or without a waiver
)

func sideOf(s report.Status) side {
	switch s {
	case report.Pass, report.NotApplicable:
		return up
	case report.Fail, report.Waived:
		return down
	}
	return dark
}

// outages are those of one control in one account. The history ends at that time.
func outages(spans []Span, end time.Time) []Outage {
	var all []Outage
	var lastPass time.Time
	open := false
	for i := range spans {
		s := &spans[i]
		o := (*Outage)(nil)
		if open {
			o = &all[len(all)-1]
			o.Holes = o.Holes || s.AfterHole
		}
		switch sideOf(s.Status) {
		case up:
			if open {
				o.mend(s)
			}
			open, lastPass = false, s.LastSeen
		case down:
			if !open {
				all = append(all, Outage{LastPass: lastPass, FirstFail: s.FirstSeen, Message: s.Message})
				open, o = true, &all[len(all)-1]
				o.Holes = holeSince(spans[:i+1], lastPass)
			} else if before := &spans[i-1]; sideOf(before.Status) == down && !s.AfterHole {
				o.AtLeast += seconds(s.FirstSeen.Sub(before.LastSeen))
			}
			o.fail(s)
		case dark:
			if open {
				o.Unknowns += s.Snapshots
			}
		}
	}
	if open {
		o := &all[len(all)-1]
		o.State = stateOf(spans[len(spans)-1].Status)
		o.bound(end)
	}
	return all
}

// holeSince tells whether there is a hole between the last pass and the last of the spans.
func holeSince(spans []Span, lastPass time.Time) bool {
	for i := len(spans) - 1; i > 0 && !lastPass.IsZero() && spans[i].FirstSeen.After(lastPass); i-- {
		if spans[i].AfterHole {
			return true
		}
	}
	return false
}

// fail takes in a span that fails.
func (o *Outage) fail(s *Span) {
	o.LastFail = s.LastSeen
	o.AtLeast += seconds(s.LastSeen.Sub(s.FirstSeen))
	if s.Status == report.Waived {
		o.Waivers += s.Snapshots
	} else {
		o.Fails += s.Snapshots
	}
	if n := len(o.Links); s.Link != "" && (n == 0 || o.Links[n-1] != s.Link) {
		o.Links = append(o.Links, s.Link)
	}
}

// mend ends it by a span that passes.
func (o *Outage) mend(s *Span) {
	o.State, o.FirstPass, o.MendedBy = Mended, s.FirstSeen, s.Status
	o.bound(s.FirstSeen)
}

// bound says how long it was at most, if it was over by then.
func (o *Outage) bound(end time.Time) {
	if !o.LastPass.IsZero() {
		most := seconds(end.Sub(o.LastPass))
		o.AtMost = &most
	}
}

// stateOf is that of an outage which lasts, by what was seen last.
func stateOf(s report.Status) State {
	switch s {
	case report.Fail:
		return Broken
	case report.Waived:
		return Waived
	}
	return Unknown
}

// inOrder puts what lasts before what is over, and each newest first: what broke last, what was mended last. What was never seen to pass comes
// after what was, by account.
func inOrder(a, b Outage) int {
	if n := cmp.Compare(slices.Index(stateOrder, a.State), slices.Index(stateOrder, b.State)); n != 0 {
		return n
	}
	times := b.FirstFail.Compare(a.FirstFail)
	switch old, older := a.LastPass.IsZero(), b.LastPass.IsZero(); {
	case a.State == Mended:
		times = cmp.Or(b.FirstPass.Compare(a.FirstPass), times)
	case old && older:
		times = 0 // since when is not known
	case old:
		return 1
	case older:
		return -1
	}
	return cmp.Or(times, cmp.Compare(a.Account, b.Account), cmp.Compare(a.row, b.row))
}
