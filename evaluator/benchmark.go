package evaluator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

// Benchmark is one edition: which controls it asks for, under which ids, in which order.
type Benchmark struct {
	ID       string    `yaml:"id"`
	Title    string    `yaml:"title"`
	Version  string    `yaml:"version"`
	Source   string    `yaml:"source"`
	Sections []Section `yaml:"sections"`

	file      string
	text      []byte
	elsewhere func() map[string]bool // the slugs and ids of the other editions, nil if nobody knows them
}

// Section is a chapter of an edition.
type Section struct {
	ID        string `yaml:"id"`
	Title     string `yaml:"title"`
	OtherWays bool   `yaml:"other_ways"` // whether its controls may be met by means that a snapshot does not show
	Controls  []Row  `yaml:"controls"`
}

// Row is one control of an edition.
type Row struct {
	ID         string   `yaml:"id"`
	Control    string   `yaml:"control"`
	Title      string   `yaml:"title"` // the policy's own if empty
	Level      int      `yaml:"level"`
	Assessment string   `yaml:"assessment"`
	Patterns   []string `yaml:"patterns"` // all that the edition accepts; the policy's own if empty
	Notes      []string `yaml:"notes"`
	Needs      []string `yaml:"needs"`      // parameters without which a human must judge
	Reason     string   `yaml:"reason"`     // why no policy can judge it
	OtherWays  *bool    `yaml:"other_ways"` // the section's if nil

	line int
}

// InputError is a file of the user's that cannot be used, and where.
type InputError struct {
	File    string
	Line    int // 0: the whole file
	Column  int // 0: the whole line
	Problem string
	Hint    string
}

func (e *InputError) Error() string {
	switch {
	case e.Line == 0:
		return e.File + ": " + e.Problem
	case e.Column > 0:
		return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}

// ParseBenchmark reads one edition; file is its name in errors.
func ParseBenchmark(file string, text []byte) (*Benchmark, error) {
	b := &Benchmark{file: file, text: text}
	if err := decodeYAML(file, text, b); err != nil {
		return nil, err
	}
	var tree yaml.Node
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, yamlError(file, err)
	}
	for i := range b.Sections {
		for j := range b.Sections[i].Controls {
			row := &b.Sections[i].Controls[j]
			row.line = lineOf(&tree, "sections", i, "controls", j)
			if row.OtherWays == nil {
				row.OtherWays = &b.Sections[i].OtherWays
			}
		}
	}
	return b, b.check()
}

// check is what the YAML's form does not ask.
func (b *Benchmark) check() error {
	if b.ID == "" || b.Title == "" {
		return &InputError{File: b.file, Problem: "edition: has no id or no title"}
	}
	ids, slugs := map[string]bool{}, map[string]bool{}
	for _, section := range b.Sections {
		for _, row := range section.Controls {
			problem := ""
			switch {
			case row.ID == "" || row.Control == "":
				problem = "control: has no id or no control (its slug)"
			case ids[row.ID]:
				problem = fmt.Sprintf("control %s: the id is there twice", row.ID)
			case slugs[row.Control]:
				problem = fmt.Sprintf("control %s: is there twice", row.Control)
			}
			if problem != "" {
				return &InputError{File: b.file, Line: row.line, Problem: problem}
			}
			ids[row.ID], slugs[row.Control] = true, true
		}
	}
	if len(ids) == 0 {
		return &InputError{File: b.file, Problem: "edition: has no controls"}
	}
	return nil
}

