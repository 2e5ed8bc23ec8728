package main

import (
	"strings"
	"testing"
)

func TestWriteDiff(t *testing.T) {
	long := strings.Repeat("same\n", 10)
	for _, tt := range []struct{ name, old, now, want string }{
		{"added", "a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b\n"},
		{"removed", "a\nb\n", "b\n", "@@ -1,2 +1,1 @@\n-a\n b\n"},
		{"changed", "a\n", "b\n", "@@ -1,1 +1,1 @@\n-a\n+b\n"},
		{"two hunks", "a\n" + long + "b\n", "c\n" + long + "d\n",
			"@@ -1,4 +1,4 @@\n-a\n+c\n same\n same\n same\n@@ -9,4 +9,4 @@\n same\n same\n same\n-b\n+d\n"},
		{"one hunk", "a\nsame\nsame\nsame\nb\n", "c\nsame\nsame\nsame\nd\n", "@@ -1,5 +1,5 @@\n-a\n+c\n same\n same\n same\n-b\n+d\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			writeDiff(&b, "x", lines([]byte(tt.old)), lines([]byte(tt.now)))
			if want := "--- x\n+++ x\n" + tt.want; b.String() != want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
		})
	}
}
