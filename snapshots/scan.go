package snapshots

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cistern-audit/cistern/snapshots/octets"
)

// maxDepth bounds how deep the values of a file may nest.
const maxDepth = 100

// scanner reads JSON text (RFC 8259) strictly: it refuses what is not UTF-8 and half surrogates, which other readers
// replace in silence.
type scanner struct {
	data  []byte
	pos   int
	path  []step
	depth int
	// duplicate is told of every second key of an object, at its offset; the path leads to it.
	duplicate func(offset int)
}

func (s *scanner) fail(offset int, reason, hint string) error {
	before := s.data[:min(offset, len(s.data))]
	return &SyntaxError{
		Pointer: pointerOf(s.path),
		Offset:  int64(offset),
		Line:    bytes.Count(before, []byte("\n")) + 1,
		Column:  offset - bytes.LastIndexByte(before, '\n'),
		Reason:  reason,
		Hint:    hint,
	}
}

func (s *scanner) unexpected(wanted string) error {
	if s.pos >= len(s.data) {
		return s.fail(len(s.data), "the text ends where "+wanted+" should stand",
			"the file is not whole: copy or make it again")
	}
	r, _ := utf8.DecodeRune(s.data[s.pos:])
	return s.fail(s.pos, fmt.Sprintf("%s should stand here, not %q", wanted, r), "")
}

// peek is the next byte that is not white space, 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
			s.pos += octets.Blanks(s.data[s.pos:])
		default:
			return c
		}
	}
	return 0
}

func (s *scanner) descend() error {
	if s.depth++; s.depth > maxDepth {
		return s.fail(s.pos, fmt.Sprintf("values nest deeper than %d", maxDepth), "")
	}
	return nil
}

// members reads an object and calls each for every member, which must read its value. The name is unescaped.
func (s *scanner) members(each func(name string, offset int) error) error {
	return s.named(func(name []byte, offset int) error { return each(string(name), offset) })
}

// named is members for who needs no name of its own: it may stand in the text.
func (s *scanner) named(each func(name []byte, offset int) error) error {
	if err := s.descend(); err != nil {
		return err
	}
	s.pos++ // {
	for first := true; ; first = false {
		c := s.peek()
		if c == '}' && first {
			break
		}
		if c != '"' {
			return s.unexpected("a quoted name" + orEnd(first, "}"))
		}
		offset := s.pos
		name, err := s.letters()
		if err != nil {
			return err
		}
		s.path = append(s.path, step{name: name})
		if s.peek() != ':' {
			return s.unexpected(`":"`)
		}
		s.pos++
		if err := each(name, offset); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
		if c = s.peek(); c == '}' {
			break
		}
		if c != ',' {
			return s.unexpected(`"," or "}"`)
		}
		s.pos++
	}
	s.pos++
	s.depth--
	return nil
}

// items reads a list and calls each for every item, which must read it.
func (s *scanner) items(each func(index int) error) error {
	if err := s.descend(); err != nil {
		return err
	}
	s.pos++ // [
	for i := 0; ; i++ {
		if s.peek() == ']' && i == 0 {
			break
		}
		s.path = append(s.path, step{index: i})
		if err := each(i); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
		c := s.peek()
		if c == ']' {
			break
		}
		if c != ',' {
			return s.unexpected(`"," or "]"`)
		}
		s.pos++
	}
	s.pos++
	s.depth--
	return nil
}

func orEnd(first bool, end string) string {
	if first {
		return ` or "` + end + `"`
	}
	return ""
}

// skip reads any value and returns its text as it stands. It checks the value whole.
func (s *scanner) skip() ([]byte, error) {
	c := s.peek()
	start := s.pos
	var err error
	switch {
	case c == '{':
		seen := map[string]bool{}
		err = s.members(func(name string, offset int) error {
			if seen[name] && s.duplicate != nil {
				s.duplicate(offset)
			}
			seen[name] = true
			_, err := s.skip()
			return err
		})
	case c == '[':
		err = s.items(func(int) error { _, err := s.skip(); return err })
	case c == '"':
		_, err = s.text()
	case c == '-' || c >= '0' && c <= '9':
		_, err = s.numeral()
	default:
		err = s.word()
	}
	return s.data[start:s.pos], err
}

// word reads true, false or null.
func (s *scanner) word() error {
	for _, word := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
			s.pos += len(word)
			return nil
		}
	}
	return s.unexpected("a value")
}

// numeral reads a number and returns its text.
func (s *scanner) numeral() ([]byte, error) {
	start := s.pos
	s.next('-', '-')
	switch {
	case s.next('0', '0'):
	case !s.digits():
		return nil, s.unexpected("a digit")
	}
	if s.next('.', '.') && !s.digits() {
		return nil, s.unexpected("a digit")
	}
	if s.next('e', 'E') {
		s.next('+', '-')
		if !s.digits() {
			return nil, s.unexpected("a digit")
		}
	}
	return s.data[start:s.pos], nil
}

