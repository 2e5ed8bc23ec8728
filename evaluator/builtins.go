package evaluator

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/types"
)

// builtins are the functions of the filter-pattern language that policies call, registered for one engine only.
type builtins struct{}

func newBuiltins() *builtins { return &builtins{} }

// declarations tell the compiler their names and types, so that a misspelt field of an answer is a compile error too.
func (b *builtins) declarations() []*ast.Builtin {
	return []*ast.Builtin{
		{Name: "cwl.parse", Decl: parseType},
		{Name: "cwl.matches", Decl: matchesType},
		{Name: "cwl.covers", Decl: coversType},
	}
}

// functions give them to one query.
func (b *builtins) functions() []func(*rego.Rego) {
	return []func(*rego.Rego){
		rego.Function1(&rego.Function{Name: "cwl.parse", Decl: parseType}, func(_ rego.BuiltinContext, pattern *ast.Term) (*ast.Term, error) {
			return b.parse(pattern)
		}),
		rego.Function2(&rego.Function{Name: "cwl.matches", Decl: matchesType}, func(_ rego.BuiltinContext, pattern, event *ast.Term) (*ast.Term, error) {
			return b.matches(pattern, event)
		}),
		rego.Function1(&rego.Function{Name: "cwl.covers", Decl: coversType}, func(_ rego.BuiltinContext, question *ast.Term) (*ast.Term, error) {
			return b.covers(question)
		}),
	}
}

var (
	listOfText = types.NewAny(types.NewArray(nil, types.S), types.NewSet(types.S))
	anyObject  = types.NewObject(nil, types.NewDynamicProperty(types.S, types.A))

	parseType = types.NewFunction(
		types.Args(types.Named("pattern", types.S)),
		types.Named("result", object(
			field("valid", types.B), field("form", types.S), field("canonical", types.S), field("error", types.S), field("offset", types.N))))

	matchesType = types.NewFunction(
		types.Args(types.Named("pattern", types.S), types.Named("event", anyObject)),
		types.Named("result", types.NewAny(types.B, types.Nl)))

	coversType = types.NewFunction(
		types.Args(types.Named("question", types.NewObject(
			[]*types.StaticProperty{field("required", listOfText), field("deployed", listOfText)},
			types.NewDynamicProperty(types.S, types.A)))),
		types.Named("answer", object(
			field("answer", types.S), field("assumes", types.S), field("required", types.N), field("event", anyObject), field("reason", types.S),
			field("nearest", object(
				field("caught", types.NewArray(nil, types.S)), field("missed", types.NewArray(nil, types.S)),
				field("text", types.S), field("excluded_by", types.NewArray(nil, types.S)))),
			field("over_broad", anyObject),
			field("invalid", types.NewArray(nil, object(field("pattern", types.S), field("error", types.S)))))))
)

func object(fields ...*types.StaticProperty) *types.Object { return types.NewObject(fields, nil) }

func field(name string, of types.Type) *types.StaticProperty {
	return types.NewStaticProperty(name, of)
}

// TODO stand-in until filterpattern is there: texts are compared without their white space.
func (b *builtins) parse(pattern *ast.Term) (*ast.Term, error) {
	text := string(pattern.Value.(ast.String))
	if strings.Count(text, "(") != strings.Count(text, ")") {
		return ast.MustParseTerm(`{"valid": false, "error": "parentheses", "offset": 0}`), nil
	}
	return ast.NewTerm(ast.MustInterfaceToValue(map[string]any{"valid": true, "form": "json", "canonical": text})), nil
}

func (b *builtins) matches(_, _ *ast.Term) (*ast.Term, error) { return ast.NullTerm(), nil }

func (b *builtins) covers(question *ast.Term) (*ast.Term, error) {
	squeeze := func(t *ast.Term) string { return strings.Join(strings.Fields(string(t.Value.(ast.String))), "") }
	q := question.Value.(ast.Object)
	deployed := map[string]bool{}
	each(q.Get(ast.StringTerm("deployed")), func(t *ast.Term) { deployed[squeeze(t)] = true })
	index, found := 0, -1
	each(q.Get(ast.StringTerm("required")), func(t *ast.Term) {
		if deployed[squeeze(t)] && found < 0 {
			found = index
		}
		index++
	})
	if found >= 0 {
		return ast.NewTerm(ast.MustInterfaceToValue(map[string]any{"answer": "covers", "assumes": "any-json", "required": found, "invalid": []any{}})), nil
	}
	return ast.MustParseTerm(`{"answer": "misses", "assumes": "any-json", "required": 0, "event": {"eventName": "StandIn"},
		"nearest": {"caught": [], "missed": ["StandIn"], "text": "0 of 1: StandIn is missed", "excluded_by": []}, "invalid": []}`), nil
}

// each calls f with the elements of a list or set.
func each(t *ast.Term, f func(*ast.Term)) {
	if t == nil {
		return
	}
	switch list := t.Value.(type) {
	case *ast.Array:
		list.Foreach(f)
	case ast.Set:
		list.Foreach(f)
	}
}
