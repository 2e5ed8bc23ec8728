package suite

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// every is a result of each kind, with what a format might stumble over.
func every() []Result {
	return []Result{
		{Suite: "ours", Name: "good", File: "a_suite.yaml", Line: 2, Outcome: Pass, of: &Case{}},
		{Suite: "ours", Name: "bad <&> #1", File: "a_suite.yaml", Line: 5, Outcome: Fail, of: &Case{}, Differences: []Difference{
			{
				Line: 7, Account: "111122223333", Control: "root-usage", ID: "5.3", Field: "status", Want: "pass", Got: "fail",
				Findings: []report.Finding{
					{Status: report.Fail, Message: "one\x1b[31m", Link: "alarm", Region: "us-east-1", Resource: "arn:x", Pointers: []string{"/a/0", "/b"}},
					{Status: report.Fail, Message: "two"}, {Status: report.Fail, Message: "three"}, {Status: report.Fail, Message: "four"},
				},
				Notes: []string{"a note"},
			},
			{Line: 8, Control: "own", ID: "own", Field: "link", Want: "trail", Got: "none"},
		}},
		{Suite: "ours", Name: "gone", File: "a_suite.yaml", Line: 9, Outcome: Error, of: &Case{}, Problem: "gone.json: open: no such file", Hint: "look"},
		{Suite: "policies", Name: "p.rego", File: "p.rego", Line: 3, Outcome: Fail, Problem: "does not compile"},
		{Suite: "data.p_test", Name: "test_a", File: "p_test.rego", Line: 4, Outcome: Fail, Problem: "is not true", Output: "x = 1\ny = 2\n"},
		{Suite: "data.p_test", Name: "todo_test_b", File: "p_test.rego", Line: 8, Outcome: Skip, Problem: "a todo_test is not run"},
	}
}

func TestGoldenFormats(t *testing.T) {
	for _, name := range FormatNames() {
		var b bytes.Buffer
		if err := Write(&b, name, every(), Style{Verbose: true}); err != nil {
			t.Fatal(err)
		}
		golden(t, "every."+name, b.String())
	}
}

func TestFormatsOfNothing(t *testing.T) {
	for name, want := range map[string]string{
		"text": "0 passed, 0 failed\n", "tap": "TAP version 13\n1..0\n", "json": `"results": []`, "junit": `<testsuites tests="0" failures="0" errors="0"></testsuites>`,
	} {
		var b bytes.Buffer
		if err := Write(&b, name, nil, Style{}); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%s: got %q, %v; want %q", name, b.String(), err, want)
		}
	}
	if err := Write(io.Discard, "html", nil, Style{}); err == nil {
		t.Error("html: got no error, want that there is no such format")
	}
}

func TestJUnitIsXML(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, "junit", every(), Style{}); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(&b)
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
