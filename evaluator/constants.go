package evaluator

import (
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// steady are the rules whose values no account changes, by the names in their paths: they look at neither `input` nor the clock.
type steady struct {
	below map[string]*steady
	rule  bool
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
			if path := rule.Ref().GroundPrefix(); s.alone(module, path) && (all || len(rule.Head.Args) == 0) {
				root.add(path)
			}
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
func (s *steady) add(path ast.Ref) {
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
	s.rule = true
}

// has tells whether a key of OPA's cache is of such a rule: its path, or a function's path and its arguments.
func (s *steady) has(key ast.Ref) bool {
	if path, ok := key[0].Value.(ast.Ref); ok {
		key = path
	}
	for _, term := range key[1:] {
		name, ok := term.Value.(ast.String)
		if !ok {
			break
		}
		if s = s.below[string(name)]; s == nil {
			return false
		}
		if s.rule {
			return true
		}
	}
	return s.rule
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
	known  topdown.VirtualCache
	number int
}

// The number of values kept, and how large the arguments of a function may be whose value is.
const (
	mostConstants = 20_000
	mostNodes     = 400
)

func newConstants(e *Engine) *constants {
	return &constants{steady: sync.OnceValue(func() *steady { return steadyRules(e.compiler) }), known: topdown.NewVirtualCache()}
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
	return &accountCache{topdown.NewVirtualCache(), c, c.steady(), 0}
}

func (c *constants) get(key ast.Ref) (*ast.Term, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.known.Get(key)
}

// put keeps copies: the terms of an account are made several at once, and would keep each other in memory.
func (c *constants) put(key ast.Ref, value *ast.Term) {
	key, value = key.Copy(), value.Copy()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.number >= mostConstants {
		c.known, c.number = topdown.NewVirtualCache(), 0
	}
	c.number++
	c.known.Put(key, value)
}

// accountCache is OPA's cache of rules for one account.
type accountCache struct {
	topdown.VirtualCache
	constants *constants
	steady    *steady
	with      int // how many `with` are in force, which may change what any rule says
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
	if c.with == 0 && c.steady.has(key) {
		if value, undefined := c.constants.get(key); value != nil || undefined {
			return value, undefined
		}
	}
	return c.VirtualCache.Get(key)
}

func (c *accountCache) Put(key ast.Ref, value *ast.Term) {
	if c.with == 0 && c.steady.has(key) && small(key[1:]) {
		c.constants.put(key, value)
		return
	}
	c.VirtualCache.Put(key, value)
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