// Benchmarks reads every edition in the sources' folders `benchmarks`: the catalogues of CIS oldest first, then the others
// by id. A later source replaces an edition of an earlier one.
func Benchmarks(sources []Source) ([]*Benchmark, error) {
	byID := map[string]*Benchmark{}
	for _, source := range sources {
		names, err := fs.Glob(source.FS, "benchmarks/*.yaml")
		if err != nil {
			return nil, fmt.Errorf("%s: read benchmarks: %w", source.Name, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(source.FS, name)
			if err != nil {
				return nil, fmt.Errorf("%s: read benchmark: %w", path.Join(source.Name, name), err)
			}
			b, err := ParseBenchmark(path.Join(source.Name, name), text)
			if err != nil {
				return nil, err
			}
			byID[b.ID] = b
		}
	}
	var all []*Benchmark
	for _, b := range byID {
		all = append(all, b)
	}
	for _, b := range all {
		b.Among(all)
	}
	slices.SortFunc(all, func(a, b *Benchmark) int {
		if a.isCIS() != b.isCIS() {
			return cmp.Compare(b.rank(), a.rank())
		}
		return cmp.Or(slices.Compare(versionOf(a.Version), versionOf(b.Version)), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// Among tells the edition which others there are, so that what one of them knows is not taken for a mistake.
func (b *Benchmark) Among(all []*Benchmark) {
	b.elsewhere = sync.OnceValue(func() map[string]bool { return controlsIn(all) })
}

// controlsIn is the slugs and ids of all editions' controls.
func controlsIn(all []*Benchmark) map[string]bool {
	names := map[string]bool{}
	for _, b := range all {
		for _, section := range b.Sections {
			for _, row := range section.Controls {
				names[row.Control], names[row.ID] = true, true
			}
		}
	}
	return names
}

// others is the slugs and ids of the other editions' controls.
func (b *Benchmark) others() map[string]bool {
	if b.elsewhere == nil {
		return nil
	}
	return b.elsewhere()
}

func (b *Benchmark) isCIS() bool { return strings.HasPrefix(b.ID, "cis-") }

func (b *Benchmark) rank() int {
	if b.isCIS() {
		return 1
	}
	return 0
}

// versionOf is a version's numbers, so that 10.0.0 is newer than 9.0.0.
func versionOf(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return numbers
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// FindBenchmark is the edition of that id ("cis-7.0.0", or "7.0.0" for short); the newest of CIS if the id is empty.
func FindBenchmark(all []*Benchmark, id string) (*Benchmark, error) {
	var names []string
	var newest *Benchmark
	for _, b := range all {
		if b.ID == id || b.ID == "cis-"+id {
			return b, nil
		}
		if b.isCIS() {
			newest = b
		}
		names = append(names, b.ID)
	}
	if id == "" && newest != nil {
		return newest, nil
	}
	return nil, &InputError{
		File: "benchmark " + cmp.Or(id, "(the newest of CIS)"), Problem: "find: no such edition",
		Hint: "one of " + strings.Join(names, ", ") + ", or a YAML file",
	}
}

// ShippedEdition is what FindBenchmark finds where all editions are shipped ones, whose files are called by their ids: it reads only that one.
// It is nil where more must be read to find it.
func ShippedEdition(sources []Source, id string) (*Benchmark, error) {
	var files []*Benchmark // what their names tell of them
	var shipped Source
	for _, source := range sources {
		names, err := fs.Glob(source.FS, "benchmarks/*.yaml")
		if err != nil || len(names) > 0 && !source.Catalogue {
			return nil, nil
		}
		for _, name := range names {
			shipped = source
			name = strings.TrimSuffix(path.Base(name), ".yaml")
			files = append(files, &Benchmark{ID: name, Version: strings.TrimPrefix(name, "cis-")})
		}
	}
	slices.SortFunc(files, func(a, b *Benchmark) int { return slices.Compare(versionOf(a.Version), versionOf(b.Version)) })
	found, err := FindBenchmark(files, id)
	if err != nil {
		return nil, nil
	}
	name := "benchmarks/" + found.ID + ".yaml"
	text, err := fs.ReadFile(shipped.FS, name)
	if err != nil {
		return nil, nil
	}
	b, err := ParseBenchmark(path.Join(shipped.Name, name), text)
	if err != nil || b.ID != found.ID {
		return nil, err
	}
	b.elsewhere = sync.OnceValue(func() map[string]bool {
		all, err := Benchmarks(sources)
		if err != nil {
			all = []*Benchmark{b}
		}
		return controlsIn(all)
	})
	return b, nil
}

// decodeYAML reads YAML into a struct; a field that the struct does not have is an error.
func decodeYAML(file string, text []byte, into any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(into)
	if errors.Is(err, io.EOF) {
		return &InputError{File: file, Problem: "read: the file is empty"}
	}
	if err != nil {
		return yamlError(file, err)
	}
	return nil
}

var (
	yamlLine    = regexp.MustCompile(`line (\d+): (.*)`)
	yamlUnknown = regexp.MustCompile(`field (.*) not found in type .*`)
)

// yamlError says yaml's error our way, with file and line.
func yamlError(file string, err error) error {
	e := &InputError{File: file, Problem: "read: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		e.Line, _ = strconv.Atoi(m[1])
		e.Problem = yamlUnknown.ReplaceAllString(m[2], "unknown field $1")
	}
	return e
}

// lineOf is the line of the node at the path of keys and indexes, 0 if it is not there.
func lineOf(node *yaml.Node, way ...any) int {
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	for _, step := range way {
		if node = child(node, step); node == nil {
			return 0
		}
	}
	return node.Line
}

func child(node *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	}
	return nil
}
