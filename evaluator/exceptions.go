package evaluator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// exception is the decision not to be told of some events that a control wants.
type exception struct {
	decision
	except  string // a filter pattern in JSON form
	pattern *filterpattern.Pattern
}

var exceptionFields = []string{"control", "accounts", "except", "owner", "reason", "ticket", "expires"}

func readException(e *entry, file []byte) (*exception, error) {
	d, err := e.read("control", "except", "owner", "reason", "expires")
	if err != nil {
		return nil, err
	}
	text, err := e.text("except")
	if err != nil {
		return nil, err
	}
	x := &exception{decision: d, except: text}
	node := e.fields["except"]
	if x.pattern, err = filterpattern.Parse(text); err != nil {
		return nil, e.syntax(node, file, err)
	}
	switch {
	case x.pattern.Form() != filterpattern.JSON:
		return nil, e.wrong(node.Line, `write { $.field = "value" }`, "except: %s is not a pattern of fields", text)
	case x.pattern.MatchesEverything() == filterpattern.Yes:
		return nil, e.wrong(node.Line, "say by whom or where the events are that nobody needs to hear of", "except: %s matches every event", text)
	case x.pattern.MatchesNothing() == filterpattern.Yes:
		return nil, e.wrong(node.Line, "", "except: no CloudTrail event can match %s", text)
	}
	return x, nil
}

// syntax says where in the file AWS would refuse a pattern.
func (e *entry) syntax(node *yaml.Node, file []byte, err error) error {
	problem := &InputError{File: e.file, Line: node.Line, Problem: e.kind + ": except: " + err.Error()}
	var at *filterpattern.SyntaxError
	if !errors.As(err, &at) {
		return problem
	}
	problem.Hint = at.Hint
	if line, column, ok := placeOf(node, file, at.Offset); ok {
		found := ""
		if at.Found != "" {
			found = ", found " + at.Found
		}
		problem.Line, problem.Column, problem.Problem = line, column, fmt.Sprintf("%s: except: expected %s%s", e.kind, at.Expected, found)
	}
	return problem
}

// placeOf is where in the file a scalar's byte stands, if the file spells the scalar as it is: in the line where it begins, or in a block
// below.
func placeOf(node *yaml.Node, file []byte, offset int) (line, column int, ok bool) {
	lines := strings.Split(string(file), "\n")
	text := strings.TrimSpace(node.Value)
	offset = min(offset, len(text))
	if node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		if node.Style&yaml.FoldedStyle != 0 && strings.Contains(text, "\n") {
			return 0, 0, false
		}
		before := text[:offset]
		start := strings.LastIndexByte(before, '\n') + 1
		line = node.Line + 1 + strings.Count(before, "\n")
		part, _, _ := strings.Cut(text[start:], "\n")
		return placeIn(lines, line, 0, part, offset-start)
	}
	return placeIn(lines, node.Line, node.Column-1, text, offset)
}

// placeIn looks for part in a line, from a column on.
func placeIn(lines []string, line, from int, part string, offset int) (int, int, bool) {
	if line < 1 || line > len(lines) || from < 0 {
		return 0, 0, false
	}
	runes := []rune(lines[line-1])
	if from > len(runes) {
		return 0, 0, false
	}
	behind := string(runes[from:])
	i := strings.Index(behind, part)
	if i < 0 {
		return 0, 0, false
	}
	return line, from + utf8.RuneCountInString(behind[:i+offset]) + 1, true
}

// CheckWaivers refuses, before anything is judged, decisions about controls that nobody knows, and exceptions that leave a
// control nothing to watch.
func (e *Engine) CheckWaivers(ctx context.Context, o Options) error {
	if o.Waivers == nil {
		return nil
	}
	rows, err := e.rowsOf(o)
	if err != nil {
		return err
	}
	ws := o.Waivers.fresh()
	if err := ws.find(o.Benchmark, rows, e.controls); err != nil {
		return err
	}
	for _, x := range ws.exceptions {
		i := slices.IndexFunc(rows, func(r row) bool { return x.control == r.Control || x.control == r.ID })
		if i < 0 || rows[i].policy == nil {
			continue
		}
		accepted := rows[i].Patterns
		if len(accepted) == 0 {
			if accepted, err = e.patternsOf(ctx, rows[i].policy); err != nil {
				return err
			}
		}
		if x.leavesNothing(accepted) {
			return &InputError{
				File: x.file, Line: x.line, Problem: fmt.Sprintf("exception: except: %s leaves out every event that control %s is about", x.except, x.control),
				Hint: "say by whom or where the events are that nobody needs to hear of; a control that is met by other means is attested",
			}
		}
	}
	return nil
}

