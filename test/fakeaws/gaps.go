package fakeaws

import (
	"slices"

	"github.com/cistern-audit/cistern/snapshots"
)

// gap refuses a call that left a gap in the account's snapshot: it was refused, so it is again.
func (r *request) gap() error {
	for _, g := range r.account.Snapshot.Gaps {
		if g.Service != r.Service || g.Operation != r.Operation || g.Region != "" && g.Region != r.Region || !r.aboutGap(g) {
			continue
		}
		switch {
		case g.Code == "" || g.Code == snapshots.CodeTruncated:
		case g.Kind == snapshots.Denied:
			return &refusal{r.deniedStatus(), g.Code, g.Message}
		case g.Kind == snapshots.Throttled, g.Kind == snapshots.Failed:
			return &refusal{400, g.Code, g.Message}
		}
	}
	return nil
}

// aboutGap tells whether a gap is about what a call is about. A gap of describe-alarms may be about one type of alarm.
func (r *request) aboutGap(g snapshots.Gap) bool {
	if g.Resource == nil {
		return true
	}
	return *g.Resource == r.Resource || slices.Contains(r.params.list("AlarmTypes"), *g.Resource)
}
