// Package history tells, of accounts whose snapshots were judged one after another, when each control broke and when it was mended.
package history

import (
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// SchemaName is the name of a history as JSON.
const SchemaName = "cistern/history/v1"

// History is what became of every control of every account over time. Snapshots are samples: between two of them nothing was seen, so
// what happened there has bounds and no moment.
type History struct {
	Schema    string           `json:"schema"`
	Tool      report.Tool      `json:"tool"`
	Benchmark report.Benchmark `json:"benchmark"`
	Policies  string           `json:"policies"` // their digest: one, for all times
	// From and To are when the first and the last of the snapshots were taken.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// HoleSeconds is the time without a snapshot of an account from which nothing is known of it; 0 if there is none so long.
	HoleSeconds int64   `json:"hole_seconds"`
	Summary     Summary `json:"summary"`
	// Notes say what else there is to know, of policies and of waivers.
	Notes []string `json:"notes"`
	// Unread are the snapshots that are missing here because they could not be read.
	Unread []report.Unread      `json:"unread,omitempty"`
	Errors []report.PolicyError `json:"policy_errors,omitempty"`
	// Controls are those of the edition, in its order.
	Controls []Control `json:"controls"`
	// Outages are what is broken still and then what was mended, each newest first.
	Outages  []Outage  `json:"outages"`
	Accounts []Account `json:"accounts"`
}

// Summary counts what was seen.
type Summary struct {
	Accounts  int `json:"accounts"`
	Snapshots int `json:"snapshots"`
	Days      int `json:"days"` // of the calendar, in UTC, the first and the last included
	Outages   int `json:"outages"`
	Broken    int `json:"broken"`  // of the outages: those that last
	Waived    int `json:"waived"`  // that last, under a waiver
	Unknown   int `json:"unknown"` // of which the end is not known
	Mended    int `json:"mended"`
	// Now counts all controls of all accounts as they were seen last. Of an account that is overdue nothing passes: what was not seen
	// to fail is unknown.
	Now report.Summary `json:"now"`
	// Overdue are the accounts of which the last snapshot is older than a hole.
	Overdue int       `json:"overdue"`
	Mending MeanTimes `json:"mending"`
}

// MeanTimes are how long it took on average to mend what was mended.
type MeanTimes struct {
	Outages int   `json:"outages"` // of which the beginning and the end were seen
	AtLeast int64 `json:"at_least_seconds"`
	AtMost  int64 `json:"at_most_seconds"`
}

// Control is a row of the edition.
type Control struct {
	ID       string `json:"id"`
	Control  string `json:"control"`
	Title    string `json:"title"`
	Section  string `json:"section,omitempty"`
	Level    int    `json:"level,omitempty"`
	Severity string `json:"severity,omitempty"`
}

// Account is what was seen of one account.
type Account struct {
	Account   string    `json:"account"`
	Alias     string    `json:"alias,omitempty"` // as of the last snapshot
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Snapshots int       `json:"snapshots"`
	// Overdue says that nothing is known of the account at the end: its last snapshot is older than a hole.
	Overdue bool `json:"overdue,omitempty"`
	// Holes are the times of which nothing is known.
	Holes    []Hole `json:"holes,omitempty"`
	Controls []Row  `json:"controls"`
}

// Hole is the time between two snapshots that lie too far apart.
type Hole struct {
	From time.Time `json:"from"` // the last snapshot before it
	To   time.Time `json:"to"`   // the first after it
}

// Row is what became of one control in one account.
type Row struct {
	ID      string        `json:"id"`
	Control string        `json:"control"`
	Status  report.Status `json:"status"` // as seen last
	Spans   []Span        `json:"spans"`
}

// Span is a time in which every snapshot says the same: one status, and one link at which the chain breaks.
type Span struct {
	Status report.Status `json:"status"`
	// Link and Message are of the first finding that decided, in the first snapshot of the span.
	Link      string    `json:"link,omitempty"`
	Message   string    `json:"message,omitempty"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Snapshots int       `json:"snapshots"`
	// AfterHole says that nothing is known of the time before it since the span before.
	AfterHole bool `json:"after_hole,omitempty"`
}

// State is what became of an outage.
type State string

// The states of outages, in their order: those of what was seen last.
const (
	Broken  State = "broken"
	Waived  State = "waived"  // broken, and somebody answers for it
	Unknown State = "unknown" // it was broken, and since then nobody can tell
	Mended  State = "mended"
)

var stateOrder = []State{Broken, Waived, Unknown, Mended}

// Outage is one time for which a control was broken in an account: from the first snapshot that fails, with or without a waiver, to the
// first that passes again.
type Outage struct {
	Account string `json:"account"`
	Alias   string `json:"alias,omitempty"`
	ID      string `json:"id"`
	Control string `json:"control"`
	State   State  `json:"state"`
	// It broke after LastPass and not after FirstFail. There is no LastPass where it was never seen to pass before.
	LastPass  time.Time `json:"last_pass,omitzero"`
	FirstFail time.Time `json:"first_fail"`
	// It was mended after LastFail and not after FirstPass. There is no FirstPass while it lasts.
	LastFail  time.Time `json:"last_fail"`
	FirstPass time.Time `json:"first_pass,omitzero"`
	// MendedBy is pass, or not_applicable where the control has no object any more.
	MendedBy report.Status `json:"mended_by,omitempty"`
	// AtLeast is the time between snapshots of which each and the next one fail; AtMost all that it may have been, up to now if it
	// lasts, and nil where nobody saw the beginning.
	AtLeast int64  `json:"at_least_seconds"`
	AtMost  *int64 `json:"at_most_seconds"`
	// Links are where the chain broke, one after the other; Message is of the first snapshot that fails.
	Links   []string `json:"links,omitempty"`
	Message string   `json:"message,omitempty"`
	// The snapshots of that time by what they say.
	Fails    int `json:"fails"`
	Waivers  int `json:"waived"`
	Unknowns int `json:"unknowns"`
	// Holes says that within it there is a time of which nothing is known.
	Holes bool `json:"holes,omitempty"`

	row int // of the edition
}
