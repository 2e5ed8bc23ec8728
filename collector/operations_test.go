package collector

import (
	"slices"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
)

// TestReadersFillEveryList wants a reader for every list of a snapshot, and one only.
func TestReadersFillEveryList(t *testing.T) {
	var got, want []string
	for _, r := range readers() {
		got = append(got, r.lists...)
	}
	for _, l := range snapshots.Lists() {
		want = append(want, l.Pointer)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got readers of %v, want %v", got, want)
	}
}

// TestLimits lets through as many calls as a limiter does, and wants no second with more than the quota.
func TestLimits(t *testing.T) {
	for _, o := range append(operations(), assumeRole, listAccounts) {
		limit := newLimits().of(o, "us-east-1")
		start := time.Unix(0, 0)
		var through []time.Time
		for at := start; at.Before(start.Add(5 * time.Second)); at = at.Add(time.Millisecond) {
			for limit.AllowN(at, 1) {
				through = append(through, at)
			}
		}
		for i, at := range through {
			n := 0
			for _, later := range through[i:] {
				if later.Sub(at) < time.Second {
					n++
				}
			}
			if float64(n) > o.perSecond {
				t.Fatalf("%s %s: got %d calls in a second, want at most %v", o.service, o.name, n, o.perSecond)
			}
		}
		if got, want := float64(len(through)), 5*o.perSecond*share; got < want {
			t.Errorf("%s %s: got %v calls in 5 seconds, want at least %v", o.service, o.name, got, want)
		}
	}
}
