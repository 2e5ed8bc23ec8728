package test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

type goFile struct {
	path  string
	src   []byte
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

func parseGo(name string, src []byte) (*goFile, error) {
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	return &goFile{name, src, bytes.Count(src, []byte("\n")), fset, parsed}, nil
}

func (f *goFile) folder() string { return path.Dir(f.path) }
func (f *goFile) test() bool     { return strings.HasSuffix(f.path, "_test.go") }

// inCmd tells whether the file is of a command: the product's, or one of those under test that make what it is measured with.
func (f *goFile) inCmd() bool {
	return strings.HasPrefix(f.path, "cmd/") || strings.HasPrefix(f.path, "test/") && f.ast.Name.Name == "main"
}

// at is where a node stands, as path:line.
func (f *goFile) at(node ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(node.Pos()).Line)
}

func importPath(spec *ast.ImportSpec) string {
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return imported
}

// packageName is what a package of the standard library is called: rand for math/rand/v2.
func packageName(imported string) string {
	if base := path.Base(imported); base != "v2" {
		return base
	}
	return path.Base(path.Dir(imported))
}

// selected is the names that the file uses of an imported package, each with the first place: os.Exit -> "Exit".
func (f *goFile) selected(imported string) map[string]ast.Node {
	used := map[string]ast.Node{}
	for _, spec := range f.ast.Imports {
		if importPath(spec) != imported {
			continue
		}
		name := packageName(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := selector.X.(*ast.Ident); ok && x.Name == name && x.Obj == nil && used[selector.Sel.Name] == nil {
				used[selector.Sel.Name] = selector
			}
			return true
		})
	}
	return used
}

// using says where the file uses one of the names of an imported package.
func (f *goFile) using(imported string, names ...string) []string {
	var found []string
	used := f.selected(imported)
	for _, name := range slices.Sorted(maps.Keys(used)) {
		if slices.Contains(names, name) {
			found = append(found, fmt.Sprintf("%s: %s.%s", f.at(used[name]), packageName(imported), name))
		}
	}
	return found
}

// checkPackageComment wants one file of each package to open, on its first line, with what the package is. Generated
// banners, licence headers and second package comments have no place.
func checkPackageComment(h *house) []string {
	var wrong []string
	opened := map[string]string{}
	folders := map[string]*goFile{}
	for _, f := range h.goFiles {
		if _, seen := folders[f.folder()]; !seen || folders[f.folder()].test() && !f.test() {
			folders[f.folder()] = f
		}
		if f.ast.Doc == nil {
			continue
		}
		opening := "// Package " + f.ast.Name.Name + " "
		if f.ast.Name.Name == "main" {
			opening = "// Command " + path.Base(f.folder()) + " "
		}
		if !bytes.HasPrefix(f.src, []byte(opening)) && !bytes.HasPrefix(f.src, []byte("//go:build ")) {
			wrong = append(wrong, fmt.Sprintf("%s:1: the first line does not begin with %q", f.path, opening))
		}
		if first, twice := opened[f.folder()]; twice {
			wrong = append(wrong, fmt.Sprintf("%s:1: %s has the package comment already", f.path, first))
		}
		opened[f.folder()] = f.path
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		if opened[folder] == "" {
			wrong = append(wrong, fmt.Sprintf("%s:1: no file of this package says what it is", folders[folder].path))
		}
	}
	return wrong
}

func checkNoInit(h *house) []string {
	var wrong []string
	for _, f := range h.goFiles {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				wrong = append(wrong, f.at(fn)+": func init runs before anybody asked")
			}
		}
	}
	return wrong
}

func checkProcessOnlyInCmd(h *house) []string {
	var wrong []string
	for _, f := range h.goFiles {
		if f.inCmd() || f.test() {
			continue
		}
		wrong = append(wrong, f.using("os", "Exit", "Stdin", "Stdout", "Stderr", "Args")...)
		wrong = append(wrong, f.using("fmt", "Print", "Printf", "Println")...)
		for _, spec := range f.ast.Imports {
			if imported := importPath(spec); imported == "flag" || imported == "log" {
				wrong = append(wrong, fmt.Sprintf("%s: import of %s", f.at(spec), imported))
			}
		}
	}
	return wrong
}

func checkClockOnlyOutside(h *house) []string {
	var wrong []string
	for _, f := range h.goFiles {
		if f.inCmd() || f.test() || within(f.folder(), "collector/...") {
			continue
		}
		wrong = append(wrong, f.using("time", "Now", "Since", "Until", "After", "Tick", "Sleep", "NewTimer", "NewTicker")...)
		wrong = append(wrong, f.using("math/rand", "Int", "Intn", "Float64", "Perm", "Shuffle")...)
		wrong = append(wrong, f.using("math/rand/v2", "Int", "IntN", "N", "Float64", "Perm", "Shuffle")...)
	}
	return wrong
}

func checkNoSilencedLinters(h *house) []string {
	silenced := regexp.MustCompile(`^//\s*(nolint|lint:ignore|lint:file-ignore)|^#\s*regal ignore:`)
	var wrong []string
	h.comments(func(place, comment string) {
		if silenced.MatchString(comment) {
			wrong = append(wrong, place+": a linter is silenced; mend the code, or the rule for all")
		}
	})
	return wrong
}

func checkTodoHasNumber(h *house) []string {
	todo := regexp.MustCompile(`^(?://|#|/\*)+\s*(?:TODO|FIXME|XXX)\b|\b(?:TODO|FIXME|XXX)[(:]`)
	numbered := regexp.MustCompile(`\b(?:TODO|FIXME|XXX)\(#\d+\)`)
	var wrong []string
	h.comments(func(place, comment string) {
		if todo.MatchString(comment) && !numbered.MatchString(comment) {
			wrong = append(wrong, place+": a TODO carries an issue number: TODO(#12)")
		}
	})
	return wrong
}

// comments visits every comment line of the house.
func (h *house) comments(visit func(place, comment string)) {
	for _, f := range h.goFiles {
		for _, group := range f.ast.Comments {
			for _, comment := range group.List {
				visit(f.at(comment), comment.Text)
			}
		}
	}
	for _, f := range h.texts {
		for i, line := range f.lines {
			if at := strings.Index(line, "#"); at >= 0 {
				visit(fmt.Sprintf("%s:%d", f.path, i+1), line[at:])
			}
		}
	}
}
