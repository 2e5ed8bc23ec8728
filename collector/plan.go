package collector

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Planned is a call that would be made.
type Planned struct {
	// Service and Operation are in the AWS CLI's spelling.
	Service, Operation string
	// Action is the IAM permission that it needs, empty if it needs none.
	Action string
	// Often says how often it is made.
	Often string
	// PerSecond is the most that are made in a second, in one account and region.
	PerSecond float64
}

// Scope is what a plan is of.
type Scope struct {
	// Organization is for a caller who lists the accounts of its organisation.
	Organization bool
	// Roles are the ARNs, or patterns of them, of the roles that the caller assumes.
	Roles []string
	// AllLogGroups is as in [Options].
	AllLogGroups bool
}

// Plan is every call that a caller would make, in order.
func Plan(scope Scope) []Planned {
	var all []Planned
	add := func(o operation) {
		all = append(all, Planned{o.service, o.name, o.action(), o.often, o.perSecond * share})
	}
	if scope.Organization {
		add(listAccounts)
	}
	if len(scope.Roles) > 0 {
		add(assumeRole)
	}
	for _, o := range operations() {
		if scope.AllLogGroups && o.service == "logs" {
			o.often = "once a region, and for every 50 of them"
		}
		add(o)
	}
	return all
}

// Policy is the IAM policy document, in JSON, that allows these calls and no more.
func Policy(scope Scope) []byte {
	type statement struct {
		Sid      string   `json:"Sid"`
		Effect   string   `json:"Effect"`
		Action   []string `json:"Action"`
		Resource any      `json:"Resource"`
	}
	about, chain := []string{}, []string{}
	for _, o := range operations() {
		switch {
		case o.action() == "":
		case o.global:
			about = append(about, o.action())
		default:
			chain = append(chain, o.action())
		}
	}
	if scope.Organization {
		about = append(about, listAccounts.action())
	}
	slices.Sort(about)
	slices.Sort(chain)
	statements := []statement{{"Account", "Allow", about, "*"}, {"Chain", "Allow", chain, "*"}}
	if len(scope.Roles) > 0 {
		statements = append(statements, statement{"Roles", "Allow", []string{assumeRole.action()}, scope.Roles})
	}
	document, err := json.MarshalIndent(struct {
		Version   string      `json:"Version"`
		Statement []statement `json:"Statement"`
	}{"2012-10-17", statements}, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("policy: write: %v", err)) // strings only
	}
	return append(document, '\n')
}
