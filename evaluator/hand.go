package evaluator

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// hand does one piece of work after another, each within limits, in one goroutine. OPA's evaluation is deeply recursive: a stack that has
// grown for the first control need not grow for each of the others.
type hand struct {
	stop  func(*overrun) // tells the work to stop
	work  chan func() error
	done  chan error
	watch watch
	pause bell // for a look at the work
	late  bell // at the end of its time
}

// bell is a timer for one who hears it and sets it again.
type bell struct {
	timer *time.Timer
	rings chan struct{}
}

func newBell(after time.Duration) bell {
	rings := make(chan struct{}, 1)
	return bell{time.AfterFunc(after, func() { rings <- struct{}{} }), rings}
}

// still stops a bell that nobody has heard since it was set.
func (b bell) still() {
	if !b.timer.Stop() {
		<-b.rings
	}
}

// newHand is one that works when it is first given something to do.
func newHand(stop func(*overrun)) *hand { return &hand{stop: stop} }

func (h *hand) begin() {
	if h.work != nil {
		return
	}
	h.work, h.done = make(chan func() error), make(chan error, 1) // so that work which nobody waits for can end
	h.pause, h.late = newBell(watchEvery), newBell(time.Hour)
	h.late.still()
	go func() {
		for work := range h.work {
			h.done <- sound(work)
		}
	}()
}

// rest ends the goroutine, when it has done what it was given.
func (h *hand) rest() {
	if h.work == nil {
		return
	}
	close(h.work)
	h.pause.timer.Stop()
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

// do has the hand do some work. The error is an *overrun where it was told to stop, and a StuckError where it did not. Who calls off the
// context sees to it that the work hears of it.
func (h *hand) do(ctx context.Context, l limits, work func() error) error {
	h.begin()
	h.watch.begin(l)
	heard := l.time <= 0
	if !heard {
		h.late.timer.Reset(l.time)
	}
	defer func() {
		if !heard {
			h.late.still()
		}
	}()
	var why *overrun
	h.work <- work
	for {
		select {
		case err := <-h.done:
			if err != nil && why != nil && ctx.Err() == nil {
				runtime.GC() // so that the next one is not charged with it
				return why
			}
			return err
		case <-h.late.rings:
			heard = true
			if why == nil {
				why = overtime(l.time)
				h.stop(why)
			}
		case <-h.pause.rings:
			h.pause.timer.Reset(watchEvery)
			if why == nil && ctx.Err() == nil {
				if why = h.watch.look(); why != nil {
					h.stop(why)
				}
			}
			switch {
			case why == nil && ctx.Err() == nil || !h.watch.stuck():
			case why != nil:
				return &StuckError{Cause: why}
			default:
				return &StuckError{Cause: context.Cause(ctx)}
			}
		}
	}
}

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
