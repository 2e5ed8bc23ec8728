package evaluator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// mostExplained is how many tests that failed are run again to see where.
const mostExplained = 20

// failedExpr is an expression of a test that did not hold.
type failedExpr struct {
	file string
	line int
	text string // with the values that it compared
}

// failures keeps the last expression that did not hold in each rule of a test file.
type failures struct {
	mu   sync.Mutex
	last []failedExpr // the latest at the end

	unified []*ast.Term // what was held against each other last
}

// Enabled and Config are what OPA asks of a tracer.
func (f *failures) Enabled() bool { return true }

// Config asks for the values of variables.
func (f *failures) Config() topdown.TraceConfig { return topdown.TraceConfig{PlugLocalVars: true} }

// TraceEvent takes note of an expression of a test that did not hold, and of the values that were held against each other before it.
func (f *failures) TraceEvent(e topdown.Event) {
	expr, ok := e.Node.(*ast.Expr)
	if !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.Op == topdown.UnifyOp {
		f.unified = nil
		for _, operand := range expr.Operands() {
			f.unified = append(f.unified, e.Plug(operand))
		}
		return
	}
	if e.Op != topdown.FailOp || e.Location == nil || !isTest(e.Location.File) {
		return
	}
	text, _, _ := strings.Cut(string(e.Location.Text), "\n")
	text, _, _ = strings.Cut(text, " with ")
	said := fmt.Sprintf("line %d is not true: %s", e.Location.Row, shortened(strings.TrimSpace(text)))
	if got, want := f.compared(expr); got != nil {
		said += fmt.Sprintf("; got %s, want %s", shortened(got.String()), shortened(want.String()))
	}
	f.last = slices.DeleteFunc(f.last, func(other failedExpr) bool { return other.file == e.Location.File && other.line == e.Location.Row })
	f.last = append(f.last, failedExpr{e.Location.File, e.Location.Row, said})
}

// compared are the two values of an equality: what was found, and what the test has written out. None if the expression has no such.
func (f *failures) compared(expr *ast.Expr) (got, want *ast.Term) {
	operands := expr.Operands()
	if !expr.IsCall() || len(operands) != 2 || len(f.unified) != 2 || !slices.Contains([]string{"eq", "equal"}, expr.Operator().String()) {
		return nil, nil
	}
	for _, operand := range slices.Backward(operands) {
		for i, held := range f.unified {
			other := f.unified[1-i]
			if ast.IsConstant(operand.Value) && operand.Equal(held) && ast.IsConstant(other.Value) && !other.Equal(held) {
				return other, operand
			}
		}
	}
	return nil, nil
}

func shortened(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// untrue is a pattern of the names of the first tests that were not true, "" if there are none.
func untrue(all []TestResult) string {
	var names []string
	for _, t := range all {
		if t.Failed && t.Message == "" && len(names) < mostExplained {
			names = append(names, regexp.QuoteMeta(t.Package+"."+t.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

// tell says of each test that was not true where it failed: in the lines from its own to the next test's.
func (f *failures) tell(all []TestResult) {
	for i := range all {
		t := &all[i]
		end := 0
		for _, other := range all {
			if other.File == t.File && other.Line > t.Line && (end == 0 || other.Line < end) {
				end = other.Line
			}
		}
		for _, e := range slices.Backward(f.last) {
			if t.Failed && t.Message == "" && e.file == t.File && e.line >= t.Line && (end == 0 || e.line < end) {
				t.Where = e.text
				break
			}
		}
	}
}
