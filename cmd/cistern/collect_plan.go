package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/cistern-audit/cistern/collector"
)

// scope is what a plan of these flags is of.
func (f *collectFlags) scope() collector.Scope {
	scope := collector.Scope{Organization: f.organization, AllLogGroups: f.AllLogGroups}
	if f.RoleARN != "" {
		scope.Roles = append(scope.Roles, f.RoleARN)
	}
	if f.roleName != "" {
		scope.Roles = append(scope.Roles, "arn:*:iam::*:role/"+strings.TrimPrefix(f.roleName, "/"))
	}
	for _, a := range f.listed {
		if a.role != "" {
			scope.Roles = append(scope.Roles, a.role)
		}
	}
	slices.Sort(scope.Roles)
	scope.Roles = slices.Compact(scope.Roles)
	return scope
}

// writePlan writes what would be done; not into the folder that snapshots would go to.
func writePlan(std stdio, output string, text []byte) error {
	info, err := os.Stat(output)
	if err == nil && info.IsDir() || output != "" && os.IsPathSeparator(output[len(output)-1]) {
		return usageError(fmt.Errorf("%s: write plan: is a folder", output), "without --output it goes to stdout")
	}
	return writeOutput(std, output, text)
}

// planText shows every call that would be made, and the policy that allows them.
func planText(scope collector.Scope) []byte {
	var b bytes.Buffer
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "call\tpermission\ta second\thow often")
	for _, p := range collector.Plan(scope) {
		fmt.Fprintf(table, "%s %s\t%s\t%s\t%s\n", p.Service, p.Operation, cmp.Or(p.Action, "none"),
			strconv.FormatFloat(p.PerSecond, 'g', 3, 64), p.Often)
	}
	table.Flush()
	b.WriteString("\nNo more than so many a second in each account and region: 80 % of what AWS allows there.\n\n")
	switch {
	case len(scope.Roles) > 0:
		b.WriteString("The IAM policy that allows them and no more. Statement Roles is for who calls, the others are for each role too:\n\n")
	default:
		b.WriteString("The IAM policy that allows them and no more:\n\n")
	}
	b.Write(collector.Policy(scope))
	return b.Bytes()
}
