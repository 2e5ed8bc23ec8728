package remediation

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// declaredSamples are those whose plans have between them every kind of change, new and of what is there.
var declaredSamples = []string{
	"broken-action-disabled", "broken-alarm-namespace", "broken-event-selectors-no-kms", "broken-log-group-none", "broken-pattern-misses",
	"broken-topic-deleted", "broken-trail-stopped", "compliant", "empty",
}

func TestGoldenDeclared(t *testing.T) {
	engine, o := shipped(t)
	for _, name := range declaredSamples {
		plan := &propose(t, engine, o, sample(t, name)).Plans[0]
		for _, format := range []string{"terraform", "cloudformation"} {
			t.Run(format+"/"+name, func(t *testing.T) {
				var first, again bytes.Buffer
				if err := Write(&first, format, plan); err != nil {
					t.Fatal(err)
				}
				if err := Write(&again, format, plan); err != nil || !bytes.Equal(first.Bytes(), again.Bytes()) {
					t.Errorf("written again: got other bytes (%v)", err)
				}
				f, _ := FormatOf(format)
				goldenFile(t, filepath.Join("testdata", format, name+f.Ending), first.Bytes())
			})
		}
	}
}

// goldenFile compares a text with a file, or rewrites that.
func goldenFile(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got:\n%s\nwant, in %s:\n%s", got, file, want)
	}
}
