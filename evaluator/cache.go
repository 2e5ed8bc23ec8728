package evaluator

import "sync"

// cache remembers up to a number of values and is safe for concurrent use. When it is full it forgets everything: what is
// asked again is soon known again, and there is no order to keep.
type cache[K comparable, V any] struct {
	mu     sync.Mutex
	most   int
	values map[K]V
}

func newCache[K comparable, V any](most int) *cache[K, V] {
	return &cache[K, V]{most: most, values: map[K]V{}}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.values[key]
	return value, ok
}

func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.values) >= c.most {
		clear(c.values)
	}
	c.values[key] = value
}