// leavesNothing tells whether the exception matches all that each of the accepted patterns does.
func (x *exception) leavesNothing(accepted []string) bool {
	for _, text := range accepted {
		wanted, err := filterpattern.Parse(text)
		if err != nil {
			return false
		}
		q := filterpattern.Question{Required: []*filterpattern.Pattern{wanted}, Deployed: []*filterpattern.Pattern{x.pattern}}
		if filterpattern.Covers(q).Answer != filterpattern.Covered {
			return false
		}
	}
	return len(accepted) > 0
}

// excepting asks again about all other events, where the answer about all of them is no pass.
type excepting struct {
	waivers *Waivers
	account string
	now     time.Time
	asked   *question
	again   map[string]*question // by the patterns of the exceptions
}

func (v *visit) excepting(asked *question) *excepting {
	return &excepting{v.waivers, v.self.account, v.clock(v.self), asked, map[string]*question{}}
}

// ask is the second answer and the exceptions on which it rests; the first answer if they change nothing.
func (e *excepting) ask(ctx context.Context, row row, first verdict) (verdict, []report.Exception, error) {
	if e.waivers == nil || (first.status != report.Fail && first.status != report.Unknown) {
		return first, nil, nil
	}
	live, lapsed := e.live(row)
	if len(live) == 0 {
		first.notes = slices.Concat(first.notes, lapsed)
		return first, nil, nil
	}
	second, err := e.without(ctx, row, live)
	if err != nil {
		return first, nil, err
	}
	if second.says(first) { // its notes may say why
		first.notes = slices.Concat(first.notes, newIn(second.notes, first.notes), lapsed)
		return first, nil, nil
	}
	if live, err = e.needed(ctx, row, live, second); err != nil {
		return first, nil, err
	}
	var by []report.Exception
	var patterns []string
	for _, x := range live {
		x.used = true
		by = append(by, report.Exception{Except: x.except, Owner: x.owner, Reason: x.reason, Ticket: x.ticket, Expires: x.expires})
		patterns = append(patterns, x.except)
	}
	about := "this answer is about all events but those that match " + strings.Join(patterns, " or ")
	second.notes = slices.Concat(second.notes, lapsed, []string{about})
	return second, by, nil
}

// live is the row's exceptions that hold, and a note for each that no longer does.
func (e *excepting) live(row row) (live []*exception, lapsed []string) {
	for _, x := range e.waivers.exceptions {
		switch {
		case !x.of(e.account, row.Control, row.ID):
		case !x.live(e.now):
			lapsed = append(lapsed, x.lapsed())
		default:
			live = append(live, x)
		}
	}
	return live, lapsed
}

// needed leaves out the exceptions without which the answer is the same.
func (e *excepting) needed(ctx context.Context, row row, live []*exception, answer verdict) ([]*exception, error) {
	for i := len(live) - 1; i >= 0 && len(live) > 1; i-- {
		fewer := slices.Delete(slices.Clone(live), i, i+1)
		v, err := e.without(ctx, row, fewer)
		if err != nil {
			return nil, err
		}
		if v.says(answer) {
			live = fewer
		}
	}
	return live, nil
}

// without asks about all events but those of the exceptions: other data, so no rule's earlier value holds.
func (e *excepting) without(ctx context.Context, row row, live []*exception) (verdict, error) {
	var terms []*ast.Term
	key := row.Control
	for _, x := range live {
		terms = append(terms, ast.StringTerm(x.except))
		key += "\x00" + x.except
	}
	if e.again[key] == nil {
		data := ast.NewObject()
		e.asked.facts.root.Foreach(data.Insert)
		data.Insert(ast.InternedTerm("exceptions"), ast.NewTerm(ast.NewObject([2]*ast.Term{ast.StringTerm(row.Control), ast.ArrayTerm(terms...)})))
		again := *e.asked
		again.facts, again.cache = &judgement{data}, topdown.NewVirtualCache()
		e.again[key] = &again
	}
	return e.again[key].ask(ctx, row.policy)
}

// says tells whether two verdicts mean the same. The patterns that a finding holds as wanted are the question, not the answer.
func (v verdict) says(other verdict) bool {
	return v.status == other.status && slices.EqualFunc(v.findings, other.findings, func(a, b report.Finding) bool {
		a.Evidence, b.Evidence = maps.Clone(a.Evidence), maps.Clone(b.Evidence)
		delete(a.Evidence, "wanted")
		delete(b.Evidence, "wanted")
		return reflect.DeepEqual(a, b)
	})
}

// newIn is the notes that others does not have.
func newIn(notes, others []string) []string {
	return slices.DeleteFunc(slices.Clone(notes), func(note string) bool { return slices.Contains(others, note) })
}
