package evaluator

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

func TestTrace(t *testing.T) {
	e, o := testRun(t, map[string]string{"v.rego": trailPolicy}, testEdition)
	inputs := []Input{{"s", withoutValidation(t)}}
	for how, want := range map[string]string{"fails": "| Fail ", "full": "| Exit data.policies.logging.validation.verdict"} {
		var b bytes.Buffer
		if err := e.Trace(t.Context(), inputs, o, TraceOf{Account: member, Control: "4.2", How: how, To: &b}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) || !strings.Contains(b.String(), "p/v.rego:") {
			t.Errorf("%s: got no %q in\n%s", how, want, b.String())
		}
	}
	var b bytes.Buffer
	if err := e.Trace(t.Context(), inputs, o, TraceOf{Account: member, Control: "4.1", How: "full", To: &b}); err != nil || b.Len() > 0 {
		t.Errorf("a control without a policy: got %q, %v", b.String(), err)
	}
	if err := e.Trace(t.Context(), inputs, o, TraceOf{Account: member, Control: "4.2", How: "some", To: &b}); err == nil {
		t.Error("a way to trace that there is not: got no error")
	}
}

func TestNarrow(t *testing.T) {
	var b bytes.Buffer
	n := &narrow{to: bufio.NewWriter(&b)}
	for _, part := range []string{"a:1      | Eval  x", "        {}   \nb:10     y", strings.Repeat("é", widestTrace), "\n"} {
		if _, err := n.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.to.Flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if want := "a:1      | Eval  x  {}"; lines[0] != want {
		t.Errorf("got %q, want %q", lines[0], want)
	}
	if !strings.HasSuffix(lines[1], "é…") || !strings.HasPrefix(lines[1], "b:10     yé") {
		t.Errorf("got %.20q ... %q", lines[1], lines[1][len(lines[1])-9:])
	}
}
