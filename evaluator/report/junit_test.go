package report

import (
	"encoding/xml"
	"testing"
)

func TestJUnitMapsEveryStatus(t *testing.T) {
	var suites struct {
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(written(t, "junit", everything(), Style{}), &suites); err != nil {
		t.Fatal(err)
	}
	want := []string{"passed", "skipped", "passed", "failure", "error", "skipped", "skipped"}
	for i, c := range suites.Suites[0].Cases {
		got := "passed"
		switch {
		case c.Failure != nil:
			got = "failure"
		case c.Error != nil:
			got = "error"
		case c.Skipped != nil:
			got = "skipped"
		}
		if got != want[i] {
			t.Errorf("%s: got %s, want %s", c.Name, got, want[i])
		}
	}
	if s := suites.Suites[0]; s.Tests != 7 || s.Failures != 1 || s.Errors != 1 || s.Skipped != 3 || suites.Tests != 10 || suites.Failures != 2 || suites.Errors != 1 {
		t.Errorf("got counts %+v", suites)
	}
}
