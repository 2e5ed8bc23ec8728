package test

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// The sizes that still fit into a head. The guide says "about"; these are where about ends.
const (
	maxFileLines     = 500
	maxFunctionLines = 80
	maxParameters    = 5
)

func checkSizes(h *house) []string {
	var wrong []string
	for _, f := range h.goFiles {
		if f.lines > maxFileLines {
			wrong = append(wrong, fmt.Sprintf("%s:%d: the file has %d lines, more than %d", f.path, f.lines, f.lines, maxFileLines))
		}
		for _, decl := range f.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || f.test() {
				continue
			}
			lines := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Pos()).Line + 1
			if lines > maxFunctionLines {
				wrong = append(wrong, fmt.Sprintf("%s: %s has %d lines, more than %d", f.at(fn), fn.Name.Name, lines, maxFunctionLines))
			}
			if n := fn.Type.Params.NumFields(); n > maxParameters {
				wrong = append(wrong, fmt.Sprintf("%s: %s has %d parameters, more than %d", f.at(fn), fn.Name.Name, n, maxParameters))
			}
		}
	}
	for _, p := range h.policies {
		if n := len(p.lines); n > maxFileLines {
			wrong = append(wrong, fmt.Sprintf("%s:%d: the file has %d lines, more than %d", p.path, n, n, maxFileLines))
		}
	}
	return wrong
}

// checkDocumented wants a comment on everything that another package can see.
func checkDocumented(h *house) []string {
	var wrong []string
	for _, f := range h.goFiles {
		if f.test() || f.ast.Name.Name == "main" {
			continue
		}
		for _, decl := range f.ast.Decls {
			for _, name := range undocumented(decl) {
				wrong = append(wrong, fmt.Sprintf("%s: %s is exported and says nothing of itself", f.at(name), name.Name))
			}
		}
	}
	return wrong
}

// TestFileTooLong is the one size that a tree under testdata is too small to break.
func TestFileTooLong(t *testing.T) {
	for lines, want := range map[int]int{maxFileLines: 0, maxFileLines + 1: 1} {
		file, err := parseGo("evaluator/long.go", []byte("package evaluator"+strings.Repeat("\n", lines)))
		if err != nil {
			t.Fatal(err)
		}
		if got := checkSizes(&house{goFiles: []*goFile{file}}); len(got) != want {
			t.Errorf("%d lines: got %q, want %d findings", lines, got, want)
		}
	}
}

// wellKnown are the methods that everybody knows from the interface they are for.
var wellKnown = []string{"Error", "Unwrap", "Is", "String", "Len", "Less", "Swap", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText"}

func undocumented(decl ast.Decl) []*ast.Ident {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv != nil && slices.Contains(wellKnown, decl.Name.Name) {
			return nil
		}
		if decl.Doc == nil && decl.Name.IsExported() && receiverExported(decl) {
			return []*ast.Ident{decl.Name}
		}
	case *ast.GenDecl:
		if decl.Doc != nil && decl.Tok != token.TYPE {
			return nil
		}
		var names []*ast.Ident
		for _, spec := range decl.Specs {
			names = append(names, undocumentedSpec(decl, spec)...)
		}
		return names
	}
	return nil
}

func receiverExported(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	receiver := fn.Recv.List[0].Type
	for {
		switch r := receiver.(type) {
		case *ast.StarExpr:
			receiver = r.X
		case *ast.IndexExpr:
			receiver = r.X
		case *ast.Ident:
			return r.IsExported()
		default:
			return false
		}
	}
}

func undocumentedSpec(decl *ast.GenDecl, spec ast.Spec) []*ast.Ident {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc == nil && spec.Comment == nil && decl.Doc == nil {
			return []*ast.Ident{spec.Name}
		}
	case *ast.ValueSpec:
		if spec.Doc != nil || spec.Comment != nil {
			return nil
		}
		var names []*ast.Ident
		for _, name := range spec.Names {
			if name.IsExported() {
				names = append(names, name)
			}
		}
		return names
	}
	return nil
}

// checkNoChangingGlobals finds functions that write to a variable of their package. It sees assignments, not writes
// through a pointer or a method: those are for the reader of the diff.
func checkNoChangingGlobals(h *house) []string {
	globals := map[string]map[string]bool{} // by folder, of files that are no tests
	for _, f := range h.goFiles {
		if f.test() {
			continue
		}
		if globals[f.folder()] == nil {
			globals[f.folder()] = map[string]bool{}
		}
		for _, spec := range packageVariables(f.ast) {
			for _, name := range spec.Names {
				globals[f.folder()][name.Name] = true
			}
		}
	}
	var wrong []string
	for _, f := range h.goFiles {
		if f.test() {
			continue
		}
		own := packageVariables(f.ast)
		for _, written := range writes(f.ast) {
			global := written.Obj == nil && globals[f.folder()][written.Name]
			for _, spec := range own {
				global = global || written.Obj != nil && written.Obj.Decl == spec
			}
			if global {
				wrong = append(wrong, fmt.Sprintf("%s: %s belongs to the package and is changed", f.at(written), written.Name))
			}
		}
	}
	return wrong
}

func packageVariables(file *ast.File) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range file.Decls {
		if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.VAR {
			for _, spec := range gen.Specs {
				specs = append(specs, spec.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// writes is the variable at the root of everything that the file assigns to: v in v.f[i] = x.
func writes(file *ast.File) []*ast.Ident {
	var roots []*ast.Ident
	add := func(expr ast.Expr) {
		if root := rootOf(expr); root != nil && root.Name != "_" {
			roots = append(roots, root)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					add(left)
				}
			}
		case *ast.IncDecStmt:
			add(n.X)
		case *ast.CallExpr:
			fn, ok := n.Fun.(*ast.Ident)
			if ok && fn.Obj == nil && (fn.Name == "delete" || fn.Name == "clear") && len(n.Args) > 0 {
				add(n.Args[0])
			}
		}
		return true
	})
	return roots
}

func rootOf(expr ast.Expr) *ast.Ident {
	for {
		switch e := expr.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		default:
			return nil
		}
	}
}
