package accounts_test

import (
	"bytes"
	"testing"

	"github.com/cistern-audit/cistern/snapshots"
	"github.com/cistern-audit/cistern/test/fleet/accounts"
)

func canonical(t *testing.T, s *snapshots.Snapshot) []byte {
	t.Helper()
	data, err := s.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Every account is valid without a warning, has a number of its own, and its calls say what its lists show.
func TestAccountsAreValid(t *testing.T) {
	fleet := accounts.Fleet{Seed: 7}
	ids := map[string]bool{}
	for i := range 150 {
		s := fleet.Account(i, 0)
		if s.Account.ID != accounts.ID(i) || ids[s.Account.ID] {
			t.Errorf("account %d: got id %s, want one of its own, %s", i, s.Account.ID, accounts.ID(i))
		}
		ids[s.Account.ID] = true
		for _, p := range snapshots.Validate(canonical(t, s)) {
			t.Errorf("account %d: %v", i, p)
		}
	}
}

func TestSameArgumentsSameBytes(t *testing.T) {
	for i := range 30 {
		one := canonical(t, accounts.Fleet{Seed: 3}.Account(i, 5))
		if again := canonical(t, accounts.Fleet{Seed: 3}.Account(i, 5)); !bytes.Equal(one, again) {
			t.Errorf("account %d: got other bytes the second time", i)
		}
		if other := canonical(t, accounts.Fleet{Seed: 4}.Account(i, 5)); bytes.Equal(one, other) {
			t.Errorf("account %d: got the same bytes with another seed", i)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, test := range []struct {
		name        string
		snapshot    *snapshots.Snapshot
		least, most int
	}{
		{"typical", accounts.Typical(11), 50_000, 85_000},
		{"no alarm but one", accounts.Large(1), 10_000, 35_000},
		{"5,000 alarms", accounts.Large(5000), 3_000_000, 4_000_000},
	} {
		if size := len(canonical(t, test.snapshot)); size < test.least || size > test.most {
			t.Errorf("%s: got %d bytes, want between %d and %d", test.name, size, test.least, test.most)
		}
	}
}

func TestLargeHasAsManyAlarmsAsWanted(t *testing.T) {
	for _, want := range []int{1, 10, 100, 1000} {
		s := accounts.Large(want)
		if got := len(s.CloudWatch.Alarms); got != want {
			t.Errorf("got %d alarms, want %d", got, want)
		}
		for _, p := range snapshots.Validate(canonical(t, s)) {
			t.Errorf("%d alarms: %v", want, p)
		}
	}
}

// Accounts drift: most days are as the day before, some are not.
func TestDaysDiffer(t *testing.T) {
	changed := 0
	for i := range 20 {
		digests := map[string]bool{}
		for day := range 30 {
			digest, err := accounts.Fleet{Seed: 1}.Account(i, day).ContentDigest()
			if err != nil {
				t.Fatal(err)
			}
			digests[digest] = true
		}
		if len(digests) > 1 {
			changed++
		}
		if len(digests) > 10 {
			t.Errorf("account %d: got %d states in 30 days, want a few", i, len(digests))
		}
	}
	if changed < 3 || changed == 20 {
		t.Errorf("got %d of 20 accounts that changed, want some", changed)
	}
}
