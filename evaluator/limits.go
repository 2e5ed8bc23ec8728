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

// hand is a goroutine that does one piece of work after another. OPA's evaluation is deeply recursive: a stack that has grown for the
// first control need not grow for each of the others.
type hand chan func()

func newHand() hand {
	h := make(hand)
	go func() {
		for work := range h {
			work()
		}
	}()
	return h
}

// rest ends the goroutine, when it has done what it was given.
func (h hand) rest() { close(h) }

// bounded does some work within limits. An *overrun is why it was told to stop, a StuckError that it did not.
func bounded[T any](ctx context.Context, l limits, what string, work func(context.Context) (T, error)) (T, error) {
	h := newHand()
	defer h.rest()
	return boundedBy(ctx, h, l, what, work)
}

func boundedBy[T any](ctx context.Context, h hand, l limits, what string, work func(context.Context) (T, error)) (T, error) {
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if l.time > 0 {
		var release context.CancelFunc
		within, release = context.WithTimeoutCause(within, l.time, &overrun{
			fmt.Sprintf("did not end within %v", l.time),
			"a rule that tries every pair of two long lists is the usual cause; --timeout gives it more time",
		})
		defer release()
	}
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	w := newWatch(l)
	h <- func() {
		var o outcome
		defer func() {
			if cause := recover(); cause != nil {
				o.err = &crash{cause}
			}
			done <- o
		}()
		o.value, o.err = work(within)
	}
	for {
		pause, wake := context.WithTimeout(context.Background(), watchEvery)
		select {
		case o := <-done:
			wake()
			var why *overrun
			if o.err != nil && ctx.Err() == nil && errors.As(context.Cause(within), &why) {
				runtime.GC() // so that the next one is not charged with it
				o.err = why
			}
			return o.value, o.err
		case <-pause.Done():
			wake()
			if why := w.look(within); why != nil {
				stop(why)
			}
			if w.stuck(within) {
				var none T
				return none, &StuckError{what, context.Cause(within)}
			}
		}
	}
}

// ask puts the question to one control, within the limits.
func (q *question) ask(ctx context.Context, p *policy) (verdict, error) {
	if q.limits == (limits{}) {
		return q.answer(ctx, p)
	}
	v, err := boundedBy(ctx, q.hand, q.limits, fmt.Sprintf("%s: control %s", p.File, p.Slug), func(within context.Context) (verdict, error) { return q.answer(within, p) })
	if err == nil {
		return v, nil
	}
	q.cache = topdown.NewVirtualCache() // what it left there is for nobody
	var why *overrun
	var broke *crash
	switch {
	case errors.As(err, new(*StuckError)):
		return verdict{}, err
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
	heap, stack int64         // bytes before it began
	stopped     time.Duration // how long ago it was told to stop
}

func newWatch(l limits) *watch {
	heap, stack := inUse()
	return &watch{limits: l, heap: heap, stack: stack}
}

// grown is by how much the heap and the stacks have.
func (w *watch) grown() (heap, stack int64) {
	heap, stack = inUse()
	return heap - w.heap, stack - w.stack
}

// look tells why the work must stop, nil if it may go on. What is garbage does not count.
func (w *watch) look(ctx context.Context) *overrun {
	heap, stack := w.grown()
	switch {
	case ctx.Err() != nil:
		return nil
	case stack >= deepStack:
		return &overrun{"is nested too deep", "functions that call each other twice, or a value in a value in a value, are the usual cause"}
	case w.memory <= 0 || heap <= w.memory:
		return nil
	}
	runtime.GC()
	if heap, _ = w.grown(); heap <= w.memory {
		return nil
	}
	return &overrun{
		"took more memory than " + sizeText(w.memory),
		"a rule that pairs everything with everything, or a text that doubles, is the usual cause; --memory gives it more",
	}
}

// stuck tells that the work was told to stop and does not.
func (w *watch) stuck(ctx context.Context) bool {
	if ctx.Err() == nil {
		return false
	}
	w.stopped += watchEvery
	heap, stack := w.grown()
	return w.stopped > cmp.Or(w.grace, 5*time.Second) || stack >= lastStack || w.memory > 0 && heap > w.memory+max(w.memory, slack)
}

// inUse is what the heap holds, with what is not collected yet, and what the stacks take.
func inUse() (heap, stack int64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64()), int64(samples[1].Value.Uint64())
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
