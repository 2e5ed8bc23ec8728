package octets

import (
	"fmt"
	"strings"
	"testing"
)

func TestBlanks(t *testing.T) {
	for blanks := range 40 {
		text := strings.Repeat(" ", blanks) + `"name": 1      `
		if got := Blanks([]byte(text)); got != blanks {
			t.Errorf("%q: got %d, want %d", text, got, blanks)
		}
		if got := Blanks([]byte(text[:blanks])); got > blanks || got < blanks-7 {
			t.Errorf("%q: got %d, want %d or up to seven less", text[:blanks], got, blanks)
		}
	}
}

func TestPlace(t *testing.T) {
	const size = 9
	var all []string
	for i := range 40 {
		all = append(all, strings.Repeat("x", i), fmt.Sprintf("a-%d", i), fmt.Sprintf("arn:aws:sns:us-east-1:1111222233%02d:alarms", i), fmt.Sprintf("alarm-%d-of-many-alarms", i))
	}
	taken := map[uint64]bool{}
	for _, text := range all {
		place := Place([]byte(text), size)
		if again := Place([]byte(text), size); place >= 1<<size || again != place {
			t.Errorf("%q: got place %d, then %d, want the same below %d", text, place, again, 1<<size)
		}
		taken[place] = true
	}
	if len(taken) < len(all)/2 {
		t.Errorf("got %d places for %d texts", len(taken), len(all))
	}
}
