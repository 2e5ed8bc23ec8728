package evaluator

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// decision is what every entry of a waivers file says: of which control in which accounts, who answers for it, and until when.
type decision struct {
	kind     string // "waiver", "exception" or "attestation"
	file     string
	line     int
	control  string
	accounts []string // all if empty
	owner    string
	reason   string
	ticket   string
	expires  string    // the last day on which it holds
	end      time.Time // the first moment at which it no longer does
	absent   string    // why the edition's report cannot have such a row
	refused  string    // why it was not applied where it was meant to be
	asked    bool      // its control was judged: --control and --level may leave it out
	used     bool
	expired  bool // at the clock of an account that it would have served
}

// soon is how near an expiry is announced.
const soon = 30 * 24 * time.Hour

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
)

// of tells whether the decision is about that row of that account.
func (d *decision) of(account, control, id string) bool {
	return (d.control == control || d.control == id) && (len(d.accounts) == 0 || slices.Contains(d.accounts, account))
}

// live tells whether the decision still holds, and remembers that it would have been wanted if it does not.
func (d *decision) live(now time.Time) bool {
	if now.Before(d.end) {
		return true
	}
	d.expired = true
	return false
}

func (d *decision) lapsed() string {
	return fmt.Sprintf("the %s of %s expired on %s", d.kind, d.owner, d.expires)
}

// found marks the decision as about none of the rows, or refuses a control that nobody knows.
func (d *decision) found(b *Benchmark, rows []row, policies map[string]*policy) error {
	var names []string
	for _, r := range rows {
		if d.control == r.Control || d.control == r.ID {
			return nil
		}
		names = append(names, r.Control)
	}
	d.absent = fmt.Sprintf("%s has no control %s", b.ID, d.control)
	if policies[d.control] != nil || b.others()[d.control] {
		return nil
	}
	for name := range b.others() {
		names = append(names, name)
	}
	slices.Sort(names)
	problem := &InputError{
		File: d.file, Line: d.line, Problem: fmt.Sprintf("%s: control %s: no edition and no policy has it", d.kind, d.control),
		Hint: "cistern controls lists the editions and their controls",
	}
	if near := nearest(d.control, slices.Compact(names)); near != "" {
		problem.Hint = "did you mean " + near + "? " + problem.Hint
	}
	return problem
}

// came is what came of the decision.
func (d *decision) came() report.Decision {
	return report.Decision{
		Kind: d.kind, File: d.file, Line: d.line, Control: d.control, Owner: d.owner, Expires: d.expires,
		Absent: d.absent, Refused: d.refused, Asked: d.asked, Used: d.used, Expired: d.expired,
	}
}

// merge adds what came of the same decisions elsewhere, in any order.
func merge(all, more []report.Decision) {
	for i := range min(len(all), len(more)) {
		d, other := &all[i], &more[i]
		d.Asked, d.Used, d.Expired = d.Asked || other.Asked, d.Used || other.Used, d.Expired || other.Expired
		d.Refused = max(d.Refused, other.Refused)
	}
}

// unusedTexts say of each kind that nothing came of it.
var unusedTexts = map[string]string{
	"waiver":      "excuses nothing: no control fails under it",
	"exception":   "changes nothing: no control's answer rests on it",
	"attestation": "is not needed: the data leaves nothing to attest",
}

// leftovers says which decisions expired, which will soon, and which nothing came of.
func leftovers(all []report.Decision, asOf time.Time) []string {
	var notes []string
	for i := range all {
		if note := leftover(&all[i], asOf); note != "" {
			notes = append(notes, note)
		}
	}
	return notes
}

// leftover is what is to be tidied up, or renewed soon; "" if all is well.
func leftover(d *report.Decision, now time.Time) string {
	where := fmt.Sprintf("%s:%d: %s of %s for %s", d.File, d.Line, d.Kind, d.Owner, d.Control)
	day, _ := time.Parse(time.DateOnly, d.Expires) // it was read as one
	end := day.AddDate(0, 0, 1)
	switch {
	case d.Absent != "":
		return where + ": " + d.Absent
	case d.Expired || (!d.Used && !now.Before(end)):
		return fmt.Sprintf("%s expired on %s", where, d.Expires)
	case d.Used && end.Sub(now) <= soon:
		return fmt.Sprintf("%s holds until %s: %s left", where, d.Expires, daysLeft(end.Sub(now)))
	case d.Used, !d.Asked:
		return ""
	case d.Refused != "":
		return where + " is not applied: " + d.Refused
	}
	return where + " " + unusedTexts[d.Kind]
}

