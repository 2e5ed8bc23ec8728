package evaluator

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// expr takes note of what an expression reads, and gives its variables what they hold.
func (s *scope) expr(e *ast.Expr) {
	for _, with := range e.With {
		s.hand(s.value(with.Value))
	}
	switch terms := e.Terms.(type) {
	case *ast.Every:
		domain := s.value(terms.Domain)
		s.bind(terms.Value, domain.at(anyKey))
		if terms.Key != nil {
			s.bind(terms.Key, unknownFlows())
		}
	case *ast.Term:
		s.look(s.value(terms))
	case []*ast.Term:
		operator := e.Operator()
		switch {
		case e.IsEquality() && len(terms) == 3:
			s.equal(e, e.Operand(0), e.Operand(1))
		case operator.HasPrefix(ast.DefaultRootRef):
			s.callRule(operator, e.Operands())
		default:
			s.callBuiltin(operator.String(), e.Operands())
		}
	}
}

// equal gives variables what they are said to be. Of what is compared, all is read.
func (s *scope) equal(e *ast.Expr, a, b *ast.Term) {
	left, right := s.value(a), s.value(b)
	s.compareGaps(left, right)
	s.compareGaps(right, left)
	_, leftVar := a.Value.(ast.Var)
	_, rightVar := b.Value.(ast.Var)
	switch {
	case leftVar && rightVar:
		s.bind(a, right)
		s.bind(b, left)
	case leftVar:
		s.tie(e, a, b, right)
	case rightVar:
		s.tie(e, b, a, left)
	default:
		s.compare(a, b, left, right)
		s.bind(a, right)
		s.bind(b, left)
	}
}

// tie says what a variable is; what is said of it a second time is a comparison.
func (s *scope) tie(e *ast.Expr, name, to *ast.Term, f flows) {
	v := name.Value.(ast.Var)
	if empty(to) {
		s.look(s.vars[v])
		s.countGaps(s.vars[v])
		return
	}
	if s.tied[v] == nil {
		s.tied[v] = e
	}
	if s.tied[v] != e {
		s.hand(s.vars[v])
		s.hand(f)
	}
	s.bind(name, f)
	s.bind(to, s.vars[v])
}

// compare takes note of two values that are held against each other.
func (s *scope) compare(a, b *ast.Term, left, right flows) {
	for _, side := range []struct {
		other *ast.Term
		f     flows
	}{{b, left}, {a, right}} {
		if empty(side.other) {
			s.look(side.f)
			s.countGaps(side.f)
			continue
		}
		s.hand(side.f)
	}
}

// empty tells that a term is a value in which nothing can be: equality with it says nothing of what is in the other.
func empty(term *ast.Term) bool {
	switch v := term.Value.(type) {
	case ast.Boolean, ast.Null, ast.Number, ast.String:
		return true
	case *ast.Array:
		return v.Len() == 0
	case ast.Set:
		return v.Len() == 0
	case ast.Object:
		return v.Len() == 0
	}
	return false
}

// countGaps takes note that all gaps are looked at together.
func (s *scope) countGaps(f flows) {
	for i, way := range []string{"/gaps", "/linked/*/gaps"} {
		s.judged.gaps[i] = s.judged.gaps[i] || f.is(whole+way)
	}
}

// compareGaps takes note of the calls that the gaps' are compared with.
func (s *scope) compareGaps(f, with flows) {
	for i, way := range []string{"/gaps/*/operation", "/linked/*/gaps/*/operation"} {
		if !f.is(whole + way) {
			continue
		}
		for _, call := range with.constants() {
			s.judged.calls[i][call] = true
		}
	}
}

// callRule follows the arguments of a call into a function of the policies.
func (s *scope) callRule(operator ast.Ref, operands []*ast.Term) {
	result := flows{}
	var out *ast.Term
	for _, rule := range s.compiler.GetRulesDynamicWithOpts(operator, ast.RulesOptions{}) {
		arity := min(len(rule.Head.Args), len(operands))
		args := make([]flows, arity)
		for i := range arity {
			args[i] = s.value(operands[i])
		}
		value := s.rule(rule, args)
		if s.own && !s.reader.own[rule.Module] {
			value = value.handedOut()
			s.asks(operator.String(), args)
		}
		result.add(value)
		if len(operands) > arity {
			out = operands[arity]
		}
	}
	if out != nil {
		s.answer(out, result)
	}
}

