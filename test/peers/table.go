package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// table prints what the tools took, and how often their verdicts are not ours.
func table(out io.Writer, results []result, p *policies) error {
	ours := results[0]
	fmt.Fprintf(out, "%d monitoring controls of edition %s, the same policies for all; %s, %d processors\n\n",
		len(p.controls), p.edition, runtime.Version(), runtime.NumCPU())
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "tool\taccounts\twall s\tCPU s\tmax RSS MB\taccounts/s\tCPU ms/account\tcistern is faster: wall\tCPU\tother verdicts\t")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.0f\t%.1f\t%.2f\t%.1f x\t%.1f x\t%d of %d\t\n", r.tool.name, r.accounts,
			r.wall.Seconds(), r.cpu.Seconds(), float64(r.memory)/1e6, r.rate(), 1000*r.cost(),
			ours.rate()/r.rate(), r.cost()/ours.cost(), len(differing(ours.said, r.said)), len(r.said))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	for _, r := range results {
		fmt.Fprintf(out, "%s: %s\n", r.tool.name, r.tool.version)
	}
	fmt.Fprintf(out, `
The peers run the exported policies, all but the builtins that they do not have. cwl.parse, cwl.covers and cwl.matches are a stand-in in Rego
that compares words (test/peers/shim/cwl.rego): it proves nothing and costs next to nothing, which flatters them. cistern.group is one that
finds the same in one pass. Rows whose verdict is not cistern's, because of the first, by tool and as cistern -> peer:
`)
	for _, r := range results {
		if found := differing(ours.said, r.said); len(found) > 0 {
			fmt.Fprintf(out, "  %s: %s\n", r.tool.name, changes(found))
		}
	}
	fmt.Fprintf(out, `
cistern writes jsonl with all evidence and remediation; the peers write their verdicts and findings as JSON. One namespace of conftest
asks for all controls in one rule deny; a namespace a control is how policies of many controls are laid out for it.
`)
	return nil
}

// rate is accounts a second, cost is processor seconds an account.
func (r *result) rate() float64 { return float64(r.accounts) / r.wall.Seconds() }
func (r *result) cost() float64 { return r.cpu.Seconds() / float64(r.accounts) }

// difference is a row that two tools judge differently.
type difference struct{ account, subject, ours, theirs string }

// differing are the rows of theirs that ours judges differently, by account and subject.
func differing(ours, theirs verdicts) []difference {
	var found []difference
	for key, status := range theirs {
		if ours[key] != status {
			found = append(found, difference{key[0], key[1], ours[key], status})
		}
	}
	slices.SortFunc(found, func(x, y difference) int {
		return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.subject, y.subject))
	})
	return found
}

// changes counts differences: "3 root_usage fail -> pass".
func changes(found []difference) string {
	counts := map[string]int{}
	for _, d := range found {
		counts[fmt.Sprintf("%s %s -> %s", d.subject, d.ours, d.theirs)]++
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[what], what))
	}
	return strings.Join(parts, ", ")
}
