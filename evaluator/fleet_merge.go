package evaluator

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// ShardError is shards that are not the parts of one report.
type ShardError struct {
	Problem string
	Hint    string
}

func (e *ShardError) Error() string { return "merge: " + e.Problem }

// Shard makes a report's head that of a part: of what a waivers file came to, the whole speaks alone.
func (f *Fleet) Shard(t *Tally, latest time.Time, part report.Shard) *report.Report {
	r := f.Head(t, latest)
	part.Decisions = f.waivers.decisions()
	merge(part.Decisions, t.Decisions)
	part.Barren = f.engine.Barren()
	r.Notes = append(append([]string{}, f.notes...), shardNote(&part))
	r.Shard = &part
	return r
}

// shardNote tells a reader of any format that there is more.
func shardNote(s *report.Shard) string {
	return fmt.Sprintf("this is part %d of %d: it has none of the other accounts, and cistern merge puts the parts together", s.Index, s.Of)
}

// Merge is the head of the report of which all parts are given, in any order: what Head says had one Fleet judged everything. The
// error is a *ShardError; names tell the parts apart in it.
func Merge(names []string, parts []*report.Report) (*report.Report, error) {
	if err := together(names, parts); err != nil {
		return nil, err
	}
	first := parts[0]
	whole := *first
	whole.Shard, whole.Accounts, whole.Summary, whole.Unread = nil, []report.Account{}, report.Summary{}, nil
	whole.Policies.Errors = slices.DeleteFunc(slices.Clone(first.Policies.Errors), func(e report.PolicyError) bool { return e.Account != "" })
	decided := slices.Clone(first.Shard.Decisions)
	var failed []report.PolicyError
	for _, part := range parts {
		merge(decided, part.Shard.Decisions)
		for _, status := range report.Statuses {
			whole.Summary.AddN(status, part.Summary.Count(status))
		}
		whole.Unread = append(whole.Unread, part.Unread...)
		for _, e := range part.Policies.Errors {
			if e.Account != "" {
				failed = append(failed, e)
			}
		}
	}
	whole.Unread = sortedUnread(whole.Unread)
	whole.Policies.Errors = append(whole.Policies.Errors, sortedFailures(failed)...)
	at, err := time.Parse(time.RFC3339, first.AsOf)
	if err != nil {
		return nil, &ShardError{Problem: fmt.Sprintf("%s: as_of %q is no time", names[0], first.AsOf)}
	}
	note := shardNote(first.Shard)
	whole.Notes = slices.DeleteFunc(append([]string{}, first.Notes...), func(text string) bool { return text == note })
	whole.Notes = append(whole.Notes, leftovers(decided, at)...)
	return &whole, nil
}

// together refuses parts that are not each there once, and such as were judged otherwise.
func together(names []string, parts []*report.Report) error {
	if len(parts) == 0 {
		return &ShardError{Problem: "there are no parts"}
	}
	place := map[int]int{}
	for i, part := range parts {
		s := part.Shard
		if s == nil || s.Of < 1 || s.Index < 1 || s.Index > s.Of {
			return &ShardError{fmt.Sprintf("%s: is a report, and no part of one", names[i]), "cistern evaluate --shard I/N writes a part"}
		}
		if of := parts[0].Shard.Of; s.Of != of {
			return &ShardError{fmt.Sprintf("%s is one of %d parts, and %s is one of %d", names[0], of, names[i], s.Of), "merge the parts of one run"}
		}
		if other, twice := place[s.Index]; twice {
			if names[other] == names[i] {
				return &ShardError{fmt.Sprintf("%s is given twice", names[i]), "name each part once, by its file or by its folder"}
			}
			return &ShardError{fmt.Sprintf("part %d of %d is in %s and in %s", s.Index, s.Of, names[other], names[i]), "give each part once"}
		}
		place[s.Index] = i
	}
	var missing []string
	for i := 1; i <= parts[0].Shard.Of; i++ {
		if _, ok := place[i]; !ok {
			missing = append(missing, fmt.Sprint(i))
		}
	}
	if len(missing) > 0 {
		return missed(missing, parts[0].Shard.Of)
	}
	for i := range parts[1:] {
		if what, a, b := differs(parts[0], parts[i+1]); what != "" {
			return &ShardError{
				fmt.Sprintf("%s and %s differ in %s: %s and %s", names[0], names[i+1], what, a, b), "all parts are of the same snapshots, policies and options, and by the same cistern",
			}
		}
	}
	return nil
}

// missed says which parts are missing, and how to come by the first of them.
func missed(missing []string, of int) error {
	const most = 20
	text, verb := strings.Join(missing[:min(len(missing), most)], ", "), "are"
	if n := len(missing); n > most {
		text += fmt.Sprintf(" and %d more", n-most)
	} else if n == 1 {
		verb = "is"
	}
	return &ShardError{
		fmt.Sprintf("of %d parts, %d %s missing: %s", of, len(missing), verb, text),
		fmt.Sprintf("cistern evaluate SNAPSHOTS --shard %s/%d -o PART.json writes part %s", missing[0], of, missing[0]),
	}
}

// differs is the first thing in which two parts were not judged alike, and what each has; "" if there is none.
func differs(a, b *report.Report) (what, inA, inB string) {
	for _, each := range []struct{ what, a, b string }{
		{"the version of cistern", a.Tool.Version, b.Tool.Version}, {"the benchmark", a.Benchmark.ID, b.Benchmark.ID}, {"the policies", a.Policies.Digest, b.Policies.Digest},
		{"the snapshots", a.Shard.Snapshots, b.Shard.Snapshots}, {"the time", a.AsOf, b.AsOf},
	} {
		if each.a != each.b {
			return each.what, each.a, each.b
		}
	}
	names := slices.AppendSeq(slices.Collect(maps.Keys(a.Shard.Options)), maps.Keys(b.Shard.Options))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		x, inX := a.Shard.Options[name]
		y, inY := b.Shard.Options[name]
		if x != y || inX != inY {
			return "--" + name, orNotGiven(x, inX), orNotGiven(y, inY)
		}
	}
	if !reflect.DeepEqual(a.Policies.Sources, b.Policies.Sources) || len(a.Shard.Decisions) != len(b.Shard.Decisions) {
		return "the sources of policies or the waivers", "those of one", "those of the other"
	}
	return "", "", ""
}

func orNotGiven(value string, given bool) string {
	if !given {
		return "not given"
	}
	return value
}
