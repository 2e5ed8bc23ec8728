package evaluator

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/report"
)

// policyFile is one file that the verdicts depend on; the digest of the policies is made of them.
type policyFile struct {
	name  string // "policies/lib/watch.rego"
	path  string // "lib/watch.rego": where the folder lies must not change the digest
	text  []byte
	place int // of its source after the user's first: a later one replaces what an earlier one has
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
	data    dataTree
	origins []report.PolicySource // what each source says of itself, and which packages it replaces
	notes   []string
	lost    map[string]loss // controls whose package is replaced, by slug
	shipped map[string]bool // the packages of the catalogue, also those that are replaced
	shadows PolicyErrors    // data where the shipped policies have rules: it is not taken
	broken  []brokenFile
	asides  PolicyErrors // what would be refused of a control with a verdict, and is not of conftest's kind
	// unparsed tells that a file is missing from modules, so that compiling them would only find what follows from that.
	unparsed bool
}

// reserved are the names under `data` that the evaluator fills itself.
var reserved = []string{"benchmark", "parameters", "as_of", "exceptions", "saved"}

// loadJudging is load for an evaluation: a file that is an embedded one, byte by byte, counts as that wherever it lies.
func loadJudging(sources []Source) (*policySet, error) {
	left, err := withoutCopies(sources)
	if err != nil {
		return nil, err
	}
	set, err := load(left, false)
	if set != nil {
		for i := range left {
			set.origins[i].Digest = cmp.Or(left[i].whole, set.origins[i].Digest)
		}
	}
	return set, err
}

// load reads and parses the policies of all sources; a package of a later source replaces that of an earlier one.
func load(sources []Source, withTests bool) (*policySet, error) {
	set := &policySet{lost: map[string]loss{}, shipped: map[string]bool{}}
	all, data := make([][]policyFile, len(sources)), make([][]policyFile, len(sources))
	for i, source := range sources {
		var err error
		if all[i], err = regoFiles(source, withTests); err != nil {
			return nil, err
		}
		if data[i], err = sourceFiles(source, isData); err != nil {
			return nil, err
		}
		if len(all[i]) == 0 && len(data[i]) == 0 && !source.Catalogue && source.whole == "" {
			if err := needsPolicies(source); err != nil {
				return nil, err
			}
		}
	}
	tellApart(sources, all)
	users := 0
	for i, source := range sources {
		files := slices.Concat(all[i], data[i])
		set.origins = append(set.origins, originOf(source, files))
		if !source.Catalogue {
			for j := range files {
				files[j].place = users
			}
			users++
		}
		set.files = append(set.files, files...)
		set.parse(i, source, all[i])
		if err := set.fill(source, data[i]); err != nil {
			return nil, err
		}
	}
	set.clash(sources)
	problems := slices.Clone(set.shadows)
	for _, b := range set.broken {
		problems = append(problems, b.problems...)
	}
	set.override()
	return set, problems.orNil()
}

// readFile is one file as far as it could be read.
type readFile struct {
	policyFile
	module *ast.Module
	err    error
	old    error // what is wrong with it in today's Rego, if it was read as that of before OPA 1.0
}

// parse adds the policies of one source. Where it holds conftest's kind alone they run as they are: what our own must not do is noted.
func (s *policySet) parse(i int, source Source, files []policyFile) {
	var all []readFile
	ours, others := false, false
	for _, file := range files {
		p := readPolicy(source, file)
		if all = append(all, p); p.module != nil {
			ours = ours || defines(p.module, verdictRule.rule())
			others = others || slices.ContainsFunc(ruleNames(p.module), conftestRule.MatchString)
		}
	}
	lenient := others && !ours
	for _, p := range all {
		switch {
		case p.err == nil && p.old != nil && !lenient:
			p.err = p.old
		case p.old != nil:
			s.aside(pastRego(p.name, p.old))
		}
		if p.err != nil {
			s.broken = append(s.broken, brokenFile{i, p.name, headOf(p.policyFile), fromOPA(p.name, p.err)})
			s.unparsed = true
			continue
		}
		wrong := append(houseRules(p.name, p.module), source.Bundle.permits(p.name, p.module)...)
		nots := bareNots(p.name, p.module)
		if lenient {
			s.aside(nots...)
		} else {
			wrong = append(wrong, nots...)
		}
		if len(wrong) > 0 {
			s.broken = append(s.broken, brokenFile{i, p.name, p.module, wrong})
		}
		s.modules = append(s.modules, loadedModule{p.module, i, p.name})
		if source.Catalogue {
			s.shipped[p.module.Package.Path.String()] = true
		}
	}
}

