package remediation

import (
	"context"
	"maps"
	"slices"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// goal is one control of one account that is to pass.
type goal struct {
	account string
	row     report.Result // as it was found
}

// move is one way to mend one link: it makes its changes on the draft, and says by its answer whether it applies at all.
type move func(d *draft) bool

// search looks for the changes of all goals.
type search struct {
	engine  *evaluator.Engine
	options Options
	slugs   []string // of the edition's controls that follow the chain
	left    int      // evaluations that the goal at hand may still take
}

const (
	deepest  = 12 // changes that one control may need one after another
	judgings = 60 // evaluations that the search for one control may take
	fewTried = 5  // findings, and resources of one kind, that are tried
)

// mend looks for changes that make a goal pass; nil if there are none.
func (s *search) mend(ctx context.Context, w *world, g goal) (*world, error) {
	s.left = judgings
	row, err := s.ask(ctx, w, g)
	if err != nil || row.Status == report.Pass || row.Status == report.NotApplicable {
		return w, err
	}
	done, err := s.step(ctx, path{g, w, row, map[string]bool{}})
	if err != nil || done == nil {
		return nil, err
	}
	return s.trim(ctx, w, done, g)
}

// ask is what the goal's control says in a world.
func (s *search) ask(ctx context.Context, w *world, g goal) (*report.Result, error) {
	s.left--
	rows, err := s.judge(ctx, w, g.account, g.row.ID)
	if err != nil {
		return nil, err
	}
	row := rows[0]
	if row.Status == report.Waived || row.Status == report.Manual && row.Attestation != nil {
		row.Status = statusOf(row.Findings)
	}
	return &row, nil
}

// statusOf is what findings say without regard to a waiver.
func statusOf(findings []report.Finding) report.Status {
	status := report.Pass
	for _, f := range findings {
		switch {
		case f.Status == report.Fail:
			return report.Fail
		case f.Status == report.Unknown:
			status = report.Unknown
		}
	}
	return status
}

// path is how far the search for one goal has come.
type path struct {
	goal goal
	w    *world
	row  *report.Result  // what the control says in w
	seen map[string]bool // findings that are being mended
}

// step tries each way to mend what the control found, until it passes. The world that it leads to is nil if no way does.
func (s *search) step(ctx context.Context, at path) (*world, error) {
	if len(at.seen) > deepest {
		return nil, nil
	}
	for i, f := range deciding(at.row) {
		if i == fewTried {
			break
		}
		key := f.Link + " " + f.Resource + " " + f.Message
		if at.seen[key] {
			continue
		}
		at.seen[key] = true
		for _, m := range s.moves(at.w, at.goal, &f) {
			done, err := s.try(ctx, at, &f, m)
			if err != nil || done != nil {
				return done, err
			}
			if s.left <= 0 {
				return nil, nil
			}
		}
		delete(at.seen, key)
	}
	return nil, nil
}

// try makes one move, and goes on from there if it mends the link.
func (s *search) try(ctx context.Context, at path, f *report.Finding, m move) (*world, error) {
	d := at.w.draft(at.goal)
	if !m(d) {
		return nil, d.err
	}
	next, err := d.settled()
	if err != nil || next.same(at.w) {
		return nil, err
	}
	after, err := s.ask(ctx, next, at.goal)
	switch {
	case err != nil:
		return nil, err
	case after.Status == report.Pass:
		return next, nil
	case !further(at.row, after, f):
		return nil, nil
	}
	return s.step(ctx, path{at.goal, next, after, at.seen})
}

// deciding are the findings that keep a control from passing, as they come.
func deciding(row *report.Result) []report.Finding {
	var found []report.Finding
	for _, f := range row.Findings {
		if f.Status == row.Status {
			found = append(found, f)
		}
	}
	return found
}

// further tells whether a control that found f has come closer to passing: that finding is gone, and nothing earlier has come in
// its place.
func further(before, after *report.Result, f *report.Finding) bool {
	if slices.ContainsFunc(after.Findings, func(g report.Finding) bool {
		return g.Status == f.Status && g.Link == f.Link && g.Resource == f.Resource && g.Message == f.Message
	}) {
		return false
	}
	if before.Status == report.Fail && after.Status == report.Unknown {
		return false
	}
	trail := textOf(f.Evidence["trail"])
	for _, g := range after.Findings {
		if trail != "" && textOf(g.Evidence["trail"]) == trail && rank(g.Link) < rank(f.Link) {
			return false
		}
	}
	return true
}

func rank(link string) int { return slices.Index(report.Chain[:], link) }

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// textsOf are the texts of a list that a finding has as evidence.
func textsOf(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		var all []string
		for _, each := range v {
			if text, ok := each.(string); ok {
				all = append(all, text)
			}
		}
		return all
	}
	return nil
}

// trim takes back what the changes of alarms do not need: whole alarms first, then of the fields that were put right together those
// without which the control passes, too.
func (s *search) trim(ctx context.Context, before, after *world, g goal) (*world, error) {
	for _, r := range slices.SortedFunc(maps.Keys(after.touched), compareRefs) {
		if r.kind != AlarmKind || after.touched[r].create || after.at(r.account) == nil {
			continue
		}
		was := alarmAt(before.at(r.account), r.region, r.name)
		fields := alarmFields
		if len(after.touched) > len(before.touched)+1 { // more than this alarm was changed
			fields = append([]alarmField{wholeAlarm}, alarmFields...)
		}
		for _, f := range fields {
			if f.equal(was, alarmAt(after.at(r.account), r.region, r.name)) {
				if f.name == wholeAlarm.name { // it was changed for another control
					break
				}
				continue
			}
			d := after.draft(g)
			f.copy(was, alarmAt(d.edit(r.account), r.region, r.name))
			next, err := d.settled()
			if err != nil {
				return nil, err
			}
			row, err := s.ask(ctx, next, g)
			if err != nil {
				return nil, err
			}
			if row.Status == report.Pass {
				after = next
			}
		}
	}
	return after, nil
}
