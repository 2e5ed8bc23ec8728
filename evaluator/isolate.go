package evaluator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Isolate makes an engine of the policies that can be used. What is wrong with one of the user's ends nothing: it is set aside, with
// all that rests on it, Broken says why, and its control is a row of status unknown. A shipped policy that is wrong is an error.
func Isolate(ctx context.Context, sources []Source) (*Engine, error) {
	if e := readCompiled(sources); e != nil {
		return e, nil
	}
	set, err := loadJudging(sources)
	if set == nil {
		return nil, err
	}
	q := &quarantine{sources: sources, set: set, aside: map[string]*setAside{}}
	if err := q.unusable(); err != nil {
		return nil, err
	}
	for {
		q.spread()
		e, err := newEngine(ctx, sources, set)
		var problems PolicyErrors
		switch {
		case err == nil:
			q.hand(e)
			e.mourn(sources, set)
			e.sayIdle()
			return e, nil
		case !errors.As(err, &problems):
			return nil, err
		}
		if err := q.blame(problems); err != nil {
			return nil, err
		}
	}
}

// Broken is what is wrong with the policies that Isolate has set aside.
func (e *Engine) Broken() PolicyErrors {
	var all PolicyErrors
	for _, f := range e.faults {
		all = append(all, f.PolicyError)
	}
	return all
}

// fault is what is wrong with a policy, and the control that it is of: none, if it is a library's.
type fault struct {
	control string
	*PolicyError
}

// quarantine finds out which policies can be used.
type quarantine struct {
	sources  []Source
	set      *policySet // without the modules that are set aside
	aside    map[string]*setAside
	homeless bool // a file is set aside whose package nobody knows
}

// setAside is a package that cannot be used, or a file that does not even say its package.
type setAside struct {
	policy
	path     ast.Ref // nil for such a file
	reserved bool    // nothing rests on it: what lies there is the evaluator's
	problems PolicyErrors
}

// unusable sets aside the files that do not parse or break a rule of the house.
func (q *quarantine) unusable() error {
	var ours PolicyErrors
	for _, b := range q.set.broken {
		b.problems = saidOnce(b.problems)
		switch {
		case q.sources[b.source].Catalogue:
			ours = append(ours, b.problems...)
		case b.head == nil:
			stem := strings.TrimSuffix(path.Base(b.name), ".rego")
			q.aside[b.name] = &setAside{policy: policy{Control: Control{Slug: slugOf(stem), File: b.name}, source: b.source}, problems: b.problems}
			q.homeless = true
		default:
			q.set.modules = append(q.set.modules, loadedModule{b.head, b.source, b.name})
			q.put(loadedModule{b.head, b.source, b.name}, b.problems...)
		}
	}
	return ours.orNil()
}

// saidOnce leaves out what a parser says twice, the second time in full.
func saidOnce(problems PolicyErrors) PolicyErrors {
	var once PolicyErrors
	for _, p := range problems {
		if last := len(once) - 1; last >= 0 && once[last].Line == p.Line && strings.HasPrefix(p.Problem, once[last].Problem) {
			once = once[:last]
		}
		once = append(once, p)
	}
	return once
}

// slugOf is a package's or a file's name as that of a control.
func slugOf(name string) string { return strings.ReplaceAll(name, "_", "-") }

// put sets a module's package aside. A later source that has the package too takes its place, and only the problem is kept.
func (q *quarantine) put(m loadedModule, problems ...*PolicyError) {
	name := m.Package.Path.String()
	a := q.aside[name]
	if a == nil {
		names := packageNames(m.Module)
		a = &setAside{policy: policy{Control: Control{Package: name, File: m.name}, source: m.source}}
		a.path, a.reserved = m.Package.Path, len(names) > 0 && slices.Contains(reserved, names[0])
		q.aside[name] = a
	}
	if m.source > a.source {
		a.source, a.File = m.source, m.name
	}
	a.problems = append(a.problems, problems...)
	q.set.modules = slices.DeleteFunc(q.set.modules, func(other loadedModule) bool {
		if other.Package.Path.String() != name || other.source > a.source {
			return false
		}
		a.describe(other.Module)
		return true
	})
}

