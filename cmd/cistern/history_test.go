package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/history"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// saidBy is what a command writes to stdout.
func saidBy(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, stdio{strings.NewReader(""), &out, &errs}); code != exitOK {
		t.Fatalf("%v: got exit code %d, want 0: %s", args, code, &errs)
	}
	return out.Bytes()
}

// TestHistoryIsWhatEachDaySays holds a history of an organisation against the evaluation of each of its days: two ways to the same.
func TestHistoryIsWhatEachDaySays(t *testing.T) {
	const n, days, apart = 10, 7, 8
	t.Chdir(t.TempDir())
	fleet := accounts.Fleet{Seed: 1}
	want := map[string]string{} // status by account, control and time
	for d := range days {
		folder := filepath.Join("series", accounts.Day(d*apart))
		for i := range n {
			text, err := fleet.Account(i, d*apart).Canonical()
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(folder, accounts.ID(i)+".json"), text)
		}
		r, err := report.Read(bytes.NewReader(saidBy(t, "evaluate", folder, "-f", "json", "--fail-on", "never")))
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Accounts {
			a := &r.Accounts[i]
			for j := range a.Results {
				want[a.Account+" "+a.Results[j].Control+" "+a.Snapshot.CollectedAt] = string(a.Results[j].Status)
			}
		}
	}
	var h history.History
	if err := json.Unmarshal(saidBy(t, "history", "series", "--all", "-f", "json", "--fail-on", "never"), &h); err != nil {
		t.Fatal(err)
	}
	spans := map[string][]history.Span{}
	for i := range h.Accounts {
		a := &h.Accounts[i]
		for _, row := range a.Controls {
			spans[a.Account+" "+row.Control] = row.Spans
		}
	}
	if h.Summary.Mended == 0 || h.Summary.Snapshots != n*days {
		t.Errorf("got %d mended of %d snapshots, want some of %d", h.Summary.Mended, h.Summary.Snapshots, n*days)
	}
	for key, status := range want {
		words := strings.Split(key, " ")
		at, err := time.Parse(time.RFC3339, words[2])
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, s := range spans[words[0]+" "+words[1]] {
			if !at.Before(s.FirstSeen) && !at.After(s.LastSeen) {
				got += string(s.Status)
			}
		}
		if got != status {
			t.Errorf("%s: got %q, want %q", key, got, status)
		}
	}
}

// hour is a time of the tests, in hours from the first.
func hour(n float64) time.Time {
	return time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(n * float64(time.Hour)))
}

// cardsOf are snapshots of accounts A, B, ... at hours, in no order.
func cardsOf(hours map[string][]float64, watches map[string][]string) *fleet {
	f := &fleet{}
	for account, all := range hours {
		for i := len(all) - 1; i >= 0; i-- {
			f.cards = append(f.cards, evaluator.Card{
				Name: fmt.Sprintf("%s%g", account, all[i]), Account: account, CollectedAt: hour(all[i]), Watches: watches[fmt.Sprintf("%s%g", account, all[i])],
			})
		}
	}
	return f
}

func TestMomentCard(t *testing.T) {
	f := cardsOf(map[string][]float64{"B": {10, 34, 58}}, nil)
	for _, c := range []struct {
		name     string
		together time.Duration
		at       float64
		want     string
	}{
		{"at the moment", 0, 34, "B34"},
		{"the last before", 0, 33, "B10"},
		{"however old", 0, 9999, "B58"},
		{"none yet", 0, 9, ""},
		{"a little later", time.Hour, 33, "B34"},
		{"a little later, and the first", time.Hour, 9, "B10"},
		{"too much later", time.Hour, 32.9, "B10"},
		{"much later, and the first", time.Hour, 8.9, ""},
		{"the nearer of two", 24 * time.Hour, 21, "B10"},
		{"the nearer of two, after", 24 * time.Hour, 23, "B34"},
		{"as near before as after", 24 * time.Hour, 22, "B10"},
	} {
		l, err := newTimeline(t.Context(), &fleet{cards: f.cards}, c.together)
		if err != nil {
			t.Fatal(err)
		}
		card, ok := l.at(hour(c.at)).Card("B")
		if card.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s: got %q, %v, want %q", c.name, card.Name, ok, c.want)
		}
		if _, ok := l.at(hour(c.at)).Card("C"); ok {
			t.Errorf("%s: got a card of an account that is not there", c.name)
		}
	}
}

// TestMomentWatchers holds that an account watches another at the times alone when its snapshot says so.
func TestMomentWatchers(t *testing.T) {
	f := cardsOf(map[string][]float64{"A": {0, 24, 48}, "B": {0, 24, 48}, "C": {0}}, map[string][]string{"B24": {"A"}, "C0": {"A"}})
	l, err := newTimeline(t.Context(), f, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[float64]string{0: "C", 24: "B C", 48: "C"} {
		if got := strings.Join(l.at(hour(at)).Watchers("A"), " "); got != want {
			t.Errorf("hour %g: got %q, want %q", at, got, want)
		}
	}
}

func TestTimelineWithin(t *testing.T) {
	hours := map[string][]float64{"A": {0, 24, 48}, "B": {1, 24}}
	for _, c := range []struct {
		name string
		p    period
		want string // and of errors the text
	}{
		{"all, by time and account", period{}, "A0 B1 A24 B24 A48"},
		{"since", period{since: hour(24)}, "A24 B24 A48"},
		{"until", period{until: hour(24)}, "A0 B1 A24 B24"},
		{"an account", period{accounts: []string{"B"}}, "B1 B24"},
		{"an account that is not there", period{accounts: []string{"C"}}, "account C: no snapshot is of it"},
		{"a time that is not there", period{since: hour(49)}, "history: no snapshot is of the time between --since and --until"},
	} {
		l, err := newTimeline(t.Context(), cardsOf(hours, nil), 0)
		if err != nil {
			t.Fatal(err)
		}
		cards, err := l.within(c.p)
		var names []string
		for _, card := range cards {
			names = append(names, card.Name)
		}
		if err != nil {
			names = []string{err.Error()}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestParseStale(t *testing.T) {
	for text, want := range map[string]time.Duration{"": -1, "0": 0, "48h": 48 * time.Hour, "10d": 240 * time.Hour, "90m": 90 * time.Minute} {
		if got, err := parseStale(text); got != want || err != nil {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"soon", "-1h", "-1d", "d", "1w", "99999999999d", "3"} {
		if got, err := parseStale(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}
