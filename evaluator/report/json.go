package report

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
)

//go:embed schema.json
var schema string

// Schema is the JSON Schema of a report.
func Schema() []byte { return []byte(schema) }

// writeJSON writes contract no. 2: fields in the order of the contract, evidence by key, one final newline.
func writeJSON(w io.Writer, s *Stream, _ Style) error {
	head := *s.Head
	if head.Accounts = []Account{}; len(s.Briefs) == 0 {
		return encode(w, &head, "  ")
	}
	text, err := marshalIn("", &head)
	if err != nil {
		return err
	}
	return writeHoles(w, append(text, '\n'), jsonHole{`"accounts"`, accountIndent, func(add func([]byte) error) error {
		for account, err := range s.texts() {
			if err != nil {
				return err
			}
			if err := add(account); err != nil {
				return err
			}
		}
		return nil
	}})
}

// encode writes JSON that is safe for a terminal: characters that it would obey, or that turn the reading direction, are escaped. In
// JSON they can stand in strings only, so nothing is lost.
func encode(w io.Writer, value any, indent string) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	_, err := w.Write(escaped(b.Bytes()))
	return err
}

func escaped(text []byte) []byte {
	if !bytes.ContainsFunc(text, obeyed) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for _, r := range string(text) {
		switch {
		case !obeyed(r):
			out = append(out, string(r)...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// obeyed are the unsafe characters that the encoder lets stand in strings; it escapes the others, and breaks lines between values. What
// was no character is escaped by it, and by us when it comes again.
func obeyed(r rune) bool { return r >= 0x7f && unsafe(r) || r == unicode.ReplacementChar }
