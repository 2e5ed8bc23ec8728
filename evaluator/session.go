package evaluator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Session takes one query after another under the engine's own rules, and keeps what is defined in between. The policies are compiled
// once: a definition compiles only itself and the packages that it leads to. It is not safe for concurrent use.
type Session struct {
	engine   *Engine
	modules  []loadedModule
	options  QueryOptions
	data     ast.Object
	input    []rego.EvalOption
	pkg      *ast.Package
	imports  []*ast.Import
	defined  []definition
	compiled map[string]*ast.Compiler // with the definitions, by the packages that are in it
}

// definition is a name and its rules, as they were last entered.
type definition struct {
	name  string
	rules []*ast.Rule
}

// Answer is what an entry came to.
type Answer struct {
	Asked   bool          // a query, not definitions
	Results []QueryResult // none: the query is undefined
	Notes   []string      // what was defined, defined anew or imported
}

// NewSession compiles the policies. The options' imports are those of the session's queries and definitions.
func NewSession(ctx context.Context, sources []Source, o QueryOptions) (*Session, error) {
	set, err := load(sources, false)
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(ctx, sources, set)
	if err != nil {
		return nil, err
	}
	s := &Session{engine: engine, modules: set.modules, options: o, compiled: map[string]*ast.Compiler{}}
	for _, name := range o.Imports {
		i, err := parseImport(name)
		if err != nil {
			return nil, err
		}
		s.imports = append(s.imports, i)
	}
	s.pkg = &ast.Package{Path: ast.Ref{ast.DefaultRootDocument, ast.StringTerm(s.vacant("repl"))}}
	return s, s.About(o.Input)
}

// vacant is a name under data that nobody has.
func (s *Session) vacant(name string) string {
	for s.exists(ast.Ref{ast.DefaultRootDocument, ast.StringTerm(name)}) {
		name += "_"
	}
	return name
}

// exists tells whether a policy or data lies there, above or below.
func (s *Session) exists(ref ast.Ref) bool {
	if slices.ContainsFunc(s.modules, func(m loadedModule) bool {
		return m.Package.Path.HasPrefix(ref) || ref.HasPrefix(m.Package.Path) && hasRule(m, ref)
	}) {
		return true
	}
	var below ast.Value = ast.NewObject()
	if s.data != nil {
		below = s.data
	}
	return at(below, ref[1:]...) != nil
}

// hasRule tells whether the module has a rule that the reference, which is longer than the package's, leads to.
func hasRule(m loadedModule, ref ast.Ref) bool {
	name, _ := ref[len(m.Package.Path)].Value.(ast.String)
	return slices.ContainsFunc(m.Rules, func(r *ast.Rule) bool { return r.Head.Ref()[0].Value.Compare(ast.Var(name)) == 0 })
}

// About makes the session one of another snapshot; of none, if it is nil.
func (s *Session) About(input *Input) error {
	o := s.options
	o.Input = input
	data, about, err := s.engine.about(o)
	if err != nil {
		return err
	}
	s.options, s.data, s.input = o, data, about
	return nil
}

// With is a session of other policies that has the definitions of this one.
func (s *Session) With(ctx context.Context, sources []Source, o QueryOptions) (*Session, error) {
	next, err := NewSession(ctx, sources, o)
	if err != nil {
		return nil, err
	}
	return next, next.keep(s.defined, s.imports)
}

// Enter takes what a person wrote: definitions alone (rules, name := value, imports) are kept, anything else is a query. A zero
// TraceOf traces nothing; its account and control are not looked at.
func (s *Session) Enter(ctx context.Context, text string, t TraceOf) (Answer, error) {
	statements, failed := s.statements(text)
	if failed == nil {
		if rules, imports, ok := definitions(statements, text); ok {
			notes, err := s.define(rules, imports)
			return Answer{Notes: notes}, err
		}
	}
	if failed == nil && len(statements) == 0 { // a comment
		return Answer{}, nil
	}
	body, err := parseQuery(text)
	switch {
	case err == nil:
		results, err := s.ask(ctx, body, t)
		return Answer{Asked: true, Results: results}, err
	case failed != nil:
		return Answer{}, queryProblems(failed)
	case slices.ContainsFunc(statements, func(one ast.Statement) bool { _, is := one.(*ast.Package); return is }):
		return Answer{}, PolicyErrors{{File: queryName, Line: 1, Problem: "package: the session's definitions have their own", Hint: "leave it out; import NAME is for what is elsewhere"}}
	}
	return Answer{}, err
}

