package evaluator

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// shelfBytes is about how much memory the accounts take that others point to.
const shelfBytes = 128 << 20

// shelf holds the accounts that others point to, up to a number of bytes: those that were asked for last. An organisation has one or two
// to which all others point, and they are read once.
type shelf struct {
	mu     sync.Mutex
	open   Open
	most   int64
	held   int64
	byName map[string]*list.Element // of *volume
	order  *list.List               // the last one asked for is the first
}

// volume is one account on the shelf.
type volume struct {
	name  string
	once  sync.Once
	found *subject
	err   error
	size  int64 // 0 while it is read
}

func newShelf(open Open, most int64) *shelf {
	return &shelf{open: open, most: most, byName: map[string]*list.Element{}, order: list.New()}
}

// take is the account of a card, nil if its snapshot cannot be used. Two that ask for it at once wait for one reading.
func (h *shelf) take(ctx context.Context, card Card) (*subject, error) {
	for {
		s, err := h.taken(ctx, card)
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			return s, err
		} // else the one that was reading was called off
	}
}

func (h *shelf) taken(ctx context.Context, card Card) (*subject, error) {
	v := h.volume(card.Name)
	v.once.Do(func() { v.found, v.err = h.read(ctx, card) })
	h.mu.Lock()
	defer h.mu.Unlock()
	element, kept := h.byName[card.Name]
	switch {
	case !kept || element.Value != v:
	case v.err != nil: // another may have more luck
		h.drop(element)
	case v.size == 0:
		v.size = sizeOf(v.found)
		h.held += v.size
		for last := h.order.Back(); h.held > h.most && last != nil && last != element; last = h.order.Back() {
			h.drop(last)
		}
	}
	return v.found, v.err
}

func (h *shelf) volume(name string) *volume {
	h.mu.Lock()
	defer h.mu.Unlock()
	if element, ok := h.byName[name]; ok {
		h.order.MoveToFront(element)
		return element.Value.(*volume)
	}
	v := &volume{name: name}
	h.byName[name] = h.order.PushFront(v)
	return v
}

func (h *shelf) drop(element *list.Element) {
	v := h.order.Remove(element).(*volume)
	delete(h.byName, v.name)
	h.held -= v.size
}

// read is the account as others need it: nobody asks for its canonical text.
func (h *shelf) read(ctx context.Context, card Card) (*subject, error) {
	snapshot, err := h.open(ctx, card)
	if err == nil && snapshot.Account.ID != card.Account {
		return nil, otherAccount(card, snapshot)
	}
	var s *subject
	if err == nil {
		s, err = newSubject(Input{Name: card.Name, Snapshot: snapshot})
	}
	switch {
	case err == nil:
		s.index()
		s.size, s.canonical = len(s.canonical), nil
		return s, nil
	case broken(err):
		return nil, nil
	}
	return nil, err
}

// sizeOf is about what an account takes in memory: its tree is some times its text.
func sizeOf(s *subject) int64 {
	const times, least = 12, 1 << 10
	if s == nil {
		return least
	}
	return least + times*int64(s.size)
}

// around is the surroundings of an account that is judged: neighbours, and the shelf that has them.
type around struct {
	shelf *shelf
	among Neighbours
}

func (a *around) find(ctx context.Context, account string) (*subject, error) {
	card, ok := a.among.Card(account)
	if !ok {
		return nil, nil
	}
	return a.shelf.take(ctx, card)
}

func (a *around) watchers(account string) []string { return a.among.Watchers(account) }
