package evaluator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/cistern-audit/cistern/snapshots"
)

// Dependencies is what a control reads before it gives its verdict.
type Dependencies struct {
	Control  string     `json:"control"`
	File     string     `json:"file"`
	Evidence []Evidence `json:"evidence"`
	Calls    []Call     `json:"calls"`    // that fill the evidence, or that the control says to make where it is missing
	Facts    []string   `json:"facts"`    // what is not of the account: data.parameters and the like
	Packages []string   `json:"packages"` // whose rules it follows
}

// Evidence is a place in the snapshot, and the call that fills it where it is a list.
type Evidence struct {
	Path      string `json:"path"` // "input.cloudtrail.trails"
	Service   string `json:"service,omitempty"`
	Operation string `json:"operation,omitempty"`
}

// Call is an AWS call in the AWS CLI's spelling, and the IAM permission that it takes.
type Call struct {
	Operation string `json:"operation"`
	Action    string `json:"action"`
}

// Dependencies follows a control's rules as far as they lead. A record is named by the list that it is in; what a rule looks up under a
// name that it computes is not followed.
func (e *Engine) Dependencies(ctx context.Context, slug string) (*Dependencies, error) {
	p := e.controls[slug]
	if p == nil {
		problem := &InputError{File: slug, Problem: "find control: no policy is called so", Hint: "cistern controls lists them"}
		if near := nearest(slug, slices.Sorted(maps.Keys(e.controls))); near != "" {
			problem.Hint = "did you mean " + near + "?"
		}
		return nil, problem
	}
	permissions, err := e.permissions(ctx)
	if err != nil {
		return nil, err
	}
	t := &tracker{
		compiler: e.compiler, permissions: permissions, seen: map[*ast.Rule]bool{},
		paths: map[string]Evidence{}, calls: map[string]string{}, facts: map[string]bool{}, packages: map[string]bool{},
	}
	for _, ref := range p.refs() {
		t.follow(ref)
	}
	for _, n := range p.reads {
		t.need(n)
	}
	d := &Dependencies{Control: slug, File: p.File, Evidence: []Evidence{}, Calls: []Call{}}
	for _, path := range slices.Sorted(maps.Keys(t.paths)) {
		d.Evidence = append(d.Evidence, t.paths[path])
	}
	for _, operation := range slices.Sorted(maps.Keys(t.calls)) {
		d.Calls = append(d.Calls, Call{operation, t.calls[operation]})
	}
	d.Facts = append([]string{}, slices.Sorted(maps.Keys(t.facts))...)
	d.Packages = append([]string{}, slices.Sorted(maps.Keys(t.packages))...)
	return d, nil
}

// need takes note of a list that the control was found to read, and of the calls that fill it.
func (t *tracker) need(n need) {
	path := "input" + strings.ReplaceAll(n.list.Pointer, "/", ".")
	t.paths[path] = Evidence{path, n.list.Service, n.list.Operation}
	for _, call := range append([]string{n.list.Operation}, n.calls...) {
		t.calls[call] = snapshots.ActionOf(n.list.Service, call)
	}
}

// permissions are the IAM actions by call that the library knows.
func (e *Engine) permissions(ctx context.Context) (map[string]string, error) {
	options := append(e.builtins.functions(), rego.Query("data.policies.lib.evidence.permission"), rego.Compiler(e.compiler), rego.Store(facts{}))
	results, err := rego.New(options...).Eval(ctx)
	if err != nil {
		return nil, fmt.Errorf("evidence: read permissions: %w", err)
	}
	all := map[string]string{}
	if len(results) > 0 {
		table, _ := results[0].Expressions[0].Value.(map[string]any)
		for operation, action := range table {
			all[operation], _ = action.(string)
		}
	}
	return all, nil
}

// tracker follows rules to what they read.
type tracker struct {
	compiler        *ast.Compiler
	permissions     map[string]string // by call
	seen            map[*ast.Rule]bool
	paths           map[string]Evidence
	calls           map[string]string
	facts, packages map[string]bool
}

// follow takes note of what a reference reads.
func (t *tracker) follow(ref ast.Ref) {
	switch {
	case ref.HasPrefix(ast.InputRootRef):
		t.read(ref[1:])
	case ref.HasPrefix(ast.DefaultRootRef):
		prefix := ref.ConstantPrefix()
		rules := t.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{})
		if len(rules) == 0 && !strings.HasPrefix(prefix.String(), "data.policies.") && len(prefix) > 1 {
			t.facts[prefix.String()] = true
		}
		for _, rule := range rules {
			t.rule(rule)
			// A rule that hands on the whole input, such as the list of accounts, is read through.
			if rest := ref[min(len(ref), len(rule.Ref())):]; namesInput(rest) && handsOnInput(rule) {
				t.read(rest)
			}
		}
	}
}

