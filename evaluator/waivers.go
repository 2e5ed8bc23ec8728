package evaluator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Waivers are the decisions of a waivers file, each of which holds until a day: to live with failures, not to be told of some
// events, or to meet a control by other means. None of them makes data say what it does not.
type Waivers struct {
	waivers      []*waiver
	exceptions   []*exception
	attestations []*attestation
}

// waiver is the decision to live with failures. It is applied after the evaluation, so it never hides that a control fails.
type waiver struct {
	decision
	regions   []string // all if empty
	resources []string // all if empty; a final * stands for anything
}

// ParseWaivers reads a waivers file; file is its name in errors.
func ParseWaivers(file string, text []byte) (*Waivers, error) {
	root, err := onlyDocument(file, text)
	if err != nil {
		return nil, err
	}
	lists, err := fieldsOf(file, "", root, []string{"waivers", "exceptions", "attestations"})
	if err != nil {
		return nil, err
	}
	if len(lists) == 0 {
		return nil, &InputError{File: file, Problem: "read: has no waivers, exceptions or attestations", Hint: "write waivers: and a list"}
	}
	ws := &Waivers{}
	if ws.waivers, err = readAll(file, "waiver", lists["waivers"], waiverFields, readWaiver); err != nil {
		return nil, err
	}
	read := func(e *entry) (*exception, error) { return readException(e, text) }
	if ws.exceptions, err = readAll(file, "exception", lists["exceptions"], exceptionFields, read); err != nil {
		return nil, err
	}
	if ws.attestations, err = readAll(file, "attestation", lists["attestations"], attestationFields, readAttestation); err != nil {
		return nil, err
	}
	return ws, ws.unique()
}

// onlyDocument is the file's one YAML document.
func onlyDocument(file string, text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root, more yaml.Node
	err := decoder.Decode(&root)
	if errors.Is(err, io.EOF) || (err == nil && (len(root.Content) == 0 || root.Content[0].Tag == "!!null")) {
		return nil, &InputError{File: file, Problem: "read: the file is empty"}
	}
	if err != nil {
		return nil, yamlError(file, err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, yamlError(file, err)
		}
		return nil, &InputError{File: file, Line: more.Line, Problem: "read: a second document begins", Hint: "write one, with one list of each kind"}
	}
	return unaliased(root.Content[0]), nil
}

