package filterpattern

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// repeated joins units by a sign up to a number of characters.
func repeated(limit int, sign string, unit func(i int) string) string {
	var b strings.Builder
	b.WriteString("{" + unit(0))
	for i := 1; b.Len()+len(sign)+len(unit(i)) < limit; i++ {
		b.WriteString(sign + unit(i))
	}
	return b.String() + "}"
}

func TestParseLong(t *testing.T) {
	for _, c := range []struct {
		length      int
		short, long bool
	}{{MaxLength, true, true}, {MaxLength + 1, false, true}, {MaxLong, false, true}, {MaxLong + 1, false, false}} {
		text := strings.Repeat("é", c.length)
		_, errShort := Parse(text)
		_, errLong := ParseLong(text)
		if (errShort == nil) != c.short || (errLong == nil) != c.long {
			t.Errorf("%d characters: got %v and %v", c.length, errShort, errLong)
		}
		var syntax *SyntaxError
		if errLong != nil && (!errors.As(errLong, &syntax) || syntax.Kind != ErrLength || !strings.Contains(errLong.Error(), "at most 16384 characters")) {
			t.Errorf("%d characters: got %v", c.length, errLong)
		}
	}
}

// TestSimplifyLong simplifies patterns that are longer than AWS takes.
func TestSimplifyLong(t *testing.T) {
	for _, c := range []struct {
		name, sign, want string // want is empty where it cannot become short
		length           int
		unit             func(i int) string
	}{
		{"one condition", " || ", `{ $.eventName = StopLogging }`, 1980, func(int) string { return `($.eventName = "StopLogging")` }},
		{"one condition, as long as can be", " || ", `{ $.a = x }`, MaxLong, func(int) string { return `($.a = "x")` }},
		{"five conditions", "||", `{ $.a = 0 || $.a = 1 || $.a = 2 || $.a = 3 || $.a = 4 }`, 4000, func(i int) string { return fmt.Sprintf("$.a=%d", i%5) }},
		{"a prefix", "||", `{ $.a = x* }`, 1500, func(i int) string { return fmt.Sprintf("$.a=x%d||$.a=x*", i) }},
		{"real names twice", " || ", "", 4000, func(i int) string { return fmt.Sprintf(`($.eventName = "DescribeThing%d")`, i%50) }},
		{"many names", "||", "", 3000, func(i int) string { return fmt.Sprintf("$.a=%d", i) }},
		{"each name twice", "||", "", MaxLong, func(i int) string { return fmt.Sprintf("$.a=%d", i/2) }},
		{"a grid", "||", "", MaxLong, func(i int) string { return fmt.Sprintf("$.a=%d&&$.b=%d", i%30, i/30) }},
		{"wildcards", "||", "", MaxLong, func(i int) string { return fmt.Sprintf("$.a=*%d*", i+1000) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseLong(repeated(c.length, c.sign, c.unit))
			if err != nil {
				t.Fatal(err)
			}
			got := Simplify(p)
			if text := got.Pattern.String(); c.want != "" && text != c.want {
				t.Errorf("got %.200s because %q, want %s", text, got.Reason, c.want)
			}
			if len(got.Pattern.String()) > len(p.String()) {
				t.Errorf("got %d characters of %d", len(got.Pattern.String()), len(p.String()))
			}
			t.Logf("%d -> %d, %q", len(p.String()), len(got.Pattern.String()), got.Reason)
		})
	}
}
