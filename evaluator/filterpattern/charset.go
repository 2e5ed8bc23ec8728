package filterpattern

import (
	"slices"
	"unicode/utf8"
)

// charSet is a set of characters as sorted, disjoint ranges, ends included.
type charSet []charRange

type charRange struct{ lo, hi rune }

var (
	anyChar    = charSet{{0, utf8.MaxRune}}
	digits     = charSet{{'0', '9'}}
	wordChars  = charSet{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	newline    = charSet{{'\n', '\n'}}
	notNewline = newline.complement()
	// blanks is \s of RE2; Java's has the vertical tab too.
	blanks     = charSet{{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}
	javaBlanks = charSet{{'\t', '\r'}, {' ', ' '}}
	// javaLineEnds are what Java's dot leaves out and Java's $ may stand before.
	javaLineEnds = charSet{{'\n', '\n'}, {'\r', '\r'}, {'\u0085', '\u0085'}, {'\u2028', '\u2029'}}
)

func single(r rune) charSet { return charSet{{r, r}} }

func (s charSet) contains(r rune) bool {
	for _, cr := range s {
		if r < cr.lo {
			return false
		}
		if r <= cr.hi {
			return true
		}
	}
	return false
}

func (s charSet) complement() charSet {
	var out charSet
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			out = append(out, charRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= utf8.MaxRune {
		out = append(out, charRange{next, utf8.MaxRune})
	}
	return out
}

func (s charSet) union(o charSet) charSet {
	all := append(slices.Clone(s), o...)
	slices.SortFunc(all, func(a, b charRange) int { return int(a.lo - b.lo) })
	var out charSet
	for _, r := range all {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
			continue
		}
		out = append(out, r)
	}
	return out
}
