package filterpattern

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func mustParse(t testing.TB, text string) *Pattern {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func parseAll(t testing.TB, texts ...string) []*Pattern {
	t.Helper()
	var out []*Pattern
	for _, text := range texts {
		out = append(out, mustParse(t, text))
	}
	return out
}

func TestParseCanonical(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{``, ``},
		{"  \n", ``},
		{`{$.a=1}`, `{ $.a = 1 }`},
		{`{ ( ($.a = "foo") ) }`, `{ $.a = foo }`},
		{`{ $.a = "foo bar" }`, `{ $.a = "foo bar" }`},
		{`{ $.a = "1" }`, `{ $.a = "1" }`},
		{`{ $.a = "null" }`, `{ $.a = "null" }`},
		{`{ $.a = "" }`, `{ $.a = "" }`},
		{`{ $.a = *x* }`, `{ $.a = *x* }`},
		{`{ $.a = 4* }`, `{ $.a = 4* }`},
		{`{ $.a = 10.0.* }`, `{ $.a = 10.0.* }`},
		{`{ $.a = us-east-1 }`, `{ $.a = us-east-1 }`},
		{`{ $.a = +1.50e3 }`, `{ $.a = +1.50e3 }`},
		{`{ $.a is  null }`, `{ $.a IS NULL }`},
		{`{ $.a NOT   exists }`, `{ $.a NOT EXISTS }`},
		{`{ $.a.['b.c'][0] = x && $.d[*].e = y }`, `{ $.a['b.c'][0] = x && $.d.*.e = y }`},
		{`{ $.['a'] = x }`, `{ $.a = x }`},
		{`{ $.a = 1 || ($.b = 2 || $.c = 3) }`, `{ $.a = 1 || $.b = 2 || $.c = 3 }`},
		{`{ $.a = 1 || ($.b = 2 && $.c = 3) }`, `{ $.a = 1 || $.b = 2 && $.c = 3 }`},
		{`{ ($.a = 1 || $.b = 2) && $.c = 3 }`, `{ ($.a = 1 || $.b = 2) && $.c = 3 }`},
		{`{ $.a = %^x[0-9]{2}$% }`, `{ $.a = %^x[0-9]{2}$% }`},
		{"{\n  ($.a = x)\t||\n ($.b = y)\n}", `{ $.a = x || $.b = y }`},
		{`ERROR -"two words" ?a.b_c`, `ERROR -"two words" ?a.b_c`},
		{`a-b?c`, `a -b ?c`},
		{`"ERROR"`, `ERROR`},
		{`[a, , ..., b=1 && b!=2]`, `[a, , ..., b = 1 && b != 2]`},
		{`[]`, `[]`},
		{`[(w=a||w=b)&&w!=c]`, `[(w = a || w = b) && w != c]`},
		{` %a b% `, `%a b%`},
	} {
		p := mustParse(t, c.in)
		if got := p.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
		if again := mustParse(t, p.String()); !reflect.DeepEqual(again, p) {
			t.Errorf("%s: %s reads as another pattern", c.in, p)
		}
	}
}