// aside takes note of what is let pass.
func (s *policySet) aside(passed ...*PolicyError) {
	for _, each := range passed {
		s.asides = append(s.asides, each)
		s.notes = append(s.notes, each.Error())
	}
}

// fill adds the data files of one source.
func (s *policySet) fill(source Source, files []policyFile) error {
	for _, file := range files {
		left, err := s.data.add(file)
		if err != nil {
			return err
		}
		for _, name := range left {
			s.notes = append(s.notes, fmt.Sprintf("%s: %s is not taken from there: the evaluator itself fills data.%s", file.name, name, name))
		}
	}
	if source.Bundle != nil && source.Bundle.unread {
		s.notes = append(s.notes, source.Name+": is signed, and without --verification-key nobody looked at the signature")
	}
	return nil
}

// clash finds the rules that stand where data does. Where the rule is a shipped one, the data is at fault.
func (s *policySet) clash(sources []Source) {
	for _, m := range s.modules {
		if sources[m.source].Catalogue {
			s.shadows = append(s.shadows, s.data.shadows(m)...)
		} else if problems := s.data.clashes(m); len(problems) > 0 {
			s.broken = append(s.broken, brokenFile{m.source, m.name, m.Module, problems})
		}
	}
}

// needsPolicies refuses a folder that holds neither policies nor editions: another one was meant.
func needsPolicies(source Source) error {
	editions, err := fs.Glob(source.FS, "benchmarks/*.yaml")
	if err != nil || len(editions) > 0 {
		return err
	}
	return &InputError{File: source.Name, Problem: "read policies: there are none (*.rego)", Hint: "give the folder that holds the .rego files"}
}

// originOf is the report's line of a source.
func originOf(source Source, files []policyFile) report.PolicySource {
	origin := report.PolicySource{Name: source.Name, Kind: "folder", Digest: digestOf(nil, files)}
	if source.Bundle != nil {
		origin.Kind, origin.Revision, origin.Signed = "bundle", source.Bundle.Revision, source.Bundle.Signed
	}
	return origin
}

// regoFiles is every policy file below the source, in the order of their names.
func regoFiles(source Source, withTests bool) ([]policyFile, error) {
	return sourceFiles(source, func(name string) bool { return path.Ext(name) == ".rego" && (withTests || !isTest(name)) })
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

// readPolicy reads a policy in the version of Rego that its bundle names. Where none does, what is wrong in today's Rego and right in that
// before OPA 1.0 may be the latter.
func readPolicy(source Source, file policyFile) readFile {
	in := func(version ast.RegoVersion) (*ast.Module, error) {
		if !source.Catalogue {
			if err := tooDeep(file.name, file.text, version); err != nil {
				return nil, err
			}
		}
		module, err := ast.ParseModuleWithOpts(file.name, string(file.text), ast.ParserOptions{ProcessAnnotation: true, RegoVersion: version})
		if err != nil || module == nil {
			return module, err
		}
		// A compiler must not even see these.
		return module, append(nested(file.name, module), elsewhere(file.name, module)...).orNil()
	}
	p := readFile{policyFile: file}
	version := source.Bundle.version(file.path)
	if version != ast.RegoUndefined {
		p.module, p.err = in(version)
		return p
	}
	if p.module, p.err = in(ast.RegoV1); p.err == nil {
		return p
	}
	if past, err := in(ast.RegoV0); err == nil && past != nil {
		p.module, p.old, p.err = past, p.err, nil
	}
	return p
}

// pastRego says that a file was read as Rego of before OPA 1.0.
func pastRego(file string, err error) *PolicyError {
	now := fromOPA(file, err)[0]
	return &PolicyError{
		File: file, Line: now.Line, Problem: "is read as Rego of before OPA 1.0; in today's: " + now.Problem, Hint: "cistern policy fmt -w rewrites it",
	}
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

// override drops the modules whose package a later source defines anew, which the report says of that source.
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
	replaced := map[string]bool{}
	s.modules = slices.DeleteFunc(slices.Clone(s.modules), func(m loadedModule) bool {
		name := m.Package.Path.String()
		if m.source >= last[name] {
			return false
		}
		if !isTest(m.name) && !replaced[name] {
			replaced[name] = true
			s.lose(m, last[name])
			origin := &s.origins[last[name]]
			origin.Replaces = append(origin.Replaces, "package "+strings.TrimPrefix(name, "data."))
		}
		return true
	})
}
