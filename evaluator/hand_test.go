package evaluator

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"
)

func compiled(t *testing.T, mine map[string]string) *Engine {
	t.Helper()
	e, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(mine)}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestBrake(t *testing.T) {
	b := new(brake)
	want := func(when string, stopped bool) {
		t.Helper()
		if got := b.Cancelled(); got != stopped {
			t.Errorf("%s: got %v, want %v", when, got, stopped)
		}
	}
	want("at first", false)
	b.stop(nil)
	want("one was stopped", true)
	b.release()
	want("the next one", false)
	b.Cancel()
	b.stop(nil)
	b.release()
	want("all were stopped", true)
}

// TestHandGoesOn gives one hand laps that do their part, that panic, and that take too long or too much, in turn: some in one piece of work,
// some in one each.
func TestHandGoesOn(t *testing.T) {
	b := new(brake)
	h := newHand()
	defer h.rest()
	l := limits{time: 30 * time.Millisecond, memory: 16 << 20}
	lap := func(part func() error) error {
		defer b.release()
		return h.run(t.Context(), &lap{what: "x", stop: b.stop}, part)
	}
	var held [][]byte
	laps := []struct {
		name, want string
		part       func() error
	}{
		{"does its part", "", func() error { return nil }},
		{"has an error", "its own", func() error { return errors.New("its own") }},
		{"panics", "boom", func() error { panic("boom") }},
		{"takes too long", "did not end within 30ms", func() error {
			for !b.Cancelled() {
				time.Sleep(time.Millisecond)
			}
			return errors.New("stopped")
		}},
		{"takes too much", "took more memory than 16MiB", func() error {
			held = [][]byte{make([]byte, 64<<20)}
			defer func() { held = nil }()
			for !b.Cancelled() {
				time.Sleep(time.Millisecond)
			}
			return errors.New("stopped")
		}},
		{"ends when it should", "", func() error {
			for !b.Cancelled() {
				time.Sleep(time.Millisecond)
			}
			return nil
		}},
	}
	run := func(i int) {
		t.Helper()
		if err := lap(laps[i].part); laps[i].want == "" && err != nil || laps[i].want != "" && (err == nil || err.Error() != laps[i].want) {
			t.Errorf("%s: got %v, want %q", laps[i].name, err, laps[i].want)
		}
	}
	for range 2 {
		err := h.do(t.Context(), l, func() error {
			for i := range laps {
				run(i)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		for i := range laps {
			if err := h.do(t.Context(), l, func() error { run(i); return io.EOF }); !errors.Is(err, io.EOF) {
				t.Errorf("%s: got %v, want the work's own error", laps[i].name, err)
			}
		}
	}
	if len(held) > 0 {
		t.Error("what took too much was not told to stop")
	}
}

// TestStuckHand names the lap that does not stop, told to by the hand or by who called off the context.
func TestStuckHand(t *testing.T) {
	l := limits{time: time.Minute, grace: 30 * time.Millisecond}
	short := l
	short.time = 10 * time.Millisecond
	off, stop := context.WithCancelCause(t.Context())
	stop(io.ErrClosedPipe)
	for _, c := range []struct {
		ctx  context.Context
		l    limits
		want string
	}{{t.Context(), short, "the second: did not end within 10ms, and does not stop"}, {off, l, "the second: io: read/write on closed pipe, and does not stop"}} {
		h, end := newHand(), make(chan bool)
		err := h.do(c.ctx, c.l, func() error {
			stop := func(*overrun) {}
			return errors.Join(h.run(c.ctx, &lap{what: "the first", stop: stop}, func() error { return nil }),
				h.run(c.ctx, &lap{what: "the second", stop: stop}, func() error { <-end; return nil }))
		})
		if !errors.As(err, new(*StuckError)) || err.Error() != c.want {
			t.Errorf("got %v, want %q", err, c.want)
		}
		close(end)
		h.rest()
	}
}

// TestHandsAreForgotten counts goroutines: those that worked for a fleet end with it.
func TestHandsAreForgotten(t *testing.T) {
	before := runtime.NumGoroutine()
	func() {
		e := compiled(t, map[string]string{"good.rego": goodPolicy})
		fleet, err := e.Fleet(Options{Benchmark: &Benchmark{ID: "none"}, Timeout: time.Minute}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				s, err := newSubject(Input{"a.json", sample(t, "compliant")})
				if err == nil {
					_, err = fleet.visit(s, nil).judge(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		runtime.KeepAlive(fleet)
	}()
	for range 1000 {
		runtime.GC()
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("got %d goroutines, want the %d that there were before", runtime.NumGoroutine(), before)
}

// TestCalledOff stops one question for good, and not another one.
func TestCalledOff(t *testing.T) {
	e := compiled(t, map[string]string{"good.rego": goodPolicy})
	r, err := e.newRun([]Input{{"a.json", sample(t, "compliant")}}, Options{Benchmark: &Benchmark{ID: "none"}, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	err = r.within(ctx, func(by *hand) error {
		asked := r.question(ctx, r.subjects[0], nil, by)
		defer asked.rest()
		if _, err := asked.ask(ctx, e.controls["good"]); err != nil {
			t.Errorf("got %v, want a verdict", err)
		}
		stop(context.Canceled)
		for !asked.brake.Cancelled() {
			time.Sleep(time.Millisecond)
		}
		_, err := asked.ask(ctx, e.controls["good"])
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was called off", err)
	}
	err = r.within(t.Context(), func(by *hand) error {
		other := r.question(t.Context(), r.subjects[0], nil, by)
		defer other.rest()
		_, err := other.ask(t.Context(), e.controls["good"])
		return err
	})
	if err != nil {
		t.Errorf("got %v, want a verdict", err)
	}
}