// The canonical text of a pattern at the limit stays within it, spaces or not.
func TestCanonicalLength(t *testing.T) {
	for _, text := range []string{
		"{$.a=b" + strings.Repeat("||$.a=b", 145) + "}",
		"a" + strings.Repeat("-b", 511),
		"[a" + strings.Repeat(",", 1021) + "]",
	} {
		p := mustParse(t, text)
		if again, err := Parse(p.String()); err != nil || !reflect.DeepEqual(again, p) {
			t.Errorf("%.40s...: canonical text reads as another pattern: %v", text, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		in     string
		offset int
		kind   ErrorKind
		hint   string // a part of it
	}{
		{strings.Repeat("a", 1025), 1024, ErrLength, "several metric filters"},
		{`{ $.a = %1% || $.a = %2% || $.a = %3% }`, 34, ErrRegexCount, "join"},
		{`{ $.a[*].* = 2 }`, 2, ErrWildcards, ""},
		{`{ $.a.* = 2 || $.b.* = 2 || $.c.* = 2 || $.d.* = 2 }`, 41, ErrWildcards, ""},
		{`{ $.a = 1`, 9, ErrUnclosed, "ends with }"},
		{`{ ($.a = 1 }`, 11, ErrUnclosed, "each ( needs its )"},
		{`{ ($.eventName = "ConsoleLogin") && ($.responseElements.ConsoleLogin = "Success"}`, 80, ErrUnclosed, "each ( needs its )"},
		{`{ $.a = "x }`, 8, ErrUnclosed, ""},
		{`{ $.a = %x }`, 8, ErrUnclosed, `\x25`},
		{`[a, b`, 5, ErrUnclosed, ""},
		{`{ $.['a = 1 }`, 4, ErrUnclosed, ""},
		{`"ERROR`, 0, ErrUnclosed, ""},
		{`{ $.a = 1 } x`, 12, ErrTrailing, "inside the braces"},
		{`{ $.a = 1 } }`, 12, ErrTrailing, "one closing brace too many"},
		{`[a] x`, 4, ErrTrailing, ""},
		{`%a% %b%`, 4, ErrTrailing, "whole pattern"},
		{`{ $eventName = x }`, 2, ErrSelector, "$.eventName"},
		{`{ eventName = x }`, 2, ErrSelector, "$.eventName"},
		{`{ &.eventName = x }`, 2, ErrSelector, "not &"},
		{`{ $. eventName = x }`, 4, ErrSelector, "behind the period"},
		{`{ $['a'] = x }`, 2, ErrSelector, ""},
		{`{ $.["a"] = x }`, 3, ErrSelector, ""},
		{`{ $.a[-1] = x }`, 6, ErrSelector, "counts from 0"},
		{`{ $.a..b = x }`, 6, ErrSelector, ""},
		{`{ !($.a = 1) }`, 2, ErrSelector, "no negation"},
		{`{ NOT $.a = 1 }`, 2, ErrSelector, "NOT EXISTS"},
		{`{ }`, 2, ErrSelector, ""},
		{`{ $.a == 1 }`, 6, ErrOperator, "one equals sign"},
		{`{ $.a <> 1 }`, 6, ErrOperator, "!="},
		{`{ $.a =~ x }`, 6, ErrOperator, "%regex%"},
		{`{ $.a !== x }`, 6, ErrOperator, "!="},
		{`{ $.a EXISTS }`, 6, ErrOperator, "no EXISTS"},
		{`{ $.a NOTEXISTS }`, 6, ErrOperator, "NOT EXISTS"},
		{`{ $.aNOT EXISTS }`, 9, ErrOperator, "white space before NOT EXISTS"},
		{`{ $.event Name = x }`, 10, ErrOperator, "no white space inside a selector"},
		{`{ $.a IS NOT NULL }`, 9, ErrOperator, "IS NOT"},
		{`{ $.a NOT NULL }`, 10, ErrOperator, "NOT EXISTS"},
		{`{ "v": [1] }`, 2, ErrSelector, "$.field"},
		{`{ $.a = 1 AND $.b = 2 }`, 10, ErrConnective, "&&"},
		{`{ $.a = 1 or $.b = 2 }`, 10, ErrConnective, "||"},
		{`{ $.a = 1 & $.b = 2 }`, 10, ErrConnective, "&&"},
		{`{ $.a = Failed authentication }`, 15, ErrConnective, "double quotes"},
		{`{ ($.a = 1)($.b = 2) }`, 11, ErrConnective, "joined"},
		{`{ $.a = 1) }`, 9, ErrConnective, "too many"},
		{`{ $.a = null }`, 8, ErrValue, "IS NULL"},
		{`{ $.a = 'x' }`, 8, ErrValue, "double quotes"},
		{`{ $.a = x" }`, 9, ErrValue, "double quotes"},
		{`{ $.a > "0" }`, 8, ErrValue, "without quotes"},
		{`{ $.a = 1e2147483648 }`, 8, ErrValue, ""},
		{`{ $.a = a:b }`, 9, ErrValue, "double quotes"},
		{`%%`, 1, ErrRegex, ""},
		{`%(a)%`, 1, ErrRegex, "no groups"},
		{`%a++%`, 2, ErrRegex, "possessive"},
		{`%[z-a]%`, 2, ErrRegex, ""},
		{`%caf` + "\u00e9" + `%`, 4, ErrRegex, "ASCII"},
		{`{ $.a = %*a% }`, 9, ErrRegex, `\*`},
		{`ERROR:`, 5, ErrTerm, "double quotes"},
		{`ERR*`, 3, ErrTerm, "no wildcards"},
		{`ERROR %W%`, 6, ErrTerm, "whole pattern"},
		{`$.a = 1`, 0, ErrTerm, "braces"},
		{`[a, a]`, 4, ErrField, ""},
		{`[1a]`, 1, ErrField, ""},
		{`[a=1 || b=2]`, 8, ErrField, "own field"},
		{`[a == 1]`, 3, ErrOperator, "one equals sign"},
	} {
		_, err := Parse(c.in)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Errorf("%s: got %v, want a SyntaxError", c.in, err)
			continue
		}
		if e.Offset != c.offset || e.Kind != c.kind || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%.60s: got offset %d, %s, hint %q; want offset %d, %s, hint %q", c.in, e.Offset, e.Kind, e.Hint, c.offset, c.kind, c.hint)
		}
	}
}

