package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/cistern-audit/cistern/collector"
	"github.com/cistern-audit/cistern/snapshots"
)

// listedAccount is an account that a file names.
type listedAccount struct {
	id   string
	role string // its ARN; empty if --role-name says which
	line int
}

// readAccounts reads a file of accounts, one a line: an id, a role's ARN, or both.
func readAccounts(path string) ([]listedAccount, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, readable(err)
	}
	var all []listedAccount
	first := map[string]int{} // line of each account
	number := 0
	for line := range strings.Lines(string(snapshots.UTF8(text))) {
		number++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		account, hint, err := listed(fields)
		if err != nil {
			return nil, usageError(fmt.Errorf("%s:%d: %w", path, number, err), hint)
		}
		if before := first[account.id]; before > 0 {
			return nil, usageError(fmt.Errorf("%s:%d: account %s: is on line %d already", path, number, account.id, before),
				"an account is read once, and has one file")
		}
		first[account.id], account.line = number, number
		all = append(all, account)
	}
	if len(all) == 0 {
		return nil, usageError(fmt.Errorf("%s: read accounts: there are none", path), "one account id or role ARN a line")
	}
	return all, nil
}

// listed is the account that a line names.
func listed(fields []string) (a listedAccount, hint string, err error) {
	const form = "a line is an account id, a role's ARN, or an account id and the ARN of a role in it"
	if len(fields) > 2 {
		return a, form, fmt.Errorf("%q: is one thing too many", fields[2])
	}
	last := fields[len(fields)-1]
	if of, ok := accountOfRole(last); ok {
		a.id, a.role = of, last
		if fields[0] != last && fields[0] != of {
			return a, form, fmt.Errorf("%q: is not the account of role %s", fields[0], last)
		}
		return a, "", nil
	}
	switch {
	case len(fields) == 2:
		return a, "a role's ARN is written arn:aws:iam::111122223333:role/NAME", fmt.Errorf("%q: is not a role's ARN", last)
	case !snapshots.IsAccountID(last):
		return a, "an account id has twelve digits, leading zeros and all; a role's ARN is written arn:aws:iam::111122223333:role/NAME",
			fmt.Errorf("%q: is neither an account id nor a role's ARN", last)
	}
	return listedAccount{id: last}, "", nil
}

// accountOfRole is the account of a role's ARN.
func accountOfRole(text string) (id string, ok bool) {
	arn, ok := snapshots.ParseARN(text)
	name, role := strings.CutPrefix(arn.Resource, "role/")
	return arn.Account, ok && role && arn.Service == "iam" && isRoleName(name) && snapshots.IsAccountID(arn.Account)
}

var roleName = regexp.MustCompile(`^/?([!-.0-~]+/)*[A-Za-z0-9+=,.@_-]{1,64}$`)

// isRoleName tells whether text can name a role, with its path if it has one.
func isRoleName(text string) bool {
	return roleName.MatchString(text) && !strings.HasPrefix(text, "arn:")
}

// checkListed refuses accounts of which nothing says by which role they are read.
func (f *collectFlags) checkListed() error {
	var err error
	if f.listed, err = readAccounts(f.accountsFile); err != nil {
		return err
	}
	i := slices.IndexFunc(f.listed, func(a listedAccount) bool { return a.role == "" })
	switch {
	case i >= 0 && f.roleName == "":
		return usageError(fmt.Errorf("%s:%d: account %s: no role is named", f.accountsFile, f.listed[i].line, f.listed[i].id),
			"--role-name NAME is the role in every account that does not name its own")
	case i < 0 && f.roleName != "":
		return usageError(errors.New("--role-name: every account of the file names its own role"), "leave it out")
	}
	return nil
}

// members are the accounts of the file as the caller reads them.
func (f *collectFlags) members(session *collector.Session, caller *collector.Caller) []collector.Member {
	var all []collector.Member
	for _, a := range f.listed {
		member := session.Member(caller, a.id, f.roleName)
		if arn, ok := snapshots.ParseARN(a.role); ok {
			member.Partition, member.RoleARN = arn.Partition, a.role
		}
		all = append(all, member)
	}
	return all
}
