package evaluator

import (
	"context"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/print"
)

// preparedQuery is a question that is compiled once, before or when it is first put; evaluations share it. It is put to OPA's evaluator
// itself: what package rego does around it for each call takes as long as a short answer.
type preparedQuery struct {
	engine *Engine
	policy *policy
	once   sync.Once
	query  topdown.Query // what is the same each time
	err    error
}

// answerVar is the query's variable that holds the answer.
var answerVar = ast.VarTerm(ast.WildcardPrefix + "term1")

// queryOf asks the control for its verdict.
func (e *Engine) queryOf(p *policy) *preparedQuery { return &preparedQuery{engine: e, policy: p} }

func (q *preparedQuery) prepare() error {
	q.once.Do(func() { q.err = q.compile() })
	return q.err
}

func (q *preparedQuery) compile() error {
	body, err := q.policy.asks()
	if err != nil {
		return err
	}
	compiler := q.engine.compiler.QueryCompiler().WithContext(ast.NewQueryContext())
	if body, err = compiler.Compile(body); err != nil {
		return err
	}
	q.query = *topdown.NewQuery(body).
		WithQueryCompiler(compiler).
		WithCompiler(q.engine.compiler).
		WithStore(facts{}).
		WithBuiltins(q.engine.builtins.called()).
		WithMetrics(metrics.NoOp()).
		WithRequestMetadata(map[string]any{}). // else there is a new one each time
		WithStrictBuiltinErrors(true)
	return nil
}

// asks is the query: the answer is what the policy says.
func (p *policy) asks() (ast.Body, error) {
	if p.shape == verdictRule {
		// What the parser would make of it: for one name it does too much.
		at := ast.NewLocation([]byte(p.asking()), "", 1, 1)
		said := ast.NewTerm(p.speaks).SetLocation(at)
		return ast.NewBody(ast.NewExpr(ast.Equality.Expr(said, answerVar).Terms).SetLocation(at)), nil
	}
	body, err := parseQuery(p.asking())
	if err != nil {
		return nil, err
	}
	body[0].Terms = ast.Equality.Expr(body[0].Terms.(*ast.Term), answerVar).Terms
	return body, nil
}

// onlookers see how an evaluation goes.
type onlookers struct {
	tracers []topdown.QueryTracer
	printed print.Hook
}

// ask puts the question; the answer is nil if it is undefined.
func (q *preparedQuery) ask(ctx context.Context, about *question, by onlookers) (ast.Value, error) {
	if err := q.prepare(); err != nil {
		return nil, err
	}
	query := q.query
	query.WithInput(about.input).
		WithTransaction(about.facts).
		WithBaseCache(about.facts).
		WithVirtualCache(about.cache).
		WithCancel(about.brake).
		WithPrintHook(by.printed)
	for _, tracer := range by.tracers {
		query.WithQueryTracer(tracer)
	}
	var answer ast.Value
	err := query.Iter(ctx, func(found topdown.QueryResult) error {
		answer = found[answerVar.Value.(ast.Var)].Value
		return nil
	})
	return answer, err
}
