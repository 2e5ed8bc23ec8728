package evaluator

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// idlePackage is one of the user's that is no control, and that no other package uses.
type idlePackage struct {
	policyPackage
	line int
	near string // the rule by which it was meant to speak, if one of its own is spelt like that
}

// problem says that nothing asks for the package, and what may have been meant.
func (p idlePackage) problem() *PolicyError {
	e := &PolicyError{
		File: p.file, Line: p.line,
		Problem: fmt.Sprintf("no control: package %s defines none of %s, and nothing uses it", strings.Join(p.names, "."), strings.Join(speaking, ", ")),
		Hint:    `a control has a rule verdict := {"status": "pass", "findings": [], "notes": []}, or deny contains "..." if { ... }`,
	}
	if p.near != "" {
		e.Problem += fmt.Sprintf("; did you mean %s?", p.near)
	}
	return e
}

// speaking are the rules by which a package is a control.
var speaking = []string{"verdict", "deny", "violation", "warn"}

// findIdle looks for what a user gave in vain: packages that are asked nothing, and sources that have nothing else.
func (e *Engine) findIdle(sources []Source, set *policySet) {
	e.barren = map[int]string{}
	for i, source := range sources {
		if !source.Catalogue && len(set.origins[i].Replaces) == 0 && source.lendsNothing() {
			e.barren[i] = source.Name
		}
	}
	controls := map[string]bool{}
	for _, p := range e.controls {
		controls[p.Package] = true
		delete(e.barren, p.source)
	}
	for _, pkg := range packagesOf(set.modules) {
		switch {
		case sources[pkg.source].Catalogue || controls[pkg.path]:
		case usedBesides(set, pkg):
			delete(e.barren, pkg.source)
		case !isTest(pkg.file):
			e.idle = append(e.idle, idlePackage{pkg, packageLine(set, pkg.file), meantToSpeak(set, pkg)})
		}
	}
}

// lendsNothing tells that a source has neither editions nor data, and that none of its files counts as an embedded one.
func (s Source) lendsNothing() bool {
	if s.whole != "" {
		return false
	}
	editions, err := fs.Glob(s.FS, "benchmarks/*.yaml")
	if err != nil || len(editions) > 0 {
		return false
	}
	data, err := sourceFiles(s, isData)
	return err == nil && len(data) == 0
}

// meantToSpeak is the rule of a control that one of the package's is spelt like, "" if none is.
func meantToSpeak(set *policySet, pkg policyPackage) string {
	for _, m := range set.modules {
		if m.Package.Path.String() != pkg.path {
			continue
		}
		for _, name := range ruleNames(m.Module) {
			stem, _, _ := strings.Cut(name, "_")
			if near := nearest(stem, speaking); near != "" && distance(stem, near) <= min(2, len(near)/3) {
				return near
			}
		}
	}
	return ""
}

// sayIdle makes notes of what was given in vain, and of what policy check would refuse and an evaluation lets pass.
func (e *Engine) sayIdle() {
	e.notes = append(e.notes, e.mislabelled()...)
	for _, idle := range e.idle {
		if name := e.barren[idle.source]; name != "" || idle.near != "" {
			e.notes = append(e.notes, idle.problem().Error())
		}
	}
}

// Barren are the user's sources that add no control, replace nothing and lend nothing to a policy that judges, if all of them are
// such: then nothing is judged by what the user gave.
func (e *Engine) Barren() []string {
	if len(e.barren) < len(e.origins) {
		return nil
	}
	return slices.Sorted(maps.Values(e.barren))
}

// withoutCopies hides from the user's sources what is an embedded file, byte by byte.
func withoutCopies(sources []Source) ([]Source, error) {
	ours := map[string][]byte{}
	for _, source := range sources {
		if !source.Catalogue {
			continue
		}
		files, err := regoFiles(source, false)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			ours[f.path] = f.text
		}
	}
	all := slices.Clone(sources)
	for i, source := range sources {
		if source.Catalogue || len(ours) == 0 {
			continue
		}
		files, err := regoFiles(source, false)
		if err != nil {
			return nil, err
		}
		copies := map[string]bool{}
		for _, f := range files {
			if text, ok := ours[f.path]; ok && bytes.Equal(text, f.text) {
				copies[f.path] = true
			}
		}
		if len(copies) == 0 {
			continue
		}
		data, err := sourceFiles(source, isData)
		if err != nil {
			return nil, err
		}
		all[i].FS = hidingCopies{source.FS, copies}
		all[i].whole = digestOf(nil, slices.Concat(files, data))
	}
	return all, nil
}

// hidingCopies is a tree but for some of its files.
type hidingCopies struct {
	fs.FS
	files map[string]bool
}

// ReadDir lists what is left.
func (w hidingCopies) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return w.files[path.Join(name, e.Name())] }), err
}
