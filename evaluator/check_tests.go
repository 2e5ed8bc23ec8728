package evaluator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// untested lists the controls of a source that no test sees pass, or none sees fail. A test is a control's if it is in the control's
// package or in that with _test, or refers to it; it shows which of both it is by its name, or by the status that it names.
func untested(set *policySet, controls map[string]*policy, source int) PolicyErrors {
	var problems PolicyErrors
	for _, slug := range slices.Sorted(maps.Keys(controls)) {
		p := controls[slug]
		if p.source != source || p.shape != verdictRule {
			continue // conftest's policies need no tests of ours
		}
		cases, anywhere := casesOf(set, p)
		for _, want := range []struct{ status, act string }{{"pass", "passes"}, {"fail", "fails"}} {
			if cases[want.status] {
				continue
			}
			problem := &PolicyError{
				File: p.File, Line: packageLine(set, p.File),
				Problem: fmt.Sprintf("control %s: no test in which it %s", slug, want.act),
				Hint:    fmt.Sprintf("call one test_%s_... and start from data.saved.compliant; cistern policy new shows how", want.act),
			}
			beside := strings.TrimSuffix(p.File, ".rego") + "_test.rego"
			if anywhere == nil && packageLine(set, beside) > 0 {
				problem.Problem += fmt.Sprintf(": %s asks nothing of package %s", beside, strings.TrimPrefix(p.Package, "data."))
				problem.Hint = "the package of a policy is what its tests import"
			} else if anywhere == nil {
				problem.Problem += ": there is no " + beside
			} else {
				problem.File, problem.Line = anywhere.Location.File, anywhere.Location.Row
			}
			problems = append(problems, problem)
		}
	}
	return problems
}

// casesOf are the statuses that the control's tests show, and the package line of one of these tests.
func casesOf(set *policySet, p *policy) (map[string]bool, *ast.Package) {
	cases := map[string]bool{}
	var anywhere *ast.Package
	control := ast.MustParseRef(p.Package)
	for _, m := range set.modules {
		name := m.Package.Path.String()
		beside := name == p.Package || name == p.Package+"_test"
		for _, rule := range m.Rules {
			if !strings.HasPrefix(string(rule.Head.Name), "test_") && !strings.HasPrefix(rule.Head.Ref().String(), "test_") {
				continue
			}
			if !beside && !refersTo(m.Module, control) {
				continue
			}
			anywhere = m.Package
			for _, status := range []string{"pass", "fail"} {
				cases[status] = cases[status] || strings.HasPrefix(rule.Head.Ref().String(), "test_"+status) || mentions(rule, status)
			}
		}
	}
	return cases, anywhere
}

// mentions tells whether a rule holds that text.
func mentions(rule *ast.Rule, text string) bool {
	found := false
	ast.WalkTerms(rule, func(term *ast.Term) bool {
		value, ok := term.Value.(ast.String)
		found = found || ok && string(value) == text
		return found
	})
	return found
}

// refersTo tells whether a module imports a package, or names anything in it.
func refersTo(module *ast.Module, pkg ast.Ref) bool {
	found := false
	ast.WalkRefs(module, func(ref ast.Ref) bool {
		found = found || ref.HasPrefix(pkg)
		return found
	})
	return found || slices.ContainsFunc(module.Imports, func(i *ast.Import) bool {
		path, ok := i.Path.Value.(ast.Ref)
		return ok && path.HasPrefix(pkg)
	})
}

func packageLine(set *policySet, file string) int {
	for _, m := range set.modules {
		if m.name == file {
			return m.Package.Loc().Row
		}
	}
	return 0
}

// Unused lists what a check lets pass: what is noted of conftest's kind, and what of the last source nothing asks for: controls that no edition names, which are still asked under their slugs, and
// packages that neither are controls nor are used by another. It is no error.
func Unused(ctx context.Context, sources []Source) (PolicyErrors, error) {
	last := len(sources) - 1
	set, err := load(sources, true)
	if err != nil {
		return nil, err
	}
	engine, err := compileWhole(ctx, sources)
	if err != nil {
		return nil, err
	}
	editions, err := Benchmarks(sources)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, b := range editions {
		for _, section := range b.Sections {
			for _, row := range section.Controls {
				named[row.Control] = true
			}
		}
	}
	var all PolicyErrors
	controls := map[string]bool{}
	for _, p := range engine.controls {
		controls[p.Package] = true
		if p.source == last && !named[p.Slug] {
			all = append(all, &PolicyError{
				File: p.File, Line: packageLine(set, p.File),
				Problem: fmt.Sprintf("control %s: no edition names it; it is asked in every evaluation, under its slug", p.Slug),
			})
		}
	}
	for _, pkg := range packagesOf(set.modules) {
		if pkg.source == last && !controls[pkg.path] && !isTest(pkg.file) && !usedBesides(set, pkg) {
			all = append(all, &PolicyError{
				File: pkg.file, Line: packageLine(set, pkg.file), Problem: fmt.Sprintf("package %s: no policy uses it", strings.TrimPrefix(pkg.path, "data.")),
			})
		}
	}
	all = append(all, set.asides...)
	if err := all.orNil(); err != nil {
		return err.(PolicyErrors), nil
	}
	return nil, nil
}

// usedBesides tells whether another package refers to this one.
func usedBesides(set *policySet, pkg policyPackage) bool {
	path := ast.MustParseRef(pkg.path)
	return slices.ContainsFunc(set.modules, func(m loadedModule) bool {
		return m.Package.Path.String() != pkg.path && refersTo(m.Module, path)
	})
}
