package evaluator

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// steady are the rules whose values no account changes, by the names in their paths: they look at neither `input` nor the clock. The
// others are there, too.
type steady struct {
	below map[string]*steady
	rule  bool // a steady one
	other bool // any other one
}

// steadyRules finds them. A function is one of them if its whole package is: its arguments then are few and alike from account to
// account, or it would have had to be told of the account by them.
func steadyRules(compiler *ast.Compiler) *steady {
	root := &steady{}
	s := steadiness{compiler, map[*ast.Rule]bool{}}
	for _, module := range compiler.Modules {
		all := true
		for _, rule := range module.Rules {
			all = all && s.holds(rule)
		}
		for _, rule := range module.Rules {
			path := rule.Ref().GroundPrefix()
			root.add(path, s.alone(module, path) && (all || len(rule.Head.Args) == 0))
		}
	}
	return root
}

// alone tells whether all rules of a path are steady, and in one module.
func (s *steadiness) alone(module *ast.Module, path ast.Ref) bool {
	for _, rule := range s.compiler.GetRules(path) {
		if rule.Module != module || !s.holds(rule) {
			return false
		}
	}
	return true
}

// add notes a rule's path.
func (s *steady) add(path ast.Ref, holds bool) {
	for _, term := range path[1:] {
		name, ok := term.Value.(ast.String)
		if !ok {
			return
		}
		if s.below == nil {
			s.below = map[string]*steady{}
		}
		if s.below[string(name)] == nil {
			s.below[string(name)] = &steady{}
		}
		s = s.below[string(name)]
	}
	s.rule, s.other = s.rule || holds, s.other || !holds
}

// find is the rule that a key is of, and what follows the rule's path; nil if it is of none.
func (s *steady) find(key ast.Ref) (rule *steady, rest ast.Ref) {
	path, function := key[0].Value.(ast.Ref)
	if !function {
		path = key
	}
	for i, term := range path[1:] {
		name, ok := term.Value.(ast.String)
		if !ok {
			return nil, nil
		}
		if s = s.below[string(name)]; s == nil {
			return nil, nil
		}
		if !s.rule && !s.other {
			continue
		}
		if rest = path[i+2:]; !function {
			return s, rest
		}
		if len(rest) == 0 {
			return s, key[1:]
		}
		return nil, nil
	}
	return nil, nil
}

// steadiness remembers what it found of each rule.
type steadiness struct {
	compiler *ast.Compiler
	known    map[*ast.Rule]bool
}

func (s *steadiness) holds(rule *ast.Rule) bool {
	if known, ok := s.known[rule]; ok {
		return known
	}
	s.known[rule] = false // OPA refuses recursion; this is for the case that it did not look
	holds := rule.Else == nil || s.holds(rule.Else)
	ast.WalkRefs(rule, func(ref ast.Ref) bool {
		holds = holds && !moving(ref)
		if holds && ref[0].Equal(ast.DefaultRootDocument) {
			for _, other := range s.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{}) {
				holds = holds && (other == rule || s.holds(other))
			}
		}
		return !holds
	})
	s.known[rule] = holds
	return holds
}

// moving tells whether a reference is to what differs from account to account, or a call that does more than to find a value.
func moving(ref ast.Ref) bool {
	switch {
	case ref[0].Equal(ast.InputRootDocument), ref.HasPrefix(ast.InternalPrint.Ref()), ref.HasPrefix(ast.Trace.Ref()):
		return true
	case !ref[0].Equal(ast.DefaultRootDocument):
		return false
	case len(ref) == 1:
		return true
	}
	name, ok := ref[1].Value.(ast.String)
	return !ok || name == "as_of"
}

// constants are the values of steady rules, found for one account of a run and kept for all others.
type constants struct {
	steady func() *steady
	asked  atomic.Bool // for a cache: most runs judge one account, and nothing needs to be known of others
	mu     sync.RWMutex
	known  answers
	size   int      // of what is known, in values within values
	met    sync.Map // of *met: the keys that were met before, by their last term or by their function
	kept   atomic.Int64
}

// How much is kept, in values within values; how many keys are; and how large the arguments of a function may be whose value is.
const (
	mostKept  = 200_000 // some 40 MB
	mostKeys  = 10_000
	mostNodes = 400
)

func newConstants(e *Engine) *constants {
	return &constants{steady: sync.OnceValue(func() *steady { return steadyRules(e.compiler) }), known: answers{}}
}

// cache is what OPA remembers of one account.
func (p *plan) cache() topdown.VirtualCache {
	if p.constants == nil {
		return topdown.NewVirtualCache()
	}
	return p.constants.cache()
}

// cache is for the rules of one account, over what is known of all.
func (c *constants) cache() topdown.VirtualCache {
	if c.asked.CompareAndSwap(false, true) {
		return topdown.NewVirtualCache()
	}
	return &accountCache{
		VirtualCache: topdown.NewVirtualCache(), constants: c, steady: c.steady(), own: answers{},
	}
}

func (c *constants) get(q inquiry) (value *ast.Term, undefined bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.known.get(q)
}

// put keeps copies: the terms of an account are made several at once, and would keep each other in memory.
func (c *constants) put(q inquiry, value *ast.Term) {
	settle(value)
	q.rest, value = q.rest.Copy(), value.Copy()
	size := q.size(value)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size += size; c.size > mostKept {
		c.known, c.size = answers{}, size
	}
	c.known.put(q, value)
}

