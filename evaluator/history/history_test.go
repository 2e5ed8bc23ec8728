package history

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cistern-audit/cistern/evaluator/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var letters = map[rune]Verdict{
	'P': {Status: report.Pass},
	'F': {Status: report.Fail, Link: "topic", Message: "nobody is subscribed"},
	'A': {Status: report.Fail, Link: "alarm", Message: "the alarm is gone"},
	'W': {Status: report.Waived, Link: "topic", Message: "nobody is subscribed"},
	'U': {Status: report.Unknown, Link: "topic", Message: "the topics were not read"},
	'N': {Status: report.NotApplicable},
	'M': {Status: report.Manual},
}

var start = time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)

func on(n int) time.Time { return start.Add(time.Duration(n) * day) }

// sight records a snapshot a day as letters say, a text a control; a dot is a day without a snapshot.
func sight(t *testing.T, r *Recorder, account string, controls ...string) {
	t.Helper()
	for n := range controls[0] {
		s := Sighting{Account: account, At: on(n)}
		for _, text := range controls {
			if text[n] != '.' {
				s.Verdicts = append(s.Verdicts, letters[rune(text[n])])
			}
		}
		if len(s.Verdicts) == 0 {
			continue
		}
		if err := r.Add(s); err != nil {
			t.Fatal(err)
		}
	}
}

var one = []Control{{ID: "5.3", Control: "root-usage", Title: "Use of the root user raises an alarm"}}

// days is a time as the day of the series; - for none.
func days(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return fmt.Sprint(int(t.Sub(start) / day))
}

func TestOutages(t *testing.T) {
	for _, c := range []struct {
		name, days string
		hole       time.Duration
		want       string // state: last pass, first fail, last fail, first pass, at least to at most in days; links
	}{
		{"never broken", "PPPP", 0, ""},
		{"one snapshot that passes", "P", 0, ""},
		{"one snapshot that fails", "F", 0, "broken: - 0 0 - 0..? topic"},
		{"broke", "PPFF", 0, "broken: 1 2 3 - 1..2 topic"},
		{"broke with the last snapshot", "PPF", 0, "broken: 1 2 2 - 0..1 topic"},
		{"broke and was mended", "PFFFP", 0, "mended: 0 1 3 4 2..4 topic"},
		{"failed once", "PFP", 0, "mended: 0 1 1 2 0..2 topic"},
		{"failed when first seen", "FFP", 0, "mended: - 0 1 2 1..? topic"},
		{"broke twice", "PFPFFP", 0, "mended: 2 3 4 5 1..3 topic; mended: 0 1 1 2 0..2 topic"},
		{"broke again", "PFPF", 0, "broken: 2 3 3 - 0..1 topic; mended: 0 1 1 2 0..2 topic"},
		{"days without a snapshot widen the bounds", "P..F.F..P", 0, "mended: 0 3 5 8 2..8 topic"},
		{"unknown is not broken", "PUUP", 0, ""},
		{"broke by way of unknown", "PUFP", 0, "mended: 0 2 2 3 0..3 topic"},
		{"mended by way of unknown", "PFFUP", 0, "mended: 0 1 2 4 1..4 topic unknown 1"},
		{"unknown in between is no mending and no failing", "PFFUFFP", 0, "mended: 0 1 5 6 2..6 topic unknown 1"},
		{"unknown since", "PFFU", 0, "unknown: 0 1 2 - 1..3 topic unknown 1"},
		{"unknown before", "UF", 0, "broken: - 1 1 - 0..? topic"},
		{"left to a human since", "PFM", 0, "unknown: 0 1 1 - 0..2 topic unknown 1"},
		{"waived from the beginning", "PWWP", 0, "mended: 0 1 2 3 1..3 topic waived 2"},
		{"waived now", "PFW", 0, "waived: 0 1 2 - 1..2 topic waived 1"},
		{"the waiver expired", "PWF", 0, "broken: 0 1 2 - 1..2 topic waived 1"},
		{"does not apply any more", "PFFN", 0, "mended by not_applicable: 0 1 2 3 1..3 topic"},
		{"applies for the first time", "NF", 0, "broken: 0 1 1 - 0..1 topic"},
		{"broke at another link", "PFAFP", 0, "mended: 0 1 3 4 2..4 topic>alarm>topic"},
		{"a hole within", "PFF....FFP", 3 * day, "mended: 0 1 8 9 2..9 topic hole"},
		{"a hole before", "P....FP", 3 * day, "mended: 0 5 5 6 0..6 topic hole"},
		{"a hole after", "PF....P", 3 * day, "mended: 0 1 1 6 0..6 topic hole"},
		{"a hole long before", "P....PFP", 3 * day, "mended: 5 6 6 7 0..2 topic"},
		{"not so long is no hole", "PF..FP", 3 * day, "mended: 0 1 4 5 3..5 topic"},
	} {
		r := NewRecorder(one, Options{Hole: c.hole})
		sight(t, r, "111122223333", c.days)
		var parts []string
		for _, o := range r.History().Outages {
			parts = append(parts, told(&o))
		}
		if got := strings.Join(parts, "; "); got != c.want {
			t.Errorf("%s (%s): got %q, want %q", c.name, c.days, got, c.want)
		}
	}
}

