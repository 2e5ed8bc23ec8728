package history

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Sighting is what one snapshot says.
type Sighting struct {
	Account, Alias string
	At             time.Time // when it was taken
	Verdicts       []Verdict // one a control, in their order
}

// Verdict is what a snapshot says of one control.
type Verdict struct {
	Status        report.Status
	Link, Message string // of the first finding that decided, where it does not pass
}

// VerdictOf is the verdict of a result.
func VerdictOf(r *report.Result) Verdict {
	v := Verdict{Status: r.Status}
	if r.Status == report.Pass || r.Status == report.NotApplicable || r.Status == report.Manual {
		return v
	}
	if deciding := report.Deciding(r); len(deciding) > 0 {
		v.Link, v.Message = deciding[0].Link, deciding[0].Message
	}
	return v
}

// ControlOf is the row of a result.
func ControlOf(r *report.Result) Control {
	return Control{ID: r.ID, Control: r.Control, Title: r.Title, Section: r.Section, Level: r.Level, Severity: r.Severity}
}

// Options say how a history is told. The zero value knows of no holes and leaves out what only humans judge.
type Options struct {
	// Hole is the longest time between two snapshots of an account in which nothing is thought to have happened that neither of them shows;
	// none if 0. Beyond it nothing is known.
	Hole time.Duration
	// Manual keeps controls that were only ever left to a human.
	Manual bool
}

// Recorder makes a history of sightings. It keeps when something changed, and no snapshot.
type Recorder struct {
	options  Options
	controls []Control
	tracks   map[string]*track
}

// track is what was seen of an account so far.
type track struct {
	Account
	spans [][]Span // by control
}

// NewRecorder records these controls.
func NewRecorder(controls []Control, o Options) *Recorder {
	return &Recorder{o, slices.Clone(controls), map[string]*track{}}
}

// Add records what a snapshot says. Those of one account come in the order of their times, each later than the one before; those of several in
// any.
func (r *Recorder) Add(s Sighting) error {
	at := s.At.UTC()
	if len(s.Verdicts) != len(r.controls) {
		return fmt.Errorf("account %s: record: %d verdicts of %d controls", s.Account, len(s.Verdicts), len(r.controls))
	}
	t := r.tracks[s.Account]
	if t == nil {
		t = &track{Account{Account: s.Account, FirstSeen: at, LastSeen: at}, make([][]Span, len(r.controls))}
		r.tracks[s.Account] = t
	} else if !at.After(t.LastSeen) {
		return fmt.Errorf("account %s: record: %s comes after %s", s.Account, at.Format(time.RFC3339), t.LastSeen.Format(time.RFC3339))
	}
	hole := r.options.Hole > 0 && at.Sub(t.LastSeen) > r.options.Hole
	if hole {
		t.Holes = append(t.Holes, Hole{t.LastSeen, at})
	}
	for i := range s.Verdicts {
		t.spans[i] = extend(t.spans[i], &s.Verdicts[i], at, hole)
	}
	t.Alias, t.LastSeen = s.Alias, at
	t.Snapshots++
	return nil
}

// extend adds a verdict to the spans of a control.
func extend(spans []Span, v *Verdict, at time.Time, hole bool) []Span {
	if n := len(spans); n > 0 && !hole {
		if last := &spans[n-1]; last.Status == v.Status && last.Link == v.Link {
			last.LastSeen = at
			last.Snapshots++
			return spans
		}
	}
	return append(spans, Span{Status: v.Status, Link: v.Link, Message: v.Message, FirstSeen: at, LastSeen: at, Snapshots: 1, AfterHole: hole})
}

