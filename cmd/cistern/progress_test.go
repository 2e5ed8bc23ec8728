package main

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
)

func call(account, region, status string) collector.Event {
	return collector.Event{Account: account, Call: snapshots.Call{Region: region, Service: "logs", Operation: "describe-log-groups", Status: status}}
}

func TestProgressRewritesOneLine(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := newProgress(&b, false)
	p.live, p.now = true, func() time.Time { return now }
	p.expect(2, 0)
	steps := []struct {
		do   func()
		want string
	}{
		{func() { p.watch(call("1", "us-east-1", "ok")) }, "cistern: 0 of 2 accounts, 1 region, 1 call, 0 denied"},
		{func() { p.watch(call("1", "eu-west-1", "ok")) }, ""}, // a moment later
		{func() { now = now.Add(time.Second); p.watch(call("2", "eu-west-1", "denied")) }, "\r\x1b[Kcistern: 0 of 2 accounts, 3 regions, 3 calls, 1 denied"},
		{func() { p.finished(outcome{account: "1"}, false) }, ""},
		{func() { p.say("note: ", "look") }, "\r\x1b[Kcistern: note: look\ncistern: 1 of 2 accounts, 3 regions, 3 calls, 1 denied"},
		{func() { now = now.Add(time.Second); p.finished(outcome{account: "1"}, true) }, "\r\x1b[Kcistern: 1 of 2 accounts, 3 regions, 3 calls, 1 denied"},
		{func() { p.verbose = true; p.watch(call("", "", "ok")) }, "\r\x1b[Kcistern: - - logs describe-log-groups ok attempts=0 pages=0 ms=0\n" +
			"cistern: 1 of 2 accounts, 3 regions, 4 calls, 1 denied"},
		{func() { p.width, p.total = 20, 0; now = now.Add(time.Second); p.finished(outcome{}, true) }, "\r\x1b[Kcistern: 3 regions,"},
		{func() { p.end(); p.watch(call("1", "us-east-1", "ok")) }, "\r\x1b[Kcistern: 1 us-east-1 logs describe-log-groups ok attempts=0 pages=0 ms=0\n"},
	}
	for i, step := range steps {
		b.Reset()
		step.do()
		if got := b.String(); got != step.want {
			t.Errorf("step %d: got %q, want %q", i+1, got, step.want)
		}
	}
}

func TestProgressIsQuietElsewhere(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, false)
	p.watch(call("1", "us-east-1", "ok"))
	p.finished(outcome{account: "1", gaps: "1 gap: 1 error"}, false) // the caller's own account
	if b.Len() > 0 {
		t.Errorf("got %q of one account, want nothing", b.String())
	}
	p.expect(3, 1)
	p.finished(outcome{account: "1", gaps: "1 gap: 1 error"}, false)
	p.finished(outcome{account: "1"}, true)
	want := "cistern: 2 of 3: account 1: 1 gap\ncistern: 2 of 3: account 1: read again with what others point to: complete\n"
	if got := b.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgressOnADumbTerminal(t *testing.T) {
	t.Setenv("TERM", "dumb")
	if p := newProgress(os.Stderr, false); p.live {
		t.Error("got a line that is rewritten, want none")
	}
}

func TestProgressFromManyGoroutines(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b, true)
	var all sync.WaitGroup
	const n = 50
	for range n {
		all.Go(func() {
			p.watch(call("1", "us-east-1", "ok"))
			p.say("", "word")
		})
	}
	all.Wait()
	if got := strings.Count(b.String(), "\n"); got != 2*n || p.calls != n {
		t.Errorf("got %d lines and %d calls, want %d and %d", got, p.calls, 2*n, n)
	}
}
