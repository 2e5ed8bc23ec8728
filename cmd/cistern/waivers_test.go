package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

// TestGoldenWaivers holds the screens of docs/waivers.md against the file that it shows, and an account where three filters leave events out.
func TestGoldenWaivers(t *testing.T) {
	doc, err := filepath.Abs("../../docs/waivers.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	file := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	if file == nil {
		t.Fatal("docs/waivers.md shows no waivers file")
	}
	shot, err := samples.Read("compliant")
	if err != nil {
		t.Fatal(err)
	}
	for i := range shot.Logs.MetricFilters {
		f := &shot.Logs.MetricFilters[i]
		switch f.FilterName {
		case "IamPolicyChanges":
			whole := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(*f.FilterPattern), "{"), "}")
			f.FilterPattern = snapshots.Of(`{ (` + whole + `) && ($.userIdentity.arn NOT EXISTS || $.userIdentity.arn != "*:role/deployment-*") }`)
		case "NetworkAclChanges":
			f.FilterPattern = snapshots.Of(`{ $.eventName = "*NetworkAcl" }`)
		case "SecurityGroupChanges":
			f.FilterPattern = snapshots.Of(`{ $.eventName = "*SecurityGroup" }`)
		}
	}
	canonical, err := shot.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for name, text := range map[string][]byte{"prod.json": canonical, "waivers.yaml": file[1]} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	goldenScreens(t, doc, func(command string) string {
		got := cistern(t.Context(), strings.Fields(command)...)
		if got.code != exitOK {
			t.Errorf("cistern %s: got exit code %d, want 0: %s", command, got.code, got.stderr)
		}
		return got.out
	})
}
