package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// A small measurement, to see that all of it works; what it took is not asserted.
func TestScalePrintsARowForEach(t *testing.T) {
	t.Chdir("../../..") // where make runs it
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"-accounts", "1,3", "-alarms", "10,40", "-runs", "1", "-work", t.TempDir(), "--", "--level", "1"}, &out, &errs)
	if code != 0 {
		t.Fatalf("got exit code %d: %s", code, errs.String())
	}
	for _, want := range []string{"An empty account, whole process", "\n| 1 |", "\n| 3 |", "\n| 10 |", "\n| 40 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant %q in it", out.String(), want)
		}
	}
}

func TestScaleRefuses(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-accounts", "many"}, "not a number"},
		{[]string{"-alarms", "10,0"}, "not a number"},
		{[]string{"-runs", "0"}, "out of range"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), test.args, &out, &errs); code != 2 || !strings.Contains(errs.String(), test.want) {
			t.Errorf("scale %q: got exit code %d and %q, want 2 and %q", test.args, code, errs.String(), test.want)
		}
	}
}

func TestKeptFoldersAreNotRemoved(t *testing.T) {
	dir := t.TempDir()
	if err := (&meter{}).remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("got %v, want the folder to be there", err)
	}
}
