package remediation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The values of a template: a string is a text as it is, a yamlSource what stands in the file, and []any a list.
type (
	yamlSource string
	yamlMap    []yamlMember
	yamlMember struct {
		name  string
		value any
	}
	// yamlTagged is a function of CloudFormation: !If and what it takes.
	yamlTagged struct {
		tag   string
		value any
	}
)

// with is the map with one more member, unless the value is nil.
func (m yamlMap) with(name string, value any) yamlMap {
	if value == nil {
		return m
	}
	return append(m, yamlMember{name, value})
}

// of is the value of a member; nil if there is none.
func (m yamlMap) of(name string) any {
	for _, member := range m {
		if member.name == name {
			return member.value
		}
	}
	return nil
}

// yamlLines are a value as what stands behind its name, and the lines below that.
func yamlLines(value any) (inline string, lines []string) {
	switch v := value.(type) {
	case string:
		return yamlQuoted(v), nil
	case yamlSource:
		return string(v), nil
	case yamlTagged:
		inline, lines = yamlLines(v.value)
		return strings.TrimSpace(v.tag + " " + inline), lines
	case yamlMap:
		for _, m := range v {
			lines = append(lines, yamlNamed(m)...)
		}
	case []any:
		for _, item := range v {
			inline, below := yamlLines(item)
			if inline == "" && len(below) > 0 {
				inline, below = below[0], below[1:]
			} else if _, tagged := item.(yamlTagged); !tagged {
				below = nil
			}
			lines = append(append(lines, "- "+inline), indented(below)...)
		}
		if len(v) == 0 {
			return "[]", nil
		}
	default:
		text, err := json.Marshal(value)
		if err != nil {
			return "null", nil // of texts, numbers and lists only: cannot happen
		}
		return string(text), nil
	}
	if len(lines) == 0 {
		return "{}", nil
	}
	return "", lines
}

// yamlNamed are the lines of a member.
func yamlNamed(m yamlMember) []string {
	name := m.name
	if strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ':')
	}) ||
		strings.TrimLeft(name, "0123456789:") != name || strings.HasSuffix(name, ":") || yamlMeans(name) {
		name = yamlQuoted(name)
	}
	inline, lines := yamlLines(m.value)
	return append([]string{strings.TrimRight(name+": "+inline, " ")}, indented(lines)...)
}

// yamlMeans tells whether a plain word means something else than itself.
func yamlMeans(word string) bool {
	return word == "" || slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(word))
}

func indented(lines []string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, "  "+line)
	}
	return all
}

// yamlQuoted is a text in quotes: single ones, in which every sign is itself, unless one cannot be seen.
func yamlQuoted(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// same tells whether two values are written alike.
func same(a, b any) bool {
	first, lines := yamlLines(a)
	second, others := yamlLines(b)
	return first == second && slices.Equal(lines, others)
}