// readAll reads the entries of one list.
func readAll[T any](file, kind string, list *yaml.Node, fields []string, read func(*entry) (T, error)) ([]T, error) {
	found, err := entries(file, kind, list, fields)
	if err != nil {
		return nil, err
	}
	var all []T
	for i := range found {
		one, err := read(&found[i])
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

var waiverFields = []string{"control", "accounts", "regions", "resources", "owner", "reason", "ticket", "expires"}

func readWaiver(e *entry) (*waiver, error) {
	d, err := e.read("control", "owner", "reason", "expires")
	if err != nil {
		return nil, err
	}
	w := &waiver{decision: d}
	w.regions, err = e.texts("regions", func(text string) string {
		if regionName.MatchString(text) {
			return ""
		}
		return "a region is such as eu-west-1"
	})
	if err != nil {
		return nil, err
	}
	w.resources, err = e.texts("resources", func(text string) string {
		if strings.Contains(strings.TrimSuffix(text, "*"), "*") {
			return "a * stands at the end only"
		}
		return ""
	})
	return w, err
}

// unique refuses a second entry about the same: which of them holds, nobody could say.
func (ws *Waivers) unique() error {
	lines := map[string]int{}
	var problem error
	ws.each(func(d *decision, about ...[]string) {
		key := fmt.Sprintf("%q %q %q", d.kind, d.control, sorted(d.accounts))
		for _, list := range about {
			key += fmt.Sprintf(" %q", sorted(list))
		}
		if line, ok := lines[key]; ok && problem == nil {
			problem = &InputError{
				File: d.file, Line: d.line, Problem: fmt.Sprintf("%s: says what line %d says", d.kind, line), Hint: "keep one of them",
			}
		}
		lines[key] = d.line
	})
	return problem
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }

// each visits every decision, with what it is about besides control and accounts.
func (ws *Waivers) each(f func(d *decision, about ...[]string)) {
	for _, w := range ws.waivers {
		f(&w.decision, w.regions, w.resources)
	}
	for _, x := range ws.exceptions {
		f(&x.decision, []string{x.except})
	}
	for _, a := range ws.attestations {
		f(&a.decision)
	}
}

// find marks the decisions whose control is none of the rows that the edition can have, and refuses one that nobody knows.
func (ws *Waivers) find(b *Benchmark, rows []row, policies map[string]*policy) error {
	if ws == nil {
		return nil
	}
	var problem error
	ws.each(func(d *decision, _ ...[]string) {
		if err := d.found(b, rows, policies); err != nil && problem == nil {
			problem = err
		}
	})
	return problem
}

// apply turns a fail whose every failing finding is under a live waiver into waived.
func (ws *Waivers) apply(account string, asOf time.Time, r *report.Result) {
	if ws == nil || r.Status != report.Fail {
		return
	}
	var live []*waiver
	for _, w := range ws.waivers {
		switch {
		case !w.of(account, r.Control, r.ID):
		case !w.live(asOf):
			r.Notes = append(r.Notes, w.lapsed())
		default:
			live = append(live, w)
		}
	}
	by := covering(live, r.Findings)
	if by == nil {
		return
	}
	for _, w := range by {
		w.used = true
	}
	r.Status = report.Waived
	first := by[0]
	r.Waiver = &report.Waiver{Owner: first.owner, Reason: first.reason, Ticket: first.ticket, Expires: first.expires}
	for _, w := range by[1:] {
		r.Notes = append(r.Notes, fmt.Sprintf("also waived until %s by %s: %s", w.expires, w.owner, w.reason))
	}
}

// covering is the waivers that together excuse every failing finding, in the order of the file; nil if one is not excused.
func covering(live []*waiver, findings []report.Finding) []*waiver {
	needed := map[*waiver]bool{}
	for _, f := range findings {
		if f.Status != report.Fail {
			continue
		}
		i := slices.IndexFunc(live, func(w *waiver) bool { return w.covers(f) })
		if i < 0 {
			return nil
		}
		needed[live[i]] = true
	}
	if len(needed) == 0 { // a fail without findings: only a waiver of the whole control excuses it
		i := slices.IndexFunc(live, func(w *waiver) bool { return len(w.resources) == 0 && len(w.regions) == 0 })
		if i < 0 {
			return nil
		}
		needed[live[i]] = true
	}
	return slices.DeleteFunc(slices.Clone(live), func(w *waiver) bool { return !needed[w] })
}

func (w *waiver) covers(f report.Finding) bool {
	if len(w.regions) > 0 && !slices.Contains(w.regions, f.Region) {
		return false
	}
	return len(w.resources) == 0 || slices.ContainsFunc(w.resources, func(pattern string) bool {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			return f.Resource != "" && strings.HasPrefix(f.Resource, prefix)
		}
		return f.Resource == pattern
	})
}

// decisions are what came of each decision so far, in the order of the kinds and of the file.
func (ws *Waivers) decisions() []report.Decision {
	if ws == nil {
		return nil
	}
	var all []report.Decision
	ws.each(func(d *decision, _ ...[]string) { all = append(all, d.came()) })
	return all
}

// fresh is a copy that nothing has used yet.
func (ws *Waivers) fresh() *Waivers {
	if ws == nil {
		return nil
	}
	c := &Waivers{}
	for _, w := range ws.waivers {
		c.waivers = append(c.waivers, &waiver{w.fresh(), w.regions, w.resources})
	}
	for _, x := range ws.exceptions {
		c.exceptions = append(c.exceptions, &exception{x.fresh(), x.except, x.pattern})
	}
	for _, a := range ws.attestations {
		c.attestations = append(c.attestations, &attestation{a.fresh(), a.evidence})
	}
	return c
}
