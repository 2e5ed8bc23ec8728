package evaluator

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Row is the line with which an edition asks for the control under the id.
func (d Draft) Row(id string) string {
	return fmt.Sprintf("{id: %q, control: %s, level: 1, assessment: automated}", id, d.Slug)
}

// Edition is a new edition of that id which asks for the control alone.
func (d Draft) Edition(id string) []byte {
	return fmt.Appendf(nil, "id: %q\ntitle: %q\nversion: \"1\"\nsections:\n  - id: \"1\"\n    title: %s\n    controls:\n      - %s\n",
		id, id, strings.ToUpper(d.Section[:1])+d.Section[1:], d.Row("1.1"))
}

var lastNumber = regexp.MustCompile(`[0-9]+$`)

// AddTo is the text of an edition with one more row, the last of its last section, and nothing else changed.
func (d Draft) AddTo(file string, text []byte) ([]byte, error) {
	b, err := ParseBenchmark(file, text)
	if err != nil {
		return nil, err
	}
	paste := &InputError{File: file, Problem: "add a row: the file does not end with a list of controls", Hint: "paste it yourself: - " + d.Row("ID")}
	section := b.Sections[len(b.Sections)-1]
	if len(section.Controls) == 0 {
		return nil, paste
	}
	id, err := b.freeID(section.Controls[len(section.Controls)-1].ID, d.Slug)
	if err != nil {
		return nil, err
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, yamlError(file, err)
	}
	list := child(child(child(tree.Content[0], "sections"), len(b.Sections)-1), "controls")
	if list == nil || list.Style&yaml.FlowStyle != 0 {
		return nil, paste
	}
	added := append(bytes.TrimRight(text, " \n"), fmt.Sprintf("\n%s- %s\n", strings.Repeat(" ", list.Column-1), d.Row(id))...)
	after, err := ParseBenchmark(file, added)
	if err != nil || !after.ends(id, d.Slug) {
		return nil, paste
	}
	return added, nil
}

// freeID is the id after last that no row has.
func (b *Benchmark) freeID(last, slug string) (string, error) {
	used := map[string]bool{}
	for _, section := range b.Sections {
		for _, row := range section.Controls {
			if row.Control == slug {
				return "", &InputError{File: b.file, Line: row.line, Problem: fmt.Sprintf("control %s: is there already", slug)}
			}
			used[row.ID] = true
		}
	}
	number := lastNumber.FindString(last)
	if number == "" {
		last, number = last+".", "0"
	}
	stem := strings.TrimSuffix(last, number)
	n, err := strconv.Atoi(number)
	if err != nil {
		stem, n = last+".", 0
	}
	for {
		n++
		if id := stem + strconv.Itoa(n); !used[id] {
			return id, nil
		}
	}
}

// ends tells whether the edition's last row is that one.
func (b *Benchmark) ends(id, slug string) bool {
	for _, section := range slices.Backward(b.Sections) {
		for _, row := range slices.Backward(section.Controls) {
			return row.ID == id && row.Control == slug
		}
	}
	return false
}
