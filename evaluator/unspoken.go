package evaluator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// verdictStatuses are what a verdict may say.
var verdictStatuses = []string{string(report.Pass), string(report.Fail), string(report.Unknown), string(report.NotApplicable)}

// unspoken is what is wrong with how controls speak, as far as their text shows: none of the rules that speak, a status that is none.
func unspoken(modules []loadedModule) PolicyErrors {
	speaks := map[string]bool{}
	for _, m := range modules {
		for _, name := range ruleNames(m.Module) {
			if name == verdictRule.rule() || conftestRule.MatchString(name) {
				speaks[m.Package.Path.String()] = true
			}
		}
	}
	var wrong PolicyErrors
	for _, m := range modules {
		if isTest(m.name) {
			continue
		}
		for _, a := range m.Annotations {
			if slug, ok := a.Custom["control"].(string); ok && a.Scope == "package" && !speaks[m.Package.Path.String()] {
				wrong = append(wrong, voiceless(m.name, a.Location.Row, strings.TrimSpace(slug)))
			}
		}
		if !slices.Contains(packageNames(m.Module), "lib") {
			wrong = append(wrong, noStatuses(m)...)
		}
	}
	return wrong
}

// voiceless says that a control has no rule that speaks.
func voiceless(file string, line int, slug string) *PolicyError {
	return &PolicyError{
		File: file, Line: line, Problem: fmt.Sprintf("control %s: gives no verdict: the package defines none of verdict, deny, violation and warn", slug),
		Hint: `define verdict := {"status": "pass", "findings": [], "notes": []}`,
	}
}

// noStatuses are the rules called verdict whose status, written out, is none.
func noStatuses(m loadedModule) PolicyErrors {
	var wrong PolicyErrors
	for _, rule := range m.Rules {
		name, ok := rule.Head.Ref()[0].Value.(ast.Var)
		if !ok || string(name) != verdictRule.rule() || len(rule.Head.Args) > 0 || len(rule.Head.Ref()) > 1 {
			continue
		}
		for each := rule; each != nil; each = each.Else {
			if each.Head.Value == nil {
				continue
			}
			object, ok := each.Head.Value.Value.(ast.Object)
			if !ok {
				continue
			}
			term := object.Get(ast.InternedTerm("status"))
			if term == nil {
				continue
			}
			if text, ok := term.Value.(ast.String); ok && !slices.Contains(verdictStatuses, string(text)) {
				wrong = append(wrong, &PolicyError{
					File: m.name, Line: each.Loc().Row, Hint: statusHint(string(text)),
					Problem: fmt.Sprintf("verdict.status is %q, want one of %s", string(text), strings.Join(verdictStatuses, ", ")),
				})
			}
		}
	}
	return wrong
}

