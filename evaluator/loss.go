package evaluator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// loss is a control whose package a later source has replaced.
type loss struct {
	policy
	by *PolicyError // says where, if the package is not that control any more
}

// lose takes note of the control that a replaced module was, and of the source that replaces it.
func (s *policySet) lose(m loadedModule, by int) {
	slug := controlOf(m.Module)
	if slug == "" {
		return
	}
	lost := loss{policy: policy{source: m.source, Control: Control{Slug: slug, Title: slug, Package: m.Package.Path.String(), File: m.name}}}
	for _, a := range m.Annotations {
		if a.Scope == "package" && a.Title != "" {
			lost.Title = a.Title
		}
	}
	take := func(name string, head *ast.Module) {
		if lost.by == nil && head != nil && head.Package.Path.Equal(m.Package.Path) {
			lost.by = &PolicyError{
				File: name, Line: head.Package.Loc().Row,
				Problem: fmt.Sprintf("replaces package %s, which is control %s, and is no policy of that control", strings.TrimPrefix(lost.Package, "data."), slug),
				Hint:    fmt.Sprintf("custom.control: %s in its METADATA, or a package name of its own", slug),
			}
		}
	}
	for _, other := range s.modules {
		if other.source == by {
			take(other.name, other.Module)
		}
	}
	for _, other := range s.broken {
		if other.source == by {
			take(other.name, other.head)
		}
	}
	s.lost[slug] = lost
}

// controlOf is the slug of the control that a module is, "" if it is none.
func controlOf(m *ast.Module) string {
	for _, a := range m.Annotations {
		if slug, ok := a.Custom["control"].(string); ok && a.Scope == "package" {
			return strings.TrimSpace(slug)
		}
	}
	if defines(m, verdictRule.rule()) || slices.ContainsFunc(ruleNames(m), conftestRule.MatchString) {
		names := packageNames(m)
		return slugOf(names[len(names)-1])
	}
	return ""
}

// mourn gives the shipped controls that nothing judges any more their reason: a row that says so, not the end of the run.
func (e *Engine) mourn(sources []Source, set *policySet) {
	for _, slug := range sortedKeys(set.lost) {
		lost := set.lost[slug]
		if e.policyOf(slug) != nil || lost.by == nil || !sources[lost.source].Catalogue {
			continue
		}
		p := lost.policy
		p.catalogue, p.faults = true, []*PolicyError{lost.by}
		e.aside[slug] = &p
		e.faults = append(e.faults, fault{slug, lost.by})
	}
	for _, p := range set.shadows {
		e.faults = append(e.faults, fault{"", p})
	}
	slices.SortStableFunc(e.faults, func(a, b fault) int { return comparePlaces(a.PolicyError, b.PolicyError) })
}