// answer gives the place of a call's result what the result holds.
func (s *scope) answer(out *ast.Term, result flows) {
	if _, ok := out.Value.(ast.Var); !ok {
		s.look(result)
	}
	s.bind(out, result)
}

// asks takes note that the library is asked whether a call's answer is there, and of whose account.
func (s *scope) asks(function string, args []flows) {
	name, ok := strings.CutPrefix(function, "data.policies.lib.evidence.")
	at := map[string]int{"unread": 1, "unread_group": 1, "unread_topic": 1, "unseen": 0}
	i, known := at[name]
	if !ok || !known || i >= len(args) {
		return
	}
	home := name == "unread" && len(args[0]) > 0
	if home {
		for each := range args[0] {
			home = home && (each.way == whole+"/account/id" || each.way == unfollowed && args[0].is(whole+"/account/id"))
		}
	}
	for _, call := range args[i].constants() {
		s.judged.lists[0][call] = true
		if !home {
			s.judged.lists[1][call] = true
		}
	}
}

// callBuiltin knows the functions that look at their arguments from outside, or hand on what they hold.
func (s *scope) callBuiltin(name string, operands []*ast.Term) {
	arity := len(operands)
	if f := ast.BuiltinMap[name]; f != nil {
		arity = min(arity, f.Decl.Arity())
	} else if arity > 0 {
		if v, ok := operands[arity-1].Value.(ast.Var); ok && v.IsGenerated() {
			arity--
		}
	}
	args := make([]flows, arity)
	for i := range arity {
		args[i] = s.value(operands[i])
	}
	result := s.builtin(name, operands, args)
	if len(operands) > arity {
		s.answer(operands[arity], result)
	}
}

// outsideOnly are the functions that do not look into their argument.
var outsideOnly = []string{"count", "is_array", "is_object", "is_set", "is_string", "is_number", "is_boolean", "is_null", "type_name"}

func (s *scope) builtin(name string, operands []*ast.Term, args []flows) flows {
	result := flows{}
	switch {
	case slices.Contains(outsideOnly, name):
		s.look(args[0])
		if name == "count" {
			s.countGaps(args[0])
		}
		return unknownFlows()
	case slices.Contains([]string{"array.concat", "or", "and", "minus", "object.union"}, name):
		for _, arg := range args {
			if name == "array.concat" {
				arg = arg.moved()
			}
			result.add(arg)
		}
		if name == "and" || name == "minus" { // both compare members
			s.hand(result)
		}
		return result
	case slices.Contains([]string{"array.slice", "array.reverse", "sort"}, name):
		return args[0].at(anyKey).under(anyKey)
	case name == "object.get" && len(args) > 2:
		result.add(args[2])
		switch key := operands[1].Value.(type) {
		case ast.String:
			result.add(s.follow(args[0], ast.Ref{operands[0]}, ast.Ref{operands[1]}))
			return result
		case *ast.Array:
			if key.IsGround() {
				result.add(s.getAll(args[0], operands[0], key))
				return result
			}
		}
	case name == "internal.member_2", name == "internal.member_3":
		members := args[len(args)-1].at(anyKey)
		s.compareGaps(args[len(args)-2], members)
		s.hand(members)
		args = args[:len(args)-1]
	case name == "neq" && len(args) == 2:
		s.compare(operands[0], operands[1], args[0], args[1])
		return unknownFlows()
	}
	for _, arg := range args {
		s.hand(arg)
	}
	return unknownFlows()
}

// getAll is object.get by a list of keys.
func (s *scope) getAll(from flows, object *ast.Term, keys *ast.Array) flows {
	var way ast.Ref
	keys.Foreach(func(t *ast.Term) { way = append(way, t) })
	return s.follow(from, ast.Ref{object}, way)
}
