package samples_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/snapshots/samples"
)

var update = flag.Bool("update", false, "write the samples anew")

// accounts is every sample: its name and the account that it shows.
func accounts() map[string]*snapshots.Snapshot {
	all := map[string]*snapshots.Snapshot{"compliant": compliant(), "empty": empty()}
	for name, change := range broken {
		all[name] = compliant()
		change(all[name])
	}
	return all
}

func TestGoldenSamples(t *testing.T) {
	for name, account := range accounts() {
		want, err := account.Canonical()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if *update {
			if err := os.WriteFile(name+".json", want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := fs.ReadFile(samples.FS(), name+".json")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s.json is not what account_test.go makes: run go test ./snapshots/samples -run Golden -update", name)
		}
	}
}

func TestNamesAreTheAccounts(t *testing.T) {
	names, accounts := samples.Names(), accounts()
	if len(names) != len(accounts) {
		t.Errorf("got %d samples %q, want %d", len(names), names, len(accounts))
	}
	for _, name := range names {
		if accounts[name] == nil {
			t.Errorf("got a file %s.json, want none: nothing makes it", name)
		}
		s, err := samples.Read(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Account.ID != account {
			t.Errorf("%s: got account %q, want %q", name, s.Account.ID, account)
		}
	}
}

func TestReadUnknownName(t *testing.T) {
	if _, err := samples.Read("perfect"); err == nil {
		t.Error("got no error for a sample that does not exist")
	}
}
