package evaluator

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// reader finds what a control of the user's own reads of a snapshot, through whatever variables, rules and functions it hands it. What is
// handed to something that cannot be followed counts as read, all of it.
type reader struct {
	compiler *ast.Compiler
	own      map[*ast.Module]bool
	values   map[string]flows // of rules, by their arguments
	steps    int
	read     map[string]bool // ways, and whether all below is read
	judged   judged
	misspelt map[string]*misspelling
}

// mostSteps bounds the work: a policy that needs more reads everything.
const mostSteps = 20000

// judged is the evidence that a control asks about itself.
type judged struct {
	gaps  [2]bool            // it counts the gaps: of its own account, of linked ones
	calls [2]map[string]bool // it compares gaps with these calls
	lists [2]map[string]bool // it asks the library about these calls
}

func newReader(e *Engine) *reader {
	r := &reader{
		compiler: e.compiler, own: map[*ast.Module]bool{}, values: map[string]flows{}, read: map[string]bool{},
		misspelt: map[string]*misspelling{},
	}
	for key, module := range e.compiler.Modules {
		r.own[module] = e.own[key]
	}
	for i := range 2 {
		r.judged.calls[i], r.judged.lists[i] = map[string]bool{}, map[string]bool{}
	}
	return r
}

// note takes note that a part of the snapshot is read: looked at, or all of it. What lies above the lists cannot be looked at but as a
// whole, nor can what is picked by a name that is computed.
func (r *reader) note(way string, all bool) {
	r.read[way] = r.read[way] || all
}

// hand takes note of values that go where nobody follows them.
func (r *reader) hand(f flows) {
	for each := range f {
		if each.way == whole || len(each.way) > len(whole) && each.way[:len(whole)+1] == whole+"/" {
			r.note(each.way, true)
		}
	}
}

// What a value may hold before it is no longer followed: lists of lists that double from rule to rule hold more than can be told.
const (
	mostFlows    = 500
	deepestValue = 400 // bytes of a way within
)

// bounded is what a value holds if that can be told, else it is handed on.
func (r *reader) bounded(f flows) flows {
	fits := len(f) <= mostFlows
	for each := range f {
		fits = fits && len(each.within) <= deepestValue && len(each.way) <= deepestValue
	}
	if fits {
		return f
	}
	r.hand(f)
	return unknownFlows()
}

// look takes note of values that are looked at from outside: whether they are there, how many there are.
func (r *reader) look(f flows) {
	for each := range f {
		if each.within != "" || each.way != whole && (len(each.way) <= len(whole) || each.way[:len(whole)+1] != whole+"/") {
			continue
		}
		at := wayPlace(each.way)
		r.note(each.way, len(at.parts) < 2 && !(at.linked && len(at.parts) == 0))
	}
}

// rule is what a rule's value holds.
func (r *reader) rule(rule *ast.Rule, args []flows) flows {
	own := r.own[rule.Module]
	if !own && !worthFollowing(rule, args) {
		return unknownFlows()
	}
	key := fmt.Sprintf("%p %v", rule, args) // fmt sorts maps
	if known, ok := r.values[key]; ok {
		return known
	}
	r.values[key] = flows{}
	if r.steps++; r.steps > mostSteps {
		r.note(whole, true)
		return unknownFlows()
	}
	s := &scope{reader: r, own: own, vars: map[ast.Var]flows{}, tied: map[ast.Var]*ast.Expr{}}
	for i, param := range rule.Head.Args {
		if i < len(args) {
			s.bind(param, args[i])
		}
	}
	value := flows{}
	for grew := true; grew; {
		s.grew = false
		ast.WalkExprs(rule, func(e *ast.Expr) bool {
			s.expr(e)
			return false
		})
		for at := rule; at != nil; at = at.Else {
			value.add(s.head(at))
		}
		if grew = s.grew; grew {
			if r.steps++; r.steps > mostSteps {
				r.note(whole, true)
				break
			}
		}
	}
	value = r.bounded(value)
	r.values[key] = value
	return value
}

// worthFollowing tells whether a rule of the library is handed a part of the snapshot by the user, or hands on one itself.
func worthFollowing(rule *ast.Rule, args []flows) bool {
	for _, arg := range args {
		if arg.users() {
			return true
		}
	}
	refers := false
	ast.WalkRefs(rule, func(ref ast.Ref) bool {
		refers = refers || ref.HasPrefix(ast.InputRootRef)
		return refers
	})
	return refers && len(args) == 0
}

// scope is one rule with its arguments.
type scope struct {
	*reader
	own  bool
	vars map[ast.Var]flows
	tied map[ast.Var]*ast.Expr // the first expression that says what a variable is
	grew bool
}

