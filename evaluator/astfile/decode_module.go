package astfile

import (
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
)

func (d *decoder) module() *ast.Module {
	m := &ast.Module{Package: &ast.Package{Location: d.location(), Path: ast.Ref(d.many())}}
	m.SetRegoVersionSpan(ast.RegoVersionSpanOf(ast.RegoV1))
	d.of = m
	for n := d.size(); n > 0 && !d.broken; n-- {
		a := &ast.Annotations{Scope: "package", Location: d.location(), Title: d.text(), Description: d.text()}
		if n := d.size(); n > 0 {
			a.Custom = make(map[string]any, n)
			for range n {
				key := d.text()
				a.Custom[key] = d.text()
			}
		}
		m.Annotations = append(m.Annotations, a)
	}
	n := d.size()
	m.Rules = make([]*ast.Rule, 0, n)
	for ; n > 0 && !d.broken; n-- {
		m.Rules = append(m.Rules, d.rule())
	}
	return m
}

func (d *decoder) rule() *ast.Rule {
	r, h := d.rules.one(), d.heads.one()
	is := d.byte()
	r.Head, r.Module, r.Default = h, d.of, is&isDefault != 0
	r.Location, h.Location = d.location(), d.location()
	h.Name, h.Reference, h.Assign = ast.Var(d.text()), ast.Ref(d.many()), is&isAssigned != 0
	if is&hasArgs != 0 {
		h.Args = d.several()
	}
	if is&hasKey != 0 {
		h.Key = d.term()
	}
	if is&hasValue != 0 {
		h.Value = d.term()
	}
	r.Body = d.body()
	if is&isIndexed != 0 {
		d.indexed[r] = true
	}
	if is&hasElse != 0 {
		r.Else = d.rule()
	}
	return r
}

func (d *decoder) body() ast.Body {
	b := d.bodies.take(d.size())
	for i := range b {
		if d.broken {
			return b[:i]
		}
		b[i] = d.expr()
	}
	return b
}

func (d *decoder) expr() *ast.Expr {
	x := d.exprs.one()
	head := d.byte()
	x.Generated, x.Negated = head&isGenerated != 0, head&isNegated != 0
	x.Location, x.Index = d.location(), d.number()
	for n := d.size(); n > 0 && !d.broken; n-- {
		x.With = append(x.With, &ast.With{Location: d.location(), Target: d.term(), Value: d.term()})
	}
	switch head & holdsMask {
	case holdsTerm:
		x.Terms = d.placed()
	case holdsTerms:
		x.Terms = d.many()
	case holdsEvery:
		x.Terms = d.every()
	case holdsNot:
		x.Terms = &ast.Not{Location: d.location(), ExplicitBody: d.byte()&explicitLhs != 0, Body: d.body()}
	case holdsAnd:
		a := &ast.LogicalAnd{Location: d.location()}
		a.ExplicitLhs, a.ExplicitRhs, a.Lhs, a.Rhs = d.sides()
		x.Terms = a
	case holdsOr:
		o := &ast.LogicalOr{Location: d.location()}
		o.ExplicitLhs, o.ExplicitRhs, o.Lhs, o.Rhs = d.sides()
		x.Terms = o
	default:
		d.fail()
		x.Terms = d.term()
	}
	return x
}

func (d *decoder) every() *ast.Every {
	x := &ast.Every{Location: d.location()}
	if d.byte()&hasKey != 0 {
		x.Key = d.placed()
	}
	x.Value, x.Domain, x.Body = d.placed(), d.placed(), d.body()
	return x
}

func (d *decoder) sides() (left, right bool, lhs, rhs ast.Body) {
	explicit := d.byte()
	return explicit&explicitLhs != 0, explicit&explicitRhs != 0, d.body(), d.body()
}

// several is any number of terms, in a slice of their own.
func (d *decoder) several() []*ast.Term {
	all := d.slices.take(d.size())
	for i := range all {
		if d.broken {
			return all[:i]
		}
		all[i] = d.term()
	}
	return all
}

// many is one term or more.
func (d *decoder) many() []*ast.Term {
	all := d.several()
	if len(all) == 0 {
		d.fail()
		return []*ast.Term{d.term()}
	}
	return all
}

func (d *decoder) placed() *ast.Term {
	at := d.location()
	t := d.term()
	t.Location = at
	return t
}

func (d *decoder) term() *ast.Term {
	t := d.terms.one()
	kind := d.byte()
	switch kind {
	case kindFalse, kindTrue:
		t.Value = ast.Boolean(kind == kindTrue)
	case kindNumber:
		t.Value = d.figure()
	case kindString, kindVar:
		t.Value = d.named(kind)
	case kindRef:
		t.Value = ast.Ref(d.many())
	case kindCall:
		t.Value = ast.Call(d.many())
	case kindArray:
		t.Value = ast.NewArray(d.several()...)
	case kindObject:
		pairs := make([][2]*ast.Term, 0, d.size())
		for range cap(pairs) {
			if !d.broken {
				pairs = append(pairs, [2]*ast.Term{d.term(), d.term()})
			}
		}
		t.Value = ast.NewObject(pairs...)
	case kindSet:
		t.Value = ast.NewSet(d.several()...)
	case kindArrayComprehension:
		t.Value = &ast.ArrayComprehension{Term: d.placed(), Body: d.body()}
	case kindSetComprehension:
		t.Value = &ast.SetComprehension{Term: d.placed(), Body: d.body()}
	case kindObjectComprehension:
		t.Value = &ast.ObjectComprehension{Key: d.placed(), Value: d.placed(), Body: d.body()}
	case kindNull:
		t.Value = ast.Null{}
	default:
		d.fail()
		t.Value = ast.Null{}
	}
	return t
}

// figure is a number, which OPA must not be given in any other form than JSON's.
func (d *decoder) figure() ast.Value {
	text := d.text()
	if text == "" || text[0] != '-' && (text[0] < '0' || text[0] > '9') || !json.Valid([]byte(text)) {
		d.fail()
		return ast.Null{}
	}
	return ast.Number(text)
}

// named is a text or a variable. Those of one name share it.
func (d *decoder) named(kind int) ast.Value {
	i := d.index(len(d.strings))
	if d.broken {
		return ast.Null{}
	}
	if kind == kindVar {
		if d.asVars[i] == nil {
			d.asVars[i] = ast.Var(d.strings[i])
		}
		return d.asVars[i]
	}
	if d.asStrings[i] == nil {
		d.asStrings[i] = ast.String(d.strings[i])
	}
	return d.asStrings[i]
}