func told(o *Outage) string {
	most := "?"
	if o.AtMost != nil {
		most = fmt.Sprint(*o.AtMost / 86400)
	}
	text := string(o.State)
	if o.MendedBy != "" && o.MendedBy != report.Pass {
		text += " by " + string(o.MendedBy)
	}
	text += fmt.Sprintf(": %s %s %s %s %d..%s %s", days(o.LastPass), days(o.FirstFail), days(o.LastFail), days(o.FirstPass), o.AtLeast/86400, most, strings.Join(o.Links, ">"))
	if o.Waivers > 0 {
		text += fmt.Sprintf(" waived %d", o.Waivers)
	}
	if o.Unknowns > 0 {
		text += fmt.Sprintf(" unknown %d", o.Unknowns)
	}
	if o.Holes {
		text += " hole"
	}
	return text
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		days string
		hole time.Duration
		want string
	}{
		{"P", 0, "pass 0-0 (1)"},
		{"PPFFFU", 0, "pass 0-1 (2), fail 2-4 (3), unknown 5-5 (1)"},
		{"PP..P", 0, "pass 0-4 (3)"},
		{"PP..P", 2 * day, "pass 0-1 (2), hole, pass 4-4 (1)"},
		{"FAAF", 0, "fail 0-0 (1), fail 1-2 (2), fail 3-3 (1)"},
	} {
		r := NewRecorder(one, Options{Hole: c.hole})
		sight(t, r, "111122223333", c.days)
		var parts []string
		for _, s := range r.History().Accounts[0].Controls[0].Spans {
			if s.AfterHole {
				parts = append(parts, "hole")
			}
			parts = append(parts, fmt.Sprintf("%s %s-%s (%d)", s.Status, days(s.FirstSeen), days(s.LastSeen), s.Snapshots))
		}
		if got := strings.Join(parts, ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.days, got, c.want)
		}
	}
}

