//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fakeaws"
)

func TestSignal(t *testing.T) {
	server := serve(t, account(t, own))
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		asked := make(chan struct{}, 1)
		server.Interfere(func(c fakeaws.Call) fakeaws.Fault {
			if c.Operation != "get-caller-identity" {
				return fakeaws.Fault{}
			}
			asked <- struct{}{}
			return fakeaws.Fault{Kind: fakeaws.Hang}
		})
		var stderr bytes.Buffer
		program := exec.CommandContext(t.Context(), "cistern", "collect", "-o", "a.json")
		program.Stderr = &stderr
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked
		if err := program.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = program.Wait()
		if got := program.ProcessState.ExitCode(); got != exitFailed || !strings.HasPrefix(stderr.String(), "cistern: collect: interrupted: ") {
			t.Errorf("%v: got exit code %d and %q, want 1 and that it was interrupted", signal, got, stderr.String())
		}
	}
	if _, err := os.Stat("a.json"); err == nil {
		t.Error("got a snapshot, want none")
	}
}

// TestSecondSignal ends the program where it cannot end by itself: nobody reads what it writes.
func TestSecondSignal(t *testing.T) {
	a := account(t, own)
	a.Snapshot.Logs.MetricFilters[0].FilterPattern = snapshots.Of(strings.Repeat("more than a pipe holds ", 1<<14))
	serve(t, a)
	program := exec.CommandContext(t.Context(), "cistern", "collect")
	stdout, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_, _ = program.Process.Wait()
		close(ended)
	}()
	for {
		_ = program.Process.Signal(syscall.SIGTERM) // the first is caught, and a later one is the second
		select {
		case <-ended:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