// describe takes over what a module that is set aside says of itself.
func (a *setAside) describe(m *ast.Module) {
	for _, meta := range m.Annotations {
		if meta.Scope != "package" {
			continue
		}
		a.Title, a.Description = cmp.Or(meta.Title, a.Title), cmp.Or(meta.Description, a.Description)
		for key, field := range map[string]*string{"control": &a.Slug, "severity": &a.Severity, "remediation": &a.Remediation} {
			if text, ok := meta.Custom[key].(string); ok {
				*field = strings.TrimSpace(text)
			}
		}
	}
	names := packageNames(m)
	speaks := len(m.Rules) == 0 || slices.ContainsFunc(m.Rules, func(r *ast.Rule) bool {
		name := r.Head.Ref()[0].String()
		return name == verdictRule.rule() || conftestRule.MatchString(name)
	})
	if a.Slug == "" && speaks && len(names) > 0 && !slices.Contains(names, "lib") {
		a.Slug = slugOf(names[len(names)-1])
	}
}

// spread sets aside what rests on what is set aside already, until nothing more does.
func (q *quarantine) spread() {
	for again := true; again; {
		again = false
		for _, m := range slices.Clone(q.set.modules) {
			if problem := q.resting(m); problem != nil {
				q.put(m, problem)
				again = true
			}
		}
	}
}

// resting says on what a module rests that is set aside, nil if on nothing.
func (q *quarantine) resting(m loadedModule) *PolicyError {
	for _, r := range referencesOf(m.Module) {
		for _, name := range sortedKeys(q.aside) {
			a := q.aside[name]
			if a.path == nil || a.reserved || !r.meets(a.path) || q.replaced(a) || q.nearer(r, a) {
				continue
			}
			// A shipped policy needs what is shipped, or has replaced that, and of what it only gathers no package. A user's that gathers
			// needs all of them.
			if q.sources[m.source].Catalogue && !(q.set.shipped[name] && r.names(a.path)) {
				continue
			}
			why := a.problems[0]
			return &PolicyError{
				File: m.name, Line: r.line, Hint: why.Hint,
				Problem: fmt.Sprintf("rests on package %s, which cannot be used: %v", strings.TrimPrefix(a.Package, "data."), root(why)),
			}
		}
		if q.homeless && !q.sources[m.source].Catalogue && !q.known(r) {
			return &PolicyError{
				File: m.name, Line: r.line, Problem: fmt.Sprintf("rests on %s, which no policy defines", r.ref),
				Hint: "it may be in a file that does not say its package: mend that first",
			}
		}
	}
	return nil
}

// nearer tells that a reference leads to a package that can be used, and lies in the one that cannot.
func (q *quarantine) nearer(r reference, a *setAside) bool {
	return slices.ContainsFunc(q.set.modules, func(m loadedModule) bool {
		return len(m.Package.Path) > len(a.path) && r.ref.HasPrefix(m.Package.Path)
	})
}

// root is where a chain of packages that rest on each other began to be wrong.
func root(e *PolicyError) string {
	if _, first, ok := strings.Cut(e.Problem, ", which cannot be used: "); ok {
		return first
	}
	return e.Error()
}

// replaced tells that a later source has the package, and that it can be used.
func (q *quarantine) replaced(a *setAside) bool {
	return slices.ContainsFunc(q.set.modules, func(m loadedModule) bool {
		return m.source > a.source && m.Package.Path.String() == a.Package
	})
}

// known tells that something may be there: a policy's, or the evaluator's own.
func (q *quarantine) known(r reference) bool {
	if len(r.ref) < 2 {
		return true
	}
	if name, ok := r.ref[1].Value.(ast.String); ok && slices.Contains(reserved, string(name)) {
		return true
	}
	for _, a := range q.aside {
		if a.path != nil && r.meets(a.path) {
			return true
		}
	}
	return slices.ContainsFunc(q.set.modules, func(m loadedModule) bool { return r.meets(m.Package.Path) })
}

