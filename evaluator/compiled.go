package evaluator

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/version"

	"github.com/cistern-audit/cistern/evaluator/astfile"
)

// compiledFile lies beside the shipped policies and holds them as the compiler leaves them, so that a run need not compile them again. It
// counts only as long as it is of exactly these policies and this compiler: otherwise they are compiled.
const compiledFile = "compiled.ast"

// writeCompiled is what compiledFile must hold.
func writeCompiled(source Source) ([]byte, error) {
	set, err := load([]Source{source}, false)
	if err != nil {
		return nil, err
	}
	compiler, err := compile(set.modules, newBuiltins())
	if err != nil {
		return nil, err
	}
	compiled := &astfile.Policies{Modules: compiler.Modules, Indexed: indexedBy(compiler)}
	file, err := astfile.Encode(compiled, textsIn(set.files))
	if err != nil {
		return nil, err
	}
	return append(stampOf(set.files), file...), nil
}

// stampOf says what a compiledFile is of.
func stampOf(files []policyFile) []byte {
	return fmt.Appendf(nil, "cistern policies %s compiled by opa %s\n", digestOf(nil, files), version.Version)
}

func textsIn(files []policyFile) astfile.Texts {
	texts := astfile.Texts{}
	for _, f := range files {
		texts[f.name] = f.text
	}
	return texts
}

// indexedBy is the rules with a comprehension for which the compiler has an index.
func indexedBy(compiler *ast.Compiler) map[*ast.Rule]bool {
	indexed := map[*ast.Rule]bool{}
	for _, m := range compiler.Modules {
		ast.WalkRules(m, func(r *ast.Rule) bool {
			ast.WalkTerms(r, func(t *ast.Term) bool {
				indexed[r] = indexed[r] || compiler.ComprehensionIndex(t) != nil
				return indexed[r]
			})
			return false
		})
	}
	return indexed
}

// readCompiled makes an engine of the shipped policies as they were compiled before, nil if that cannot be: with policies of the user's
// own among them, or where the file is not of these.
func readCompiled(sources []Source) *Engine {
	if len(sources) != 1 || !sources[0].Catalogue || sources[0].Bundle != nil {
		return nil
	}
	set, compiled := loadCompiled(sources[0])
	if set == nil {
		return nil
	}
	b := newBuiltins()
	e, err := assemble(sources, set, installed(compiled, b), b)
	if err != nil {
		return nil
	}
	e.sayIdle()
	e.compiled = func(ctx context.Context) (*Engine, error) {
		set, err := load(sources, false)
		if err != nil {
			return nil, err
		}
		return newEngine(ctx, sources, set)
	}
	return e
}

// loadCompiled is load without reading any Rego, nil where that cannot be.
func loadCompiled(source Source) (*policySet, *astfile.Policies) {
	files, err := regoFiles(source, false)
	if err != nil {
		return nil, nil
	}
	data, err := sourceFiles(source, isData)
	if err != nil || len(data) > 0 {
		return nil, nil
	}
	file, err := fs.ReadFile(source.FS, compiledFile)
	if err != nil {
		return nil, nil
	}
	file, ok := bytes.CutPrefix(file, stampOf(files))
	if !ok {
		return nil, nil
	}
	compiled, err := astfile.Decode(file, textsIn(files))
	if err != nil || len(compiled.Modules) != len(files) {
		return nil, nil
	}
	set := &policySet{lost: map[string]loss{}, shipped: map[string]bool{}, files: files}
	set.origins = append(set.origins, originOf(source, files))
	for _, f := range files {
		m := loadedModule{source: 0, name: f.name}
		if m.Module = compiled.Modules[m.key()]; m.Module == nil {
			return nil, nil
		}
		set.modules = append(set.modules, m)
		set.shipped[m.Package.Path.String()] = true
	}
	return set, compiled
}

// installed is a compiler that holds policies which were compiled before. It only does what cannot be kept in a file: the trees of
// packages and rules, and the indices.
func installed(p *astfile.Policies, b *builtins) *ast.Compiler {
	with := func(modules map[string]*ast.Module) func(*ast.Compiler) *ast.Error {
		return func(c *ast.Compiler) *ast.Error {
			c.Modules = modules
			return nil
		}
	}
	empty, indexed := map[string]*ast.Module{}, map[string]*ast.Module{}
	for name, m := range p.Modules {
		empty[name] = &ast.Module{Package: m.Package}
		indexed[name] = &ast.Module{Package: m.Package, Rules: slices.DeleteFunc(slices.Clone(m.Rules), func(r *ast.Rule) bool { return !p.Indexed[r] })}
	}
	kept := []ast.StageID{
		ast.StageInitLocalVarGen, ast.StageSetModuleTree, ast.StageSetRuleTree, ast.StageBuildRuleIndices, ast.StageBuildComprehensionIndices,
	}
	c := ast.NewCompiler().
		WithCapabilities(&ast.Capabilities{Builtins: allowed(ast.Builtins, b), AllowNet: []string{}}).
		WithSkipStages(slices.DeleteFunc(ast.AllStages(), func(s ast.StageID) bool { return slices.Contains(kept, s) })...).
		WithStageAfterID(ast.StageInitLocalVarGen, ast.CompilerStageDefinition{Name: "TakeModules", MetricName: "take_modules", Stage: with(p.Modules)}).
		WithStageAfterID(ast.StageBuildRuleIndices, ast.CompilerStageDefinition{Name: "TakeIndexed", MetricName: "take_indexed", Stage: with(indexed)}).
		WithStageAfterID(ast.StageBuildComprehensionIndices, ast.CompilerStageDefinition{Name: "TakeAll", MetricName: "take_all", Stage: with(p.Modules)})
	c.Compile(empty)
	return c
}
