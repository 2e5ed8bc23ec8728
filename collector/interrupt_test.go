package collector_test

import (
	"context"
	"errors"
	"testing"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

// TestInterrupted ends a run at its nth call, for every n: there is no snapshot, and no account that was kept before is lost.
func TestInterrupted(t *testing.T) {
	server := company(t, fakeaws.Options{}, nil)
	s := open(t, server, management, collector.Options{Parallel: 1})
	members, _, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	before := server.Served()
	for n := 0; ; n += 7 {
		ctx, stop := context.WithCancel(t.Context())
		start := server.Served()
		server.Interfere(func(fakeaws.Call) fakeaws.Fault {
			if server.Served()-start > n {
				stop()
			}
			return fakeaws.Fault{}
		})
		kept := 0
		err := s.Each(ctx, members, func(snapshot *snapshots.Snapshot) error {
			kept++
			if len(snapshot.Gaps) > 0 {
				t.Errorf("interrupted at call %d: got the gaps %v, want none: what was interrupted is dropped", n, snapshot.Gaps)
			}
			return nil
		})
		interrupted := ctx.Err() != nil
		stop()
		if !interrupted {
			if err != nil || kept != len(members) {
				t.Errorf("got %d accounts and error %v, want all", kept, err)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted at call %d: got error %v, want that of the context", n, err)
		}
	}
	if server.Served() == before {
		t.Error("no call was made")
	}
}

// TestKeepFails wants the run to end with the error of who keeps the snapshots.
func TestKeepFails(t *testing.T) {
	server := company(t, fakeaws.Options{}, nil)
	s := open(t, server, management, collector.Options{Parallel: 2})
	members, _, err := s.Members(t.Context(), "audit/cistern")
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	if err := s.Each(t.Context(), members, func(*snapshots.Snapshot) error { return full }); !errors.Is(err, full) {
		t.Errorf("got error %v, want %v", err, full)
	}
}

// TestRetries wants a call that fails at first to be made again, and the ledger to say so.
func TestRetries(t *testing.T) {
	want := sample(t, "compliant")
	for _, kind := range []fakeaws.Kind{fakeaws.Throttle, fakeaws.ServerError, fakeaws.Cut, fakeaws.CutAtOnce, fakeaws.HTML} {
		server := fakeaws.Start(t, fakeaws.Options{}, &fakeaws.Account{Snapshot: want})
		server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
			if c.Operation == "describe-alarms" && c.Region == "us-east-1" && c.Attempt == 1 {
				return fakeaws.Fault{Kind: kind}
			}
			return fakeaws.Fault{}
		})
		got := collect(t, open(t, server, want.Account.ID, collector.Options{}))
		if len(got.Gaps) > 0 {
			t.Errorf("%s once: got gaps %v, want none", kind, got.Gaps)
		}
		for _, call := range got.Collection.Calls {
			attempts := int64(1)
			if call.Operation == "describe-alarms" && call.Region == "us-east-1" {
				attempts = 2
			}
			if *call.Attempts != attempts {
				t.Errorf("%s once: %s %s: got %d attempts, want %d", kind, call.Region, call.Operation, *call.Attempts, attempts)
			}
		}
	}
}