// settle has the members of objects and sets put in order, which OPA does when it first needs that: another account may do so with what it
// shares, and OPA does not wait for it when it copies.
func settle(t *ast.Term) {
	if t == nil {
		return
	}
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(settle)
	case ast.Set:
		v.Foreach(settle)
	case ast.Object:
		v.Foreach(func(key, value *ast.Term) {
			settle(key)
			settle(value)
		})
	}
}

// inquiry is what is asked of a rule: its value, something in it, or what it is of some arguments.
type inquiry struct {
	topic
	rest ast.Ref
}

// topic is most of an inquiry: few have it in common.
type topic struct {
	rule     *steady
	function bool
	hash     int // of the rest
}

// answers are the values of rules.
type answers map[topic]*answer

type answer struct {
	rest      ast.Ref
	value     *ast.Term
	undefined bool
	next      *answer // to another inquiry on the topic
}

func (a answers) find(q inquiry) *answer {
	for found := a[q.topic]; found != nil; found = found.next {
		if slices.EqualFunc(found.rest, q.rest, (*ast.Term).Equal) {
			return found
		}
	}
	return nil
}

// get is the value, or whether there is known to be none.
func (a answers) get(q inquiry) (value *ast.Term, undefined bool) {
	found := a.find(q)
	switch {
	case found == nil:
		return nil, false
	case found.undefined:
		return nil, true
	}
	return found.value, false
}

// put notes a value; nil is none, and known to be none.
func (a answers) put(q inquiry, value *ast.Term) {
	found := a.find(q)
	if found == nil {
		found = &answer{rest: q.rest, next: a[q.topic]}
		a[q.topic] = found
	}
	if value != nil {
		found.value = value
	} else {
		found.undefined = true
	}
}

// accountCache is OPA's cache of rules for one account. What is asked within a `with`, and what is no rule, OPA's own keeps.
type accountCache struct {
	topdown.VirtualCache
	constants *constants
	steady    *steady
	own       answers
	with      int // how many `with` are in force, which may change what any rule says
}

// met is a key that was met before: policies bring the same terms each time.
type met struct {
	key  ast.Ref
	rule *steady
}

func (c *accountCache) Push() {
	c.with++
	c.VirtualCache.Push()
}

func (c *accountCache) Pop() {
	c.with--
	c.VirtualCache.Pop()
}

func (c *accountCache) Get(key ast.Ref) (*ast.Term, bool) {
	q := c.inquire(key)
	if q.rule == nil {
		return c.VirtualCache.Get(key)
	}
	if q.rule.rule {
		if value, undefined := c.constants.get(q); value != nil || undefined {
			return value, undefined
		}
	}
	return c.own.get(q)
}

func (c *accountCache) Put(key ast.Ref, value *ast.Term) {
	q := c.inquire(key)
	switch {
	case q.rule == nil:
		c.VirtualCache.Put(key, value)
	case q.rule.rule && small(q.rest):
		c.constants.put(q, value)
	default:
		q.rest = slices.Clone(q.rest) // OPA uses its key again
		c.own.put(q, value)
	}
}

// inquire is what a key asks; its rule is nil where OPA's own cache has the answer.
func (c *accountCache) inquire(key ast.Ref) inquiry {
	if c.with > 0 {
		return inquiry{}
	}
	var q inquiry
	_, q.function = key[0].Value.(ast.Ref)
	q.rule, q.rest = c.find(key, q.function)
	for _, term := range q.rest {
		q.hash = q.hash*31 + term.Hash()
	}
	return q
}

func (c *accountCache) find(key ast.Ref, function bool) (rule *steady, rest ast.Ref) {
	sign := key[0]
	if !function {
		sign = key[len(key)-1]
	}
	if known, ok := c.constants.met.Load(sign); ok {
		switch m := known.(*met); {
		case function:
			return m.rule, key[1:]
		case slices.Equal(m.key, key):
			return m.rule, nil
		}
	}
	rule, rest = c.steady.find(key)
	if function || rule != nil && len(rest) == 0 {
		c.constants.meet(sign, key, rule)
	}
	return rule, rest
}

// meet notes the key of a rule.
func (c *constants) meet(sign *ast.Term, key ast.Ref, rule *steady) {
	if c.kept.Add(1) <= mostKeys {
		c.met.Store(sign, &met{slices.Clone(key), rule})
	}
}

// small tells whether the arguments of a function are worth remembering: those that hold a record of the account are met only once.
func small(arguments ast.Ref) bool {
	left := mostNodes
	for _, term := range arguments {
		if left -= nodes(term.Value, left); left <= 0 {
			return false
		}
	}
	return true
}

// size is what it takes with its answer, in values within values.
func (q inquiry) size(value *ast.Term) int {
	n := 1
	if value != nil {
		n += nodes(value.Value, mostKept)
	}
	for _, term := range q.rest {
		n += nodes(term.Value, mostKept)
	}
	return n
}

// nodes counts the values within one, up to a number.
func nodes(value ast.Value, most int) int {
	n := 1
	count := func(t *ast.Term) {
		if n < most {
			n += nodes(t.Value, most-n)
		}
	}
	switch v := value.(type) {
	case *ast.Array:
		v.Foreach(count)
	case ast.Set:
		v.Foreach(count)
	case ast.Object:
		v.Foreach(func(key, value *ast.Term) {
			count(key)
			count(value)
		})
	}
	return n
}
