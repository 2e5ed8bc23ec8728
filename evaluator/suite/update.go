package suite

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Change is an expectation that an update wrote.
type Change struct {
	File, Suite, Case string
	Line              int    // before the update: of the expectation, or of the case where it is new
	Key               string // the control, or ACCOUNT/CONTROL
	Was, Is           string // "" where there was none
}

func (c Change) String() string {
	what := fmt.Sprintf("%s:%d: %s / %s: %s: ", c.File, c.Line, c.Suite, c.Case, c.Key)
	if c.Was == "" {
		return what + "added: " + c.Is
	}
	return what + c.Was + " -> " + c.Is
}

// Update is the suite's text with what was seen as what is expected, wherever that differs, and what it changed. Comments, the
// order and empty lines stay. Cases that could not be run stay as they are.
func Update(s *Suite, results []Result) ([]byte, []Change, error) {
	marked, err := Parse(s.File, markEmptyLines(s.text))
	if err == nil {
		text, changes, err := marked.update(s, results)
		if err == nil && !bytes.Contains(text, []byte(emptyLine)) {
			return text, changes, nil
		}
	}
	again, err := Parse(s.File, s.text)
	if err != nil {
		return nil, nil, err
	}
	return again.update(s, results)
}

// Replace is the results with those of the suite's cases as they were when it ran again.
func (s *Suite) Replace(results, again []Result) []Result {
	replaced := slices.Clone(results)
	for i, r := range replaced {
		if !slices.Contains(s.Cases, r.of) {
			continue
		}
		if at := slices.IndexFunc(again, func(a Result) bool { return a.of != nil && a.Name == r.Name }); at >= 0 {
			replaced[i] = again[at]
		}
	}
	return replaced
}

// emptyLine stands for an empty line, which yaml would not keep.
const emptyLine = "# cistern: an empty line"

func markEmptyLines(text []byte) []byte {
	lines := strings.Split(string(text), "\n")
	indent := ""
	for i := len(lines) - 2; i >= 0; i-- { // what follows the last line break is no line
		if strings.TrimSpace(lines[i]) == "" {
			lines[i] = indent + emptyLine
			continue
		}
		indent = lines[i][:len(lines[i])-len(strings.TrimLeft(lines[i], " "))]
	}
	return []byte(strings.Join(lines, "\n"))
}

func unmarkEmptyLines(text []byte) []byte {
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) == emptyLine {
			lines[i] = ""
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// update changes the nodes of s, which was read from the same text as original but for its empty lines.
func (s *Suite) update(original *Suite, results []Result) ([]byte, []Change, error) {
	var changes []Change
	for _, c := range s.Cases {
		c.unshare()
	}
	for i, c := range original.Cases {
		at := slices.IndexFunc(results, func(r Result) bool { return r.of == c })
		if at < 0 || results[at].Outcome != Fail || len(results[at].seen) == 0 {
			continue
		}
		u := &rewriting{of: c, mapping: s.Cases[i].ownExpect(), several: len(results[at].seen) > 1}
		u.rewrite(results[at].seen)
		for _, change := range u.changes {
			change.File, change.Suite, change.Case = original.File, original.title(), c.Name
			changes = append(changes, change)
		}
	}
	if len(changes) == 0 {
		return original.text, nil, nil
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(s.tree); err != nil {
		return nil, nil, fmt.Errorf("%s: update: %w", s.File, err)
	}
	text := unmarkEmptyLines(b.Bytes())
	if _, err := Parse(s.File, text); err != nil {
		return nil, nil, fmt.Errorf("%s: update: what would be written cannot be read: %w", s.File, err)
	}
	return text, changes, nil
}

// unshare gives the case expectations of its own where it refers to those of another: one may change without the other.
func (c *Case) unshare() {
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		if c.node.Content[i].Value == "expect" {
			c.node.Content[i+1] = unshared(c.node.Content[i+1])
		}
	}
}

// ownExpect is the mapping of the case's expectations, made if there is none.
func (c *Case) ownExpect() *yaml.Node {
	for i := 0; i+1 < len(c.node.Content); i += 2 {
		if c.node.Content[i].Value != "expect" {
			continue
		}
		value := c.node.Content[i+1]
		if value.Kind != yaml.MappingNode {
			value = &yaml.Node{Kind: yaml.MappingNode, LineComment: value.LineComment}
		}
		c.node.Content[i+1] = value
		return value
	}
	value := &yaml.Node{Kind: yaml.MappingNode, Style: c.node.Style}
	c.node.Content = append(c.node.Content, text("expect"), value)
	return value
}

func text(value string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(value)
	return n
}

// unshared is the node with a copy wherever it refers to an anchor.
func unshared(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		again := *node.Alias
		again.Anchor = ""
		again.Content = slices.Clone(again.Content)
		node = &again
	}
	for i, child := range node.Content {
		node.Content[i] = unshared(child)
	}
	return node
}

