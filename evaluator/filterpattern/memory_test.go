package filterpattern

import (
	"fmt"
	"sync"
	"testing"
)

func TestMemoryIsBounded(t *testing.T) {
	var r remembered[int, int]
	for i := range 100 {
		r.put(i, i, 10)
	}
	if len(r.values) > 10 {
		t.Errorf("got %d values, want at most 10", len(r.values))
	}
	if v, ok := r.get(99); !ok || v != 99 {
		t.Errorf("got %d, %t, want the newest value", v, ok)
	}
}

// TestMemoryCostsTheSame: a remembered product takes from the budget what it took at first, so that no answer depends on what was
// asked before.
func TestMemoryCostsTheSame(t *testing.T) {
	var m Memory
	tests := []*textTest{{kind: glob, parts: []string{"", "ab", ""}}, {kind: glob, parts: []string{"", "bc", ""}}}
	first := &budget{left: 1 << 20}
	if _, complete := m.product(tests, first); !complete {
		t.Fatal("got a part of the product, want the whole")
	}
	again := &budget{left: 1 << 20}
	if _, complete := m.product(tests, again); !complete || again.left != first.left {
		t.Errorf("got %d steps left and %t, want %d and the whole", again.left, complete, first.left)
	}
	poor := &budget{left: 1<<20 - first.left - 1}
	if _, complete := m.product(tests, poor); complete {
		t.Error("got the whole product of a budget one step too small")
	}
}

// TestMemoryTellsApart: tests that differ are not taken for each other.
func TestMemoryTellsApart(t *testing.T) {
	keys := map[string]string{}
	for _, text := range []string{`"*ab"`, `"ab*"`, `"*a*b"`, `%ab%`, `%a.b%`, `"*a%b"`} {
		a := mustParse(t, "{ $.x = "+text+" }")
		for i := range a.programs {
			key := testsKey([]*textTest{&a.programs[i].root.atom.text})
			if other, ok := keys[key]; ok {
				t.Errorf("got one key of %s and %s", other, text)
			}
			keys[key] = fmt.Sprintf("%s under reading %d", text, i)
		}
	}
}

// TestMemoryIsShared is for the race detector.
func TestMemoryIsShared(t *testing.T) {
	var m Memory
	q := Question{Required: parseAll(t, trailChanges), Deployed: parseAll(t, `{ $.eventName = "*Trail" && $.userAgent != "*x*" }`)}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			d := m.Covers(q)
			if n := m.Explain(q, d); len(n.Missed) != 5 {
				t.Errorf("got %v missed, want all five", n.Missed)
			}
			m.OverBroad(q)
		})
	}
	group.Wait()
}
