package evaluator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/open-policy-agent/opa/v1/topdown"
)

// limits are what some work on policies may take, such as judging one control in one account; 0 is no limit.
type limits struct {
	time   time.Duration
	memory int64
	grace  time.Duration // after which what was told to stop is stuck; 5 s if 0
}

// usual is what work on policies may take where nobody says otherwise.
func usual() limits { return limits{time: time.Minute, memory: 2 << 30} }

// pause is how long the work goes on between two looks.
func (l limits) pause() time.Duration {
	if l.time <= 0 {
		return watchEvery
	}
	return min(watchEvery, max(l.time, time.Millisecond))
}

// StuckError is a policy that goes on after it was told to stop. It cannot be made to: the process must end.
type StuckError struct {
	What  string // "mine/x.rego: control x"
	Cause error
}

func (e *StuckError) Error() string { return fmt.Sprintf("%s: %v, and does not stop", e.What, e.Cause) }

// Unwrap is what it was told to stop for.
func (e *StuckError) Unwrap() error { return e.Cause }

// Hint is what usually takes so much.
func (e *StuckError) Hint() string {
	var why *overrun
	if errors.As(e.Cause, &why) {
		return why.hint
	}
	return ""
}

// overrun is why a policy was told to stop.
type overrun struct{ text, hint string }

func (o *overrun) Error() string { return o.text }

// crash is work that panicked.
type crash struct{ cause any }

func (c *crash) Error() string { return fmt.Sprint(c.cause) }

const (
	watchEvery = 20 * time.Millisecond
	slack      = 1 << 30   // bytes by which it may grow on the way, at least
	deepStack  = 64 << 20  // bytes of stack at which it must stop: no sound policy calls so deep
	lastStack  = 256 << 20 // and at which there is no time left: at 512 MiB Go ends the process, and says nothing a user understands
)

// bounded does some work within limits. An *overrun is why it was told to stop, a StuckError that it did not.
func bounded[T any](ctx context.Context, l limits, what string, work func(context.Context) (T, error)) (T, error) {
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	h := newHand()
	defer h.rest()
	var value T
	err := h.do(ctx, l, func() error {
		return h.run(ctx, &lap{what: what, stop: func(why *overrun) { stop(why) }}, func() (err error) {
			value, err = work(within)
			return err
		})
	})
	if errors.As(err, new(*StuckError)) {
		var none T // the work may still change its value
		return none, err
	}
	return value, err
}

// within does some work on an account with a hand that keeps what it is asked within the limits, with none if there are no limits. After a
// StuckError the work goes on.
func (p *plan) within(ctx context.Context, work func(*hand) error) error {
	l := limits{time: p.options.Timeout, memory: p.options.Memory}
	if l == (limits{}) {
		return work(nil)
	}
	h := p.engine.hands.take()
	err := h.do(ctx, l, func() error { return work(h) })
	if !errors.As(err, new(*StuckError)) {
		p.engine.hands.put(h)
	}
	return err
}

// ask puts the question to one control, within the limits.
func (q *question) ask(ctx context.Context, p *policy) (verdict, error) {
	var v verdict
	err := q.hand.run(ctx, &lap{what: p.File + ": control " + p.Slug, stop: q.brake.stop}, func() (err error) {
		v, err = q.answer(ctx, p)
		return err
	})
	q.brake.release()
	if err == nil {
		return v, nil
	}
	q.cache = topdown.NewVirtualCache() // what it left there is for nobody
	var why *overrun
	var broke *crash
	switch {
	case errors.As(err, &why):
		*q.overran = true
		return verdict{}, p.wordless(why.text, why.hint)
	case errors.As(err, &broke):
		return verdict{}, p.wordless("evaluate: "+broke.Error(), "")
	}
	return verdict{}, err
}

// wordless is a control that gives no verdict.
func (p *policy) wordless(why, hint string) *PolicyError {
	return &PolicyError{File: p.File, Problem: fmt.Sprintf("control %s: %s", p.Slug, why), Hint: hint}
}

// watch is how some work is doing.
type watch struct {
	limits
	before, last use
	stopped      time.Duration // how long ago it was told to stop
	samples      [2]metrics.Sample
}

// use is what the heap holds, with what is not collected yet, and what the stacks take.
type use struct{ heap, stack int64 }

func newWatch(l limits) *watch {
	w := &watch{}
	w.begin(l)
	return w
}

// begin watches other work.
func (w *watch) begin(l limits) {
	w.limits = l
	w.measure()
	w.next()
}

// next watches what comes next, whose limits are the same: it has grown by what was not there at the last look.
func (w *watch) next() { w.before, w.stopped = w.last, 0 }

// grown is by how much the heap and the stacks have.
func (w *watch) grown() use {
	w.measure()
	return use{w.last.heap - w.before.heap, w.last.stack - w.before.stack}
}

// look tells why the work must stop, nil if it may go on. What is garbage does not count.
func (w *watch) look() *overrun {
	grown := w.grown()
	switch {
	case grown.stack >= deepStack:
		return &overrun{"is nested too deep", "functions that call each other twice, or a value in a value in a value, are the usual cause"}
	case w.memory <= 0 || grown.heap <= w.memory:
		return nil
	}
	runtime.GC()
	if w.grown().heap <= w.memory {
		return nil
	}
	return &overrun{
		"took more memory than " + sizeText(w.memory),
		"a rule that pairs everything with everything, or a text that doubles, is the usual cause; --memory gives it more",
	}
}

// stuck tells, after each pause, that the work was told to stop and does not.
func (w *watch) stuck() bool {
	w.stopped += w.pause()
	grown := w.grown()
	return w.stopped > cmp.Or(w.grace, 5*time.Second) || grown.stack >= lastStack || w.memory > 0 && grown.heap > w.memory+max(w.memory, slack)
}

// measure takes note of what is in use.
func (w *watch) measure() {
	w.samples[0].Name, w.samples[1].Name = "/memory/classes/heap/objects:bytes", "/memory/classes/heap/stacks:bytes"
	metrics.Read(w.samples[:])
	w.last = use{int64(w.samples[0].Value.Uint64()), int64(w.samples[1].Value.Uint64())}
}

// sizeText is a number of bytes as a person writes it.
func sizeText(bytes int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes%unit.size == 0 {
			return fmt.Sprintf("%d%s", bytes/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}
