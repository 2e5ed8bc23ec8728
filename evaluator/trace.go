package evaluator

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
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
	if e.compiled != nil {
		// A trace shows variables by the names that they had, and together what the compiler made of one expression: only it knows.
		whole, err := e.compiled(ctx)
		if err != nil {
			return err
		}
		return whole.Trace(ctx, inputs, o, t)
	}
	r, err := e.newRun(inputs, o)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(r.rows, func(row row) bool { return row.Control == t.Control || row.ID == t.Control })
	s := r.byAccount[t.Account]
	if i < 0 || s == nil || r.rows[i].policy == nil || len(r.rows[i].policy.faults) > 0 {
		return nil
	}
	v := r.visit(s, r)
	asked := r.question(ctx, s, v.link(ctx), nil)
	defer asked.rest()
	if v.err != nil {
		return v.err
	}
	tracer := topdown.NewBufferTracer()
	if _, err = r.rows[i].policy.query.ask(ctx, asked, onlookers{tracers: []topdown.QueryTracer{tracer}}); err != nil {
		fmt.Fprintln(t.To, r.rows[i].policy.failure(ctx, err)) // the trace shows how it came to that
	}
	return t.write(*tracer)
}

// write writes the steps that OPA took, as far as they are wanted.
func (t TraceOf) write(steps []*topdown.Event) error {
	if t.How == "fails" {
		steps = lineage.Fails(steps)
	}
	table := &narrow{to: bufio.NewWriter(t.To)}
	topdown.PrettyTraceWithOpts(table, steps, topdown.PrettyTraceOptions{Locations: true, ExprVariables: true})
	return table.to.Flush()
}

// TraceOf is what is traced, how, and where to.
type TraceOf struct {
	Account, Control string
	How              string // one of Traces
	To               io.Writer
}

// narrow makes OPA's table one that can be read: there, every row is as wide as the longest expression of all. The first column stays one.
type narrow struct {
	to                   *bufio.Writer
	column, runs, spaces int
}

// widestTrace is where a line is cut.
const widestTrace = 1000

// Write passes on the text without what only fills a column. It never fails: Flush does.
func (n *narrow) Write(text []byte) (int, error) {
	for _, c := range text {
		switch {
		case c == '\n':
			n.to.WriteByte(c)
			n.column, n.runs, n.spaces = 0, 0, 0
			continue
		case c == ' ':
			n.spaces++
			continue
		case n.spaces > 2 && n.runs > 0:
			n.spaces = 2
		}
		if n.spaces > 1 {
			n.runs++
		}
		for ; n.spaces > 0; n.spaces-- {
			n.put(' ')
		}
		n.put(c)
	}
	return len(text), nil
}

func (n *narrow) put(c byte) {
	switch {
	case n.column < widestTrace:
		n.to.WriteByte(c)
	case n.column == widestTrace && !utf8.RuneStart(c): // the rest of a character
		n.to.WriteByte(c)
		return
	case n.column == widestTrace:
		n.to.WriteString("…")
	}
	n.column++
}

// watching are those that the options name.
func (o *Options) watching() onlookers {
	var by onlookers
	if o.Print != nil {
		by.printed = printer(o.Print)
	}
	if o.Coverage != nil {
		by.tracers = append(by.tracers, o.Coverage.cover)
	}
	if o.Profile != nil {
		by.tracers = append(by.tracers, o.Profile.tracer())
	}
	return by
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