// blame sets aside the packages in which a compiler found something wrong. What is wrong with a shipped one is the fault of the
// user's that it rests on or that is in its way, or an error.
func (q *quarantine) blame(problems PolicyErrors) error {
	var ours PolicyErrors
	found := false
	modules := slices.Clone(q.set.modules)
	// What is wrong with the user's own may be all that is wrong with a shipped one.
	if users := q.usersOwn(modules, problems); len(users) > 0 {
		problems = users
	}
	for _, p := range problems {
		i := slices.IndexFunc(modules, func(m loadedModule) bool { return m.name == p.File })
		switch {
		case i < 0 && q.blameUnplaced(modules, p):
			found = true
		case i < 0:
			ours = append(ours, p)
		case !q.sources[modules[i].source].Catalogue:
			q.put(modules[i], p)
			found = true
		default:
			if !q.blameOwn(modules, modules[i], p) {
				ours = append(ours, p)
				continue
			}
			found = true
		}
	}
	if found {
		return nil
	}
	return ours.orNil()
}

// usersOwn are the problems that the compiler found in the user's modules.
func (q *quarantine) usersOwn(modules []loadedModule, problems PolicyErrors) PolicyErrors {
	var users PolicyErrors
	for _, p := range problems {
		i := slices.IndexFunc(modules, func(m loadedModule) bool { return m.name == p.File })
		if i >= 0 && !q.sources[modules[i].source].Catalogue {
			users = append(users, p)
		}
	}
	return users
}

// blameUnplaced sets aside the user's modules that have a problem all by themselves of which the compiler does not say where it is.
func (q *quarantine) blameUnplaced(modules []loadedModule, p *PolicyError) bool {
	found := false
	for _, m := range modules {
		if q.sources[m.source].Catalogue {
			continue
		}
		_, err := compile([]loadedModule{m}, newBuiltins())
		var alone PolicyErrors
		if errors.As(err, &alone) && slices.ContainsFunc(alone, func(other *PolicyError) bool { return other.Problem == p.Problem }) {
			q.put(m, &PolicyError{File: m.name, Line: m.Package.Loc().Row, Problem: p.Problem, Hint: p.Hint})
			found = true
		}
	}
	return found
}

// blameOwn sets aside a shipped module that goes wrong because of the user's, or the user's.
func (q *quarantine) blameOwn(modules []loadedModule, m loadedModule, p *PolicyError) bool {
	seen := map[string]bool{}
	next := []loadedModule{m}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		for _, r := range referencesOf(at.Module) {
			for _, other := range modules {
				if seen[other.name] || !r.meets(other.Package.Path) {
					continue
				}
				seen[other.name] = true
				if !q.sources[other.source].Catalogue {
					q.put(m, &PolicyError{File: p.File, Line: p.Line, Problem: p.Problem, Hint: other.name + " has replaced what it rests on"})
					return true
				}
				next = append(next, other)
			}
		}
	}
	for _, other := range modules {
		if !q.sources[other.source].Catalogue && within(other.Package.Path, m.Package.Path) {
			q.put(other, &PolicyError{
				File: other.name, Line: other.Package.Loc().Row, Problem: "is in the way of " + p.Error(),
				Hint: "choose another package name, such as mine.my_control",
			})
			return true
		}
	}
	return false
}

// hand gives an engine what was set aside: a control there takes the place of one of an earlier source, as it would have done.
func (q *quarantine) hand(e *Engine) {
	for _, name := range sortedKeys(q.aside) {
		a := q.aside[name]
		delete(e.barren, a.source)
		for _, p := range a.problems {
			e.faults = append(e.faults, fault{a.Slug, p})
		}
		if other := e.controls[a.Slug]; a.Slug == "" || q.replaced(a) || (other != nil && other.source > a.source) {
			continue
		}
		delete(e.controls, a.Slug)
		p := a.policy
		p.Title = cmp.Or(p.Title, p.Slug)
		p.catalogue = q.sources[p.source].Catalogue
		p.faults = a.problems
		if before := e.aside[p.Slug]; before == nil || before.source <= p.source {
			e.aside[p.Slug] = &p
		}
	}
	slices.SortStableFunc(e.faults, func(a, b fault) int { return comparePlaces(a.PolicyError, b.PolicyError) })
	e.faults = slices.CompactFunc(e.faults, func(a, b fault) bool { return a.control == b.control && *a.PolicyError == *b.PolicyError })
}