func TestCaret(t *testing.T) {
	for _, c := range []struct {
		in    string
		width int
		want  string
	}{
		{`{ $.a == 1 }`, 0, "{ $.a == 1 }\n      ^"},
		{"{ $.a = 1\n|| $.b == 2 }", 0, "|| $.b == 2 }\n       ^"},
		{`{ ` + strings.Repeat("$.aa = 1 || ", 20) + `$.b == 2 }`, 40, ""},
	} {
		_, err := Parse(c.in)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Fatalf("%s: got %v, want a SyntaxError", c.in, err)
		}
		got := e.Caret(c.width)
		text, caret, _ := strings.Cut(got, "\n")
		if c.want != "" && got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.in, got, c.want)
		}
		if at := strings.IndexByte(caret, '^'); !strings.HasPrefix(text[at:], "==") {
			t.Errorf("%s: the caret is not under the mistake:\n%s", c.in, got)
		}
		if c.width > 0 && len(text) > c.width {
			t.Errorf("%s: got %d columns, want at most %d", c.in, len(text), c.width)
		}
	}
}

func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int
	}{
		{`{ $.a = "x*" }`, 0},
		{`{ $.a = "x*y" }`, 1},
		{`{ $.a = x-y }`, 1},
		{`{ $.a = "x-y" }`, 0},
		{`{ $.a = "x\ny" }`, 1},
		{`{ $.a = "\"\\" }`, 0},
		{`{ $.a = %x.y% }`, 1},
		{`{ $.a = %xy% }`, 0},
		{`{ $.a = %x\by% }`, 1},
		{`{ $.caf` + "\u00e9" + ` = x }`, 1},
		{`{ $.['it's'] = x }`, 1},
		{`{ ` + strings.Repeat("(", 65) + `$.a = x` + strings.Repeat(")", 65) + ` }`, 1},
		{`"x*y"`, 0},
		{`{ $.a = "x*y-\n*z" && $.b = %.% && $.c = d-e }`, 4},
	} {
		if got := len(mustParse(t, c.in).Doubts()); got != c.want {
			t.Errorf("%.40s: got %d doubts, want %d", c.in, got, c.want)
		}
	}
}

func TestParseValid(t *testing.T) {
	got := ParseValid([]string{`{ $.a = 1 }`, `{ $.a = `, `error`})
	if len(got) != 2 || got[0].String() != `{ $.a = 1 }` || got[1].String() != `error` {
		t.Errorf("got %v, want the first and the last", got)
	}
	if got := ParseValid(nil); len(got) != 0 {
		t.Errorf("got %v, want none", got)
	}
}