// History is what was recorded. What it does not know is for the caller to add: tool, edition, policies, notes.
func (r *Recorder) History() *History {
	h := &History{Schema: SchemaName, HoleSeconds: seconds(r.options.Hole), Notes: []string{}, Controls: []Control{}, Outages: []Outage{}, Accounts: []Account{}}
	tracks := slices.SortedFunc(maps.Values(r.tracks), func(a, b *track) int { return cmp.Compare(a.Account.Account, b.Account.Account) })
	for i, t := range tracks {
		if i == 0 || t.FirstSeen.Before(h.From) {
			h.From = t.FirstSeen
		}
		if t.LastSeen.After(h.To) {
			h.To = t.LastSeen
		}
	}
	shown := r.shown(tracks)
	for i, c := range r.controls {
		if shown[i] {
			h.Controls = append(h.Controls, c)
		}
	}
	for _, t := range tracks {
		h.Accounts = append(h.Accounts, r.account(t, h, shown))
	}
	slices.SortStableFunc(h.Outages, inOrder)
	h.Summary = h.sum()
	return h
}

// shown are the controls that somebody or something judged.
func (r *Recorder) shown(tracks []*track) []bool {
	shown := make([]bool, len(r.controls))
	for i := range shown {
		shown[i] = r.options.Manual || slices.ContainsFunc(tracks, func(t *track) bool {
			return slices.ContainsFunc(t.spans[i], func(s Span) bool { return s.Status != report.Manual })
		})
	}
	return shown
}

// account is an account of the history, to which its outages are added.
func (r *Recorder) account(t *track, h *History, shown []bool) Account {
	a := t.Account
	a.Holes = slices.Clone(a.Holes)
	a.Overdue = r.options.Hole > 0 && h.To.Sub(a.LastSeen) > r.options.Hole
	a.Controls = []Row{}
	row := -1
	for i, spans := range t.spans {
		if !shown[i] {
			continue
		}
		row++
		c := &r.controls[i]
		a.Controls = append(a.Controls, Row{ID: c.ID, Control: c.Control, Status: spans[len(spans)-1].Status, Spans: slices.Clone(spans)})
		for _, o := range outages(spans, h.To) {
			o.Holes = o.Holes || a.Overdue && o.State != Mended
			o.Account, o.Alias, o.ID, o.Control, o.row = a.Account, a.Alias, c.ID, c.Control, row
			h.Outages = append(h.Outages, o)
		}
	}
	return a
}

// sum counts.
func (h *History) sum() Summary {
	s := Summary{Accounts: len(h.Accounts), Outages: len(h.Outages)}
	if s.Accounts > 0 {
		const day = 24 * time.Hour
		s.Days = int(h.To.Truncate(day).Sub(h.From.Truncate(day))/day) + 1
	}
	for i := range h.Accounts {
		a := &h.Accounts[i]
		s.Snapshots += a.Snapshots
		if a.Overdue {
			s.Overdue++
		}
		for j := range a.Controls {
			s.Now.Add(a.now(&a.Controls[j]))
		}
	}
	least, most := int64(0), int64(0)
	for i := range h.Outages {
		o := &h.Outages[i]
		switch o.State {
		case Broken:
			s.Broken++
		case Waived:
			s.Waived++
		case Unknown:
			s.Unknown++
		case Mended:
			s.Mended++
			if o.AtMost != nil {
				s.Mending.Outages++
				least += o.AtLeast
				most += *o.AtMost
			}
		}
	}
	if n := int64(s.Mending.Outages); n > 0 {
		s.Mending.AtLeast, s.Mending.AtMost = least/n, most/n
	}
	return s
}

// now is the status of a control at the end of the history: no snapshot is not "still passing".
func (a *Account) now(r *Row) report.Status {
	if a.Overdue && (r.Status == report.Pass || r.Status == report.NotApplicable || r.Status == report.Waived) {
		return report.Unknown
	}
	return r.Status
}

// HoleAfter is the time without a snapshot that is a hole where nobody says otherwise: more than two and a half times the usual one, which
// is the median, so that a series that misses two snapshots in a row has one. It is 0 if there are no intervals.
func HoleAfter(intervals []time.Duration) time.Duration {
	if len(intervals) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(intervals))
	return sorted[len(sorted)/2] * 5 / 2
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