// daysLeft counts the days that have begun.
func daysLeft(left time.Duration) string {
	const day = 24 * time.Hour
	if n := int((left + day - 1) / day); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

// fresh is a copy that nothing has used yet: one run must not see what another used.
func (d decision) fresh() decision {
	d.absent, d.refused, d.asked, d.used, d.expired = "", "", false, false, false
	return d
}

// entry is one entry of the file, still as YAML.
type entry struct {
	file, kind string
	line       int
	fields     map[string]*yaml.Node
}

// entries are those of one of the file's lists; fields are all that one may have.
func entries(file, kind string, list *yaml.Node, fields []string) ([]entry, error) {
	if list == nil || list.Tag == "!!null" {
		return nil, nil
	}
	if list.Kind != yaml.SequenceNode {
		return nil, &InputError{File: file, Line: list.Line, Problem: fmt.Sprintf("%ss: is not a list", kind), Hint: "each begins with -"}
	}
	var all []entry
	for _, node := range list.Content {
		node = unaliased(node)
		if node.Tag == "!!null" {
			return nil, &InputError{File: file, Line: node.Line, Problem: kind + ": is empty"}
		}
		of, err := fieldsOf(file, kind+": ", node, fields)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{file, kind, node.Line, of})
	}
	return all, nil
}

// unaliased is the node that an alias stands for.
func unaliased(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// fieldsOf is a mapping's values by name; a name that is none of names, or is there twice, is an error.
func fieldsOf(file, what string, node *yaml.Node, names []string) (map[string]*yaml.Node, error) {
	wrong := func(line int, problem, hint string) error {
		return &InputError{File: file, Line: line, Problem: what + problem, Hint: hint}
	}
	if node.Kind != yaml.MappingNode {
		return nil, wrong(node.Line, "is not a list of fields", "write "+names[0]+": ...")
	}
	fields := map[string]*yaml.Node{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if !slices.Contains(names, key.Value) {
			hint := "one of " + strings.Join(names, ", ")
			if near := nearest(key.Value, names); near != "" {
				hint = "did you mean " + near + "? " + hint
			}
			return nil, wrong(key.Line, "unknown field "+key.Value, hint)
		}
		if fields[key.Value] != nil {
			return nil, wrong(key.Line, key.Value+" is there twice", "")
		}
		fields[key.Value] = unaliased(node.Content[i+1])
	}
	return fields, nil
}

func (e *entry) wrong(line int, hint, format string, args ...any) error {
	return &InputError{File: e.file, Line: cmp.Or(line, e.line), Problem: e.kind + ": " + fmt.Sprintf(format, args...), Hint: hint}
}

// text is a field's text, "" if it is not there. It is what the file says, also where YAML would make it a number or a day.
func (e *entry) text(name string) (string, error) {
	node := e.fields[name]
	switch {
	case node == nil || node.Tag == "!!null":
		return "", nil
	case node.Kind != yaml.ScalarNode:
		return "", e.wrong(node.Line, "", "%s is not a text", name)
	}
	return strings.TrimSpace(node.Value), nil
}

// texts is a field's list of texts, nil if it is not there. An empty one could be meant as none or as all: it is an error.
func (e *entry) texts(name string, problem func(string) string) ([]string, error) {
	node := e.fields[name]
	if node == nil {
		return nil, nil
	}
	if node.Kind != yaml.SequenceNode && node.Tag != "!!null" {
		return nil, e.wrong(node.Line, fmt.Sprintf("write [%s]", cmp.Or(node.Value, "...")), "%s is not a list", name)
	}
	if len(node.Content) == 0 {
		return nil, e.wrong(node.Line, "leave it out to mean all", "%s is empty", name)
	}
	var all []string
	for _, item := range node.Content {
		item = unaliased(item)
		text := strings.TrimSpace(item.Value)
		if item.Kind != yaml.ScalarNode || text == "" {
			return nil, e.wrong(item.Line, "", "%s: an entry is not a text", name)
		}
		if slices.Contains(all, text) {
			return nil, e.wrong(item.Line, "", "%s: %s is there twice", name, text)
		}
		if wrong := problem(text); wrong != "" {
			return nil, e.wrong(item.Line, wrong, "%s: %q is none", name, text)
		}
		all = append(all, text)
	}
	return all, nil
}

// read takes over what every decision says; needed are the fields without which this kind is worth nothing.
func (e *entry) read(needed ...string) (decision, error) {
	d := decision{kind: e.kind, file: e.file, line: e.line}
	for _, field := range []struct {
		name string
		into *string
	}{{"control", &d.control}, {"owner", &d.owner}, {"reason", &d.reason}, {"ticket", &d.ticket}, {"expires", &d.expires}} {
		var err error
		if *field.into, err = e.text(field.name); err != nil {
			return d, err
		}
	}
	for _, name := range needed {
		text, err := e.text(name)
		if err != nil {
			return d, err
		}
		if text == "" {
			last := len(needed) - 1
			return d, e.wrong(0, fmt.Sprintf("%s %s needs %s and %s (YYYY-MM-DD)", article(e.kind), e.kind, strings.Join(needed[:last], ", "), needed[last]),
				"has no %s", name)
		}
	}
	day, err := time.Parse(time.DateOnly, d.expires)
	if err != nil {
		return d, e.wrong(e.fields["expires"].Line, "write YYYY-MM-DD, such as 2026-12-31", "expires %q is not a day", d.expires)
	}
	d.end = day.AddDate(0, 0, 1)
	d.accounts, err = e.texts("accounts", func(text string) string {
		if accountID.MatchString(text) {
			return ""
		}
		return `an account has 12 digits, such as "111122223333"`
	})
	return d, err
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an"
	}
	return "a"
}