// statements are the parts of an entry. Their file names the first definition in it, for later errors.
func (s *Session) statements(text string) ([]ast.Statement, error) {
	found, _, err := ast.ParseStatementsWithOpts("", text, queryParser)
	if err != nil {
		return nil, err
	}
	rules, _, ok := definitions(found, text)
	if !ok || len(rules) == 0 {
		return found, nil
	}
	found, _, err = ast.ParseStatementsWithOpts(definitionOf+nameOfRule(rules[0]), text, queryParser)
	return found, err
}

const definitionOf = "definition of "

// definitions are the entry's rules and imports, if there is nothing else in it.
func definitions(statements []ast.Statement, text string) (rules []*ast.Rule, imports []*ast.Import, ok bool) {
	for _, one := range statements {
		switch one := one.(type) {
		case *ast.Rule:
			rules = append(rules, one)
		case *ast.Import:
			imports = append(imports, one)
		case *ast.Comment:
		case ast.Body:
			rule := assigned(one, text)
			if rule == nil {
				return nil, nil, false
			}
			rules = append(rules, rule)
		default:
			return nil, nil, false
		}
	}
	return rules, imports, len(rules)+len(imports) > 0
}

// assigned is the rule that `name := value` is, nil if the body is another.
func assigned(body ast.Body, text string) *ast.Rule {
	if len(body) != 1 || !body[0].IsAssignment() || len(body[0].Operands()) != 2 {
		return nil
	}
	e := body[0]
	if len(e.With) > 0 { // which no rule's head takes
		name, value, _ := strings.Cut(text, ":=")
		long := fmt.Sprintf("%s := value__ if { value__ := %s }", strings.TrimSpace(name), strings.TrimSpace(value))
		found, _, err := ast.ParseStatementsWithOpts(e.Location.File, long, queryParser)
		if err != nil || len(found) != 1 {
			return nil
		}
		rule, _ := found[0].(*ast.Rule)
		return rule
	}
	rule, err := ast.ParseRuleFromExpr(nil, e)
	if err != nil || ast.RootDocumentNames.Contains(rule.Head.Ref()[0]) {
		return nil
	}
	return rule
}

// nameOfRule is what a rule defines, as far as it is fixed.
func nameOfRule(r *ast.Rule) string { return r.Head.Ref().GroundPrefix().String() }

// define adds rules and imports to the session's, or changes nothing. A name that is there already is defined anew.
func (s *Session) define(rules []*ast.Rule, imports []*ast.Import) ([]string, error) {
	defined, all := slices.Clone(s.defined), slices.Clone(s.imports)
	var notes []string
	for _, i := range imports {
		if err := s.findable(i); err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(other *ast.Import) bool { return other.Name() == i.Name() })
		all = append(all, i)
		notes = append(notes, fmt.Sprintf("%s is %s", i.Name(), i.Path))
	}
	said := map[string]bool{}
	for _, r := range rules {
		name := nameOfRule(r)
		k := slices.IndexFunc(defined, func(d definition) bool { return d.name == name })
		switch {
		case k < 0:
			defined = append(defined, definition{name, []*ast.Rule{r}})
			notes = append(notes, name+": defined")
		case said[name]: // one more rule of this entry
			defined[k].rules = append(slices.Clip(defined[k].rules), r)
		default:
			defined[k] = definition{name, []*ast.Rule{r}}
			notes = append(notes, name+": defined anew")
		}
		said[name] = true
	}
	return notes, s.keep(defined, all)
}

