package astfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// everything has each kind of expression and term that a compiler leaves.
const everything = `# METADATA
# title: Everything
# description: of it
# custom:
#   control: everything
#   number: 7
package a.everything

import future.keywords.not
import data.b.others

default verdict := {"status": "unknown", "findings": [], "n": null}

verdict := {"status": "fail", "findings": found, "yes": true, "no": false, "size": 1.50} if {
	found := [f | some f in found_ones; not f.hidden]
	count(found) > 0
} else := {"status": "pass"} if count(found_ones) == 0

found_ones contains f if {
	some i, f in input.list
	every k, v in f {
		k != "x"
		v > 1
	}
	not f == 2
	by_name[f.name][_] == i
	f.text == $"{i} of {f.name}"
}

by_name := {name: ids | some name in {"a", "b", input.name}; ids := {i | input.list[i].name == name}}

sizes[name] := n if {
	some name, n in others.sizes
	n in {1, 2, -3}
}

deep.er[x] := x if some x in [[], {}, set()]

double(x, "y") := 2 * x if x > 1 with input.list as [1] 

double(x, "z") := 0 if x < 1 	
`

const others = "package b.others\n\nsizes := {\"a\": 1}\n\ndefault empty := false\n"

func compiled(t testing.TB) (*Policies, Texts) {
	t.Helper()
	texts := Texts{"a.rego": []byte(everything), "b.rego": []byte(others)}
	modules := map[string]*ast.Module{}
	for name, text := range texts {
		m, err := ast.ParseModuleWithOpts(name, string(text), ast.ParserOptions{ProcessAnnotation: true})
		if err != nil {
			t.Fatal(err)
		}
		modules["key of "+name] = m
	}
	c := ast.NewCompiler()
	if c.Compile(modules); c.Failed() {
		t.Fatal(c.Errors)
	}
	p := &Policies{Modules: c.Modules, Indexed: map[*ast.Rule]bool{}}
	p.Indexed[c.Modules["key of a.rego"].Rules[1]] = true
	return p, texts
}

func TestDecode(t *testing.T) {
	want, texts := compiled(t)
	file, err := Encode(want, texts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(file, texts)
	if err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(got.Modules)); !slices.Equal(names, slices.Sorted(maps.Keys(want.Modules))) {
		t.Fatalf("got modules %v, want %v", names, slices.Sorted(maps.Keys(want.Modules)))
	}
	for name, want := range want.Modules {
		same(t, name, got.Modules[name], want)
	}
	if a := got.Modules["key of a.rego"]; len(got.Indexed) != 1 || !got.Indexed[a.Rules[1]] {
		t.Errorf("got %d rules that are indexed, want the second", len(got.Indexed))
	}
	again, err := Encode(got, texts)
	if err != nil || !slices.Equal(again, file) {
		t.Errorf("got another file of what was read (%v), want the same", err)
	}
}

// same compares two modules, and every part of them with its location.
func same(t *testing.T, name string, got, want *ast.Module) {
	t.Helper()
	parts := func(m *ast.Module) (all []string) {
		ast.NewGenericVisitor(func(x any) bool {
			text, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(text))
			if at := placeOf(x); at != nil {
				all = append(all, fmt.Sprintf("%s:%d:%d %d %q %v", at.File, at.Row, at.Col, at.Offset, at.Text, at.Tabs))
			}
			return false
		}).Walk(m)
		return all
	}
	bare := func(m *ast.Module) *ast.Module {
		return &ast.Module{Package: m.Package, Rules: m.Rules}
	}
	if !bare(got).Equal(bare(want)) || got.RegoVersionSpan() != want.RegoVersionSpan() {
		t.Errorf("%s: got module %v, want %v", name, got, want)
	}
	for _, r := range got.Rules {
		for ; r != nil; r = r.Else {
			if r.Module != got {
				t.Errorf("%s: got a rule of another module, want of this: %v", name, r)
			}
		}
	}
	a, b := parts(bare(got)), parts(bare(want))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("%s: got %s, want %s", name, a[i], b[i])
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: got %d parts, want %d", name, len(a), len(b))
	}
}

// placeOf is where a part lies, nil for a term: where they lie is kept for a few only.
func placeOf(part any) *ast.Location {
	switch x := part.(type) {
	case *ast.Every:
		return x.Domain.Location
	case *ast.ObjectComprehension:
		return x.Key.Location
	case *ast.Term, ast.Args:
		return nil
	case ast.Node:
		return x.Loc()
	}
	return nil
}

func TestDecodeMetadata(t *testing.T) {
	p, texts := compiled(t)
	file, err := Encode(p, texts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(file, texts)
	if err != nil {
		t.Fatal(err)
	}
	all := got.Modules["key of a.rego"].Annotations
	if len(all) != 1 || all[0].Title != "Everything" || all[0].Description != "of it" || len(all[0].Custom) != 1 || all[0].Custom["control"] != "everything" ||
		all[0].Location.Row != 1 {
		t.Errorf("got METADATA %v, want its texts", all)
	}
}

func TestDecodeDamaged(t *testing.T) {
	p, texts := compiled(t)
	file, err := Encode(p, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range file {
		turned := slices.Clone(file)
		turned[i] ^= 1
		if _, err := Decode(turned, texts); !errors.Is(err, ErrDamaged) {
			t.Fatalf("byte %d is wrong: got error %v, want %v", i, err, ErrDamaged)
		}
		if _, err := Decode(file[:i], texts); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut off at %d: got error %v, want %v", i, err, ErrDamaged)
		}
	}
	if _, err := Decode(file, Texts{"a.rego": texts["a.rego"][:100]}); !errors.Is(err, ErrDamaged) {
		t.Errorf("with other texts: got error %v, want %v", err, ErrDamaged)
	}
}

func TestEncodeUncompiled(t *testing.T) {
	for _, text := range []string{"package a\n\nimport data.b\n\nx := b.y\n", "package a\n\nx if { some y in [1]; y > 0 }\n", "package a\n\nx := $\"{input.y}\"\n"} {
		m, err := ast.ParseModule("a.rego", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Encode(&Policies{Modules: map[string]*ast.Module{"a": m}}, Texts{"a.rego": []byte(text)}); err == nil {
			t.Errorf("%q: got no error, want that a compiler leaves no such thing", text)
		}
	}
}

// FuzzDecode reads anything without a panic. What it takes for modules it can write again.
func FuzzDecode(f *testing.F) {
	p, texts := compiled(f)
	file, err := Encode(p, texts)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file[len(format)+4:])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decode(body, texts)
		if err != nil {
			return
		}
		for _, m := range p.Modules {
			_ = m.String()
		}
		_, _ = Encode(p, texts)
	})
}