// rewriting makes one case expect what was seen.
type rewriting struct {
	of      *Case
	mapping *yaml.Node
	several bool // accounts
	changes []Change
}

func (u *rewriting) rewrite(accounts []report.Account) {
	rewritten := map[*Expectation]report.Result{}
	nothing := len(u.of.Expect) == 0 && len(u.of.Rest) == 0
	for _, a := range accounts {
		for _, r := range a.Results {
			expected := u.of.expected(a.Account, r)
			for _, e := range expected {
				first, again := rewritten[e]
				switch {
				case again && first.Status != r.Status:
					u.add(a.Account, r) // the accounts differ: one for all cannot be right
				case !again && len(e.differences(r)) > 0:
					u.set(e, r)
				}
				if !again {
					rewritten[e] = r
				}
			}
			if len(expected) == 0 && (nothing || len(u.of.Rest) > 0 && !slices.Contains(u.of.Rest, r.Status)) {
				u.add(a.Account, r)
			}
		}
	}
}

// add expects one control more.
func (u *rewriting) add(account string, r report.Result) {
	key := r.Control
	if u.several {
		key = account + "/" + key
	}
	u.mapping.Content = append(u.mapping.Content, text(key), text(string(r.Status)))
	u.changes = append(u.changes, Change{Line: u.of.Line, Key: key, Is: string(r.Status)})
}

// set changes what is expected of a control: its status, and link and message where they were given and no longer hold.
func (u *rewriting) set(e *Expectation, r report.Result) {
	is := *e
	is.Status = r.Status
	for _, d := range is.differences(r) {
		found := telling(r)
		if d.Field == "message" && is.Link != "" {
			found = slices.DeleteFunc(slices.Clone(found), func(f report.Finding) bool { return f.Link != is.Link })
		}
		if d.Field == "link" {
			is.Link = firstOf(found, func(f report.Finding) string { return f.Link })
			found = slices.DeleteFunc(slices.Clone(found), func(f report.Finding) bool { return f.Link != is.Link })
		}
		if is.Message != "" && !slices.ContainsFunc(found, func(f report.Finding) bool { return strings.Contains(f.Message, is.Message) }) {
			is.Message = firstOf(found, func(f report.Finding) string { return f.Message })
		}
	}
	for i := 0; i+1 < len(u.mapping.Content); i += 2 {
		if u.mapping.Content[i].Value == e.key.Value {
			u.mapping.Content[i+1] = is.node(u.mapping.Content[i+1])
		}
	}
	u.changes = append(u.changes, Change{Line: e.Line, Key: e.key.Value, Was: e.shown(), Is: is.shown()})
}

func firstOf(findings []report.Finding, text func(report.Finding) string) string {
	for _, f := range findings {
		if t := text(f); t != "" {
			return t
		}
	}
	return ""
}

// node is the expectation written over what stood there.
func (e *Expectation) node(old *yaml.Node) *yaml.Node {
	fields := map[string]string{"status": string(e.Status), "link": e.Link, "message": e.Message}
	if old.Kind != yaml.MappingNode || e.Link == "" && e.Message == "" {
		scalar := text(string(e.Status))
		scalar.HeadComment, scalar.LineComment, scalar.FootComment = old.HeadComment, old.LineComment, old.FootComment
		return scalar
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(old.Content); i += 2 {
		key, value := old.Content[i], old.Content[i+1]
		is := fields[key.Value]
		if is == "" {
			continue
		}
		if is != value.Value {
			comment := value.LineComment
			value = text(is)
			value.LineComment = comment
		}
		kept = append(kept, key, value)
	}
	old.Content = kept
	return old
}

// shown is the expectation as a suite has it.
func (e *Expectation) shown() string {
	if e.Link == "" && e.Message == "" {
		return string(e.Status)
	}
	parts := []string{"status: " + string(e.Status)}
	if e.Link != "" {
		parts = append(parts, "link: "+e.Link)
	}
	if e.Message != "" {
		parts = append(parts, "message: "+e.Message)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
