package evaluator

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/snapshots/samples"
)

var update = flag.Bool("update", false, "write the compiled form of the policies anew")

// TestGoldenCompiled asks that the compiled form beside the shipped policies is theirs: with another, every run compiles them.
func TestGoldenCompiled(t *testing.T) {
	source := Source{Name: "policies", FS: os.DirFS("../policies"), Catalogue: true}
	want, err := writeCompiled(source)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("../policies/"+compiledFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got, err := fs.ReadFile(source.FS, compiledFile); err != nil || !bytes.Equal(got, want) {
		t.Errorf("policies/%s: got what the policies do not compile to (%v), want what they do: make golden writes it", compiledFile, err)
	}
}

// bothWays is an engine of the shipped policies as they were compiled before, and one that is compiled now.
func bothWays(t testing.TB) (read, compiled *Engine) {
	t.Helper()
	if read = readCompiled(withCompiled(t)); read == nil {
		t.Fatal("got no engine of what was compiled, want one")
	}
	var err error
	if compiled, err = read.compiled(t.Context()); err != nil {
		t.Fatal(err)
	}
	return read, compiled
}

// withCompiled is the shipped policies with what they compile to, also where the file beside them is out of date.
func withCompiled(t testing.TB) []Source {
	t.Helper()
	text, err := writeCompiled(embedded()[0])
	if err != nil {
		t.Fatal(err)
	}
	files := changeable(t)
	files[compiledFile] = &fstest.MapFile{Data: text}
	return sourceOf(files)
}

// changeable is a copy of the shipped policies.
func changeable(t testing.TB) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(embedded()[0].FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(embedded()[0].FS, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sourceOf(files fs.FS) []Source { return []Source{{Name: "policies", FS: files, Catalogue: true}} }

func TestCompiledModules(t *testing.T) {
	read, compiled := bothWays(t)
	if got, want := slices.Sorted(maps.Keys(read.compiler.Modules)), slices.Sorted(maps.Keys(compiled.compiler.Modules)); !slices.Equal(got, want) {
		t.Fatalf("got modules %v, want %v", got, want)
	}
	for name, want := range compiled.compiler.Modules {
		got := read.compiler.Modules[name]
		a, b := facets(t, read.compiler, got), facets(t, compiled.compiler, want)
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("%s: got %s, want %s", name, a[i], b[i])
			}
		}
		if len(a) != len(b) {
			t.Errorf("%s: got %d parts, want %d", name, len(a), len(b))
		}
	}
}

// facets is all of a compiled module that an evaluation can tell.
func facets(t *testing.T, compiler *ast.Compiler, m *ast.Module) []string {
	t.Helper()
	var all []string
	put := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	place := func(at *ast.Location) {
		if at == nil {
			at = &ast.Location{Row: -1}
		}
		put(fmt.Sprint(at.File, at.Row, at.Col, at.Offset, string(at.Text), at.Tabs))
	}
	for _, r := range m.Rules {
		put(r)
		ast.NewGenericVisitor(func(x any) bool {
			switch x := x.(type) {
			case *ast.Term:
				if index := compiler.ComprehensionIndex(x); index != nil {
					put([]any{"index", index.Term, index.Keys})
				}
				if object, ok := x.Value.(*ast.ObjectComprehension); ok {
					place(object.Key.Location)
				}
			case *ast.Every:
				place(x.Location)
				place(x.Domain.Location)
			case ast.Args:
			case ast.Node:
				place(x.Loc())
			}
			return false
		}).Walk(r)
	}
	return all
}

func TestCompiledReports(t *testing.T) {
	read, compiled := bothWays(t)
	editions, err := Benchmarks(embedded())
	if err != nil {
		t.Fatal(err)
	}
	all := allControls(t, compiled)
	for _, name := range samples.Names() {
		sameReports(t, read, compiled, name, all)
	}
	for _, edition := range editions {
		sameReports(t, read, compiled, "broken-pattern-misses", edition)
	}
}

func sameReports(t *testing.T, read, compiled *Engine, sample string, edition *Benchmark) {
	t.Helper()
	s, err := samples.Read(sample)
	if err != nil {
		t.Fatal(err)
	}
	var reports [2]bytes.Buffer
	for i, e := range []*Engine{read, compiled} {
		r, err := e.Evaluate(t.Context(), []Input{{sample, s}}, Options{Benchmark: edition})
		if err != nil {
			t.Fatalf("%s: %s: %v", sample, edition.ID, err)
		}
		if err := json.NewEncoder(&reports[i]).Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(reports[0].Bytes(), reports[1].Bytes()) {
		t.Errorf("%s: %s: got another report than of policies that are compiled now", sample, edition.ID)
	}
}

func TestCompiledEngines(t *testing.T) {
	read, compiled := bothWays(t)
	got, err := read.Controls(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want, err := compiled.Controls(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got other controls than of policies that are compiled now (%v)", err)
	}
	for _, c := range got[:3] {
		got, err := read.Dependencies(t.Context(), c.Slug)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := compiled.Dependencies(t.Context(), c.Slug); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got dependencies %v, want %v (%v)", c.Slug, got, want, err)
		}
	}
	s, err := samples.Read("broken-pattern-misses")
	if err != nil {
		t.Fatal(err)
	}
	var steps [2]bytes.Buffer
	for i, e := range []*Engine{read, compiled} {
		about := TraceOf{Account: s.Account.ID, Control: got[0].Slug, How: "full", To: &steps[i]}
		if err := e.Trace(t.Context(), []Input{{"sample", s}}, Options{Benchmark: allControls(t, e)}, about); err != nil {
			t.Fatal(err)
		}
	}
	// OPA has no order for variables of one name, such as two that are called _.
	letters := func(text string) string {
		all := []byte(text)
		slices.Sort(all)
		return string(all)
	}
	a, b := strings.Split(steps[0].String(), "\n"), strings.Split(steps[1].String(), "\n")
	if len(a) < 10 || !slices.EqualFunc(a, b, func(a, b string) bool { return letters(a) == letters(b) }) {
		t.Error("got another trace than of policies that are compiled now")
	}
}

// TestCompiledOfOthers asks that the compiled form of other policies is never used.
func TestCompiledOfOthers(t *testing.T) {
	text, err := writeCompiled(embedded()[0])
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(fstest.MapFS)
		read   bool
	}{
		{"the same policies", func(fstest.MapFS) {}, true},
		{"a policy is changed", func(files fstest.MapFS) {
			files["lib/trails.rego"] = &fstest.MapFile{Data: append(slices.Clone(files["lib/trails.rego"].Data), '\n')}
		}, false},
		{"a policy is added", func(files fstest.MapFS) {
			files["monitoring/mine.rego"] = &fstest.MapFile{Data: []byte("package policies.monitoring.mine\n")}
		}, false},
		{"a policy is called otherwise", func(files fstest.MapFS) {
			files["lib/ways.rego"] = files["lib/trails.rego"]
			delete(files, "lib/trails.rego")
		}, false},
		{"data is added", func(files fstest.MapFS) { files["data.json"] = &fstest.MapFile{Data: []byte("{}")} }, false},
		{"it is not there", func(files fstest.MapFS) { delete(files, compiledFile) }, false},
		{"it is empty", func(files fstest.MapFS) { files[compiledFile] = &fstest.MapFile{} }, false},
		{"it is cut off", func(files fstest.MapFS) { files[compiledFile] = &fstest.MapFile{Data: text[:len(text)-100]} }, false},
		{"a bit is turned", func(files fstest.MapFS) {
			turned := slices.Clone(text)
			turned[len(turned)/2] ^= 4
			files[compiledFile] = &fstest.MapFile{Data: turned}
		}, false},
	}
	for _, test := range tests {
		files := changeable(t)
		files[compiledFile] = &fstest.MapFile{Data: text}
		test.change(files)
		if got := readCompiled(sourceOf(files)) != nil; got != test.read {
			t.Errorf("%s: got %v, want %v that the compiled form is used", test.name, got, test.read)
		}
	}
	for _, sources := range [][]Source{{{Name: "mine", FS: embedded()[0].FS}}, append(embedded(), Source{Name: "mine", FS: fstest.MapFS{}})} {
		if readCompiled(sources) != nil {
			t.Errorf("%d sources: got the compiled form used, want that of the shipped policies alone", len(sources))
		}
	}
}

func BenchmarkStart(b *testing.B) {
	sources := withCompiled(b)
	run := func(name string, start func(context.Context) (*Engine, error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e, err := start(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for _, p := range e.controls {
					if err := p.query.prepare(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	run("policies=compiled", readCompiled(sources).compiled)
	run("policies=read", func(ctx context.Context) (*Engine, error) { return Isolate(ctx, sources) })
}
