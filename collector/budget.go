package collector

import (
	"context"
	"slices"
	"sync"
)

// MemoryLimit is how many bytes a program that only collects should give to [runtime/debug.SetMemoryLimit]: enough for as many
// accounts as there may be, for those that are read at a time hold no more than this package lets them.
const MemoryLimit = 256 << 20

// What accounts hold while they are read: bytes of answers, which take some times as much when they are decoded.
const (
	maxHeld = 48 << 20
	eldest  = 8 // accounts that are read to their end whatever is held
)

// budget keeps accounts that are read at a time from holding more than there is memory for. Only the eldest go on while too much is
// held; the others wait for them before their next call.
type budget struct {
	mu      sync.Mutex
	changed *sync.Cond
	held    int
	reading []*collection // the eldest first
}

func newBudget() *budget {
	b := &budget{}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// enter counts an account in.
func (b *budget) enter(c *collection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = append(b.reading, c)
}

// hold counts an answer that an account holds.
func (b *budget) hold(c *collection, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.held += bytes
	b.held += bytes
}

// wait returns when an account may make its next call, or ctx ends.
func (b *budget) wait(ctx context.Context, c *collection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mayGoOn(c) {
		return
	}
	stop := context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.changed.Broadcast()
	})
	defer stop()
	for !b.mayGoOn(c) && ctx.Err() == nil {
		b.changed.Wait()
	}
}

func (b *budget) mayGoOn(c *collection) bool {
	return b.held < maxHeld || slices.Contains(b.reading[:min(eldest, len(b.reading))], c) || !slices.Contains(b.reading, c)
}

// leave counts an account out, with all that it holds.
func (b *budget) leave(c *collection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held -= c.held
	b.reading = slices.DeleteFunc(b.reading, func(other *collection) bool { return other == c })
	b.changed.Broadcast()
}
