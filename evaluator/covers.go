package evaluator

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/cistern-audit/cistern/evaluator/filterpattern"
)

// parsed is a pattern, or why AWS would refuse it, and what cwl.parse says of it.
type parsed struct {
	pattern   *filterpattern.Pattern
	err       error
	answer    func() *ast.Term
	text      uint64 // the number of its text
	canonical uint64 // and of its canonical one
}

// known parses a text, once for the engine's life.
func (b *builtins) known(text string) parsed {
	p, ok := b.patterns.get(text)
	if !ok {
		p.pattern, p.err = filterpattern.Parse(text)
		p.answer = sync.OnceValue(func() *ast.Term { return parseTerm(p.pattern, p.err) })
		if p.text = b.number(text); p.err == nil {
			p.canonical = b.number(p.pattern.String())
		}
		b.patterns.put(text, p)
	}
	return p
}

// number is a text in short. A text may get another number later, another text never the same.
func (b *builtins) number(text string) uint64 {
	n, ok := b.numbers.get(text)
	if !ok {
		n = b.last.Add(1)
		b.numbers.put(text, n)
	}
	return n
}

func (b *builtins) pattern(text string) (*filterpattern.Pattern, error) {
	p := b.known(text)
	return p.pattern, p.err
}

// coverQuestion is what a policy asks cwl.covers, as texts. The deployed patterns are a union: their order and repetitions
// mean nothing.
type coverQuestion struct {
	required, deployed, except []string
	scope                      string
	scoped                     bool
	found                      []parsed // what is deployed
}

func (b *builtins) readQuestion(term *ast.Term) (coverQuestion, error) {
	var q coverQuestion
	object, ok := term.Value.(ast.Object)
	if !ok {
		return q, fmt.Errorf("question is not an object")
	}
	err := object.Iter(func(key, value *ast.Term) error {
		var err error
		switch name := key.Value; {
		case name.Compare(ast.String("required")) == 0:
			q.required, err = textsOf("required", value)
		case name.Compare(ast.String("deployed")) == 0:
			q.deployed, err = textsOf("deployed", value)
		case name.Compare(ast.String("except")) == 0:
			q.except, err = textsOf("except", value)
		case name.Compare(ast.String("scope")) == 0:
			text, ok := value.Value.(ast.String)
			if !ok {
				return fmt.Errorf("scope is not a text")
			}
			q.scope, q.scoped = string(text), true
		default:
			return fmt.Errorf("question has a field %v, want only required, deployed, scope, except", key)
		}
		return err
	})
	slices.Sort(q.deployed)
	q.deployed = slices.Compact(q.deployed)
	for _, text := range q.deployed {
		q.found = append(q.found, b.known(text))
	}
	return q, err
}

func textsOf(name string, list *ast.Term) ([]string, error) {
	var texts []string
	var err error
	add := func(t *ast.Term) {
		text, ok := t.Value.(ast.String)
		if !ok {
			err = fmt.Errorf("%s: %v is not a text", name, t)
			return
		}
		texts = append(texts, string(text))
	}
	switch members := list.Value.(type) {
	case *ast.Array:
		members.Foreach(add)
	case ast.Set:
		members.Foreach(add)
	default:
		err = fmt.Errorf("%s is not a list", name)
	}
	return texts, err
}

// key identifies the question, about deployed patterns by their numbers.
func (b *builtins) key(q *coverQuestion, deployed []uint64) string {
	const most = 4 // bytes of a usual number
	key := make([]byte, 0, most*(len(q.required)+len(deployed)+len(q.except)+most))
	for _, texts := range [][]string{q.required, q.except} {
		key = binary.AppendUvarint(key, uint64(len(texts)))
		for _, text := range texts {
			key = binary.AppendUvarint(key, b.number(text))
		}
	}
	scope := uint64(0) // no text has this number
	if q.scoped {
		scope = b.number(q.scope)
	}
	key = binary.AppendUvarint(key, scope)
	for _, number := range deployed {
		key = binary.AppendUvarint(key, number)
	}
	return string(key)
}

// covers answers whether the deployed patterns together catch all that the control wants noticed. The same question again
// costs no more than reading it.
func (b *builtins) covers(term *ast.Term) (*ast.Term, error) {
	q, err := b.readQuestion(term)
	if err != nil {
		return nil, err
	}
	deployed := make([]uint64, len(q.found))
	for i := range q.found {
		deployed[i] = q.found[i].text
	}
	key := b.key(&q, deployed)
	if answer, ok := b.answers.get(key); ok {
		return answer, nil
	}
	answer, err := b.decide(&q)
	if err != nil {
		return nil, err
	}
	b.answers.put(key, answer)
	return answer, nil
}

