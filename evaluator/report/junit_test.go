package report

import (
	"encoding/xml"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var xmllint = flag.String("xmllint", "", "hold JUnit files to the schema of Jenkins with this program")

// TestJUnitKeepsItsSchema needs a program that knows XML Schema: make e2e-formats.
func TestJUnitKeepsItsSchema(t *testing.T) {
	if *xmllint == "" {
		t.Skip("make e2e-formats runs it")
	}
	for name, r := range map[string]*Report{"decided": everything(), "hostile": nastyReport(), "old": oldReport(t), "empty": {}} {
		file := filepath.Join(t.TempDir(), "junit.xml")
		if err := os.WriteFile(file, written(t, "junit", r, Style{}), 0o666); err != nil {
			t.Fatal(err)
		}
		check := exec.Command(*xmllint, "--noout", "--nonet", "--huge", "--schema", filepath.Join("testdata", "schemas", "jenkins-junit.xsd"), file)
		if said, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %.2000s", name, err, said)
		}
	}
}

func TestJUnitMapsEveryStatus(t *testing.T) {
	var suites junitSuites
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
