package snapshots

import (
	"slices"
	"strings"
)

// known are the originals that have no shape by which they could be found: names of people, roles, accounts, hosts and, where that was
// asked for, of resources.
type known struct {
	pseudonym map[string]func(text string) string
	index     map[string][]string // by the first three bytes in lower case, the longest first
	accounts  map[string]bool
}

// shortest is how long an original is at least that is looked for within other texts. Where a field holds nothing but a shorter one, or an
// ARN names it, it is replaced there.
const shortest = 4

// anywhere is how long an original is that is replaced even within a word.
const anywhere = 8

func newKnown() known {
	return known{map[string]func(string) string{}, map[string][]string{}, map[string]bool{}}
}

func (k known) add(text string, pseudonym func(string) string) {
	if len(text) < shortest || isOwn(text) || k.pseudonym[text] != nil {
		return
	}
	k.pseudonym[text] = pseudonym
	key := strings.ToLower(text[:3])
	k.index[key] = append(k.index[key], text)
	slices.SortFunc(k.index[key], func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}

// replace puts pseudonyms in the places of the originals in a text, however they are spelt in capitals.
func (k known) replace(text string) string {
	var b strings.Builder
	last := 0
	for i := 0; i+shortest <= len(text); i++ {
		found := k.at(text, i)
		if found == "" {
			continue
		}
		b.WriteString(text[last:i])
		b.WriteString(k.pseudonym[found](text[i : i+len(found)]))
		i += len(found) - 1
		last = i + 1
	}
	if last == 0 {
		return text
	}
	return b.String() + text[last:]
}

// at is the longest original that stands at i.
func (k known) at(text string, i int) string {
	for _, original := range k.index[strings.ToLower(text[i:i+3])] {
		end := i + len(original)
		if end > len(text) || !strings.EqualFold(text[i:end], original) {
			continue
		}
		whole := (i == 0 || !alphanumeric(text[i-1])) && (end == len(text) || !alphanumeric(text[end]))
		if whole || len(original) >= anywhere && !ordinary(original) {
			return original
		}
	}
	return ""
}

// ordinary tells whether an original may be a part of words of AWS: management, eventName.
func ordinary(original string) bool {
	return len(original) < 12 && strings.IndexFunc(original, func(c rune) bool { return c > 127 || !alphanumeric(byte(c)) || c <= '9' }) < 0
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