func (b *builtins) decide(q *coverQuestion) (*ast.Term, error) {
	// The deployed patterns were read back from AWS, so it takes them.
	question := filterpattern.Question{InForce: true}
	var err error
	if question.Required, err = b.all("required", q.required); err != nil {
		return nil, err
	}
	if question.Except, err = b.all("except", q.except); err != nil {
		return nil, err
	}
	if q.scoped {
		if question.Scope, err = b.pattern(q.scope); err != nil {
			return nil, fmt.Errorf("scope: %s: %w", q.scope, err)
		}
	}
	var invalid []*ast.Term
	for i := range q.found {
		if p := &q.found[i]; p.err == nil {
			question.Deployed = append(question.Deployed, p.pattern)
		} else {
			invalid = append(invalid, objectTerm("pattern", ast.StringTerm(q.deployed[i]), "error", ast.StringTerm(p.err.Error())))
		}
	}
	found, err := b.decideTouching(q, question)
	if err != nil {
		return nil, err
	}
	answer := ast.NewObject()
	found.Foreach(answer.Insert)
	answer.Insert(ast.InternedTerm("invalid"), ast.ArrayTerm(invalid...))
	if at(found, ast.InternedTerm("answer")).Compare(ast.String(filterpattern.Covered.String())) == 0 {
		if err := insertEvent(answer, "over_broad", b.memory.OverBroad(question)); err != nil {
			return nil, err
		}
	}
	return ast.NewTerm(answer), nil
}

// decideTouching answers for the deployed patterns that may matter. They are few, and the same where the others differ: from
// account to account, the answer is known.
func (b *builtins) decideTouching(q *coverQuestion, question filterpattern.Question) (ast.Object, error) {
	question.Deployed = nil
	var deployed []uint64
	for i := range q.found {
		if p := &q.found[i]; p.err == nil && p.pattern.Touches(question.Required) {
			question.Deployed = append(question.Deployed, p.pattern)
			deployed = append(deployed, p.canonical)
		}
	}
	key := b.key(q, deployed)
	if found, ok := b.decided.get(key); ok {
		return found, nil
	}
	found, err := answerTerm(question, b.memory)
	if err != nil {
		return nil, err
	}
	b.decided.put(key, found)
	return found, nil
}

// all parses the patterns of the policy or the edition: one that AWS would refuse is their mistake.
func (b *builtins) all(name string, texts []string) ([]*filterpattern.Pattern, error) {
	var patterns []*filterpattern.Pattern
	for _, text := range texts {
		pattern, err := b.pattern(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, text, err)
		}
		patterns = append(patterns, pattern)
	}
	return patterns, nil
}

// answerTerm decides and puts the answer into the words of the contract.
func answerTerm(q filterpattern.Question, memory *filterpattern.Memory) (ast.Object, error) {
	d := memory.Covers(q)
	answer := objectTerm(
		"answer", ast.StringTerm(d.Answer.String()),
		"assumes", ast.StringTerm(d.Assumes.String()),
		"required", ast.InternedTerm(d.Required)).Value.(ast.Object)
	switch d.Answer {
	case filterpattern.Covered:
		return answer, nil
	case filterpattern.Undecided:
		answer.Insert(ast.InternedTerm("reason"), ast.StringTerm(d.Reason))
		return answer, nil
	}
	near := memory.Explain(q, d)
	answer.Insert(ast.InternedTerm("nearest"), objectTerm(
		"caught", textsTerm(near.Caught),
		"missed", textsTerm(near.Missed),
		"text", ast.StringTerm(near.String()),
		"excluded_by", textsTerm(near.ExcludedBy)))
	return answer, insertEvent(answer, "event", d.Event)
}

// insertEvent adds an event to an answer, if there is one.
func insertEvent(answer ast.Object, name string, event []byte) error {
	if event == nil {
		return nil
	}
	value, err := decode(event)
	if err != nil {
		return fmt.Errorf("%s: read: %w", name, err)
	}
	answer.Insert(ast.InternedTerm(name), ast.NewTerm(value))
	return nil
}

func textsTerm(texts []string) *ast.Term {
	terms := make([]*ast.Term, len(texts))
	for i, text := range texts {
		terms[i] = ast.StringTerm(text)
	}
	return ast.ArrayTerm(terms...)
}