func statusHint(text string) string {
	if near := nearest(text, verdictStatuses); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// plainest is what a compiler says of the modules, with what is wrong with how they speak before what only follows from it, and with
// the functions that were meant.
func plainest(modules []loadedModule, err error) error {
	var problems PolicyErrors
	if err != nil && !errors.As(err, &problems) {
		return err
	}
	problems = slices.Clone(problems)
	for _, p := range problems {
		if name, ok := strings.CutPrefix(p.Problem, "undefined function "); ok && p.Hint == "" {
			p.Hint = functionHint(modules, name)
		}
	}
	wrong := unspoken(modules)
	follows := map[string]bool{}
	for _, w := range wrong {
		follows[w.File], follows[strings.TrimSuffix(w.File, ".rego")+"_test.rego"] = true, true
	}
	problems = slices.DeleteFunc(problems, func(p *PolicyError) bool {
		return follows[p.File] && (strings.HasSuffix(p.Problem, " unused") || isTest(p.File) && strings.Contains(p.Problem, "verdict"))
	})
	return append(wrong, problems...).orNil()
}

// functionHint is the function of a package that another one was meant to be, "" if none is like it.
func functionHint(modules []loadedModule, name string) string {
	var names []string
	for _, m := range modules {
		pkg := m.Package.Path.String()
		for _, rule := range m.Rules {
			if len(rule.Head.Args) > 0 {
				names = append(names, pkg+"."+rule.Head.Ref().String())
			}
		}
	}
	if !strings.HasPrefix(name, "data.") {
		return ""
	}
	slices.Sort(names)
	near := nearest(name, slices.Compact(names))
	if near == "" || distance(near, name) > 4 {
		return ""
	}
	parts := strings.Split(near, ".")
	return "did you mean " + strings.Join(parts[len(parts)-2:], ".") + "?"
}

// twice are the user's controls that another package of the same source has, too.
func twice(set *policySet, sources []Source) PolicyErrors {
	annotated := packageAnnotations(set.modules)
	type place struct {
		source int
		slug   string
	}
	first := map[place]string{}
	var problems PolicyErrors
	for _, pkg := range packagesOf(set.modules) {
		meta := annotated[pkg.path]
		if meta == nil || isTest(pkg.file) || sources[pkg.source].Catalogue {
			continue
		}
		slug, _ := meta.Custom["control"].(string)
		at := place{pkg.source, strings.TrimSpace(slug)}
		if at.slug == "" {
			continue
		}
		if other, taken := first[at]; taken {
			problems = append(problems, secondOf(at.slug, pkg.file, packageLine(set, pkg.file), other))
		} else {
			first[at] = pkg.file
		}
	}
	return problems
}

// secondOf says that a control has two policies.
func secondOf(slug, file string, line int, other string) *PolicyError {
	return &PolicyError{
		File: file, Line: line, Problem: fmt.Sprintf("control %s has a policy already: %s", slug, other),
		Hint: "each control has one package: give this one another custom.control",
	}
}

// mislabelled are notes of the user's controls whose METADATA policy check would refuse: they judge all the same.
func (e *Engine) mislabelled() []string {
	var notes []string
	for _, slug := range slices.Sorted(maps.Keys(e.controls)) {
		p := e.controls[slug]
		if p.catalogue || p.shape != verdictRule {
			continue
		}
		line := 0
		for _, m := range e.compiler.Modules {
			if m.Package.Location.File == p.File {
				line = m.Package.Location.Row
			}
		}
		for _, problem := range wrongLabels(p, line) {
			notes = append(notes, problem.Error()+"; "+problem.Hint)
		}
	}
	return notes
}

// comparedStatuses are the places in tests that compare a verdict's status with what is none: they never hold, or always.
func comparedStatuses(set *policySet, source int) PolicyErrors {
	var problems PolicyErrors
	for _, m := range set.modules {
		if m.source != source {
			continue
		}
		ast.WalkExprs(m.Module, func(expr *ast.Expr) bool {
			operands := expr.Operands()
			if !expr.IsCall() || len(operands) != 2 || !slices.Contains([]string{"equal", "eq", "neq"}, expr.Operator().String()) {
				return false
			}
			for i, operand := range operands {
				text, ok := operand.Value.(ast.String)
				ref, isRef := operands[1-i].Value.(ast.Ref)
				if ok && isRef && isVerdictStatus(ref) && !slices.Contains(verdictStatuses, string(text)) {
					problems = append(problems, &PolicyError{
						File: m.name, Line: expr.Loc().Row, Hint: statusHint(string(text)),
						Problem: fmt.Sprintf("%v is compared with %q, and a verdict's status is one of %s", ref, string(text), strings.Join(verdictStatuses, ", ")),
					})
				}
			}
			return false
		})
	}
	return problems
}

// isVerdictStatus tells that a reference ends in verdict.status.
func isVerdictStatus(ref ast.Ref) bool {
	if len(ref) < 2 || !ref[len(ref)-1].Equal(ast.StringTerm("status")) {
		return false
	}
	above := ref[len(ref)-2]
	return above.Equal(ast.StringTerm("verdict")) || above.Equal(ast.VarTerm("verdict"))
}

// astray are the imports of packages that no policy defines: what is read through them is never there.
func astray(set *policySet, source int) PolicyErrors {
	var names []string
	for _, m := range set.modules {
		if !isTest(m.name) {
			names = append(names, m.Package.Path.String())
		}
	}
	slices.Sort(names)
	var problems PolicyErrors
	for _, m := range set.modules {
		if m.source != source {
			continue
		}
		for _, i := range m.Imports {
			path, ok := i.Path.Value.(ast.Ref)
			if !ok || len(path) < 2 || !path.HasPrefix(ast.DefaultRootRef.Copy()) || set.has(path) {
				continue
			}
			problem := &PolicyError{File: m.name, Line: i.Loc().Row, Problem: fmt.Sprintf("import %v: no policy and no data is there", path)}
			if near := nearest(path.String(), names); near != "" {
				problem.Hint = "did you mean " + near + "?"
			}
			problems = append(problems, problem)
		}
	}
	return problems
}

// has tells that a package, one of its rules, or data may be at the path.
func (s *policySet) has(path ast.Ref) bool {
	name, ok := path[1].Value.(ast.String)
	if !ok || slices.Contains(reserved, string(name)) {
		return true
	}
	if s.data.root != nil {
		if _, ok := s.data.root[string(name)]; ok {
			return true
		}
	}
	return slices.ContainsFunc(s.modules, func(m loadedModule) bool {
		return m.Package.Path.HasPrefix(path) || path.HasPrefix(m.Package.Path) && len(path) > len(m.Package.Path) || path.Equal(m.Package.Path)
	})
}
