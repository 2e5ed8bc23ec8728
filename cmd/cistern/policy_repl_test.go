package main

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestEntry(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		want        int // the number of lines that make one entry, 0: not whole at the end
	}{
		{"one line", "1 + 1", 1},
		{"a blank line", "", 1},
		{"an open bracket", "x := [\n1,\n2]\n3", 3},
		{"a rule", "p contains x if {\n\tsome x in [1]\n}\np", 3},
		{"brackets in strings", `x := "[{("` + "\n1", 1},
		{"an escaped quote", `x := "\"["` + "\n1", 1},
		{"a string that does not end", `x := "[` + "\n1", 1},
		{"a raw string", "x := `{\n\n}`\n1", 3},
		{"brackets in a comment", "1 # [\n2", 1},
		{"a bracket too many", "1]\n2", 1},
		{"a blank line ends", "x := [\n1\n\n2", 3},
		{"a command", ":input a[b\n1", 1},
		{"open at the end", "x := {", 0},
	} {
		var e entry
		got := 0
		for i, line := range strings.Split(c.lines, "\n") {
			if e.add(line) {
				got = i + 1
				break
			}
		}
		if got != c.want {
			t.Errorf("%s: whole after %d lines, want %d", c.name, got, c.want)
		}
	}
}

func TestPastedEntryEndsAtABlankLine(t *testing.T) {
	e := entry{pasted: true}
	for _, line := range []string{"", "p contains 1", ":x", "p contains 2"} {
		if e.add(line) {
			t.Fatalf("%q: ended the entry", line)
		}
	}
	if got, want := e.prompt(), "| "; got != want {
		t.Errorf("prompt: got %q, want %q", got, want)
	}
	if !e.add("") {
		t.Error("a blank line: did not end the entry")
	}
	if got, want := e.text(), "p contains 1\n:x\np contains 2"; got != want {
		t.Errorf("text: got %q, want %q", got, want)
	}
}

// pieces is what is typed, one piece a read.
type pieces []string

func (p *pieces) Read(into []byte) (int, error) {
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(into, (*p)[0])
	*p = (*p)[1:]
	return n, nil
}

func TestKeysTurnCtrlCIntoADroppedLine(t *testing.T) {
	k := &keys{from: &pieces{"ab\x03cd\r", "\x03"}}
	type read struct {
		text    string
		dropped bool
	}
	var got []read
	for {
		buffer := make([]byte, 64)
		n, err := k.Read(buffer)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, read{string(buffer[:n]), k.dropped})
		k.dropped = false
	}
	want := []read{{"ab", false}, {dropKeys, true}, {"cd\r", false}, {dropKeys, true}}
	if len(got) != len(want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("read %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

func TestCompleted(t *testing.T) {
	words := []string{"input.cloudtrail", "input.cloudwatch"}
	complete := func(before string) (int, []string) {
		var all []string
		from := strings.LastIndexByte(before, ' ') + 1
		for _, word := range words {
			if strings.HasPrefix(word, before[from:]) {
				all = append(all, word)
			}
		}
		return from, all
	}
	for _, c := range []struct{ before, want, choice string }{
		{"x := in", "x := input.cloud", ""},
		{"input.cloudt", "input.cloudtrail", ""},
		{"input.cloud", "input.cloud", "cloudtrail cloudwatch"},
		{"nothing", "nothing", ""},
		{"", "  ", ""},
	} {
		got, list := completed(c.before, complete)
		if len(list) > 0 {
			list = lastSteps(list)
		}
		if choice := strings.Join(list, " "); got != c.want || choice != c.choice {
			t.Errorf("%q: got %q and %q, want %q and %q", c.before, got, choice, c.want, c.choice)
		}
	}
}

func TestPacked(t *testing.T) {
	if got, want := packed([]string{"aaaa", "bbbb", "cccc"}, 12), "aaaa  bbbb\ncccc\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHistoryKeepsWhatIsWorthIt(t *testing.T) {
	k := &keys{}
	h := &inputHistory{keys: k}
	for _, line := range []string{"a", " ", "b", "b"} {
		h.Add(line)
	}
	k.dropped = true
	h.Add("given up^C")
	if got, want := strings.Join(h.lines, " "), "a b"; got != want || h.At(0) != "b" || h.Len() != 2 {
		t.Errorf("got %s, latest %s, want %s", got, h.At(0), want)
	}
}
