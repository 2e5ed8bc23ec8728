package evaluator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

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
// Sources of conftest's kind it takes as conftest does: what they assign and import need not be used.
func compile(modules []loadedModule, b *builtins) (*ast.Compiler, error) {
	lenient := lenientSources(modules)
	if len(lenient) > 0 {
		ours := slices.DeleteFunc(slices.Clone(modules), func(m loadedModule) bool { return lenient[m.source] })
		if _, err := compile(ours, b); err != nil {
			return nil, err
		}
	}
	compiler, err := newCompiler(b)
	if err != nil {
		return nil, err
	}
	compiler = compiler.WithStrict(len(lenient) == 0)
	compiler = compiler.WithEnablePrintStatements(prints(modules))
	if compiler.Compile(keyed(modules)); compiler.Failed() {
		return nil, plainest(modules, fromOPA("policies", compiler.Errors).orNil())
	}
	return compiler, nil
}

// compiling does work that compiles within limits. What goes beyond them is a StuckError that names the user's sources: the compiler
// cannot be told to stop.
func compiling[T any](ctx context.Context, l limits, sources []Source, work func() (T, error)) (T, error) {
	what := "policies"
	for _, s := range sources {
		if !s.Catalogue {
			what = s.Name
		}
	}
	v, err := bounded(ctx, l, what+": compile policies", func(context.Context) (T, error) { return work() })
	var stuck *StuckError
	var why *overrun
	var broke *crash
	switch {
	case errors.As(err, &stuck) && errors.As(err, &why):
		stuck.Cause = &overrun{why.text, "values that double from rule to rule, or lists within lists within lists, are the usual cause"}
	case errors.As(err, &broke):
		err = PolicyErrors{{File: what, Problem: "compile policies: " + broke.Error()}}
	}
	return v, err
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

// withheld are the builtins whose answer follows from their arguments, or is said to, and which strangers must not call.
var withheld = map[string]string{
	"bits.lsh":                                  "a shift by a large number takes all memory at once",
	"strings.render_template":                   "a template may loop, and cannot be stopped",
	"graph.reachable_paths":                     "a small graph has more paths than can be listed, and the search cannot be stopped",
	"graphql.is_valid":                          graphqlEnds,
	"graphql.parse":                             graphqlEnds,
	"graphql.parse_and_verify":                  graphqlEnds,
	"graphql.parse_query":                       graphqlEnds,
	"graphql.parse_schema":                      graphqlEnds,
	"graphql.schema_is_valid":                   graphqlEnds,
	"rego.parse_module":                         "a policy is no input",
	"crypto.x509.parse_and_verify_certificates": "it looks at the clock",
	"crypto.x509.parse_and_verify_certificates_with_options": "it looks at the clock",
}

const graphqlEnds = "its parser cannot be stopped"

// capabilities is OPA without everything whose answer may differ tomorrow and what is withheld, with our builtins.
func capabilities(b *builtins) *ast.Capabilities {
	caps := ast.CapabilitiesForThisVersion()
	caps.Builtins = allowed(caps.Builtins, b)
	caps.AllowNet = []string{}
	return caps
}

// allowed is what a policy may call.
func allowed(all []*ast.Builtin, b *builtins) []*ast.Builtin {
	all = slices.DeleteFunc(slices.Clone(all), func(f *ast.Builtin) bool { return f.IsNondeterministic() || withheld[f.Name] != "" })
	return append(all, b.declarations()...)
}

// nondeterministic reports whether OPA has a builtin of that name that capabilities withholds.
func nondeterministic(name string) bool {
	f, ok := ast.BuiltinMap[name]
	return ok && f.IsNondeterministic()
}
