package snapshots

import "strings"

// rewriteJSON replaces the texts of a JSON document, names and numbers that hold an account id among them, and leaves all else as it stands.
func rewriteJSON(data []byte, replace func(string) string) ([]byte, error) {
	either := func(_ []string, text string) string { return replace(text) }
	return rewriteMembers(data, either, either)
}

// rewriteMembers replaces names and values apart, each by the names that it stands within.
func rewriteMembers(data []byte, name, value func(within []string, text string) string) ([]byte, error) {
	w := &rewriter{scanner: scanner{data: data}, name: name, replace: value}
	if err := w.value(); err != nil {
		return nil, err
	}
	if err := w.whole(); err != nil {
		return nil, err
	}
	return append(w.out, data[w.copied:]...), nil
}

type rewriter struct {
	scanner
	name, replace func(within []string, text string) string
	within        []string
	out           []byte
	copied        int // how much of the data is in out
}

func (w *rewriter) value() error {
	c := w.peek()
	start := w.pos
	switch {
	case c == '{':
		return w.members(func(name string, offset int) error {
			end := scanner{data: w.data, pos: offset}
			if _, err := end.text(); err != nil {
				return err
			}
			if err := w.put(name, w.name(w.within, name), offset, end.pos); err != nil {
				return err
			}
			w.within = append(w.within, name)
			err := w.value()
			w.within = w.within[:len(w.within)-1]
			return err
		})
	case c == '[':
		return w.items(func(int) error { return w.value() })
	case c == '"':
		text, err := w.text()
		if err != nil {
			return err
		}
		return w.put(text, w.replace(w.within, text), start, w.pos)
	case c == '-' || c >= '0' && c <= '9':
		digits, err := w.numeral()
		word := string(digits)
		if changed := w.replace(w.within, word); err == nil && changed != word && strings.Trim(changed, "-+.eE0123456789") == "" {
			w.out = append(append(w.out, w.data[w.copied:start]...), changed...)
			w.copied = w.pos
		}
		return err
	}
	_, err := w.skip()
	return err
}

// put writes a text in the place of the one between start and end.
func (w *rewriter) put(text, changed string, start, end int) error {
	if changed == text {
		return nil
	}
	e := encoder{}
	if err := e.text(changed); err != nil {
		return err
	}
	w.out = append(append(w.out, w.data[w.copied:start]...), e.out...)
	w.copied = end
	return nil
}
