package evaluator

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/lineage"
)

// Traces are the ways to show how OPA came to a verdict: the expressions that did not hold and what led to them, or everything.
var Traces = [...]string{"fails", "full"}

// Trace judges one control of one account again, by itself, and writes each step that OPA took, with the values of its variables.
// The control is a slug or the edition's id.
func (e *Engine) Trace(ctx context.Context, inputs []Input, o Options, t TraceOf) error {
	if !slices.Contains(Traces[:], t.How) {
		return fmt.Errorf("trace %s: not one of %v", t.How, Traces)
	}
	o.Print, o.Coverage, o.Profile = nil, nil, nil
	r, err := e.newRun(inputs, o)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.rows, func(row row) bool { return row.Control == t.Control || row.ID == t.Control })
	s := r.byAccount[t.Account]
	if i < 0 || s == nil || r.rows[i].policy == nil {
		return nil
	}
	asked := r.question(s, r.link(s))
	tracer := topdown.NewBufferTracer()
	_, err = r.rows[i].policy.query.Eval(ctx,
		rego.EvalParsedInput(asked.input),
		rego.EvalTransaction(asked.data),
		rego.EvalVirtualCache(asked.cache),
		rego.EvalQueryTracer(tracer),
	)
	if err != nil {
		fmt.Fprintln(t.To, r.rows[i].policy.failure(ctx, err)) // the trace shows how it came to that
	}
	steps := []*topdown.Event(*tracer)
	if t.How == "fails" {
		steps = lineage.Fails(steps)
	}
	topdown.PrettyTraceWithOpts(t.To, steps, topdown.PrettyTraceOptions{Locations: true, ExprVariables: true})
	return nil
}

// TraceOf is what is traced, how, and where to.
type TraceOf struct {
	Account, Control string
	How              string // one of Traces
	To               io.Writer
}

// watching is how an evaluation is looked at, by those that want to.
func (o *Options) watching() []rego.EvalOption {
	var all []rego.EvalOption
	if o.Print != nil {
		all = append(all, rego.EvalPrintHook(printer(o.Print)))
	}
	if o.Coverage != nil {
		all = append(all, rego.EvalQueryTracer(o.Coverage.cover))
	}
	if o.Profile != nil {
		all = append(all, rego.EvalQueryTracer(o.Profile.tracer()))
	}
	return all
}

// prints tells whether a module has a call of print, which costs a compiler that keeps it.
func prints(modules []loadedModule) bool {
	name := ast.Print.Ref()
	return slices.ContainsFunc(modules, func(m loadedModule) bool {
		found := false
		ast.WalkExprs(m.Module, func(e *ast.Expr) bool {
			found = found || e.IsCall() && e.Operator().Equal(name)
			return found
		})
		return found
	})
}

// nameOf is a file, or what a query's own lines are called.
func nameOf(at *ast.Location) (string, int) {
	if at == nil {
		return queryName, 0
	}
	return cmp.Or(at.File, queryName), at.Row
}
