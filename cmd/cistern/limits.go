package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// limitFlags are what judging one control in one account may take.
type limitFlags struct {
	flag    string // what --timeout is called
	timeout time.Duration
	memory  string
}

// register adds the flags; under another name where --timeout means the calls to AWS.
func (f *limitFlags) register(cmd *cobra.Command) {
	f.flag = "timeout"
	if cmd.Flags().Lookup(f.flag) != nil {
		f.flag = "policy-timeout"
	}
	cmd.Flags().DurationVar(&f.timeout, f.flag, time.Minute, "a control that takes longer than this `TIME` in an account is unknown")
	cmd.Flags().StringVar(&f.memory, "memory", "2GiB", "a control that takes more than this `SIZE` of memory is unknown")
}

func (f *limitFlags) check() error {
	if f.timeout <= 0 {
		return usageError(fmt.Errorf("%s %v: is no time", f.flag, f.timeout), "such as 30s or 5m")
	}
	_, err := parseSize("memory", f.memory)
	return err
}

// limit takes over the flags, which have been checked.
func (f *limitFlags) limit(o *evaluator.Options) error {
	memory, err := parseSize("memory", f.memory)
	o.Timeout, o.Memory = f.timeout, memory
	return err
}

// sizeUnits are what a size may be written in.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}

// parseSize reads a whole number of a unit, such as 512MiB.
func parseSize(flag, text string) (int64, error) {
	wrong := func(why string) error {
		return usageError(fmt.Errorf("%s %s: read: %s", flag, text, why), "such as 512MiB or 2GiB")
	}
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		switch {
		case strings.TrimLeft(digits, "0123456789") != "" || digits == "":
			return 0, wrong("not a whole number of " + unit.name)
		case err != nil || n > math.MaxInt64/unit.bytes:
			return 0, wrong("more than there can be")
		case n == 0:
			return 0, wrong("no memory at all")
		}
		return n * unit.bytes, nil
	}
	return 0, wrong("has no unit: KiB, MiB, GiB or TiB")
}

// unusable says on stderr what was wrong with the policies, each problem once, and tells whether there was anything.
func unusable(std stdio, r *report.Report) bool {
	type problem struct{ text, hint string }
	accounts := map[problem]int{}
	var order []problem
	for _, p := range r.Policies.Errors {
		e := evaluator.PolicyError{File: p.File, Line: p.Line, Problem: p.Problem}
		said := problem{e.Error(), p.Hint}
		if accounts[said] == 0 {
			order = append(order, said)
		}
		accounts[said]++
	}
	for _, p := range order {
		text := p.text
		if n := accounts[p]; n > 1 {
			text += fmt.Sprintf(" (in %d accounts)", n)
		}
		say(std.err, "", text)
		if p.hint != "" {
			say(std.err, "hint: ", p.hint)
		}
	}
	return len(order) > 0
}

// unreadSaid says on stderr which snapshots could not be read, a few of them, and tells whether there were any.
func unreadSaid(std stdio, r *report.Report) bool {
	const few = 10
	for i, u := range r.Unread {
		if i == few {
			say(std.err, "", fmt.Sprintf("and %d snapshots more that could not be read; the report has all", len(r.Unread)-few))
			break
		}
		say(std.err, "", u.File+": "+u.Problem)
		if u.Hint != "" {
			say(std.err, "hint: ", u.Hint)
		}
	}
	return len(r.Unread) > 0
}

// nothingJudged refuses to call a report a success in which only humans judge.
func nothingJudged(r *report.Report) error {
	rows := 0
	for _, status := range report.Statuses {
		if status != report.Manual {
			rows += r.Summary.Count(status)
		}
	}
	if rows > 0 {
		return nil
	}
	hint := "cistern controls --benchmark " + r.Benchmark.ID + " lists the controls and who judges them"
	left := "1 is left to a human"
	if n := r.Summary.Manual; n != 1 {
		left = fmt.Sprintf("%d are left to a human", n)
	}
	return usageError(fmt.Errorf("evaluate: no control was judged: %s", left), hint)
}
