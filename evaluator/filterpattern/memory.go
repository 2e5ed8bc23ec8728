package filterpattern

import (
	"encoding/binary"
	"encoding/json"
	"sync"
)

// Memory remembers what questions have in common, so that the next one is answered sooner and in the same words. A nil Memory
// remembers nothing. It is bounded, and safe for concurrent use.
type Memory struct {
	parts    remembered[string, []part]
	answers  remembered[string, Answer]
	products remembered[string, knownProduct]
	routines remembered[rung, routineHits]
}

// How much a Memory keeps: enough for the accounts of one organisation, which are built from the same templates.
const (
	mostParts    = 200
	mostAnswers  = 10_000
	mostProducts = 64
	mostRoutines = 20_000
)

// remembered is up to a number of values. When it is full it forgets everything: what is asked again is soon known again.
type remembered[K comparable, V any] struct {
	mu     sync.Mutex
	values map[K]V
}

func (r *remembered[K, V]) get(key K) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	value, ok := r.values[key]
	return value, ok
}

func (r *remembered[K, V]) put(key K, value V, most int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.values == nil || len(r.values) >= most {
		r.values = map[K]V{}
	}
	r.values[key] = value
}

// Covers is the function of that name.
func (m *Memory) Covers(q Question) Decision {
	q.memory = m
	return Covers(q)
}

// Explain is the function of that name.
func (m *Memory) Explain(q Question, d Decision) *Nearest {
	q.memory = m
	return Explain(q, d)
}

// OverBroad is the function of that name.
func (m *Memory) OverBroad(q Question) json.RawMessage {
	q.memory = m
	return OverBroad(q)
}

// rung is a pattern, and whether AWS is known to have accepted it.
type rung struct {
	text    string
	inForce bool
}

// routine is which routine records a pattern of the question matches.
func (m *Memory) routine(q *Question, p *Pattern) routineHits {
	if m == nil {
		return q.routineHits(p)
	}
	key := rung{p.text, q.InForce}
	hits, ok := m.routines.get(key)
	if !ok {
		hits = q.routineHits(p)
		m.routines.put(key, hits, mostRoutines)
	}
	return hits
}

// partsOf are the parts of a required pattern.
func (m *Memory) partsOf(p *Pattern) []part {
	if m == nil {
		return p.parts()
	}
	parts, ok := m.parts.get(p.text)
	if !ok {
		parts = p.parts()
		m.parts.put(p.text, parts, mostParts)
	}
	return parts
}

// answer is what find says of a question, or said before.
func (m *Memory) answer(q *Question, find func() Answer) Answer {
	if m == nil {
		return find()
	}
	key := q.key()
	answer, ok := m.answers.get(key)
	if !ok {
		answer = find()
		m.answers.put(key, answer, mostAnswers)
	}
	return answer
}

// key is the question in one text.
func (q *Question) key() string {
	var b []byte
	for _, patterns := range [][]*Pattern{q.Required, q.Deployed, q.Except} {
		b = binary.AppendUvarint(b, uint64(len(patterns)))
		for _, p := range patterns {
			b = appendText(b, p.text)
		}
	}
	if q.InForce {
		b = append(b, '!')
	}
	if q.Scope != nil {
		b = appendText(b, q.Scope.text)
	}
	return string(b)
}

// appendText adds a text so that it is known where it ends.
func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// knownProduct is a whole product and what it cost.
type knownProduct struct {
	*product
	steps int
}

// mostSteps is what a product may have cost to be remembered: it bounds its size to some 600 KB.
const mostSteps = 200_000

// product is newProduct, or what that gave before at the same price.
func (m *Memory) product(tests []*textTest, b *budget) (p *product, complete bool) {
	if m == nil {
		return newProduct(tests, b)
	}
	key := testsKey(tests)
	if known, ok := m.products.get(key); ok && b.left >= known.steps {
		b.left -= known.steps
		return known.product, true
	}
	before := b.left
	if p, complete = newProduct(tests, b); complete && before-b.left <= mostSteps {
		m.products.put(key, knownProduct{p, before - b.left}, mostProducts)
	}
	return p, complete
}

// testsKey tells tests by wildcard or regular expression apart.
func testsKey(tests []*textTest) string {
	var b []byte
	for _, t := range tests {
		switch {
		case t == &numberTexts:
			b = append(b, 'n')
		case t.kind == glob:
			b = binary.AppendUvarint(append(b, '*'), uint64(len(t.parts)))
			for _, part := range t.parts {
				b = appendText(b, part)
			}
		case t.java:
			b = appendText(append(b, 'j'), t.source.source)
		default:
			b = appendText(append(b, 'r'), t.source.source)
		}
	}
	return string(b)
}
