package filterpattern

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSimplify(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		steps          []string // "action part: why"
	}{
		{"nothing to do", `{ $.a = x || $.b = y }`, `{ $.a = x || $.b = y }`, nil},
		{"spelling", `{ (($.a = "x")) || ( $.b = "y" ) }`, `{ $.a = x || $.b = y }`, nil},
		{"the same twice", `{ $.a = x || $.b = y || $.a = x }`, `{ $.a = x || $.b = y }`, []string{"dropped $.a = x: it is there twice"}},
		{"a wildcard covers names", `{ $.a = StopLogging || $.a = "St*" || $.a = StartLogging }`, `{ $.a = St* }`, []string{
			"dropped $.a = StartLogging: $.a = St* already catches it", "dropped $.a = StopLogging: $.a = St* already catches it"}},
		{"a regular expression covers a name", `{ $.a = StopLogging || $.a = %Logging% }`, `{ $.a = %Logging% }`, []string{
			"dropped $.a = StopLogging: $.a = %Logging% already catches it"}},
		{"absorbed alternative", `{ $.a = x || $.a = x && $.b = y }`, `{ $.a = x }`, []string{"dropped $.a = x && $.b = y: $.a = x already catches it"}},
		{"absorbed condition", `{ $.a = x && ($.a = x || $.b = y) }`, `{ $.a = x }`, []string{"dropped $.a = x || $.b = y: $.a = x implies it"}},
		{"exclusion of something else", `{ $.a = x && $.a != y }`, `{ $.a = x }`, []string{"dropped $.a != y: $.a = x implies it"}},
		{"exclusion in context", `{ ($.a = x || $.a = z) && $.b = y && $.a != w }`, `{ ($.a = x || $.a = z) && $.b = y }`, []string{
			"dropped $.a != w: $.a = x || $.a = z implies it"}},
		{"exclusion that excludes", `{ $.a = x && $.b != y }`, `{ $.a = x && $.b != y }`, nil},
		{"contradiction", `{ $.a = x && $.a = y || $.b = z }`, `{ $.b = z }`, []string{"dropped $.a = x && $.a = y: it can never hold there"}},
		{"contradiction in context", `{ $.a = x && ($.a = y || $.b = z) }`, `{ $.a = x && $.b = z }`, []string{"dropped $.a = y: it can never hold there"}},
		{"common condition in front", `{ ($.s = k && $.a = x) || ($.s = k && $.a = y) }`, `{ $.s = k && ($.a = x || $.a = y) }`, []string{
			"joined $.s = k: it is asked once for 2 alternatives"}},
		{"common condition behind", `{ ($.a = x && $.s = k) || ($.a = y && $.s = k) || $.c = z }`, `{ ($.a = x || $.a = y) && $.s = k || $.c = z }`, []string{
			"joined $.s = k: it is asked once for 2 alternatives"}},
		{"common alternative", `{ ($.s = k || $.a = x) && ($.s = k || $.b = y) }`, `{ $.s = k || $.a = x && $.b = y }`, []string{
			"joined $.s = k: it is asked once for 2 alternatives"}},
		{"the reverse", `{ $.a = x* && ($.a = xy || $.b = z) }`, `{ $.a = xy || $.a = x* && $.b = z }`, []string{
			"replaced $.a = x* && ($.a = xy || $.b = z): $.a = xy || $.a = x* && $.b = z catches the same"}},
		{"everything but each", `{ $.a != x || $.a != y || $.b = z }`, `{ $.a = * || $.b = z }`, []string{
			"replaced $.a != x || $.a != y: $.a = * asks the same: any text or number"}},
		{"not there and something else", `{ $.a != x || $.a NOT EXISTS }`, `{ $.a != x || $.a NOT EXISTS }`, nil},
		{"numbers", `{ $.a > 5 || $.a > 7 && $.b = x }`, `{ $.a > 5 }`, []string{"dropped $.a > 7 && $.b = x: $.a > 5 already catches it"}},
		{"several together", `{ $.a = "1*" || $.a = "2*" || $.a = *3 && $.a = %^[12]% }`, `{ $.a = 1* || $.a = 2* }`, []string{
			"dropped $.a = *3 && $.a = %^[12]%: the other alternatives already catch it"}},
		{"nothing at all stays said", `{ $.a = x && $.a = y && $.b = z }`, `{ $.a = x && $.a = y }`, []string{"dropped $.b = z: it follows from the rest of the pattern"}},
		{"a point that is left open stays", `{ $.a = "x*y" || $.a = xzy }`, `{ $.a = "x*y" || $.a = xzy }`, nil},
		{"an open point that does not matter", `{ $.a = "x*" || $.a = "x*y" }`, `{ $.a = x* }`, []string{"dropped $.a = x*y: $.a = x* already catches it"}},
		{"what AWS may refuse stays", `{ $.a = x-y || $.a = "x*" }`, `{ $.a = x-y || $.a = x* }`, nil},
		{"three wildcards stay three", `{ $.a[*] = x && ($.b[*] = y || $.c[*] = z) }`, `{ $.a.* = x && ($.b.* = y || $.c.* = z) }`, nil},
		{"words", `ERROR ERR -"x y" -x ?a ERROR`, `ERROR -x`, []string{"dropped ERROR: it is there twice",
			"dropped ?a: optional words do not count beside others", `dropped -"x y": -x is part of it`, "dropped ERR: ERROR holds it"}},
		{"optional words", `?ab ?a ?c`, `?a ?c`, []string{"dropped ?ab: ?a is part of it"}},
		{"space form", `[a = x || a = x]`, `[a = x || a = x]`, nil},
		{"regular expression", `%ab%`, `%ab%`, nil},
		{"empty", ``, ``, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Simplify(mustParse(t, c.in))
			var steps []string
			for _, s := range got.Steps {
				steps = append(steps, s.Action+" "+s.Part+": "+s.Why)
			}
			want := mustParse(t, c.want).String()
			if got.Pattern.String() != want || !slices.Equal(steps, c.steps) {
				t.Errorf("%s:\ngot  %s %q\nwant %s %q", c.in, got.Pattern, steps, want, c.steps)
			}
			wantShort(t, mustParse(t, c.in))
		})
	}
}

