package evaluator

import (
	"context"
	"errors"
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

// TestHandGoesOn gives one hand work that does its part, that panics and that takes too long, in turn.
func TestHandGoesOn(t *testing.T) {
	b := new(brake)
	h := newHand(b.stop)
	defer h.rest()
	l := limits{time: 30 * time.Millisecond}
	endless := func() error {
		for !b.Cancelled() {
			time.Sleep(time.Millisecond)
		}
		return errors.New("stopped")
	}
	for range 3 {
		if err := h.do(t.Context(), limits{}, func() error { return nil }); err != nil {
			t.Errorf("got %v, want none", err)
		}
		var broke *crash
		if err := h.do(t.Context(), limits{time: time.Minute}, func() error { panic("boom") }); !errors.As(err, &broke) {
			t.Errorf("got %v, want the panic", err)
		}
		var why *overrun
		if err := h.do(t.Context(), l, endless); !errors.As(err, &why) || why.text != "did not end within 30ms" {
			t.Errorf("got %v, want that it took too long", err)
		}
		b.release()
	}
}

// TestCalledOff stops one question for good, and not another one.
func TestCalledOff(t *testing.T) {
	e := compiled(t, map[string]string{"good.rego": goodPolicy})
	r, err := e.newRun([]Input{{"a.json", sample(t, "compliant")}}, Options{Benchmark: &Benchmark{ID: "none"}, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	asked := r.question(ctx, r.subjects[0], nil)
	defer asked.rest()
	if _, err := asked.ask(ctx, e.controls["good"]); err != nil {
		t.Errorf("got %v, want a verdict", err)
	}
	stop(context.Canceled)
	for !asked.brake.Cancelled() {
		time.Sleep(time.Millisecond)
	}
	if _, err := asked.ask(ctx, e.controls["good"]); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was called off", err)
	}
	other := r.question(t.Context(), r.subjects[0], nil)
	defer other.rest()
	if _, err := other.ask(t.Context(), e.controls["good"]); err != nil {
		t.Errorf("got %v, want a verdict", err)
	}
}
