package filterpattern

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// eventsFolder holds CloudTrail events on machines that have them; it is not part of the project.
const eventsFolder = "../../../shared/data/events"

// editionPatterns are the patterns that editions give.
func editionPatterns(t *testing.T) []*Pattern {
	files, err := filepath.Glob("../../policies/benchmarks/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no editions found: %v", err)
	}
	var out []*Pattern
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(string(text))
		for i := 0; i < len(words); i++ {
			if words[i] != "{" {
				continue
			}
			end := i
			for words[end] != "}" {
				end++
			}
			out = append(out, mustParse(t, strings.Join(words[i:end+1], " ")))
			i = end
		}
	}
	return out
}

// wildTexts are real patterns where they are at hand.
func wildTexts(t *testing.T) []string {
	data, err := os.ReadFile(wildFile)
	if err != nil {
		t.Log("no real patterns on this machine")
		return nil
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		var w struct{ Pattern string }
		if err := json.Unmarshal([]byte(line), &w); err != nil {
			t.Fatal(err)
		}
		out = append(out, w.Pattern)
	}
	return out
}

// sampleEvents are generated events, and real ones where they are at hand.
func sampleEvents(t *testing.T) []*Event {
	var out []*Event
	for _, r := range routine {
		out = append(out, NewEvent(writeRecord(newRecord(r.name, r.source, r.identity, r.errorCode, ""))))
	}
	for name, source := range onlySource {
		out = append(out, NewEvent(writeRecord(newRecord(name, source, "Root", "", ""))))
	}
	files, err := filepath.Glob(eventsFolder + "/*.json")
	if err != nil || len(files) == 0 {
		t.Log("no real events on this machine")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var sample struct{ Event json.RawMessage }
		if err := json.Unmarshal(data, &sample); err != nil {
			t.Fatal(err)
		}
		out = append(out, NewEvent(sample.Event))
	}
	return out
}

// matchAlike holds two patterns against events.
func matchAlike(t *testing.T, a, b *Pattern, events []*Event) {
	t.Helper()
	for _, e := range events {
		if got, want := b.MatchEvent(e), a.MatchEvent(e); got != want && want != Unknown {
			t.Errorf("%s: got %v, want %v of its simplified form %s for %s", a, got, want, b, e.message)
		}
	}
}

// TestSimplifyPublished simplifies what editions ask for and what people deployed.
func TestSimplifyPublished(t *testing.T) {
	events := sampleEvents(t)
	for _, p := range editionPatterns(t) {
		matchAlike(t, p, wantShort(t, p).Pattern, events)
	}
	shorter, rewritten, total, saved := 0, 0, 0, 0
	for _, text := range wildTexts(t) {
		p, err := Parse(text)
		if err != nil {
			continue // AWS refuses it too
		}
		total++
		got := wantShort(t, p)
		matchAlike(t, p, got.Pattern, events)
		if compact := utf8.RuneCountInString(got.Pattern.Compact()); compact > utf8.RuneCountInString(text) {
			t.Errorf("%s: got %d characters, more than it was written with", text, compact)
		}
		if less := utf8.RuneCountInString(text) - utf8.RuneCountInString(got.Pattern.String()); less > 0 {
			shorter++
			saved += less
		}
		if len(got.Steps) > 0 {
			rewritten++
		}
	}
	t.Logf("%d real patterns: %d shorter by %d characters in all, %d of them in more than spelling", total, shorter, saved, rewritten)
}

// FuzzSimplify: what is simplified is equivalent, not longer, simple already, and matches the same events.
func FuzzSimplify(f *testing.F) {
	for seed := range uint64(32) {
		f.Add(seed)
	}
	f.Fuzz(playSimplify)
}

// TestSimplifyRandom is FuzzSimplify over fixed seeds.
func TestSimplifyRandom(t *testing.T) {
	for seed := range uint64(200) {
		playSimplify(t, seed)
	}
}

func playSimplify(t *testing.T, seed uint64) {
	g := &generator{rand.New(rand.NewPCG(seed, 29))}
	p := mustParse(t, g.pattern())
	if g.IntN(3) == 0 { // longer ones, as people grow them
		for range 4 {
			if p.form != JSON {
				break
			}
			grown, err := Parse("{ (" + p.json.text() + ")" + g.pick(" && ", " || ") + g.expr(2) + " }")
			if err != nil {
				break
			}
			p = grown
		}
	}
	var events []*Event
	for range 60 {
		events = append(events, NewEvent([]byte(g.event())))
	}
	matchAlike(t, p, wantShort(t, p).Pattern, events)
	deployed, required := mustParse(t, g.pattern()), mustParse(t, g.pattern())
	q := Question{Required: []*Pattern{required}}
	if extended, err := Extend(deployed, q); err == nil {
		for _, e := range events {
			if needed := max(deployed.MatchEvent(e), required.MatchEvent(e)); extended.Assumes == AnyJSON && needed == Yes && extended.Pattern.MatchEvent(e) == No {
				t.Errorf("%s with %s: %s misses %s", deployed, required, extended.Pattern, e.message)
			}
		}
	}
	q.Deployed = []*Pattern{deployed}
	if rest, err := Rest(q); err == nil {
		if d := Covers(Question{Required: q.Required, Deployed: append(rest.Patterns, deployed)}); d.Answer != Covered {
			t.Errorf("%s beside %s: %v are not proven to be the rest", required, deployed, rest.Patterns)
		}
	}
}
