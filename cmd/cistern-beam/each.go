package main

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// refusedError is a snapshot that cannot be used, which it would not be tomorrow either: a row, and no reason to stop. Any other error is
// one to try again.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

func refusal(err error) error {
	if err == nil {
		return nil
	}
	return &refusedError{err}
}

// each does something n times, as many at a time as there are processors. It gives back what was refused, by number; any other error
// ends it.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) ([]error, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	refused := make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				err := do(ctx, i)
				var row *refusedError
				switch {
				case errors.As(err, &row):
					refused[i] = row.error
				case err != nil:
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return refused, context.Cause(ctx)
}