// head is what the rule's value holds. The value of a rule that is part of an object or a set is held by that.
func (s *scope) head(rule *ast.Rule) flows {
	value := flows{}
	if rule.Head.Key != nil && rule.Head.Value == nil {
		return s.value(rule.Head.Key).under(anyKey)
	}
	if rule.Head.Value != nil {
		value.add(s.value(rule.Head.Value))
	}
	for _, part := range rule.Head.Ref()[1:] {
		if _, fixed := part.Value.(ast.String); !fixed {
			s.hand(s.value(part))
		}
	}
	return value
}

// bind gives the variables of a pattern what a value holds.
func (s *scope) bind(pattern *ast.Term, f flows) {
	f = s.bounded(f)
	switch p := pattern.Value.(type) {
	case ast.Var:
		if s.vars[p] == nil {
			s.vars[p] = flows{}
		}
		if s.vars[p].add(f) {
			s.grew = true
		}
	case *ast.Array:
		n := 0
		p.Foreach(func(t *ast.Term) {
			s.bind(t, f.at(fmt.Sprint(n)))
			n++
		})
	case ast.Object:
		p.Foreach(func(k, v *ast.Term) { s.bind(v, f.at(keyOf(k))) })
	}
}

// value is what a term holds. Each reference in it is a look at what it leads to.
func (s *scope) value(term *ast.Term) flows {
	held := flows{}
	each := func(t *ast.Term) { held.add(s.value(t).under(anyKey)) }
	switch v := term.Value.(type) {
	case ast.String:
		held[flow{"", `"` + string(v)}] = true
	case ast.Var:
		if v.Equal(ast.InputRootDocument.Value) {
			return flows{{"", s.root()}: true}
		}
		held.add(s.vars[v])
	case ast.Ref:
		return s.ref(v)
	case *ast.Array:
		for i := range v.Len() {
			held.add(s.value(v.Elem(i)).under(fmt.Sprint(i)))
		}
	case ast.Set:
		v.Foreach(each)
	case ast.Object:
		v.Foreach(func(k, t *ast.Term) {
			held.add(s.value(t).under(keyOf(k)))
			if _, fixed := k.Value.(ast.String); !fixed {
				each(k)
			}
		})
	case *ast.ArrayComprehension:
		each(v.Term)
	case *ast.SetComprehension:
		each(v.Term)
	case *ast.ObjectComprehension:
		each(v.Key)
		each(v.Value)
	case ast.Call:
		for _, t := range v[1:] {
			s.hand(s.value(t))
		}
		return unknownFlows()
	}
	return s.bounded(held)
}

func (s *scope) root() string {
	if s.own {
		return whole
	}
	return libraries
}

// ref is what a reference leads to.
func (s *scope) ref(ref ast.Ref) flows {
	var held flows
	rest := ref[1:]
	switch {
	case ref[0].Equal(ast.InputRootDocument):
		held = flows{{"", s.root()}: true}
	case ref[0].Equal(ast.DefaultRootDocument):
		return s.data(ref)
	default:
		held = s.value(ref[0])
	}
	return s.follow(held, ref, rest)
}

// follow goes down the rest of a reference, and looks at what is there.
func (s *scope) follow(held flows, ref, rest ast.Ref) flows {
	for _, part := range rest {
		if name, ok := part.Value.(ast.Var); ok {
			// The key of a set is its member.
			for each := range held {
				if each.within != "" {
					s.bind(ast.NewTerm(name), held.at(anyKey))
					break
				}
			}
		} else if _, fixed := part.Value.(ast.String); !fixed {
			s.hand(s.value(part))
		}
		below := held.at(keyOf(part))
		if s.own && !ref[0].Equal(ast.InputRootDocument) {
			s.spell(held, part, ref)
		}
		held = below
	}
	if len(rest) > 0 {
		for each := range held {
			if each.within == "" && len(each.way) > len(whole) && each.way[:len(whole)+1] == whole+"/" {
				s.note(each.way, false)
			}
		}
	}
	return held
}

// data is what a reference to rules leads to.
func (s *scope) data(ref ast.Ref) flows {
	held := flows{}
	rules := s.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{})
	for _, rule := range rules {
		if len(rule.Head.Args) > 0 {
			continue
		}
		value := s.rule(rule, nil)
		if s.own && !s.reader.own[rule.Module] {
			value = value.handedOut()
		}
		path := rule.Ref()
		for i := len(path) - 1; i >= len(ref); i-- {
			value = value.under(keyOf(path[i]))
		}
		held.add(s.follow(value, ref, ref[min(len(ref), len(path)):]))
	}
	if len(rules) == 0 {
		return unknownFlows()
	}
	return held
}
