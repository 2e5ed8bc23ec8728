package remediation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// hcl is a text in Terraform's language, as terraform fmt would write it.
type hcl struct {
	bytes.Buffer
	depth int
	run   [][2]string // attributes of one line each that follow one another: their equals signs stand below each other
	begun bool        // the block has an attribute or a block
}

// set writes an attribute. An expression of several lines begins in the line of its name.
func (h *hcl) set(name, expression string) {
	h.begun = true
	if !strings.Contains(expression, "\n") {
		h.run = append(h.run, [2]string{name, expression})
		return
	}
	h.flush()
	indent := strings.Repeat("  ", h.depth)
	h.WriteString(indent + name + " = " + strings.ReplaceAll(expression, "\n", "\n"+indent) + "\n")
}

// setIf writes an attribute, unless it has no expression.
func (h *hcl) setIf(name, expression string) {
	if expression != "" {
		h.set(name, expression)
	}
}

func (h *hcl) flush() {
	h.WriteString(alignedAttributes(h.run, strings.Repeat("  ", h.depth)))
	h.run = nil
}

func alignedAttributes(all [][2]string, indent string) string {
	width := 0
	for _, a := range all {
		width = max(width, len(a[0]))
	}
	var b strings.Builder
	for _, a := range all {
		fmt.Fprintf(&b, "%s%-*s = %s\n", indent, width, a[0], a[1])
	}
	return b.String()
}

// block writes a block, with an empty line before it unless it is the first in another.
func (h *hcl) block(header string, body func()) {
	h.flush()
	if h.begun {
		h.WriteByte('\n')
	}
	indent := strings.Repeat("  ", h.depth)
	h.WriteString(indent + header + " {\n")
	h.depth, h.begun = h.depth+1, false
	body()
	h.flush()
	h.depth, h.begun = h.depth-1, true
	h.WriteString(indent + "}\n")
}

// hclWord tells whether a text is a name of Terraform's language.
func hclWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_')
	}) && (text[0] < '0' || text[0] > '9')
}

// hclQuoted is a text as a string of Terraform's language, in which nothing is taken for an expression.
func hclQuoted(text string) string { return `"` + hclEscaped(text, false) + `"` }

// hclEscaped is a text as part of a string; an expression in ${ } may follow.
func hclEscaped(text string, follows bool) string {
	var b strings.Builder
	signs := []rune(text)
	for i, r := range signs {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '$' || r == '%':
			opens := i+1 < len(signs) && signs[i+1] == '{'
			again := i > 0 && signs[i-1] == r
			switch {
			case opens && !again:
				b.WriteString(string(r) + string(r))
			case opens, i+1 == len(signs) && follows: // a sign doubled would mean itself
				fmt.Fprintf(&b, `\u%04x`, r)
			default:
				b.WriteRune(r)
			}
		case r > 0xFFFF && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hclText is a text of a plan as an expression: its variables are Terraform's.
func hclText(text string) string {
	parts := Text(text)
	if len(parts) == 1 && parts[0].Variable != "" {
		return "var." + strings.ToLower(parts[0].Variable)
	}
	var b strings.Builder
	b.WriteByte('"')
	for i, part := range parts {
		if part.Variable != "" {
			b.WriteString("${var." + strings.ToLower(part.Variable) + "}")
			continue
		}
		b.WriteString(hclEscaped(part.Literal, i+1 < len(parts)))
	}
	b.WriteByte('"')
	return b.String()
}

// hclList is a list of expressions; of several lines if there are several.
func hclList(expressions []string) string {
	switch len(expressions) {
	case 0:
		return "[]"
	case 1:
		return "[" + expressions[0] + "]"
	}
	return "[\n" + hclIndented(strings.Join(expressions, ",\n")+",\n") + "]"
}

// hclTexts is a list of texts of a plan.
func hclTexts(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, hclText(text))
	}
	return hclList(all)
}

// hclIndented is lines one step further in.
func hclIndented(lines string) string {
	lines = strings.TrimSuffix(lines, "\n")
	return "  " + strings.ReplaceAll(lines, "\n", "\n  ") + "\n"
}

// hclValue is a value of a policy document as an expression.
func hclValue(value any) string {
	switch v := value.(type) {
	case string:
		return hclText(v)
	case []string:
		return hclTexts(v)
	case Document:
		return hclValue(Object(v))
	case Object:
		return hclObject(v)
	case []Object:
		var all []string
		for _, o := range v {
			all = append(all, hclObject(o))
		}
		if len(all) == 1 {
			return "[\n" + hclIndented(all[0]+",") + "]"
		}
		return hclList(all)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "null" // of texts, numbers and lists only: cannot happen
	}
	return string(text)
}

func hclObject(o Object) string {
	var b strings.Builder
	var run [][2]string
	for _, m := range o {
		name, value := m.Name, hclValue(m.Value)
		if !hclWord(name) {
			name = hclQuoted(name)
		}
		if !strings.Contains(value, "\n") {
			run = append(run, [2]string{name, value})
			continue
		}
		b.WriteString(alignedAttributes(run, "") + name + " = " + value + "\n")
		run = nil
	}
	b.WriteString(alignedAttributes(run, ""))
	if b.Len() == 0 {
		return "{}"
	}
	return "{\n" + hclIndented(b.String()) + "}"
}

// hclMap is a map of texts in one line, in the order of its keys.
func hclMap(m map[string]string) string {
	var keys, all []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		all = append(all, hclQuoted(key)+" = "+hclText(m[key]))
	}
	return "{ " + strings.Join(all, ", ") + " }"
}
