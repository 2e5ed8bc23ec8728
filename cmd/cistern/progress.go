package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// progress tells a person how far collecting is: at a terminal by one line that is rewritten, elsewhere by a line an
// account. While it lasts, everything on stderr goes through it. Its methods may be called from several goroutines.
type progress struct {
	mu      sync.Mutex
	stderr  io.Writer
	live    bool             // stderr is a terminal that can rewrite a line
	width   int              // of the terminal; 0 where that is not known
	now     func() time.Time // the clock of a live line
	verbose bool             // every call is a line

	total, done   int // accounts; total is 0 for the caller's own
	calls, denied int
	regions       map[[2]string]bool // of each account
	drawn         bool
	last          time.Time // when the line was drawn
}

// newProgress is the progress that stderr can show.
func newProgress(stderr io.Writer, verbose bool) *progress {
	width, ok := terminal(stderr)
	return &progress{
		stderr: stderr, live: ok && os.Getenv("TERM") != "dumb", width: width, now: time.Now,
		verbose: verbose, regions: map[[2]string]bool{},
	}
}

// expect says how many accounts there will be, and how many of them are there already.
func (p *progress) expect(total, done int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total, p.done = total, done
}

// watch counts a call that has ended.
func (p *progress) watch(e collector.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if e.Call.Status == string(snapshots.Denied) {
		p.denied++
	}
	if e.Call.Region != "" {
		p.regions[[2]string{e.Account, e.Call.Region}] = true
	}
	if p.verbose {
		p.erase()
		say(p.stderr, "", callText(e))
	}
	p.draw()
}

// finished counts an account that was read, and not again if it was read before. Where no line is rewritten it says so in
// a line of its own.
func (p *progress) finished(o outcome, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, _, _ := strings.Cut(cmp.Or(o.gaps, "complete"), ":")
	if again {
		text = "read again with what others point to: " + text
	} else {
		p.done++
	}
	if !p.live && p.total > 0 {
		say(p.stderr, "", fmt.Sprintf("%d of %d: account %s: %s", p.done, p.total, o.account, text))
	}
	p.draw()
}

// say prints a line in the midst of it.
func (p *progress) say(label string, text any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	say(p.stderr, label, text)
	p.draw()
}

// end takes the line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.live = false
}

func (p *progress) erase() {
	if p.drawn {
		io.WriteString(p.stderr, "\r\x1b[K")
		p.drawn, p.last = false, time.Time{}
	}
}

// draw rewrites the line, unless it was drawn a moment ago.
func (p *progress) draw() {
	const often = 100 * time.Millisecond
	if !p.live || p.drawn && p.now().Sub(p.last) < often {
		return
	}
	p.erase()
	line := []rune(p.line())
	if p.width > 0 && len(line) >= p.width {
		line = line[:p.width-1] // a line that wraps cannot be erased
	}
	io.WriteString(p.stderr, report.Clean(string(line)))
	p.drawn, p.last = true, p.now()
}

func (p *progress) line() string {
	accounts := ""
	if p.total > 0 {
		accounts = fmt.Sprintf("%d of %s, ", p.done, count(p.total, "account"))
	}
	return fmt.Sprintf("cistern: %s%s, %s, %d denied", accounts, count(len(p.regions), "region"), count(p.calls, "call"), p.denied)
}

// callText is a call as --verbose shows it.
func callText(e collector.Event) string {
	c := e.Call
	attempts, pages, ms := int64(0), int64(0), int64(0)
	for to, from := range map[*int64]*int64{&attempts: c.Attempts, &pages: c.Pages, &ms: c.DurationMS} {
		if from != nil {
			*to = *from
		}
	}
	text := fmt.Sprintf("%s %s %s %s %s attempts=%d pages=%d ms=%d",
		cmp.Or(e.Account, "-"), cmp.Or(c.Region, "-"), c.Service, c.Operation, c.Status, attempts, pages, ms)
	if c.Code != nil {
		text += " code=" + cmp.Or(*c.Code, "-") + " " + e.Message
	}
	return text
}
