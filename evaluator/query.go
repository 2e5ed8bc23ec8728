package evaluator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
)

// QueryOptions is what a query is asked about. Only Benchmark of Options is needed.
type QueryOptions struct {
	Options
	Input   *Input                                // `input` is undefined if nil
	Imports []string                              // data.policies.lib.trails, so that the query may say trails.listed
	Print   func(file string, n int, text string) // what print() says; forgotten if nil
}

// QueryResult is one way to make a query true, in the form of OPA's own.
type QueryResult struct {
	Expressions []QueryValue   `json:"expressions"`
	Bindings    map[string]any `json:"bindings,omitempty"`
}

// QueryValue is one expression of a query and its value.
type QueryValue struct {
	Value    any      `json:"value"`
	Text     string   `json:"text"`
	Location Location `json:"location"`
}

// Location is where an expression begins, from 1.
type Location struct {
	Row int `json:"row"`
	Col int `json:"col"`
}

// queryName is the query's name in errors.
const queryName = "query"

// Query asks any Rego query under the engine's own rules: its builtins and no others, the snapshot's schema, the same `data` as an
// evaluation. No result means that the query is undefined. The error is a PolicyErrors when the query or a policy is at fault.
func Query(ctx context.Context, sources []Source, query string, o QueryOptions) ([]QueryResult, error) {
	body, err := parseQuery(query)
	if err != nil {
		return nil, err
	}
	s, err := NewSession(ctx, sources, o)
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, body, TraceOf{})
}

// queryParser reads Rego as the policies are written: `not` is true of what is absent.
var queryParser = ast.ParserOptions{RegoVersion: ast.RegoV1, AllFutureKeywords: true}

func parseQuery(query string) (ast.Body, error) {
	how := queryParser
	how.SkipRules = true // as which n*2 would be read
	body, err := ast.ParseBodyWithOpts(query, how)
	if err != nil {
		return nil, queryProblems(err)
	}
	if len(body) == 0 {
		return nil, PolicyErrors{{File: queryName, Problem: "is empty", Hint: "such as input.cloudtrail.trails"}}
	}
	return body, nil
}

// parseImport reads the name of what a query imports.
func parseImport(name string) (*ast.Import, error) {
	parsed, err := ast.ParseImports("import " + name)
	if err != nil || len(parsed) != 1 {
		return nil, &InputError{File: "import " + name, Problem: "read: is not the name of a package or rule", Hint: "such as data.policies.lib.trails"}
	}
	return parsed[0], nil
}

// about is what the query finds under `data`, and its input.
func (e *Engine) about(o QueryOptions) (ast.Object, []rego.EvalOption, error) {
	if o.Input != nil {
		r, err := e.newRun([]Input{*o.Input}, o.Options)
		if err != nil {
			return nil, nil, err
		}
		s := r.subjects[0]
		return r.factsAt(r.clock(s)), []rego.EvalOption{rego.EvalParsedInput(inputOf(s, nil))}, nil
	}
	rows, err := e.rowsOf(o.Options)
	if err != nil {
		return nil, nil, err
	}
	data, err := e.dataOf(o.Options, rows)
	if err == nil && !o.AsOf.IsZero() {
		data.Insert(ast.InternedTerm("as_of"), ast.StringTerm(timeText(o.AsOf)))
	}
	return data, nil, err
}

// printer hands on what print() says.
type printer func(file string, line int, text string)

// Print is for OPA to call.
func (p printer) Print(about print.Context, text string) error {
	file, line := nameOf(about.Location)
	p(file, line, text)
	return nil
}

// queryProblems says what is wrong with a query, and how a name that nobody defines was meant.
func queryProblems(err error) error {
	problems := fromOPA(queryName, err)
	invented := func(p *PolicyError) bool { return strings.HasPrefix(p.Problem, "var _ is") }
	if !slices.ContainsFunc(problems, invented) || slices.ContainsFunc(problems, func(p *PolicyError) bool { return !invented(p) }) {
		problems = slices.DeleteFunc(problems, invented)
	}
	for _, p := range problems {
		if name, ok := strings.CutPrefix(p.Problem, "var "); ok && p.Hint == "" {
			name, _, _ = strings.Cut(name, " ")
			p.Hint = fmt.Sprintf("nothing is called %s: the snapshot is input, policies are below data; some %s in ... declares a variable", name, name)
		}
	}
	return problems.orNil()
}

// queryFailure says where an evaluation went wrong.
func queryFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("query: evaluate: %w", context.Cause(ctx))
	}
	problem := &PolicyError{File: queryName, Problem: "evaluate: " + err.Error()}
	var at *topdown.Error
	if errors.As(err, &at) && at.Location != nil {
		problem.File, problem.Line, problem.Problem = cmp.Or(at.Location.File, queryName), at.Location.Row, "evaluate: "+at.Message
	}
	return PolicyErrors{problem}
}

func queryResults(found rego.ResultSet) []QueryResult {
	var all []QueryResult
	for _, r := range found {
		one := QueryResult{Bindings: r.Bindings.WithoutWildcards()}
		for _, e := range r.Expressions {
			value := QueryValue{Value: e.Value, Text: e.Text}
			if e.Location != nil {
				value.Location = Location{e.Location.Row, e.Location.Col}
			}
			one.Expressions = append(one.Expressions, value)
		}
		all = append(all, one)
	}
	return all
}