// TestNow holds that of an account which is not seen any more nothing passes, and that what failed there is not mended.
func TestNow(t *testing.T) {
	for _, c := range []struct {
		name  string
		hole  time.Duration
		other string
		want  report.Summary
	}{
		{"seen to the end", 2 * day, "PPPPPP", report.Summary{Pass: 2}},
		{"passed when last seen", 2 * day, "PP....", report.Summary{Pass: 1, Unknown: 1}},
		{"failed when last seen", 2 * day, "PF....", report.Summary{Pass: 1, Fail: 1}},
		{"waived when last seen", 2 * day, "PW....", report.Summary{Pass: 1, Unknown: 1}},
		{"not so long ago", 2 * day, "PPPP..", report.Summary{Pass: 2}},
		{"no time is too long", 0, "PP....", report.Summary{Pass: 2}},
	} {
		r := NewRecorder(one, Options{Hole: c.hole})
		sight(t, r, "111122223333", "PPPPPP")
		sight(t, r, "444455556666", c.other)
		if got := r.History().Summary.Now; got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestMeanTimeToMend(t *testing.T) {
	r := NewRecorder(one, Options{})
	sight(t, r, "111122223333", "PFFFPP") // 2 to 4
	sight(t, r, "444455556666", "PFPPPP") // 0 to 2
	sight(t, r, "777788889999", "FFPPPF") // its beginning, and then its end, was not seen
	got, want := r.History().Summary.Mending, MeanTimes{2, 86400, 3 * 86400}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestManualRows(t *testing.T) {
	controls := []Control{{ID: "1.1", Control: "contacts"}, {ID: "1.2", Control: "training"}}
	for manual, want := range map[bool]int{false: 1, true: 2} {
		r := NewRecorder(controls, Options{Manual: manual})
		sight(t, r, "111122223333", "PPP", "MMM")
		h := r.History()
		if len(h.Controls) != want || len(h.Accounts[0].Controls) != want {
			t.Errorf("manual %v: got %d controls and %d rows, want %d", manual, len(h.Controls), len(h.Accounts[0].Controls), want)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	r := NewRecorder(one, Options{})
	s := Sighting{Account: "111122223333", At: start, Verdicts: []Verdict{letters['P']}}
	if err := r.Add(s); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []Sighting{s, {Account: s.Account, At: start.Add(-day), Verdicts: s.Verdicts}, {Account: s.Account, At: on(1)}} {
		if err := r.Add(wrong); err == nil {
			t.Errorf("%+v: got no error", wrong)
		}
	}
}

// TestZones holds that a time is one, wherever the clock stood that took it.
func TestZones(t *testing.T) {
	r := NewRecorder(one, Options{})
	zone := time.FixedZone("", 9*3600)
	for i, letter := range "PF" {
		if err := r.Add(Sighting{Account: "111122223333", At: on(i).In(zone), Verdicts: []Verdict{letters[letter]}}); err != nil {
			t.Fatal(err)
		}
	}
	o := r.History().Outages[0]
	if got, want := timeText(o.LastPass)+" "+timeText(o.FirstFail), "2026-01-05T10:00:00Z 2026-01-06T10:00:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHoleAfter(t *testing.T) {
	for _, c := range []struct {
		intervals []time.Duration
		want      time.Duration
	}{
		{nil, 0},
		{[]time.Duration{day}, 60 * time.Hour},
		{[]time.Duration{day, 30 * day, day, time.Hour, day}, 60 * time.Hour},
	} {
		if got := HoleAfter(c.intervals); got != c.want {
			t.Errorf("%v: got %v, want %v", c.intervals, got, c.want)
		}
	}
}

// full is a history with something of everything.
func full(t *testing.T) *History {
	t.Helper()
	controls := []Control{
		{ID: "5.3", Control: "root-usage", Title: "Use of the root user raises an alarm", Section: "Monitoring", Level: 1, Severity: "high"},
		{ID: "5.10", Control: "security-groups", Title: "Changes of security groups raise an alarm", Section: "Monitoring", Level: 2},
		{ID: "1.1", Control: "contacts", Title: "Contacts are current"},
	}
	r := NewRecorder(controls, Options{Hole: 3 * day})
	sight(t, r, "111122223333", "PPFFAAAPPPPP", "PPFFFFFPPPPF", "MMMMMMMMMMMM")
	sight(t, r, "222233334444", "PPPPPPPPPPPP", "PPPPPPPPPPPP", "MMMMMMMMMMMM")
	sight(t, r, "333344445555", "FFFFFFFFFFFF", "PPWWWWWWWWWW", "MMMMMMMMMMMM")
	sight(t, r, "444455556666", "PFFF....FFUU", "PPPP....PPPP", "MMMM....MMMM")
	sight(t, r, "555566667777", "PPPPF.......", "NNNNN.......", "MMMMM.......")
	for i, v := range []Verdict{letters['P'], {Status: report.Fail, Link: "topic", Message: "topic </td><script>alert(1)</script>\x1b[31m & \"quoted\" | `=cmd`"}} {
		err := r.Add(Sighting{Account: "666677778888", Alias: "=HYPERLINK(\"x\")<b>&'", At: on(3 * i), Verdicts: []Verdict{v, letters['P'], letters['M']}})
		if err != nil {
			t.Fatal(err)
		}
	}
	sight(t, r, "777788889999", "...........U", "...........P", "...........M")
	h := r.History()
	h.Tool = report.Tool{Name: "cistern", Version: "devel"}
	h.Benchmark = report.Benchmark{ID: "cis-7.0.0", Title: "CIS Benchmark", Version: "7.0.0"}
	h.Policies = "sha256:00"
	h.Notes = []string{"waivers.yaml:3: waiver of ops for root-usage expired on 2026-01-31"}
	h.Unread = []report.Unread{{File: "broken.json", Account: "111122223333", Problem: "is no JSON", Hint: "collect it again"}}
	h.Errors = []report.PolicyError{{Control: "mine", File: "mine.rego", Line: 3, Problem: "takes too long"}}
	return h
}

func TestGoldenFormats(t *testing.T) {
	h := full(t)
	for _, c := range []struct {
		format, file string
		states       bool
	}{
		{"text", "full.txt", false}, {"json", "full.json", false}, {"csv", "full.csv", false}, {"csv", "states.csv", true},
		{"html", "full.html", false}, {"markdown", "full.md", false},
	} {
		var first, second bytes.Buffer
		for _, b := range []*bytes.Buffer{&first, &second} {
			if err := h.Write(b, c.format, c.states); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: written twice, got other bytes", c.format)
		}
		golden(t, c.file, first.Bytes())
	}
	var b bytes.Buffer
	if err := h.Write(&b, "sarif", false); err == nil {
		t.Error("sarif: got no error")
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// TestHostile holds that no name of an account becomes mark-up, a formula or an order to a terminal.
func TestHostile(t *testing.T) {
	h := full(t)
	for _, format := range Formats() {
		var b bytes.Buffer
		if err := h.Write(&b, format, false); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"\x1b", "<script>alert", "<b>&'"} {
			if format == "html" || bad == "\x1b" {
				if strings.Contains(b.String(), bad) {
					t.Errorf("%s: got %q", format, bad)
				}
			}
		}
		if format == "csv" {
			rows, err := csv.NewReader(&b).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if strings.HasPrefix(row[2], "=") {
					t.Errorf("csv: got the formula %q", row[2])
				}
			}
		}
	}
}

// TestSchema holds histories against their JSON Schema.
func TestSchema(t *testing.T) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("history.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("history.json")
	if err != nil {
		t.Fatal(err)
	}
	least := NewRecorder(one, Options{})
	sight(t, least, "111122223333", "P")
	for _, h := range []*History{full(t), least.History()} {
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(value); err != nil {
			t.Error(err)
		}
	}
}

// TestShares holds the chart against the letters that it is drawn of.
func TestShares(t *testing.T) {
	r := NewRecorder(one, Options{Hole: 2 * day})
	sight(t, r, "111122223333", "PPFFU")
	sight(t, r, "444455556666", "P...P")
	sight(t, r, "777788889999", "..PPP")
	got := r.History().shares(0, 4)
	pass, unknown, fail := placeOf(report.Pass), placeOf(report.Unknown), placeOf(report.Fail)
	for i, want := range []map[int]int{{pass: 1}, {pass: 1, fail: 1}, {pass: 1, fail: 1}, {pass: 2, unknown: 1}} {
		for place, n := range want {
			if got[i][place] != n {
				t.Errorf("step %d: got %v, want %v", i, got[i], want)
			}
		}
	}
}
