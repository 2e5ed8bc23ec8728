package evaluator

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/evaluator/report"
	"github.com/cistern-audit/cistern/snapshots"
)

// need is a list of the snapshot that a control of the user's own reads by itself, not through the shipped library, which knows what to
// do about evidence that is not there.
type need struct {
	list   snapshots.List
	linked bool     // of other accounts' snapshots
	calls  []string // that fill it, as far as the control reads it and does not ask about them itself
	asked  bool     // the control asks itself whether the list is there
}

// reads is all that a control needs.
type reads []need

// lookOf finds what a control reads by itself, and the fields that it misspells where the compiler does not see it.
func (e *Engine) lookOf(p *policy) (reads, PolicyErrors) {
	if p.catalogue {
		return nil, nil
	}
	r := newReader(e)
	for _, ref := range p.refs() {
		s := &scope{reader: r, own: true, grew: false}
		r.hand(s.data(ref))
	}
	var all reads
	for _, list := range snapshots.Lists() {
		for i, linked := range []bool{false, true} {
			calls, read := r.callsOf(list, linked)
			if !read || linked && !isLinked(list) {
				continue
			}
			n := need{list: list, linked: linked, asked: r.judged.lists[i][list.Operation]}
			for _, call := range calls {
				if !r.judged.gaps[i] && !r.judged.calls[i][call] && !r.judged.lists[i][call] {
					n.calls = append(n.calls, call)
				}
			}
			all = append(all, n)
		}
	}
	return all, r.misspellings()
}

// isLinked tells whether input.linked holds such lists.
func isLinked(list snapshots.List) bool {
	for _, way := range linkedWays {
		if pointerOf(way) == list.Pointer {
			return true
		}
	}
	return false
}

// callsOf are the calls whose answers are read of one list.
func (r *reader) callsOf(list snapshots.List, linked bool) (calls []string, read bool) {
	pointer := strings.Split(list.Pointer, "/")[1:]
	found := map[string]bool{}
	for way, all := range r.read {
		at := wayPlace(way)
		if computed := len(at.parts) > 0 && at.parts[0] == anyKey; at.linked != linked && !(linked && !at.linked && (computed || all && len(at.parts) == 0)) {
			continue
		}
		all = all || slices.Contains(at.parts[:min(len(at.parts), len(pointer))], anyKey)
		if !meets(at.parts, pointer) || len(at.parts) < len(pointer) && !all {
			continue
		}
		read = true
		found[list.Operation] = true
		for _, detail := range snapshots.Details() {
			if detail.Pointer == list.Pointer && (detail.Field == "" || readsField(at.parts, detail.Field, all)) {
				found[detail.Operation] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), read
}

// meets tells whether one way leads to the other.
func meets(parts, pointer []string) bool {
	for i := range min(len(parts), len(pointer)) {
		if parts[i] != pointer[i] && parts[i] != anyKey {
			return false
		}
	}
	return true
}

// readsField tells whether a way below a snapshot ("cloudtrail", "trails", "*", "Status") reads that field of a list's records.
func readsField(parts []string, field string, all bool) bool {
	if len(parts) < 4 {
		return all
	}
	return parts[3] == field || parts[3] == anyKey
}

// lacks names the evidence that the control reads and the snapshot, or a linked one, does not have, each as a sentence.
func (r reads) lacks(s *snapshots.Snapshot, fragments []*fragment) []string {
	var missing []string
	for _, n := range r {
		if !n.linked {
			missing = append(missing, n.lacks(s, "", nil)...)
			continue
		}
		for _, f := range fragments {
			missing = append(missing, n.lacks(f.of.Snapshot, "account "+f.of.account+": ", f.regions)...)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// lacks looks into one snapshot, in some regions of it: all if nil.
func (n need) lacks(s *snapshots.Snapshot, whose string, regions map[string]bool) []string {
	var missing []string
	explained := false
	for _, gap := range s.Gaps {
		if gap.Service != n.list.Service || regions != nil && !regions[gap.Region] {
			continue
		}
		explained = explained || gap.Operation == n.list.Operation
		if slices.Contains(n.calls, gap.Operation) {
			missing = append(missing, whose+gapText(gap))
		}
	}
	if !explained && len(missing) == 0 && !n.asked && !n.list.Read(s) {
		missing = append(missing, fmt.Sprintf("%sthe snapshot has no %s (%s %s)", whose, strings.ReplaceAll(n.list.Pointer[1:], "/", "."), n.list.Service, n.list.Operation))
	}
	return missing
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
