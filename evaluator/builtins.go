package evaluator

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
)

// builtins are the functions of the filter-pattern language that policies call, registered for one engine only.
type builtins struct {
	patterns *cache[string, parsed]
	answers  *cache[string, *ast.Term]
	decided  *cache[string, ast.Object] // by the patterns that matter
	memory   *filterpattern.Memory
	events   *cache[string, *filterpattern.Event]
	numbers  *cache[string, uint64] // of texts
	last     atomic.Uint64          // of the numbers
	called   func() map[string]*topdown.Builtin
}

// The number of patterns and answers that an engine remembers: enough for the accounts of one organisation, which are
// built from the same templates.
const (
	mostPatterns = 20_000
	mostAnswers  = 4_000
	mostEvents   = 200 // policies ask about their own
)

func newBuiltins() *builtins {
	b := &builtins{
		patterns: newCache[string, parsed](mostPatterns),
		answers:  newCache[string, *ast.Term](mostAnswers),
		decided:  newCache[string, ast.Object](mostAnswers),
		memory:   new(filterpattern.Memory),
		events:   newCache[string, *filterpattern.Event](mostEvents),
		numbers:  newCache[string, uint64](mostPatterns),
	}
	b.called = sync.OnceValue(b.calls)
	return b
}

// table is every one of them. The declarations tell the compiler their names and types, so that a misspelt field of an answer is a
// compile error too.
func (b *builtins) table() []Builtin {
	return []Builtin{
		{&ast.Builtin{Name: "cwl.parse", Decl: parseType, Description: "Reads a filter pattern of CloudWatch Logs as AWS would."},
			func(args []*ast.Term) (*ast.Term, error) { return b.parse(args[0]) }},
		{&ast.Builtin{Name: "cwl.matches", Decl: matchesType, Description: "Says whether a filter pattern matches an event; null where AWS does not document it."},
			func(args []*ast.Term) (*ast.Term, error) { return b.matches(args[0], args[1]) }},
		{&ast.Builtin{Name: "cwl.covers", Decl: coversType, Description: "Decides whether the deployed filter patterns together match every event that a required one matches."},
			func(args []*ast.Term) (*ast.Term, error) { return b.covers(args[0]) }},
		{&ast.Builtin{Name: "cistern.group", Decl: groupType, Description: "Finds the places of records in a list by what some of their fields hold."},
			func(args []*ast.Term) (*ast.Term, error) { return group(args[0], args[1]) }},
		{&ast.Builtin{Name: "cistern.routes", Decl: routesType, Description: "Joins plain metric filters with the alarms on the metrics that they feed, and with the topics that these tell."},
			func(args []*ast.Term) (*ast.Term, error) { return b.routes(args[0], args[1], args[2]) }},
	}
}

func (b *builtins) declarations() []*ast.Builtin {
	var all []*ast.Builtin
	for _, f := range b.table() {
		all = append(all, f.Decl)
	}
	return all
}

// functions give them to one query.
func (b *builtins) functions() []func(*rego.Rego) {
	var all []func(*rego.Rego)
	for _, f := range b.table() {
		function := &rego.Function{Name: f.Decl.Name, Decl: f.Decl.Decl, Description: f.Decl.Description}
		all = append(all, rego.FunctionDyn(function, func(_ rego.BuiltinContext, args []*ast.Term) (*ast.Term, error) { return f.Call(args) }))
	}
	return all
}

// calls are what OPA calls by their names.
func (b *builtins) calls() map[string]*topdown.Builtin {
	all := map[string]*topdown.Builtin{}
	for _, f := range b.table() {
		decl := &ast.Builtin{Name: f.Decl.Name, Decl: f.Decl.Decl}
		all[decl.Name] = &topdown.Builtin{Decl: decl, Func: func(about topdown.BuiltinContext, args []*ast.Term, found func(*ast.Term) error) error {
			result, err := f.Call(args)
			if err != nil {
				return (&topdown.Error{Code: topdown.BuiltinErr, Message: decl.Name + ": " + err.Error(), Location: about.Location}).Wrap(err)
			}
			if result == nil {
				return nil
			}
			return found(result)
		}}
	}
	return all
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

// errNoPattern is an argument whose type the compiler could not know.
var errNoPattern = errors.New("pattern is not a text")

// parse says what AWS would make of a pattern.
func (b *builtins) parse(text *ast.Term) (*ast.Term, error) {
	pattern, ok := text.Value.(ast.String)
	if !ok {
		return nil, errNoPattern
	}
	return b.known(string(pattern)).answer(), nil
}

func parseTerm(pattern *filterpattern.Pattern, err error) *ast.Term {
	if err == nil {
		return objectTerm(
			"valid", ast.InternedTerm(true),
			"form", ast.StringTerm(pattern.Form().String()),
			"canonical", ast.StringTerm(pattern.String()))
	}
	offset := 0
	var syntax *filterpattern.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	return objectTerm("valid", ast.InternedTerm(false), "error", ast.StringTerm(err.Error()), "offset", ast.InternedTerm(offset))
}

// matches is null where nobody can say: the pattern is not one that AWS takes, or its doubtful points matter.
func (b *builtins) matches(text, event *ast.Term) (*ast.Term, error) {
	form, ok := text.Value.(ast.String)
	if !ok {
		return nil, errNoPattern
	}
	pattern, err := b.pattern(string(form))
	if err != nil {
		return ast.NullTerm(), nil
	}
	value, err := ast.JSON(event.Value)
	if err != nil {
		return nil, fmt.Errorf("event: read: %w", err)
	}
	message, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("event: write: %w", err)
	}
	switch pattern.MatchEvent(b.event(string(message))) {
	case filterpattern.Yes:
		return ast.InternedTerm(true), nil
	case filterpattern.No:
		return ast.InternedTerm(false), nil
	}
	return ast.NullTerm(), nil
}

// event reads an event that many patterns are held against once.
func (b *builtins) event(message string) *filterpattern.Event {
	const most = 16 << 10 // bytes that are kept
	event, ok := b.events.get(message)
	if !ok {
		event = filterpattern.NewEvent([]byte(message))
		if len(message) <= most {
			b.events.put(message, event)
		}
	}
	return event
}

// objectTerm is an object of names and terms in turn.
func objectTerm(pairs ...any) *ast.Term {
	o := ast.NewObject()
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Insert(ast.InternedTerm(pairs[i].(string)), pairs[i+1].(*ast.Term))
	}
	return ast.NewTerm(o)
}
