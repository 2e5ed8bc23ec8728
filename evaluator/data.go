package evaluator

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// isData tells whether a file is put under `data` by its folder: OPA's own rule.
func isData(name string) bool {
	return slices.Contains([]string{"data.json", "data.yaml", "data.yml"}, path.Base(name))
}

// dataTree is what the sources' data files hold, under `data`.
type dataTree struct {
	root map[string]any
	from map[string]string // the file that put it there, by way
}

// add puts a data file where its folder says. What the evaluator fills itself is left out, and named.
func (t *dataTree) add(file policyFile) (left []string, err error) {
	var value any
	if path.Ext(file.path) == ".json" {
		err = util.UnmarshalJSON(file.text, &value)
	} else {
		err = util.Unmarshal(file.text, &value)
	}
	if err != nil {
		return nil, &InputError{File: file.name, Line: lineAt(file.text, err), Problem: "read data: " + err.Error()}
	}
	var way []string
	if dir := path.Dir(file.path); dir != "." {
		way = strings.Split(dir, "/")
	}
	for i := len(way) - 1; i >= 0; i-- {
		value = map[string]any{way[i]: value}
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, &InputError{File: file.name, Problem: fmt.Sprintf("read data: is %s, want an object", kindOf(value)), Hint: "it is put under data by its keys; or put the file in a folder"}
	}
	for _, name := range reserved {
		if _, ok := object[name]; ok {
			delete(object, name)
			left = append(left, name)
		}
	}
	if t.root == nil {
		t.root, t.from = map[string]any{}, map[string]string{}
	}
	return left, t.merge(t.root, object, "data", file.name)
}

// merge puts one object into another; what both have must be objects, too.
func (t *dataTree) merge(into, from map[string]any, at, file string) error {
	for _, key := range slices.Sorted(maps.Keys(from)) {
		way := at + "." + key
		have, ok := into[key]
		if !ok {
			into[key], t.from[way] = from[key], file
			continue
		}
		a, isObject := have.(map[string]any)
		b, too := from[key].(map[string]any)
		if !isObject || !too {
			return &InputError{File: file, Problem: fmt.Sprintf("read data: %s is in %s already", way, t.origin(way)), Hint: "give it in one file only"}
		}
		if problem := t.merge(a, b, way, file); problem != nil {
			return problem
		}
	}
	return nil
}

// origin is a file that put something there, or above.
func (t *dataTree) origin(way string) string {
	for ; way != ""; way = way[:max(strings.LastIndex(way, "."), 0)] {
		if file, ok := t.from[way]; ok {
			return file
		}
	}
	return "another file"
}

// clashes are the module's rules that stand where data does.
func (t *dataTree) clashes(m loadedModule) PolicyErrors {
	var problems PolicyErrors
	for _, rule := range m.Rules {
		if way, ok := t.holds(wayOf(m.Module, rule)); ok {
			problems = append(problems, &PolicyError{
				File: m.name, Line: rule.Loc().Row, Problem: fmt.Sprintf("%s is a rule, and %s has data there", way, t.origin(way)),
				Hint: "rename one of them",
			})
		}
	}
	return problems
}

// shadows takes out the data that stands where the module has rules.
func (t *dataTree) shadows(m loadedModule) PolicyErrors {
	var problems PolicyErrors
	for _, rule := range m.Rules {
		way, ok := t.holds(wayOf(m.Module, rule))
		if !ok || way == "data" {
			continue
		}
		problems = append(problems, &PolicyError{
			File: t.origin(way), Problem: fmt.Sprintf("%s is not taken from there: %s:%d is a rule of it", way, m.name, rule.Loc().Row),
			Hint: "rename it, or put the file in another folder",
		})
		t.drop(strings.Split(way, ".")[1:])
	}
	return problems
}

// drop takes out what is at a way.
func (t *dataTree) drop(way []string) {
	object := t.root
	for _, name := range way[:len(way)-1] {
		object, _ = object[name].(map[string]any)
	}
	delete(object, way[len(way)-1])
}

// wayOf is where a rule stands below data, as far as that is fixed.
func wayOf(m *ast.Module, rule *ast.Rule) []string {
	names := packageNames(m)
	for _, term := range rule.Head.Ref().GroundPrefix() {
		switch name := term.Value.(type) {
		case ast.Var:
			names = append(names, string(name))
		case ast.String:
			names = append(names, string(name))
		}
	}
	return names
}

// holds tells whether there is data at the way, or a value above it that is no object.
func (t *dataTree) holds(names []string) (string, bool) {
	var value any = t.root
	way := "data"
	for _, name := range names {
		object, ok := value.(map[string]any)
		if !ok {
			return way, true
		}
		if value, ok = object[name]; !ok {
			return "", false
		}
		way += "." + name
	}
	return way, true
}

// object is the data as policies see it.
func (t *dataTree) object() (ast.Object, error) {
	if len(t.root) == 0 {
		return ast.NewObject(), nil
	}
	value, err := ast.InterfaceToValue(t.root)
	if err != nil {
		return nil, fmt.Errorf("data: read: %w", err)
	}
	return value.(ast.Object), nil
}

// with is the data and, beside it, what the evaluator fills itself.
func with(data, filled ast.Object) ast.Object {
	if data == nil || data.Len() == 0 {
		return filled
	}
	all := ast.NewObject()
	data.Foreach(all.Insert)
	filled.Foreach(all.Insert)
	return all
}

// lineAt is the line at which JSON is wrong, 0 if that is not known.
func lineAt(text []byte, err error) int {
	wrong, ok := err.(*json.SyntaxError)
	if !ok || wrong.Offset > int64(len(text)) {
		return 0
	}
	return 1 + strings.Count(string(text[:wrong.Offset]), "\n")
}

// What a source may hold, in bytes: more are not policies and what they need to know.
const (
	mostPolicy = 4 << 20  // in one file
	mostSource = 32 << 20 // in all files, and in one file of data
)

// sourceFiles is every file below the source that is wanted, in the order of their names. What begins with a dot is passed over.
func sourceFiles(source Source, wanted func(name string) bool) ([]policyFile, error) {
	var files []policyFile
	left := int64(mostSource)
	err := fs.WalkDir(source.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%s: read policies: %w", path.Join(source.Name, name), err)
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir(), !wanted(name):
			return nil
		}
		text, err := readBounded(source, name, left)
		if err != nil {
			return err
		}
		left -= int64(len(text))
		files = append(files, policyFile{name: path.Join(source.Name, name), path: name, text: text})
		return nil
	})
	return files, err
}

// readBounded reads a plain file of policies or data that is no larger than it may be.
func readBounded(source Source, name string, left int64) ([]byte, error) {
	whole := path.Join(source.Name, name)
	info, err := fs.Stat(source.FS, name)
	if err != nil {
		return nil, fmt.Errorf("%s: read policy: %w", whole, err)
	}
	most := int64(mostSource)
	if path.Ext(name) == ".rego" {
		most = mostPolicy
	}
	refused := func(problem string) error {
		return &InputError{File: whole, Problem: "read policy: " + problem, Hint: "a folder of policies holds policies and the data that they need, no more"}
	}
	switch {
	case !info.Mode().IsRegular():
		return nil, refused("is no plain file")
	case info.Size() > most:
		return nil, refused("is larger than " + sizeText(most))
	case info.Size() > left:
		return nil, refused(fmt.Sprintf("%s and the files before it are larger than %s", path.Base(name), sizeText(mostSource)))
	}
	text, err := fs.ReadFile(source.FS, name)
	if err != nil {
		return nil, fmt.Errorf("%s: read policy: %w", whole, err)
	}
	return text, nil
}
