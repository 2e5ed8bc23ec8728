package main

import "testing"

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
		err  string
	}{
		{"512MiB", 512 << 20, ""},
		{"2GiB", 2 << 30, ""},
		{"1KiB", 1 << 10, ""},
		{"1TiB", 1 << 40, ""},
		{"", 0, "memory : read: has no unit: KiB, MiB, GiB or TiB"},
		{"512", 0, "memory 512: read: has no unit: KiB, MiB, GiB or TiB"},
		{"512MB", 0, "memory 512MB: read: has no unit: KiB, MiB, GiB or TiB"},
		{"MiB", 0, "memory MiB: read: not a whole number of MiB"},
		{"1.5GiB", 0, "memory 1.5GiB: read: not a whole number of GiB"},
		{"-1GiB", 0, "memory -1GiB: read: not a whole number of GiB"},
		{"+1GiB", 0, "memory +1GiB: read: not a whole number of GiB"},
		{" 1GiB", 0, "memory  1GiB: read: not a whole number of GiB"},
		{"0GiB", 0, "memory 0GiB: read: no memory at all"},
		{"9999999999TiB", 0, "memory 9999999999TiB: read: more than there can be"},
		{"99999999999999999999GiB", 0, "memory 99999999999999999999GiB: read: more than there can be"},
	} {
		got, err := parseSize("memory", c.text)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%q: got %d and %v, want %d and %q", c.text, got, err, c.want, c.err)
		}
	}
}
