package evaluator

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// policyFile is one file that the verdicts depend on; the digest of the policies is made of them.
type policyFile struct {
	name string // "policies/lib/watch.rego"
	path string // "lib/watch.rego": where the folder lies must not change the digest
	text []byte
}

// loadedModule is one parsed file.
type loadedModule struct {
	*ast.Module
	source int
	name   string
}

// policySet is what the sources hold, parsed.
type policySet struct {
	modules []loadedModule
	files   []policyFile
	notes   []string
	broken  []brokenFile
	// unparsed tells that a file is missing from modules, so that compiling them would only find what follows from that.
	unparsed bool
}

// reserved are the names under `data` that the evaluator fills itself.
var reserved = []string{"benchmark", "parameters", "as_of", "saved"}

// load reads and parses the policies of all sources; a package of a later source replaces that of an earlier one.
func load(sources []Source, withTests bool) (*policySet, error) {
	set := &policySet{}
	var problems PolicyErrors
	all := make([][]policyFile, len(sources))
	for i, source := range sources {
		files, err := regoFiles(source, withTests)
		if err != nil {
			return nil, err
		}
		if len(files) == 0 && !source.Catalogue {
			if err := needsPolicies(source); err != nil {
				return nil, err
			}
		}
		all[i] = files
	}
	tellApart(sources, all)
	for i, files := range all {
		set.files = append(set.files, files...)
		for _, file := range files {
			module, err := parse(file)
			if err != nil {
				set.broken = append(set.broken, brokenFile{i, file.name, headOf(file), fromOPA(file.name, err)})
				set.unparsed = true
				continue
			}
			if wrong := houseRules(file.name, module); len(wrong) > 0 {
				set.broken = append(set.broken, brokenFile{i, file.name, module, wrong})
			}
			set.modules = append(set.modules, loadedModule{module, i, file.name})
		}
	}
	for _, b := range set.broken {
		problems = append(problems, b.problems...)
	}
	set.override()
	return set, problems.orNil()
}

// needsPolicies refuses a folder that holds neither policies nor editions: another one was meant.
func needsPolicies(source Source) error {
	editions, err := fs.Glob(source.FS, "benchmarks/*.yaml")
	if err != nil || len(editions) > 0 {
		return err
	}
	return &InputError{File: source.Name, Problem: "read policies: there are none (*.rego)", Hint: "give the folder that holds the .rego files"}
}

// regoFiles is every policy file below the source, in the order of their names.
func regoFiles(source Source, withTests bool) ([]policyFile, error) {
	var files []policyFile
	err := fs.WalkDir(source.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%s: read policies: %w", path.Join(source.Name, name), err)
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir(), path.Ext(name) != ".rego", !withTests && isTest(name):
			return nil
		}
		text, err := fs.ReadFile(source.FS, name)
		if err != nil {
			return fmt.Errorf("%s: read policy: %w", path.Join(source.Name, name), err)
		}
		files = append(files, policyFile{path.Join(source.Name, name), name, text})
		return nil
	})
	return files, err
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

func parse(file policyFile) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(file.name, string(file.text), ast.ParserOptions{
		ProcessAnnotation: true,
		RegoVersion:       ast.RegoV1,
	})
}

// key tells modules apart: a user's folder may have the name, and its file the path, of an embedded one.
func (m loadedModule) key() string { return fmt.Sprintf("%d:%s", m.source, m.name) }

// keyed are modules as a compiler takes them.
func keyed(modules []loadedModule) map[string]*ast.Module {
	byKey := map[string]*ast.Module{}
	for _, m := range modules {
		byKey[m.key()] = m.Module
	}
	return byKey
}

// override drops the modules whose package a later source defines anew, and notes it.
func (s *policySet) override() {
	last := map[string]int{}
	for _, m := range s.modules {
		if !isTest(m.name) {
			last[m.Package.Path.String()] = m.source
		}
	}
	for _, b := range s.broken {
		if b.head != nil && !isTest(b.name) {
			name := b.head.Package.Path.String()
			last[name] = max(last[name], b.source)
		}
	}
	s.modules = slices.DeleteFunc(s.modules, func(m loadedModule) bool {
		name := m.Package.Path.String()
		replaced := m.source < last[name]
		if replaced && !isTest(m.name) {
			s.notes = append(s.notes, fmt.Sprintf("%s is replaced: another source defines package %s", m.name, strings.TrimPrefix(name, "data.")))
		}
		return replaced
	})
}
