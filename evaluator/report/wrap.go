package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes a text from a snapshot safe for a terminal: names there may hold escape sequences, line breaks or marks that
// turn the reading direction. What a terminal would obey is shown by its code point.
func Clean(text string) string {
	if !strings.ContainsFunc(text, unsafe) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unsafe(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unsafe reports control characters, line and paragraph separators, and invisible format characters.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// wrap breaks a text into lines of at most width columns, at spaces. A longer word is broken after a slash or a colon, as in an ARN, or a wide
// character; what has none has a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for i, part := range broken(word, width) {
			switch {
			case line == "":
				line = part
			case i == 0 && span(line)+1+span(part) <= width:
				line += " " + part
			default:
				lines = append(lines, line)
				line = part
			}
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// broken is a word in parts of at most width columns, as far as slashes and colons allow.
func broken(word string, width int) []string {
	if span(word) <= width {
		return []string{word}
	}
	var parts []string
	part := ""
	for word != "" {
		end := len(word)
		if i := strings.IndexFunc(word, breakable); i >= 0 {
			_, size := utf8.DecodeRuneInString(word[i:])
			end = i + size
		}
		if part != "" && span(part)+span(word[:end]) > width {
			parts = append(parts, part)
			part = ""
		}
		part += word[:end]
		word = word[end:]
	}
	return append(parts, part)
}

// breakable are the characters after which a word may be broken: Chinese and Japanese are written without spaces.
func breakable(r rune) bool { return r == '/' || r == ':' || unicode.Is(wideCharacters, r) }

// span is how many columns a terminal gives a text.
func span(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case r < 0x300:
			n++
		case unicode.In(r, unicode.Mn, unicode.Me): // above or below the character before
		case unicode.Is(wideCharacters, r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wideCharacters are those that take two columns: what Unicode calls wide or fullwidth, by blocks.
var wideCharacters = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0x33ff, 1}, {0x3400, 0x4dbf, 1}, {0x4e00, 0x9fff, 1}, {0xa000, 0xa4cf, 1},
		{0xa960, 0xa97c, 1}, {0xac00, 0xd7a3, 1}, {0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff01, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

// pad fills a text with spaces up to width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-span(text)))
}