// wantShort asks what must hold of every simplified pattern.
func wantShort(t *testing.T, p *Pattern) Simplified {
	t.Helper()
	got := Simplify(p)
	switch again := Simplify(got.Pattern); {
	case len(got.Pattern.String()) > len(p.String()):
		t.Errorf("%s: got the longer %s", p, got.Pattern)
	case again.Pattern.String() != got.Pattern.String():
		t.Errorf("%s: got %s, and of that %s", p, got.Pattern, again.Pattern)
	case !equivalent(p, got.Pattern, AnyJSON):
		t.Errorf("%s: got %s, which is not proven to be equivalent", p, got.Pattern)
	}
	return got
}

func TestSimplifyReason(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`[a, b = x]`, "space-delimited"},
		{`{ ` + strings.Repeat("(", 65) + `$.a = x || $.a = x` + strings.Repeat(")", 65) + ` }`, "how deep parentheses may be nested"},
		{`{ $.a = x }`, ""},
	} {
		p := mustParse(t, c.in)
		got := Simplify(p)
		if got.Pattern != p || !strings.Contains(got.Reason, c.want) || c.want == "" && got.Reason != "" {
			t.Errorf("%.40s: got %s because %q, want it as it was because %q", c.in, got.Pattern, got.Reason, c.want)
		}
	}
}

func TestCompact(t *testing.T) {
	for in, want := range map[string]string{
		`{ ($.a = "x") && ( $.b IS NULL || $.c != 1 ) }`: `{$.a=x&&($.b IS NULL||$.c!=1)}`,
		`a -b "c d"`:   `a-b "c d"`,
		`[a, b = "x"]`: `[a,b=x]`,
	} {
		if got := mustParse(t, in).Compact(); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// TestSimplifyHostile simplifies patterns that are as long as they may be and made to be hard.
func TestSimplifyHostile(t *testing.T) {
	letters := func(i int) string { return string([]byte{"abc"[i%3], "abc"[i/3%3], "abc"[i/9%3]}) }
	for _, c := range []struct {
		name, sign string
		unit       func(i int) string
	}{
		{"names", "||", func(i int) string { return fmt.Sprintf("$.a=%d", i) }},
		{"excluded names", "&&", func(i int) string { return fmt.Sprintf("$.a!=x%d", i) }},
		{"all but each", "||", func(i int) string { return fmt.Sprintf("$.a!=x%d", i) }},
		{"wildcards", "||", func(i int) string { return "$.a=*" + letters(i) + "*" }},
		{"excluded wildcards", "&&", func(i int) string { return "$.a!=*" + letters(i*7) + "*" }},
		{"inner wildcards", "||", func(i int) string { return `$.a="` + letters(i) + `*b"` }},
		{"clauses", "&&", func(i int) string { return fmt.Sprintf("($.%c=x||$.%c=y||$.%c!=z)", 'a'+i%20, 'a'+i*7%20, 'a'+i*3%20) }},
		{"a grid", "||", func(i int) string { return fmt.Sprintf("$.a=%d&&$.b=%d", i%6, i/6) }},
		{"paths", "||", func(i int) string { return "$.a" + strings.Repeat(".b", 1+i%12) + "=x" }},
		{"numbers", "||", func(i int) string { return fmt.Sprintf("$.a>%d&&$.a!=%d", i, i+3) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "{" + c.unit(0)
			for i := 1; len(text)+len(c.sign)+len(c.unit(i)) < MaxLength; i++ {
				text += c.sign + c.unit(i)
			}
			p := mustParse(t, text+"}")
			got := Simplify(p)
			if again := Simplify(got.Pattern); again.Pattern.String() != got.Pattern.String() || len(got.Pattern.String()) > len(p.String()) {
				t.Errorf("%s: got %s, and of that %s", p, got.Pattern, again.Pattern)
			}
			if got.Reason != "" && len(got.Steps) > 0 != (got.Pattern != p) {
				t.Errorf("%s: got %s because %s with %d steps", p, got.Pattern, got.Reason, len(got.Steps))
			}
		})
	}
}
