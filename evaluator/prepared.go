package evaluator

import (
	"context"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// preparedQuery is a question that is compiled once, before or when it is first put; evaluations share it.
type preparedQuery struct {
	options []func(*rego.Rego)
	once    sync.Once
	query   rego.PreparedEvalQuery
	err     error
}

// queryOf asks the control for its verdict.
func (e *Engine) queryOf(p *policy) *preparedQuery {
	asked := rego.Query(p.asking())
	if p.shape == verdictRule {
		// What the parser would make of it: for one name it does too much.
		at := ast.NewLocation([]byte(p.asking()), "", 1, 1)
		asked = rego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(p.speaks).SetLocation(at)).SetLocation(at)))
	}
	return &preparedQuery{options: append(e.builtins.functions(),
		asked,
		rego.Compiler(e.compiler),
		rego.Store(facts{}),
		rego.StrictBuiltinErrors(true),
	)}
}

func (q *preparedQuery) prepare(ctx context.Context) error {
	q.once.Do(func() {
		q.query, q.err = rego.New(q.options...).PrepareForEval(context.WithoutCancel(ctx))
		q.options = nil
	})
	return q.err
}

// Eval puts the question.
func (q *preparedQuery) Eval(ctx context.Context, options ...rego.EvalOption) (rego.ResultSet, error) {
	if err := q.prepare(ctx); err != nil {
		return nil, err
	}
	return q.query.Eval(ctx, options...)
}
