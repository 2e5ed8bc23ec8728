package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// canonical is a value as JSON in the form of RFC 8785: keys sorted, nothing between values, nothing escaped that need not be. Numbers
// stay as they were read: all that a bundle has are whole.
func canonical(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	plain, err := generic(text)
	if err != nil {
		return nil, err
	}
	return appendCanonical(nil, plain), nil
}

// generic is JSON as maps, lists and json.Numbers.
func generic(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	err := d.Decode(&value)
	return value, err
}

func appendCanonical(out []byte, value any) []byte {
	switch v := value.(type) {
	case map[string]any:
		out = append(out, '{')
		for i, key := range slices.SortedFunc(maps.Keys(v), byUTF16) {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendCanonical(append(appendString(out, key), ':'), v[key])
		}
		return append(out, '}')
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendCanonical(out, item)
		}
		return append(out, ']')
	case string:
		return appendString(out, v)
	case json.Number:
		return append(out, v...)
	case bool:
		return strconv.AppendBool(out, v)
	}
	return append(out, "null"...)
}

func byUTF16(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func appendString(out []byte, text string) []byte {
	out = append(out, '"')
	for _, r := range text {
		if i := strings.IndexRune("\"\\\b\f\n\r\t", r); i >= 0 {
			out = append(out, '\\', `"\bfnrt`[i])
		} else if r < ' ' {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, string(r)...)
		}
	}
	return append(out, '"')
}

// differences are the places, as JSON pointers below at, at which two values differ.
func differences(want, found any, at string) []Problem {
	var all []Problem
	switch w := want.(type) {
	case map[string]any:
		f, ok := found.(map[string]any)
		if !ok {
			break
		}
		keys := slices.Collect(maps.Keys(w))
		for key := range f {
			if _, ok := w[key]; !ok {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			below := at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
			a, here := w[key]
			b, there := f[key]
			if here != there {
				all = append(all, Problem{Problem: below, Expected: shown(a, here), Found: shown(b, there)})
				continue
			}
			all = append(all, differences(a, b, below)...)
		}
		return all
	case []any:
		f, ok := found.([]any)
		if !ok {
			break
		}
		for i := range max(len(w), len(f)) {
			below := at + "/" + strconv.Itoa(i)
			if i >= len(w) || i >= len(f) {
				all = append(all, Problem{Problem: below, Expected: shown(itemOf(w, i)), Found: shown(itemOf(f, i))})
				continue
			}
			all = append(all, differences(w[i], f[i], below)...)
		}
		return all
	}
	if reflect.DeepEqual(want, found) {
		return nil
	}
	return []Problem{{Problem: at, Expected: shown(want, true), Found: shown(found, true)}}
}

func itemOf(list []any, i int) (any, bool) {
	if i < len(list) {
		return list[i], true
	}
	return nil, false
}

// shown is a value for a line of text.
func shown(value any, there bool) string {
	const most = 120
	if !there {
		return "nothing"
	}
	text := []rune(string(appendCanonical(nil, value)))
	if len(text) > most {
		return string(text[:most]) + "..."
	}
	return string(text)
}
