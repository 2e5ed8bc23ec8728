// Package test asks whether the whole house stands: its architecture, and what only shows when all packages are there.
package test

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// A rule of the house. check says what breaks it, one line a place: "path:line: what is wrong".
type rule struct {
	name  string // also its folder under testdata/rules
	check func(*house) []string
}

// rules is every rule of the house that a program can check. CONTRIBUTING.md says them in words.
var rules = []rule{
	{"layers", checkLayers},
	{"package-comment", checkPackageComment},
	{"package-name", checkPackageName},
	{"no-init", checkNoInit},
	{"no-changing-globals", checkNoChangingGlobals},
	{"process-only-in-cmd", checkProcessOnlyInCmd},
	{"clock-only-outside", checkClockOnlyOutside},
	{"documented", checkDocumented},
	{"sizes", checkSizes},
	{"no-silenced-linters", checkNoSilencedLinters},
	{"todo-has-number", checkTodoHasNumber},
	{"rego-package-is-path", checkRegoPackageIsPath},
	{"rego-imports-not", checkRegoImportsNot},
	{"rego-linear-joins", checkRegoLinearJoins},
	{"control-declared", checkControlDeclared},
	{"control-tested", checkControlTested},
	{"control-slug-unique", checkControlSlugUnique},
	{"edition-rows", checkEditionRows},
}

// TestHouse holds every rule against the project itself.
func TestHouse(t *testing.T) {
	h, err := readHouse(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(h.goFiles) == 0 {
		t.Fatal("read the house: found no Go file")
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, wrong := range r.check(h) {
				t.Error(wrong)
			}
		})
	}
}

// TestRulesCanFail holds every rule against small trees, each of which is a txtar file whose comment is exactly what the
// rule must say of it. A rule that has no tree that breaks it proves nothing.
func TestRulesCanFail(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			cases, err := filepath.Glob(filepath.Join("testdata", "rules", r.name, "*.txtar"))
			if err != nil {
				t.Fatal(err)
			}
			canFail := false
			for _, file := range cases {
				want := checkTree(t, r, file)
				canFail = canFail || want != ""
			}
			if !canFail {
				t.Errorf("no tree in testdata/rules/%s breaks this rule", r.name)
			}
		})
	}
}

func checkTree(t *testing.T, r rule, file string) (want string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for _, f := range archive.Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	h, err := readHouse(tree)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	want = strings.TrimSpace(string(archive.Comment))
	if got := strings.Join(r.check(h), "\n"); got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
	return want
}

// TestRulesFoldersAreRules finds cases that no rule reads.
func TestRulesFoldersAreRules(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join("testdata", "rules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.name == folder.Name() }) {
			t.Errorf("testdata/rules/%s: no rule has this name", folder.Name())
		}
	}
}

// house is the project as the rules see it: its own sources, without test data and nested modules.
type house struct {
	goFiles  []*goFile
	policies []*policy
	editions []*edition
	texts    []textFile // everything else that can hold a comment
}

type textFile struct {
	path  string
	lines []string
}

func readHouse(fsys fs.FS) (*house, error) {
	h := &house{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skipFolder(fsys, name) {
				return fs.SkipDir
			}
			return nil
		}
		return h.readFile(fsys, name)
	})
	return h, err
}

func skipFolder(fsys fs.FS, name string) bool {
	base := path.Base(name)
	if name == "." || base == ".ci" {
		return false
	}
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(name, "go.mod"))
	return err == nil
}

func (h *house) readFile(fsys fs.FS, name string) error {
	if !readable(name) {
		return nil
	}
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	switch {
	case path.Ext(name) == ".go":
		file, err := parseGo(name, src)
		if err != nil {
			return err
		}
		h.goFiles = append(h.goFiles, file)
		return nil
	case path.Ext(name) == ".rego":
		file, err := parsePolicy(name, src)
		if err != nil {
			return err
		}
		h.policies = append(h.policies, file)
	case path.Dir(name) == "policies/benchmarks":
		file, err := parseEdition(name, src)
		if err != nil {
			return err
		}
		h.editions = append(h.editions, file)
	}
	h.texts = append(h.texts, textFile{name, strings.Split(string(bytes.TrimSpace(src)), "\n")})
	return nil
}

func readable(name string) bool {
	switch path.Ext(name) {
	case ".go", ".rego", ".yaml", ".yml", ".sh":
		return true
	}
	return name == "Makefile" || name == ".ci/run"
}
