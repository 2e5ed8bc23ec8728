package evaluator

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

func TestSteadyRules(t *testing.T) {
	const control = `# METADATA
# custom: {control: log-validation}
package policies.x

import data.policies.plain
import data.policies.mixed

verdict := {"status": "pass", "findings": [], "notes": [input.account.id, mixed.list[0], plain.twice("a"), mixed.again("a")]}

default choice := "none"

choice := input.account.id

default number := 1

number := 2 if data.parameters.max_events > 1

clock := data.as_of

when := clock

if_else := "here" if {
	number > 5
} else := input.account.id

without := x if x := number with data.parameters.max_events as 7
`
	const plain = "package policies.plain\n\ntwice(x) := concat(\"\", [x, x])\n\nlist := [1, 2]\n"
	const mixed = "package policies.mixed\n\nagain(x) := concat(\"\", [x, x])\n\nhere := input.account.id\n\nlist := data.benchmark.patterns.x\n"
	e, err := Compile(t.Context(), []Source{{Name: "mine", FS: policyFS(map[string]string{"x.rego": control, "plain.rego": plain, "mixed.rego": mixed})}})
	if err != nil {
		t.Fatal(err)
	}
	rules := steadyRules(e.compiler)
	for path, want := range map[string]bool{
		"data.policies.x.verdict":     false,
		"data.policies.x.choice":      false,
		"data.policies.x.number":      true,
		"data.policies.x.clock":       false,
		"data.policies.x.when":        false,
		"data.policies.x.if_else":     false,
		"data.policies.x.without":     true,
		"data.policies.x.nothing":     false,
		"data.policies.plain.list":    true,
		"data.policies.plain.twice":   true,
		"data.policies.mixed.list":    true,
		"data.policies.mixed.again":   false, // a package that looks at the account tells its functions of it
		"data.policies.mixed.here":    false,
		"data.policies.plain":         false,
		"data.policies.x.number.rest": true, // part of a value
	} {
		rule, _ := rules.find(ast.MustParseRef(path))
		if got := rule != nil && rule.rule; got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestConstantsAreOfNoOtherData(t *testing.T) {
	rules := &steady{below: map[string]*steady{"p": {rule: true}, "f": {rule: true}}}
	c := &constants{steady: func() *steady { return rules }, known: answers{}}
	if _, ok := c.cache().(*accountCache); ok {
		t.Error("the first account: got constants looked for, and there may be no other")
	}
	first, second := c.cache(), c.cache()
	p, own := ast.MustParseRef("data.p"), ast.MustParseRef("data.q")
	first.Put(p, ast.StringTerm("constant"))
	first.Put(own, ast.StringTerm("own"))
	if got, _ := second.Get(p); got == nil || !got.Equal(ast.StringTerm("constant")) {
		t.Errorf("a constant: got %v in another account", got)
	}
	if got, _ := second.Get(own); got != nil {
		t.Errorf("an account's own: got %v in another account", got)
	}
	second.Push() // as for `with`
	if got, _ := second.Get(p); got != nil {
		t.Errorf("within `with`: got %v, want nothing", got)
	}
	second.Put(p, ast.StringTerm("other"))
	second.Pop()
	if got, _ := second.Get(p); !got.Equal(ast.StringTerm("constant")) {
		t.Errorf("after `with`: got %v, want constant", got)
	}
	call := ast.Ref{ast.NewTerm(ast.MustParseRef("data.f")), large32()}
	first.Put(call, ast.StringTerm("kept here"))
	if got, _ := second.Get(call); got != nil {
		t.Errorf("a function of a whole record: got %v in another account", got)
	}
	if got, _ := first.Get(call); got == nil {
		t.Error("a function of a whole record: got nothing in its own account")
	}

}

// large32 is a value of more parts than an argument of a constant may have.
func large32() *ast.Term {
	var members []*ast.Term
	for i := range 2 * mostNodes {
		members = append(members, ast.InternedTerm(i))
	}
	return ast.ArrayTerm(members...)
}
