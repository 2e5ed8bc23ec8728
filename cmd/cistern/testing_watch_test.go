package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// heard is what a program says, and lets another wait until it has said something.
type heard struct {
	mu   sync.Mutex
	more sync.Cond
	text bytes.Buffer
}

func newHeard() *heard {
	h := &heard{}
	h.more.L = &h.mu
	return h
}

func (h *heard) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.more.Broadcast()
	return h.text.Write(text)
}

// until waits for the text and forgets what was said up to its end.
func (h *heard) until(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !strings.Contains(h.text.String(), text) {
		h.more.Wait()
	}
	_, rest, _ := strings.Cut(h.text.String(), text)
	h.text.Reset()
	h.text.WriteString(rest)
}

func TestWatch(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "some_test.rego")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("package some_test\n\n"+text+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("test_one if 1 == 1")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	said := newHeard()
	code := make(chan int, 1)
	go func() {
		args := []string{"test", folder, "--watch", "--output", filepath.Join(folder, "results.xml")}
		code <- run(ctx, args, stdio{strings.NewReader(""), io.Discard, said})
	}()
	await := func(want string) {
		for {
			text, err := os.ReadFile(filepath.Join(folder, "results.xml"))
			if err == nil && strings.Contains(string(text), want) {
				return
			}
			time.Sleep(10 * time.Millisecond) // the run has not written yet
		}
	}
	await(`failures="0"`)
	for _, c := range []struct{ text, want string }{
		{"test_one if 1 == 2 # fails", `failures="1"`},
		{"test_one if", `failures="1"`},
		{"test_one if true\n\ntest_two if true", `tests="2"`},
	} {
		write(c.text)
		said.until("some_test.rego changed: running again\n")
		await(c.want)
	}
	interrupt()
	if got := <-code; got != exitOK {
		t.Errorf("interrupted: got exit code %d, want %d", got, exitOK)
	}
}

func TestWatchNeedsWhatItIsGiven(t *testing.T) {
	said := newHeard()
	if got := run(t.Context(), []string{"test", "no-such-folder", "--watch"}, stdio{strings.NewReader(""), io.Discard, said}); got != exitUsage {
		t.Errorf("got exit code %d, want %d", got, exitUsage)
	}
}
