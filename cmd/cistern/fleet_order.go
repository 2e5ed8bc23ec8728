package main

import "context"

// inOrder does n things, some of them at once, and hands on what came of each in their order. One that takes long lets the others go on,
// though only so far ahead. The first error ends it.
func inOrder[T any](ctx context.Context, n, workers int, do func(ctx context.Context, i int) (T, error), each func(i int, value T) error) error {
	const ahead = 8 // of each worker
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type outcome struct {
		value T
		err   error
	}
	type job struct {
		i    int
		done chan outcome
	}
	jobs, waiting := make(chan job), make(chan job, ahead*workers)
	for range workers {
		go func() {
			for j := range jobs {
				var o outcome
				o.value, o.err = do(ctx, j.i)
				j.done <- o
			}
		}()
	}
	go func() {
		defer close(jobs)
		defer close(waiting)
		for i := range n {
			j := job{i, make(chan outcome, 1)}
			select {
			case waiting <- j:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	}()
	for i := range n {
		j, ok := <-waiting
		if !ok {
			return context.Cause(ctx)
		}
		select {
		case o := <-j.done:
			if o.err != nil {
				return o.err
			}
			if err := each(i, o.value); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
