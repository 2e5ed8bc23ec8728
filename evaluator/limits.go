package evaluator

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/open-policy-agent/opa/v1/topdown"
)

// limits are what judging one control in one account may take; 0 is no limit.
type limits struct {
	time   time.Duration
	memory int64
}

// StuckError is a policy that goes on after it was told to stop. It cannot be made to: the process must end.
type StuckError struct {
	Control, File string
	Cause         error
}

func (e *StuckError) Error() string {
	return fmt.Sprintf("%s: control %s: %v, and does not stop", e.File, e.Control, e.Cause)
}

// Unwrap is what it was told to stop for.
func (e *StuckError) Unwrap() error { return e.Cause }

// overrun is why a policy was told to stop.
type overrun struct{ text, hint string }

func (o *overrun) Error() string { return o.text }

const (
	watchEvery = 20 * time.Millisecond
	grace      = 5 * time.Second // after which one that was told to stop is stuck
	slack      = 1 << 30         // bytes by which it may grow on the way, at least
)

// ask puts the question to one control, within the limits.
func (q *question) ask(ctx context.Context, p *policy) (verdict, error) {
	if q.limits == (limits{}) {
		return q.answer(ctx, p)
	}
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if q.limits.time > 0 {
		var release context.CancelFunc
		within, release = context.WithTimeoutCause(within, q.limits.time, &overrun{
			fmt.Sprintf("did not end within %v", q.limits.time),
			"a rule that tries every pair of two long lists is the usual cause; --timeout gives it more time",
		})
		defer release()
	}
	type answer struct {
		verdict verdict
		err     error
	}
	done := make(chan answer, 1)
	w := &watch{memory: q.limits.memory, before: heapBytes()}
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				done <- answer{err: p.wordless(fmt.Sprintf("evaluate: %v", cause), "")}
			}
		}()
		v, err := q.answer(within, p)
		done <- answer{v, err}
	}()
	for {
		pause, wake := context.WithTimeout(context.Background(), watchEvery)
		select {
		case a := <-done:
			wake()
			if a.err != nil {
				q.cache = topdown.NewVirtualCache() // what it left there is for nobody
				a.err = p.overran(ctx, within, a.err)
			}
			return a.verdict, a.err
		case <-pause.Done():
			wake()
			if why := w.look(within); why != nil {
				stop(why)
			}
			if w.stuck(within) {
				return verdict{}, &StuckError{p.Slug, p.File, context.Cause(within)}
			}
		}
	}
}

// wordless is a control that gives no verdict.
func (p *policy) wordless(why, hint string) *PolicyError {
	return &PolicyError{File: p.File, Problem: fmt.Sprintf("control %s: %s", p.Slug, why), Hint: hint}
}

// overran says that a policy went beyond its limits, if that is why it failed.
func (p *policy) overran(whole, within context.Context, err error) error {
	var why *overrun
	if whole.Err() != nil || !errors.As(context.Cause(within), &why) {
		return err
	}
	runtime.GC() // so that the next one is not charged with it
	return p.wordless(why.text, why.hint)
}

// watch is how an evaluation is doing.
type watch struct {
	memory, before int64
	stopped        time.Duration // how long ago it was told to stop
}

// look tells why the evaluation must stop, nil if it may go on. What is garbage does not count.
func (w *watch) look(ctx context.Context) *overrun {
	if w.memory <= 0 || ctx.Err() != nil || heapBytes()-w.before <= w.memory {
		return nil
	}
	if runtime.GC(); heapBytes()-w.before <= w.memory {
		return nil
	}
	return &overrun{
		"took more memory than " + sizeText(w.memory),
		"a rule that pairs everything with everything, or a text that doubles, is the usual cause; --memory gives it more",
	}
}

// stuck tells that the evaluation was told to stop and does not.
func (w *watch) stuck(ctx context.Context) bool {
	if ctx.Err() == nil {
		return false
	}
	w.stopped += watchEvery
	return w.stopped > grace || w.memory > 0 && heapBytes()-w.before > w.memory+max(w.memory, slack)
}

// heapBytes is what the heap holds, with what is not collected yet.
func heapBytes() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
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