// findable refuses an import of nothing.
func (s *Session) findable(i *ast.Import) error {
	ref, ok := i.Path.Value.(ast.Ref)
	if !ok || !ref.HasPrefix(ast.DefaultRootRef) || s.exists(ref) {
		return nil
	}
	var names []string
	for _, m := range s.modules {
		names = append(names, m.Package.Path.String())
	}
	p := &PolicyError{File: queryName, Line: i.Location.Row, Problem: fmt.Sprintf("import %s: there is no such package or rule", ref)}
	if near := nearest(ref.String(), names); near != "" {
		p.Hint = "did you mean " + near + "?"
	}
	return PolicyErrors{p}
}

// keep makes these the session's definitions if they compile.
func (s *Session) keep(defined []definition, imports []*ast.Import) error {
	for _, d := range defined {
		for _, i := range imports {
			if head, _, _ := strings.Cut(d.name, "."); i.Name() == ast.Var(head) {
				return PolicyErrors{{File: definitionOf + d.name, Line: 1, Problem: fmt.Sprintf("%s is imported: %s", i.Name(), i.Path), Hint: "choose another name, or import ... as another"}}
			}
		}
	}
	next := *s
	next.defined, next.imports, next.compiled = defined, imports, map[string]*ast.Compiler{}
	if len(defined) > 0 {
		if _, err := next.compile(nil); err != nil {
			return err
		}
	}
	*s = next
	return nil
}

// Clear forgets the definition or import of that name, or all if it is empty. It tells whether there was anything; what still needs the name
// is an error, and nothing is forgotten.
func (s *Session) Clear(name string) (bool, error) {
	if name == "" {
		any := len(s.defined)+len(s.imports) > 0
		return any, s.keep(nil, nil)
	}
	defined := slices.DeleteFunc(slices.Clone(s.defined), func(d definition) bool { return d.name == name })
	imports := slices.DeleteFunc(slices.Clone(s.imports), func(i *ast.Import) bool { return i.Name() == ast.Var(name) })
	if len(defined)+len(imports) == len(s.defined)+len(s.imports) {
		return false, nil
	}
	return true, s.keep(defined, imports)
}

// Defined is the text of the session's imports and definitions, in the order in which they were first entered.
func (s *Session) Defined() []string {
	var all []string
	for _, i := range s.imports {
		all = append(all, i.String())
	}
	for _, d := range s.defined {
		for _, r := range d.rules {
			text, err := format.AstWithOpts(r, format.Opts{RegoVersion: ast.RegoV1})
			if err != nil {
				text = []byte(r.String())
			}
			all = append(all, strings.TrimSpace(string(text)))
		}
	}
	return all
}

// ask evaluates a query within the options' limits, or the usual memory.
func (s *Session) ask(ctx context.Context, body ast.Body, t TraceOf) ([]QueryResult, error) {
	l := limits{time: s.options.Timeout, memory: cmp.Or(s.options.Memory, usual().memory)}
	found, err := bounded(ctx, l, queryName, func(within context.Context) ([]QueryResult, error) { return s.evaluate(within, body, t) })
	var why *overrun
	if errors.As(err, &why) && !errors.As(err, new(*StuckError)) {
		return nil, PolicyErrors{{File: queryName, Problem: why.text}}
	}
	return found, err
}

func (s *Session) evaluate(ctx context.Context, body ast.Body, t TraceOf) ([]QueryResult, error) {
	compiler := s.engine.compiler
	if s.mentions(body) {
		var err error
		if compiler, err = s.compile(body); err != nil {
			return nil, err
		}
	}
	options := append(s.engine.builtins.functions(), rego.ParsedQuery(body), rego.ParsedPackage(s.pkg), rego.ParsedImports(s.imports), rego.Compiler(compiler),
		rego.Store(facts{root: s.data}), rego.StrictBuiltinErrors(true), rego.EnablePrintStatements(true))
	prepared, err := rego.New(options...).PrepareForEval(ctx)
	if err != nil {
		return nil, queryProblems(err)
	}
	about := append(slices.Clone(s.input), rego.EvalSortSets(true))
	if s.options.Print != nil {
		about = append(about, rego.EvalPrintHook(printer(s.options.Print)))
	}
	var tracer *topdown.BufferTracer
	if t.How != "" {
		tracer = topdown.NewBufferTracer()
		about = append(about, rego.EvalQueryTracer(tracer))
	}
	results, err := prepared.Eval(ctx, about...)
	if tracer != nil {
		err = errors.Join(err, t.write(*tracer))
	}
	if err != nil {
		return nil, sessionFailure(ctx, err)
	}
	return queryResults(results), nil
}

