package evaluator

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// findControls lists the controls among the packages: those whose METADATA names one, and conftest's kind. origins is what each source
// adds and replaces.
func findControls(set *policySet, compiler *ast.Compiler) (map[string]*policy, []report.PolicySource, error) {
	controls, origins := map[string]*policy{}, slices.Clone(set.origins)
	for i := range origins {
		origins[i].Replaces = slices.Clone(origins[i].Replaces)
	}
	var problems PolicyErrors
	annotated := packageAnnotations(set.modules)
	for _, pkg := range packagesOf(set.modules) {
		p, problem := readControl(pkg, annotated[pkg.path], compiler)
		if problem != nil {
			problems = append(problems, problem)
		}
		if p == nil {
			continue
		}
		other, ok := controls[p.Slug]
		_, lost := set.lost[p.Slug]
		origin := &origins[p.source]
		switch {
		case ok && other.source == p.source:
			problems = append(problems, secondOf(p.Slug, p.File, packageLine(set, p.File), other.File))
			continue
		case ok, lost && p.source > 0:
			origin.Replaces = append(origin.Replaces, "control "+p.Slug)
		default:
			origin.Adds = append(origin.Adds, p.Slug)
		}
		controls[p.Slug] = p
	}
	for i := range origins {
		slices.Sort(origins[i].Adds)
		slices.Sort(origins[i].Replaces)
	}
	return controls, origins, problems.orNil()
}

// policyPackage is one Rego package, which may lie in several files.
type policyPackage struct {
	path   string
	names  []string
	source int
	file   string // its first
}

// ref is a rule of the package.
func (p policyPackage) ref(rule string) ast.Ref {
	ref := ast.Ref{ast.DefaultRootDocument}
	for _, name := range append(slices.Clone(p.names), rule) {
		ref = append(ref, ast.StringTerm(name))
	}
	return ref
}

// packagesOf is the packages of the modules, those of an earlier source first, then by path.
func packagesOf(modules []loadedModule) []policyPackage {
	seen := map[string]bool{}
	var all []policyPackage
	for _, m := range modules {
		name := m.Package.Path.String()
		if !seen[name] {
			seen[name] = true
			all = append(all, policyPackage{name, packageNames(m.Module), m.source, m.name})
		}
	}
	slices.SortStableFunc(all, func(a, b policyPackage) int {
		return cmp.Or(cmp.Compare(a.source, b.source), strings.Compare(a.path, b.path))
	})
	return all
}

// packageAnnotations is the METADATA of scope package, by package path.
func packageAnnotations(modules []loadedModule) map[string]*ast.Annotations {
	found := map[string]*ast.Annotations{}
	for _, m := range modules {
		for _, a := range m.Annotations {
			if a.Scope == "package" {
				found[m.Package.Path.String()] = a
			}
		}
	}
	return found
}

// readControl is the control that a package defines, nil if it is a library.
func readControl(pkg policyPackage, meta *ast.Annotations, compiler *ast.Compiler) (*policy, *PolicyError) {
	p := &policy{source: pkg.source, Control: Control{Package: pkg.path, File: pkg.file}}
	if meta != nil {
		p.Title, p.Description = meta.Title, meta.Description
		for key, field := range map[string]*string{"control": &p.Slug, "severity": &p.Severity, "remediation": &p.Remediation} {
			text, ok := meta.Custom[key].(string)
			if !ok && meta.Custom[key] != nil {
				return nil, &PolicyError{File: pkg.file, Line: meta.Location.Row, Problem: fmt.Sprintf("METADATA custom.%s is not a text", key)}
			}
			*field = strings.TrimSpace(text)
		}
	}
	shape, rules := shapeOf(pkg, compiler)
	ok := len(rules) > 0
	switch {
	case !ok && p.Slug != "":
		return nil, voiceless(pkg.file, meta.Location.Row, p.Slug)
	case !ok, p.Slug == "" && shape == verdictRule && slices.Contains(pkg.names, "lib"):
		return nil, nil
	case p.Slug == "":
		p.Slug = strings.ReplaceAll(pkg.names[len(pkg.names)-1], "_", "-")
	}
	p.shape, p.rules, p.speaks = shape, rules, pkg.ref(rules[0])
	p.Title = cmp.Or(p.Title, p.Slug)
	return p, nil
}

// shapeOf is how a package speaks and by which rules, verdict before conftest's. Functions of that name do not count.
func shapeOf(pkg policyPackage, compiler *ast.Compiler) (ruleShape, []string) {
	rules := compiler.GetRulesExact(pkg.ref(verdictRule.rule()))
	if len(rules) > 0 && len(rules[0].Head.Args) == 0 {
		return verdictRule, []string{verdictRule.rule()}
	}
	return denyRule, conftestRules(pkg.path, compiler)
}
