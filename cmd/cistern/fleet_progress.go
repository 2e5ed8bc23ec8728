package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// fleetProgress tells a person how far a long run is, and about how long it will take: at a terminal by one line that is rewritten, elsewhere by
// a line for each tenth. Runs that are over soon say nothing.
type fleetProgress struct {
	stderr   io.Writer
	live     bool // stderr is a terminal that can rewrite a line
	now      func() time.Time
	what     string
	n, done  int
	began    time.Time
	last     time.Time // when the line was drawn
	drawn    bool
	reported int // tenths
}

// progressFrom is the number of snapshots from which there is progress to tell of.
const progressFrom = 300

func newFleetProgress(stderr io.Writer) *fleetProgress {
	_, ok := terminal(stderr)
	return &fleetProgress{stderr: stderr, live: ok && os.Getenv("TERM") != "dumb", now: time.Now}
}

// begin begins to count to n.
func (p *fleetProgress) begin(what string, n int) {
	p.what, p.n, p.done, p.reported, p.began = what, n, 0, 0, p.now()
}

// step counts one more.
func (p *fleetProgress) step() {
	const often = 200 * time.Millisecond
	p.done++
	if p.n < progressFrom {
		return
	}
	now := p.now()
	if p.live {
		if now.Sub(p.last) >= often {
			p.erase()
			fmt.Fprintf(p.stderr, "cistern: %s", p.line(now))
			p.drawn, p.last = true, now
		}
		return
	}
	if tenths := p.done * 10 / p.n; tenths > p.reported && p.done < p.n {
		p.reported = tenths
		say(p.stderr, "", p.line(now))
	}
}

// line is how far it is, and how long it will take if it goes on so.
func (p *fleetProgress) line(now time.Time) string {
	text := fmt.Sprintf("%s: %d of %s, %d %%", p.what, p.done, count(p.n, "snapshot"), p.done*100/p.n)
	passed := now.Sub(p.began)
	if passed < time.Second {
		return text
	}
	left := time.Duration(float64(passed) / float64(p.done) * float64(p.n-p.done))
	return text + ", about " + left.Round(time.Second).String() + " left"
}

func (p *fleetProgress) erase() {
	if p.drawn {
		io.WriteString(p.stderr, "\r\x1b[K")
		p.drawn = false
	}
}

// end takes the line away.
func (p *fleetProgress) end() { p.erase() }

// interrupted runs what prints to stderr in the midst of it.
func (p *fleetProgress) interrupted(print func()) {
	p.erase()
	print()
}
