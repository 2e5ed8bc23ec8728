// Package suite holds saved snapshots against what each control must say of them: regression suites in YAML, and the Rego unit
// tests beside them.
package suite

import (
	"time"

	"gopkg.in/yaml.v3"

	"github.com/cistern-audit/cistern/evaluator"
	"github.com/cistern-audit/cistern/evaluator/report"
)

// Suite is one file of cases that share an edition and options.
type Suite struct {
	File       string
	Name       string
	Benchmark  string         // an id or a file; the newest of CIS if empty
	Parameters map[string]any // data.parameters
	Waivers    string         // a file
	AsOf       time.Time      // each snapshot's own time if zero
	Policies   []string       // folders
	Cases      []*Case

	text []byte
	tree *yaml.Node
	// places are the lines of what the suite names, by what it is for: "benchmark", "waivers", "policies".
	places map[string]int
}

// Case is one or more snapshots, and what is expected of them.
type Case struct {
	Name   string
	Line   int
	Inputs []Reference
	Patch  []Operation // of the first snapshot, on its canonical form
	Expect []*Expectation
	Rest   []report.Status // what every other control must be, one of these; anything if empty

	node   *yaml.Node // the case
	expect *yaml.Node // nil if it has none
}

// Reference is a snapshot that a case is about.
type Reference struct {
	Name   string
	Sample bool // an embedded one, by its name; else a file
	Line   int
}

// Expectation is what one control must say.
type Expectation struct {
	Account string // all of the case if empty
	Control string // the slug, or the edition's id
	Status  report.Status
	Link    string // of a finding, where given
	Message string // part of the message of a finding, where given
	Line    int

	key, value *yaml.Node
}

// Operation is one step of a JSON Patch, RFC 6902.
type Operation struct {
	Op, Path, From string
	Value          any
	Line           int
}

// Unexpected are the problems of a suite's file: by line, never empty.
type Unexpected []*evaluator.InputError

func (u Unexpected) Error() string { return u[0].Error() }
