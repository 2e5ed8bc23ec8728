package suite_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/cistern-audit/cistern/evaluator/suite"
)

func TestFiles(t *testing.T) {
	s, err := suite.Parse("folder/some_suite.yaml", []byte(`
waivers: waivers.yaml
policies: [mine]
cases:
  - {name: a, snapshot: b.json, expect: {root-usage: pass}}
  - {name: b, snapshot: b.json, expect: {root-usage: pass}}
  - {name: c, sample: compliant, expect: {root-usage: pass}}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"folder/b.json", "folder/mine", "folder/waivers.yaml"}
	var got []string
	for _, name := range s.Files() {
		got = append(got, filepath.ToSlash(name))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
