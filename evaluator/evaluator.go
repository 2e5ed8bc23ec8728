// Package evaluator judges snapshots with Rego policies on an embedded OPA: the same snapshot, policies and options give the same report.
package evaluator

import (
	"context"
	"io/fs"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// Source is a tree of policies, and the name under which its files appear in errors.
type Source struct {
	Name string
	FS   fs.FS
	// Catalogue marks the shipped policies: their controls are asked where an edition names them. The user's own are always
	// asked.
	Catalogue bool
	// Bundle is what the bundle says of itself that FS is read from; nil for a folder.
	Bundle *Bundle

	whole string // the digest of all its files, where some are left out because they are the embedded ones
}

// Control is what a policy says of itself in its METADATA.
type Control struct {
	Slug        string // "root-usage": METADATA custom.control, or the package's last name
	Title       string
	Description string
	Severity    string
	Remediation string   // the way out, as a person would be told it
	Patterns    []string // the filter patterns it accepts where an edition names none
	Package     string   // "data.policies.monitoring.root_usage"
	File        string
}

// Engine is a set of compiled policies. It is safe for concurrent use: one engine judges any number of snapshots.
type Engine struct {
	controls  map[string]*policy
	aside     map[string]*policy // controls whose policy cannot be used
	faults    []fault            // what is wrong with those, and with what they rest on
	catalogue bool               // the shipped policies are among the sources
	notes     []string
	files     []policyFile
	data      ast.Object            // of the sources' data files
	origins   []report.PolicySource // what the user's own sources add and replace
	idle      []idlePackage         // of the user's, that are no controls and that nothing uses
	barren    map[int]string        // the user's sources that add, replace and lend nothing, by number
	own       map[string]bool       // files that are not of the catalogue, by name
	compiler  *ast.Compiler
	builtins  *builtins
	compiled  func(context.Context) (*Engine, error) // the same, compiled in this run; nil if this one is
	hands     hands
}

// policy is one control, ready to be asked.
type policy struct {
	Control
	source    int
	catalogue bool
	shape     ruleShape
	rules     []string // by which it speaks
	speaks    ast.Ref  // the first of them
	query     *preparedQuery
	reads     reads
	faults    []*PolicyError // why it cannot be asked
}

// ruleShape is how a policy package says what it found.
type ruleShape int

const (
	verdictRule ruleShape = iota // `verdict := {"status": ..., "findings": [...], "notes": [...]}`
	denyRule                     // conftest's deny, violation and warn: nothing denied is pass, else fail
)

func (s ruleShape) rule() string {
	return [...]string{"verdict", "deny"}[s]
}

// Compile makes an engine of the policies in sources. A later source replaces the packages and controls of an earlier
// one; the report's policies say so. The error is a PolicyErrors when a policy is at fault.
func Compile(ctx context.Context, sources []Source) (*Engine, error) {
	if e := readCompiled(sources); e != nil {
		return e, nil
	}
	loaded, err := loadJudging(sources)
	if err != nil {
		return nil, err
	}
	e, err := newEngine(ctx, sources, loaded)
	if err == nil {
		e.mourn(sources, loaded)
		e.sayIdle()
	}
	return e, err
}

// newEngine is engineOf within the usual limits: OPA's compiler knows no end, and two values that double from rule to rule keep it busy
// for years.
func newEngine(ctx context.Context, sources []Source, loaded *policySet) (*Engine, error) {
	return compiling(ctx, usual(), sources, func() (*Engine, error) { return engineOf(ctx, sources, loaded) })
}

func engineOf(ctx context.Context, sources []Source, loaded *policySet) (*Engine, error) {
	b := newBuiltins()
	compiler, err := compile(loaded.modules, b)
	if err != nil {
		return nil, err
	}
	e, err := assemble(sources, loaded, compiler, b)
	if err != nil {
		return nil, err
	}
	return e, e.prepare()
}

// assemble makes an engine of policies that are compiled.
func assemble(sources []Source, loaded *policySet, compiler *ast.Compiler, b *builtins) (*Engine, error) {
	data, err := loaded.data.object()
	if err != nil {
		return nil, err
	}
	controls, origins, err := findControls(loaded, compiler)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		controls:  controls,
		aside:     map[string]*policy{},
		catalogue: slices.ContainsFunc(sources, func(s Source) bool { return s.Catalogue }),
		notes:     slices.Clone(loaded.notes),
		files:     loaded.files,
		data:      data,
		own:       map[string]bool{},
		compiler:  compiler,
		builtins:  b,
	}
	for _, m := range loaded.modules {
		e.own[m.key()] = !sources[m.source].Catalogue
	}
	e.findIdle(sources, loaded)
	for i, source := range sources {
		if !source.Catalogue {
			e.origins = append(e.origins, origins[i])
		}
	}
	for _, p := range controls {
		p.catalogue = sources[p.source].Catalogue
		p.query = e.queryOf(p)
	}
	return e, nil
}

// prepare finds what is wrong with the controls before they are asked.
func (e *Engine) prepare() error {
	var problems PolicyErrors
	for _, p := range e.controls {
		var misspelt PolicyErrors
		p.reads, misspelt = e.lookOf(p)
		problems = append(problems, misspelt...)
		if err := p.query.prepare(); err != nil {
			problems = append(problems, &PolicyError{File: p.File, Problem: "prepare: " + err.Error()})
		}
	}
	return problems.orNil()
}

// Controls is every control that the engine has a policy for, by slug.
func (e *Engine) Controls(ctx context.Context) ([]Control, error) {
	var all []Control
	for _, slug := range slices.Sorted(maps.Keys(e.controls)) {
		p := e.controls[slug]
		patterns, err := e.patternsOf(ctx, p)
		if err != nil {
			return nil, err
		}
		c := p.Control
		c.Patterns = patterns
		all = append(all, c)
	}
	return all, nil
}

// patternsOf is the list that the package calls `patterns`, nil if it has none.
func (e *Engine) patternsOf(ctx context.Context, p *policy) ([]string, error) {
	name := p.Package + ".patterns"
	if len(e.compiler.GetRulesExact(ast.MustParseRef(name))) == 0 {
		return nil, nil
	}
	options := append(e.builtins.functions(), rego.Query(name), rego.Compiler(e.compiler), rego.Store(facts{root: with(e.data, defaultFacts())}))
	results, err := rego.New(options...).Eval(ctx)
	if err != nil {
		return nil, p.failure(ctx, err)
	}
	var patterns []string
	if len(results) > 0 {
		list, _ := results[0].Expressions[0].Value.([]any)
		for _, each := range list {
			if text, ok := each.(string); ok {
				patterns = append(patterns, text)
			}
		}
	}
	return patterns, nil
}

// Notes says what a reader should know of the policies: what was let pass in conftest's kind, which data the evaluator fills itself.
func (e *Engine) Notes() []string { return slices.Clone(e.notes) }
