package evaluator

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// hand does one piece of work after another, in one goroutine: OPA's evaluation is deeply recursive, and a stack that has grown for one
// account need not grow for the next. The work consists of laps, each within the limits. Who gives it the work waits for it, and looks from
// time to time how the lap is doing.
type hand struct {
	work  chan func() error
	done  chan error
	pause bell // for a look at the lap
	mu    sync.Mutex
	lap   *lap // that is being run, nil between two
	watch watch
}

// lap is a part of the work.
type lap struct {
	what string         // "mine/x.rego: control x"
	stop func(*overrun) // tells it to stop
	why  *overrun       // it was told to
	late *time.Timer    // tells it at the end of its time; nil if nobody has looked at it yet
}

// bell is a timer for one who hears it and sets it again.
type bell struct {
	timer *time.Timer
	rings chan struct{}
}

func newBell() bell {
	rings := make(chan struct{}, 1)
	b := bell{time.AfterFunc(time.Hour, func() { rings <- struct{}{} }), rings}
	b.still()
	return b
}

func (b bell) set(after time.Duration) { b.timer.Reset(after) }

// still stops a bell that nobody has heard since it was set.
func (b bell) still() {
	if !b.timer.Stop() {
		<-b.rings
	}
}

func newHand() *hand {
	h := &hand{
		work:  make(chan func() error),
		done:  make(chan error, 1), // so that work which nobody waits for can end
		pause: newBell(),
	}
	go toil(h.work, h.done)
	return h
}

// toil does not know the hand, which can be forgotten.
func toil(all <-chan func() error, done chan<- error) {
	for work := range all {
		done <- work()
	}
}

// rest ends the goroutine, when it has done what it was given.
func (h *hand) rest() { close(h.work) }

// do has the hand do some work. The error is a StuckError where a lap was told to stop and does not: then the work goes on, and nobody may
// read what it changes. Who calls off the context sees to it that the work hears of it.
func (h *hand) do(ctx context.Context, l limits, work func() error) error {
	h.watch.begin(l)
	h.work <- work
	for {
		h.pause.set(l.pause())
		select {
		case err := <-h.done:
			h.pause.still()
			return err
		case <-h.pause.rings:
			if stuck := h.look(ctx); stuck != nil {
				return stuck
			}
		}
	}
}

// look tells the lap of the moment to stop if it must. The error is that it was told to, and is stuck.
func (h *hand) look(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.lap
	if l == nil {
		h.watch.measure()
		return nil
	}
	if l.late == nil && h.watch.time > 0 {
		l.late = time.AfterFunc(h.watch.time, func() { h.overdue(l) })
	}
	if l.why == nil && ctx.Err() == nil {
		if why := h.watch.look(); why != nil {
			l.halt(why)
		}
	}
	switch {
	case l.why == nil && ctx.Err() == nil || !h.watch.stuck():
		return nil
	case l.why != nil:
		return &StuckError{l.what, l.why}
	}
	return &StuckError{l.what, context.Cause(ctx)}
}

// overdue is the end of a lap's time.
func (h *hand) overdue(l *lap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lap == l && l.why == nil {
		l.halt(overtime(h.watch.time))
	}
}

func (l *lap) halt(why *overrun) {
	l.why = why
	l.stop(why)
}

// run runs a lap of the work that the hand was given; without a hand it does so without limits. The error is an *overrun where the lap was
// told to stop, and a *crash where it panicked.
func (h *hand) run(ctx context.Context, l *lap, part func() error) error {
	if h == nil {
		return part()
	}
	h.turn(l)
	err := sound(part)
	h.turn(nil)
	if err != nil && l.why != nil && ctx.Err() == nil {
		return l.why
	}
	return err
}

// turn ends one lap and begins another.
func (h *hand) turn(next *lap) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if last := h.lap; last != nil {
		if last.late != nil {
			last.late.Stop()
		}
		if last.why != nil {
			runtime.GC() // so that the next one is not charged with it
			h.watch.measure()
		}
	}
	h.lap = next
	h.watch.next()
}

// sound does some work; if that panics, the error is a *crash.
func sound(work func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &crash{cause}
		}
	}()
	return work()
}

// hands are those that have nothing to do. The garbage collector takes those that are not needed for long, and their goroutines end.
type hands struct{ idle sync.Pool }

func (hs *hands) take() *hand {
	if h, ok := hs.idle.Get().(*hand); ok {
		return h
	}
	h := newHand()
	runtime.AddCleanup(h, func(work chan func() error) { close(work) }, h.work)
	return h
}

// put takes back a hand, which must not be stuck.
func (hs *hands) put(h *hand) { hs.idle.Put(h) }

func overtime(limit time.Duration) *overrun {
	return &overrun{
		fmt.Sprintf("did not end within %v", limit),
		"a rule that tries every pair of two long lists is the usual cause; --timeout gives it more time",
	}
}

// brake stops what an account is asked: the control of the moment, or all.
type brake struct{ state atomic.Int32 }

const (
	brakeOff = iota
	brakeOne
	brakeAll
)

// Cancel stops all that is asked.
func (b *brake) Cancel() { b.state.Store(brakeAll) }

// Cancelled is for OPA to call.
func (b *brake) Cancelled() bool { return b.state.Load() != brakeOff }

// stop stops the control that is being asked.
func (b *brake) stop(*overrun) { b.state.CompareAndSwap(brakeOff, brakeOne) }

// release lets the next one be asked.
func (b *brake) release() { b.state.CompareAndSwap(brakeOne, brakeOff) }
