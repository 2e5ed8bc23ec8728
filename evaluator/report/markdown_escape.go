package report

import "strings"

// markdown is a text that Markdown shows as it is: no mark-up, no HTML, nobody mentioned, no issue or address linked.
func markdown(text string) string {
	// GitHub looks for mentions and addresses in what was escaped already: what has no width keeps them apart.
	const apart = "&#8203;"
	text = cut(plain(text), markdownText)
	var b strings.Builder
	for i, r := range text {
		switch r {
		case '@', '#':
			b.WriteString(`\` + string(r) + apart)
		case '$':
			b.WriteString("&#36;") // else two of them are a formula
		case '\\', '`', '*', '_', '{', '}', '[', ']', '(', ')', '<', '>', '!', '|', '~', '&':
			b.WriteString(`\` + string(r))
		case '-', '+', '=':
			if i == 0 {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		case ':':
			b.WriteRune(r)
			if strings.HasPrefix(text[i:], "://") {
				b.WriteString(apart)
			}
		case '.':
			if strings.TrimLeft(text[:i], "0123456789") == "" {
				b.WriteByte('\\') // else a list begins
			}
			if i >= 3 && strings.EqualFold(text[i-3:i], "www") {
				b.WriteString(apart)
			}
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// markdownCode is a text in a code span, where nothing is mark-up.
func markdownCode(text string) string {
	text = cut(plain(text), markdownText)
	if text == "" {
		return ""
	}
	fence := markdownFence(text, 1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}

// markdownFence is longer than every run of backticks in the text.
func markdownFence(text string, least int) string {
	run, longest := 0, least-1
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return strings.Repeat("`", longest+1)
}
