package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

// TestDiffOfFoldersIsThatOfTheirReports compares more accounts than are kept in memory, once as snapshots and once as saved reports.
func TestDiffOfFoldersIsThatOfTheirReports(t *testing.T) {
	t.Chdir(t.TempDir())
	fleet := accounts.Fleet{Seed: 1}
	for i := range keepFiles + 2 {
		for _, day := range []int{0, 40} {
			text, err := fleet.Account(i, day).Canonical()
			if err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Join(fmt.Sprint("day", day), accounts.ID(i)+".json"), text)
		}
	}
	for _, day := range []string{"day0", "day40"} {
		cistern(t.Context(), "evaluate", day, "--control", "root-usage", "--no-records", "-o", day+".json")
	}
	var found [2]struct {
		Summary map[string]any
		Changes []map[string]any
	}
	for i, sides := range [][]string{{"day0", "day40", "--control", "root-usage"}, {"day0.json", "day40.json"}} {
		got := cistern(t.Context(), append([]string{"diff", "-f", "json"}, sides...)...)
		if err := json.Unmarshal([]byte(got.out), &found[i]); err != nil || got.code != exitFails {
			t.Fatalf("got exit code %d, %v and %s, want regressions", got.code, err, got.stderr)
		}
	}
	if !reflect.DeepEqual(found[0].Summary, found[1].Summary) || len(found[0].Summary) == 0 {
		t.Errorf("got %v of snapshots and %v of reports, want the same", found[0].Summary, found[1].Summary)
	}
	if err := os.WriteFile(filepath.Join("day40", "broken.json"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := cistern(t.Context(), "diff", "day0", "day40"); got.code != exitUsage || got.out != "" {
		t.Errorf("got exit code %d and %q, want a snapshot that cannot be read refused", got.code, got.out)
	}
}
