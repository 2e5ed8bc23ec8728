package evaluator

import (
	"context"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
)

// facts is what a policy finds under `data` besides the policies: a read-only store, one transaction an evaluation. OPA's own
// store has one document for all transactions; ours lets accounts with different clocks be judged at the same time.
type facts struct {
	storage.WritesNotSupported
	storage.PolicyNotSupported
	storage.TriggersNotSupported
	root ast.Object // for transactions that bring none of their own
}

// judgement is a transaction and the facts that it sees. It is its own cache of them, too: they are in memory as OPA wants them.
type judgement struct{ root ast.Object }

// ID is the same for all: nothing is ever written, so nobody tells transactions apart.
func (*judgement) ID() uint64 { return 1 }

// Get is what lies there; nil where OPA is to read it from the store, which knows the exceptions.
func (j *judgement) Get(ref ast.Ref) ast.Value {
	if len(ref) < 2 {
		return nil // all of it: OPA leaves out a part of its own
	}
	value, err := j.root.Find(ref[1:])
	if err != nil {
		return nil
	}
	return value
}

// Put keeps nothing: it is all there.
func (*judgement) Put(ast.Ref, ast.Value) {}

func (f facts) NewTransaction(context.Context, ...storage.TransactionParams) (storage.Transaction, error) {
	if f.root == nil {
		return &judgement{ast.NewObject()}, nil
	}
	return &judgement{f.root}, nil
}

func (facts) Read(_ context.Context, txn storage.Transaction, at storage.Path) (any, error) {
	var value ast.Value = txn.(*judgement).root
	for _, name := range at {
		var term *ast.Term
		switch within := value.(type) {
		case ast.Object:
			term = within.Get(ast.StringTerm(name))
		case *ast.Array:
			if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < within.Len() && strconv.Itoa(i) == name {
				term = within.Elem(i)
			}
		}
		if term == nil {
			return nil, errNoFact
		}
		value = term.Value
	}
	return value, nil
}

// errNoFact tells OPA that nothing lies there. It is not shown to anybody.
var errNoFact = &storage.Error{Code: storage.NotFoundErr, Message: "document does not exist"}

func (facts) Commit(context.Context, storage.Transaction) error { return nil }

func (facts) Abort(context.Context, storage.Transaction) {}

// Truncate belongs to writing, which facts cannot.
func (f facts) Truncate(ctx context.Context, txn storage.Transaction, _ storage.TransactionParams, _ storage.Iterator) error {
	return f.Write(ctx, txn, storage.AddOp, nil, nil)
}
