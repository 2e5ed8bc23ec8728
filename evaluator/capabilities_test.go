package evaluator

import (
	"bytes"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// TestCapabilitiesCompileThePolicies holds what other tools read against the policies: they compile with it, and a network does not.
func TestCapabilitiesCompileThePolicies(t *testing.T) {
	text, err := Capabilities()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ast.LoadCapabilitiesJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if read.AllowNet == nil {
		t.Error("got every host allowed, want none")
	}
	set, err := load(embedded(), true)
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]*ast.Module{}
	for _, m := range set.modules {
		modules[m.name] = m.Module
	}
	compiler := ast.NewCompiler().WithCapabilities(read).WithStrict(true)
	if compiler.Compile(modules); compiler.Failed() {
		t.Error(compiler.Errors)
	}
	compiler = ast.NewCompiler().WithCapabilities(read)
	if compiler.Compile(map[string]*ast.Module{"x": ast.MustParseModule(`package x

now := time.now_ns()`)}); !compiler.Failed() {
		t.Error("got a policy with a clock compiled, want an error")
	}
}
