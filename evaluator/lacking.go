package evaluator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// reads is what a control of the user's own reads of a snapshot by itself, not through the shipped library, which knows what to do
// about evidence that is not there.
type reads struct {
	lists []snapshots.List
	names map[string]bool // the fields that its rules name
}

// lookOf finds what a control reads by itself. A control that asks what could not be read (input.gaps, or the library's evidence) judges
// that itself, and reads nothing here.
func (e *Engine) lookOf(p *policy) reads {
	found := reads{names: map[string]bool{}}
	if p.catalogue {
		return found
	}
	own := map[*ast.Module]bool{}
	for key, module := range e.compiler.Modules {
		own[module] = e.own[key]
	}
	knows := false
	t := &tracker{
		compiler: e.compiler, seen: map[*ast.Rule]bool{}, paths: map[string]Evidence{}, calls: map[string]string{},
		facts: map[string]bool{}, packages: map[string]bool{},
		within: func(rule *ast.Rule) bool {
			knows = knows || rule.Module.Package.Path.String() == "data.policies.lib.evidence"
			return own[rule.Module]
		},
	}
	for _, ref := range p.refs() {
		t.follow(ref)
	}
	if _, gaps := t.paths["input.gaps"]; gaps || knows {
		return found
	}
	for rule := range t.seen {
		ast.WalkTerms(rule, func(term *ast.Term) bool {
			if name, ok := term.Value.(ast.String); ok {
				found.names[string(name)] = true
			}
			return false
		})
	}
	for _, list := range snapshots.Lists() {
		if _, ok := t.paths["input"+strings.ReplaceAll(list.Pointer, "/", ".")]; ok {
			found.lists = append(found.lists, list)
		}
	}
	return found
}

// lacks names the evidence that the control reads and the snapshot does not have, each as a sentence.
func (r reads) lacks(s *snapshots.Snapshot) []string {
	var missing []string
	for _, list := range r.lists {
		calls := []string{list.Operation}
		for _, detail := range snapshots.Details() {
			if detail.Pointer == list.Pointer && (detail.Field == "" || r.names[detail.Field]) {
				calls = append(calls, detail.Operation)
			}
		}
		before := len(missing)
		for _, gap := range s.Gaps {
			if gap.Service == list.Service && slices.Contains(calls, gap.Operation) {
				missing = append(missing, gapText(gap))
			}
		}
		if before == len(missing) && !list.Read(s) {
			missing = append(missing, fmt.Sprintf("the snapshot has no %s (%s %s)", strings.ReplaceAll(list.Pointer[1:], "/", "."), list.Service, list.Operation))
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

func gapText(gap snapshots.Gap) string {
	text := fmt.Sprintf("%s %s could not be read", gap.Service, gap.Operation)
	if gap.Resource != nil {
		text += " of " + *gap.Resource
	}
	if gap.Region != "" {
		text += " in " + gap.Region
	}
	return text + fmt.Sprintf(" (%s)", gap.Kind)
}

// doubted is the verdict of a control whose evidence is not all there: unknown, whatever it says, its findings beside the reasons.
func (v verdict) doubted(missing []string) verdict {
	if len(missing) == 0 || v.status == report.Unknown {
		return v
	}
	v.notes = append(v.notes, fmt.Sprintf("from what the snapshot has, the policy says %s", v.status))
	v.status = report.Unknown
	for _, each := range missing {
		v.findings = append(v.findings, report.Finding{Status: report.Unknown, Message: each + ", and the policy reads it"})
	}
	return v
}