// rule follows everything that a rule refers to, its variables resolved to what they stand for.
func (t *tracker) rule(rule *ast.Rule) {
	if t.seen[rule] {
		return
	}
	t.seen[rule] = true
	t.packages[strings.TrimPrefix(rule.Module.Package.Path.String(), "data.")] = true
	standsFor := map[ast.Var][]ast.Ref{}
	ast.WalkExprs(rule, func(expr *ast.Expr) bool {
		if !expr.IsEquality() {
			return false
		}
		for i, j := range []int{1, 0} {
			name, isVar := expr.Operand(i).Value.(ast.Var)
			ref, isRef := expr.Operand(j).Value.(ast.Ref)
			if isVar && isRef {
				standsFor[name] = append(standsFor[name], ref)
			}
		}
		return false
	})
	ast.WalkRefs(rule, func(ref ast.Ref) bool {
		for _, full := range resolved(ref, standsFor, 0) {
			t.follow(full)
		}
		return false
	})
	ast.WalkExprs(rule, func(expr *ast.Expr) bool {
		if expr.IsCall() {
			t.call(expr, standsFor)
		}
		return false
	})
}

// deepest bounds how often a variable stands for a variable.
const deepest = 8

// resolved is a reference with its head replaced by all that the head stands for.
func resolved(ref ast.Ref, standsFor map[ast.Var][]ast.Ref, depth int) []ast.Ref {
	head, ok := ref[0].Value.(ast.Var)
	if !ok || ref.HasPrefix(ast.InputRootRef) || ref.HasPrefix(ast.DefaultRootRef) || depth == deepest {
		return []ast.Ref{ref}
	}
	var all []ast.Ref
	for _, value := range standsFor[head] {
		all = append(all, resolved(value.Concat(ref[1:]), standsFor, depth+1)...)
	}
	return all
}

// call takes note of the AWS calls that a rule names, and of what object.get reads.
func (t *tracker) call(expr *ast.Expr, standsFor map[ast.Var][]ast.Ref) {
	for _, operand := range expr.Operands() {
		if name, ok := operand.Value.(ast.String); ok && t.permissions[string(name)] != "" {
			t.calls[string(name)] = t.permissions[string(name)]
		}
	}
	if expr.Operator().String() != "object.get" || len(expr.Operands()) < 2 {
		return
	}
	var from []ast.Ref
	switch object := expr.Operand(0).Value.(type) {
	case ast.Ref:
		from = resolved(object, standsFor, 0)
	case ast.Var:
		from = resolved(ast.Ref{expr.Operand(0)}, standsFor, 0)
	}
	for _, ref := range from {
		switch key := expr.Operand(1).Value.(type) {
		case ast.String:
			t.follow(ref.Append(expr.Operand(1)))
		case *ast.Array:
			way := ref
			key.Foreach(func(term *ast.Term) { way = way.Append(term) })
			t.follow(way)
		}
	}
}

// read takes note of a place in the snapshot: a list, all lists of a service, or what else has a fixed name.
func (t *tracker) read(way ast.Ref) {
	var names []string
	fixed := -1 // how many names stand before the first that is not fixed
	for _, term := range way {
		name, ok := term.Value.(ast.String)
		if !ok {
			if fixed < 0 {
				fixed = len(names)
			}
			continue
		}
		names = append(names, string(name))
	}
	if len(names) > 0 && names[0] == "linked" {
		names, fixed = names[1:], -1
	}
	if len(names) == 0 {
		return // the whole input is handed on: what is read of it is seen where it is read
	}
	pointer := "/" + strings.Join(names, "/")
	found := false
	for _, list := range snapshots.Lists() {
		if pointer == list.Pointer || strings.HasPrefix(pointer, list.Pointer+"/") || strings.HasPrefix(list.Pointer, pointer+"/") && fixed >= 0 {
			path := "input" + strings.ReplaceAll(list.Pointer, "/", ".")
			t.paths[path] = Evidence{path, list.Service, list.Operation}
			t.calls[list.Operation] = snapshots.ActionOf(list.Service, list.Operation)
			found = true
		}
	}
	if fixed >= 0 {
		names = names[:fixed]
	}
	if !found && len(names) > 0 {
		path := "input." + strings.Join(names, ".")
		t.paths[path] = Evidence{Path: path}
	}
}

// namesInput tells whether the way begins, but for indexes, with a part of a snapshot.
func namesInput(way ast.Ref) bool {
	for _, term := range way {
		if name, ok := term.Value.(ast.String); ok {
			return slices.Contains([]string{"account", "cloudtrail", "cloudwatch", "collected_at", "collection", "gaps", "linked", "logs", "securityhub", "sns"}, string(name))
		}
	}
	return false
}

// handsOnInput tells whether a rule refers to the input as a whole.
func handsOnInput(rule *ast.Rule) bool {
	whole := false
	ast.WalkRefs(rule, func(ref ast.Ref) bool {
		whole = whole || ref.Equal(ast.InputRootRef)
		return whole
	})
	return whole
}