// digits steps over digits, and tells whether there are any.
func (s *scanner) digits() bool {
	from := s.pos
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
	}
	return s.pos > from
}

// next steps over one of two bytes, and tells whether it stands here.
func (s *scanner) next(this, that byte) bool {
	if s.pos < len(s.data) && (s.data[s.pos] == this || s.data[s.pos] == that) {
		s.pos++
		return true
	}
	return false
}

// text reads a string and returns it unescaped.
func (s *scanner) text() (string, error) {
	letters, err := s.letters()
	return string(letters), err
}

// letters is text without a copy: without escapes, it is what stands in the data.
func (s *scanner) letters() ([]byte, error) {
	s.pos++ // "
	start := s.pos
	for s.pos += plain(s.data[s.pos:]); s.pos < len(s.data); s.pos += plain(s.data[s.pos:]) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[start : s.pos-1], nil
		case c == '\\':
			return s.escaped(start)
		case c < 0x20:
			return nil, s.fail(s.pos, "a control character inside a string", "a line break in a string is written \\n; or the file is not whole")
		default:
			if err := s.multibyte(); err != nil {
				return nil, err
			}
		}
	}
	return nil, s.unexpected(`the closing '"' of a string`)
}

// plain counts the bytes that stand for themselves in a string of JSON, up to the first other one: a quote, a backslash, a control
// character, or part of a character of several bytes.
func plain(text []byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; n+8 <= len(text); n += 8 {
		x := binary.LittleEndian.Uint64(text[n:])
		quote, back := x^('"'*ones), x^('\\'*ones)
		other := (quote-ones)&^quote | (back-ones)&^back | (x-0x20*ones)&^x | x
		if other &= highs; other != 0 {
			return n + bits.TrailingZeros64(other)/8
		}
	}
	for n < len(text) && text[n] >= 0x20 && text[n] < utf8.RuneSelf && text[n] != '"' && text[n] != '\\' {
		n++
	}
	return n
}

// multibyte steps over one character of several bytes.
func (s *scanner) multibyte() error {
	r, size := utf8.DecodeRune(s.data[s.pos:])
	if r == utf8.RuneError && size == 1 {
		return s.fail(s.pos, "not UTF-8", "save the file as UTF-8")
	}
	s.pos += size
	return nil
}

// escaped goes on with a string whose first escape stands here.
func (s *scanner) escaped(start int) ([]byte, error) {
	b := append(make([]byte, 0, 64), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return b, nil
		case c == '\\':
			r, err := s.escape()
			if err != nil {
				return nil, err
			}
			b = utf8.AppendRune(b, r)
		case c < 0x20:
			return nil, s.fail(s.pos, "a control character inside a string", "a line break in a string is written \\n; or the file is not whole")
		default:
			from := s.pos
			if s.pos += plain(s.data[s.pos:]); s.pos == from {
				if err := s.multibyte(); err != nil {
					return nil, err
				}
			}
			b = append(b, s.data[from:s.pos]...)
		}
	}
	return nil, s.unexpected(`the closing '"' of a string`)
}

// escape reads one escape: \n, \u00e9, 😀.
func (s *scanner) escape() (rune, error) {
	start := s.pos
	if s.pos+1 >= len(s.data) {
		s.pos = len(s.data)
		return 0, s.unexpected("the rest of an escape")
	}
	c := s.data[s.pos+1]
	s.pos += 2
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), c); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if c != 'u' {
		return 0, s.fail(start, fmt.Sprintf("\\%c is not an escape", c), "a backslash itself is written \\\\")
	}
	high, ok := s.hex()
	if !ok {
		return 0, s.fail(start, "\\u needs four hexadecimal digits", "")
	}
	if !utf16.IsSurrogate(high) {
		return high, nil
	}
	if bytes.HasPrefix(s.data[s.pos:], []byte(`\u`)) {
		s.pos += 2
		if low, ok := s.hex(); ok {
			if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
				return r, nil
			}
		}
	}
	return 0, s.fail(start, "half a surrogate pair, which is no character", "")
}

func (s *scanner) hex() (rune, bool) {
	if s.pos+4 > len(s.data) {
		return 0, false
	}
	var r rune
	for _, c := range s.data[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	s.pos += 4
	return r, true
}

// whole checks that nothing but white space follows.
func (s *scanner) whole() error {
	if s.peek(); s.pos < len(s.data) {
		return s.fail(s.pos, "more text after the end of the document", "a file holds one document")
	}
	return nil
}
