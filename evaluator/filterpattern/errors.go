package filterpattern

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrorKind tells apart the reasons for which a filter pattern is refused.
type ErrorKind string

// Every reason. The texts are stable: other programs may compare them.
const (
	ErrLength     ErrorKind = "length"     // over MaxLength characters
	ErrRegexCount ErrorKind = "regexes"    // more %regex% values than AWS accepts
	ErrWildcards  ErrorKind = "wildcards"  // more wildcards in selectors than AWS accepts
	ErrUnclosed   ErrorKind = "unclosed"   // a brace, bracket, parenthesis, quote or % without its end
	ErrTrailing   ErrorKind = "trailing"   // text behind the pattern's end
	ErrSelector   ErrorKind = "selector"   // not $.name, $.['name'], $.list[0] ...
	ErrOperator   ErrorKind = "operator"   // not a comparison, or not one for this value
	ErrConnective ErrorKind = "connective" // not && or || between two conditions
	ErrValue      ErrorKind = "value"      // not a value, or one that must be quoted
	ErrRegex      ErrorKind = "regex"      // not in the subset of regular expressions that AWS accepts
	ErrTerm       ErrorKind = "term"       // not a word or a quoted phrase
	ErrField      ErrorKind = "field"      // not a field of the space form
)

// SyntaxError says why and where AWS would refuse a pattern.
type SyntaxError struct {
	Pattern  string    // the whole pattern
	Offset   int       // in bytes, where it went wrong
	Kind     ErrorKind // which rule was broken
	Expected string    // what could have stood there
	Found    string    // what stands there; "the end" at the end
	Hint     string    // the way out, when the mistake is a known one
}

// Error is one line: what was expected, what was found and where.
func (e *SyntaxError) Error() string {
	found := ""
	if e.Found != "" {
		found = ", found " + e.Found
	}
	return fmt.Sprintf("offset %d: expected %s%s", e.Offset, e.Expected, found)
}

// Caret is two lines: the pattern's line in which the error lies, cut to a window of width columns (80 if width is not
// positive), and a caret under the place.
func (e *SyntaxError) Caret(width int) string {
	if width <= 0 {
		width = 80
	}
	offset := min(max(e.Offset, 0), len(e.Pattern))
	start := strings.LastIndexByte(e.Pattern[:offset], '\n') + 1
	end := len(e.Pattern)
	if i := strings.IndexByte(e.Pattern[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	before := []rune(visible(e.Pattern[start:offset]))
	after := []rune(visible(e.Pattern[offset:end]))
	if keep := max(width*2/3, width-len(after)); len(before) > keep {
		before = append([]rune("..."), before[len(before)-keep+3:]...)
	}
	if room := max(width-len(before), 3); len(after) > room {
		after = append(after[:room-3:room-3], []rune("...")...)
	}
	return string(before) + string(after) + "\n" + strings.Repeat(" ", len(before)) + "^"
}

// visible keeps one column a character, so that the caret stands where it should and a terminal obeys nothing.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
}
