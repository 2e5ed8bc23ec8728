package evaluator

import (
	"cmp"
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
	// unparsed tells that a file is missing from modules, so that compiling them would only find what follows from that.
	unparsed bool
}

// reserved are the names under `data` that the evaluator fills itself.
var reserved = []string{"benchmark", "parameters", "as_of", "saved"}

// load reads and parses the policies of all sources; a package of a later source replaces that of an earlier one.
func load(sources []Source, withTests bool) (*policySet, error) {
	set := &policySet{}
	var problems PolicyErrors
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
		set.files = append(set.files, files...)
		for _, file := range files {
			module, err := parse(file)
			if err != nil {
				problems = append(problems, fromOPA(file.name, err)...)
				set.unparsed = true
				continue
			}
			problems = append(problems, houseRules(file.name, module)...)
			set.modules = append(set.modules, loadedModule{module, i, file.name})
		}
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
	s.modules = slices.DeleteFunc(s.modules, func(m loadedModule) bool {
		name := m.Package.Path.String()
		replaced := m.source < last[name]
		if replaced && !isTest(m.name) {
			s.notes = append(s.notes, fmt.Sprintf("%s is replaced: another source defines package %s", m.name, strings.TrimPrefix(name, "data.")))
		}
		return replaced
	})
}

// houseRules is what the compiler does not ask of a policy and we do.
func houseRules(file string, module *ast.Module) PolicyErrors {
	var problems PolicyErrors
	if name := packageNames(module); len(name) > 0 && slices.Contains(reserved, name[0]) {
		problems = append(problems, &PolicyError{
			File: file, Line: module.Package.Loc().Row,
			Problem: fmt.Sprintf("package %s: the evaluator itself fills data.%s", strings.Join(name, "."), name[0]),
			Hint:    "choose another package name, such as policies.monitoring.my_control",
		})
	}
	if importsNot(module) {
		return problems
	}
	ast.WalkExprs(module, func(expr *ast.Expr) bool {
		if expr.Negated {
			problems = append(problems, &PolicyError{
				File: file, Line: expr.Loc().Row,
				Problem: "`not` without `import future.keywords.not`: where a field is absent the whole rule would silently say nothing",
				Hint:    "add `import future.keywords.not` below the package line; `not f(x.absent)` then is true",
			})
		}
		return false
	})
	return problems
}

// importsNot reports whether the module has the `not` that is true of an undefined operand.
func importsNot(module *ast.Module) bool {
	return slices.ContainsFunc(module.Imports, func(i *ast.Import) bool {
		switch i.Path.String() {
		case "future.keywords.not", "future.keywords", "rego.v2":
			return true
		}
		return false
	})
}

// packageNames is the package's path without the leading `data`.
func packageNames(module *ast.Module) []string {
	var names []string
	for _, term := range module.Package.Path[1:] {
		if name, ok := term.Value.(ast.String); ok {
			names = append(names, string(name))
		}
	}
	return names
}

// compile checks the modules together: strictly, against the snapshot's schema, and with only those builtins whose answer
// follows from their arguments.
func compile(modules []loadedModule, b *builtins) (*ast.Compiler, error) {
	compiler, err := newCompiler(b)
	if err != nil {
		return nil, err
	}
	if compiler.Compile(keyed(modules)); compiler.Failed() {
		return nil, fromOPA("policies", compiler.Errors).orNil()
	}
	return compiler, nil
}

func newCompiler(b *builtins) (*ast.Compiler, error) {
	schema, err := inputSchema()
	if err != nil {
		return nil, err
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, schema)
	return ast.NewCompiler().
		WithStrict(true).
		WithCapabilities(capabilities(b)).
		WithSchemas(schemas).
		WithUseTypeCheckAnnotations(true).
		SetErrorLimit(0), nil
}

// capabilities is OPA without everything whose answer may differ tomorrow, with our builtins.
func capabilities(b *builtins) *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion()
	caps.Builtins = slices.DeleteFunc(caps.Builtins, func(f *ast.Builtin) bool { return f.IsNondeterministic() })
	caps.Builtins = append(caps.Builtins, b.declarations()...)
	caps.AllowNet = []string{}
	return caps
}

// nondeterministic reports whether OPA has a builtin of that name that capabilities withholds.
func nondeterministic(name string) bool {
	f, ok := ast.BuiltinMap[name]
	return ok && f.IsNondeterministic()
}

// findControls lists the controls among the packages: those whose METADATA names one, and conftest's kind.
func findControls(set *policySet, compiler *ast.Compiler) (map[string]*policy, []string, error) {
	controls := map[string]*policy{}
	var notes []string
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
		switch {
		case !ok:
		case other.source == p.source:
			problems = append(problems, &PolicyError{File: p.File, Problem: fmt.Sprintf("control %s has a policy already: %s", p.Slug, other.File)})
			continue
		default:
			notes = append(notes, fmt.Sprintf("%s: control %s is replaced by %s", other.File, p.Slug, p.File))
		}
		controls[p.Slug] = p
	}
	return controls, notes, problems.orNil()
}

// policyPackage is one Rego package, which may lie in several files.
type policyPackage struct {
	path   string
	names  []string
	source int
	file   string // its first
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
	shape, ok := shapeOf(pkg.path, compiler)
	switch {
	case !ok && p.Slug != "":
		return nil, &PolicyError{
			File: pkg.file, Line: meta.Location.Row, Problem: fmt.Sprintf("control %s: gives no verdict: the package defines none of verdict, deny and violation", p.Slug),
			Hint: `define verdict := {"status": "pass", "findings": [], "notes": []}`,
		}
	case !ok, p.Slug == "" && shape == verdictRule && slices.Contains(pkg.names, "lib"):
		return nil, nil
	case p.Slug == "":
		p.Slug = strings.ReplaceAll(pkg.names[len(pkg.names)-1], "_", "-")
	}
	p.shape = shape
	p.Title = cmp.Or(p.Title, p.Slug)
	return p, nil
}

// shapeOf is the rule by which a package speaks, verdict before deny before violation. Functions of that name do not count.
func shapeOf(pkg string, compiler *ast.Compiler) (ruleShape, bool) {
	for _, shape := range []ruleShape{verdictRule, denyRule, violationRule} {
		rules := compiler.GetRulesExact(ast.MustParseRef(pkg + "." + shape.rule()))
		if len(rules) > 0 && len(rules[0].Head.Args) == 0 {
			return shape, true
		}
	}
	return 0, false
}