// sessionFailure is a query's, with the way out where a definition has more values than one.
func sessionFailure(ctx context.Context, err error) error {
	failure := queryFailure(ctx, err)
	var at *topdown.Error
	var problems PolicyErrors
	if errors.As(err, &at) && at.Code == topdown.ConflictErr && errors.As(failure, &problems) && strings.HasPrefix(problems[0].File, definitionOf) {
		problems[0].Hint = "a name has one value: name := [x | x := ...] collects several"
	}
	return failure
}

// mentions tells whether a query may lead to a definition of the session.
func (s *Session) mentions(body ast.Body) bool {
	found := false
	ast.WalkVars(body, func(v ast.Var) bool {
		found = found || slices.ContainsFunc(s.defined, func(d definition) bool {
			head, _, _ := strings.Cut(d.name, ".")
			return ast.Var(head) == v
		})
		return found
	})
	if found || len(s.defined) == 0 {
		return found
	}
	return slices.ContainsFunc(referencesOf(s.module(body)), func(r reference) bool { return r.meets(s.pkg.Path) })
}

// module is the session's definitions, and a query if it is not nil.
func (s *Session) module(body ast.Body) *ast.Module {
	m := &ast.Module{Package: s.pkg, Imports: s.imports}
	m.SetRegoVersionSpan(ast.RegoVersionSpanOf(ast.RegoV1))
	for _, d := range s.defined {
		m.Rules = append(m.Rules, d.rules...)
	}
	if body != nil {
		m.Rules = append(slices.Clip(m.Rules), &ast.Rule{Head: ast.NewHead("query__"), Body: body})
	}
	return m
}

// compile compiles the definitions with the packages that they and the query lead to, which an earlier one may have done already.
func (s *Session) compile(body ast.Body) (*ast.Compiler, error) {
	modules := s.led(s.module(body))
	key := strings.Join(slices.Sorted(maps.Keys(modules)), "\n")
	if c := s.compiled[key]; c != nil {
		return c, nil
	}
	c, err := newCompiler(s.engine.builtins)
	if err != nil {
		return nil, err
	}
	const own = "session"
	modules[own] = s.module(nil)
	for _, r := range modules[own].Rules {
		r.Module = modules[own]
	}
	c = c.WithStrict(false).WithEnablePrintStatements(true)
	if c.Compile(modules); c.Failed() {
		return nil, queryProblems(c.Errors)
	}
	s.compiled[key] = c
	return c, nil
}

// led is every module of the packages that a module leads to, and those that they lead to.
func (s *Session) led(from *ast.Module) map[string]*ast.Module {
	all := map[string]*ast.Module{}
	for next := []*ast.Module{from}; len(next) > 0; next = next[1:] {
		ways := []ast.Ref{}
		for _, r := range referencesOf(next[0]) {
			ways = append(ways, r.ref)
		}
		if next[0] != from {
			ways = append(ways, next[0].Package.Path) // its other files
		}
		for _, m := range s.modules {
			if all[m.key()] == nil && slices.ContainsFunc(ways, func(ref ast.Ref) bool { return within(ref, m.Package.Path) }) {
				all[m.key()] = m.Module
				next = append(next, m.Module)
			}
		}
	}
	return all
}

// Options are what the session's queries are asked about.
func (s *Session) Options() QueryOptions { return s.options }

// Dependencies is what a control reads.
func (s *Session) Dependencies(ctx context.Context, slug string) (*Dependencies, error) {
	return s.engine.Dependencies(ctx, slug)
}
