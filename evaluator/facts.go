package evaluator

import (
	"context"

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

// judgement is a transaction and the facts that it sees.
type judgement struct{ root ast.Object }

// ID is the same for all: nothing is ever written, so nobody tells transactions apart.
func (judgement) ID() uint64 { return 1 }

func (f facts) NewTransaction(context.Context, ...storage.TransactionParams) (storage.Transaction, error) {
	if f.root == nil {
		return judgement{ast.NewObject()}, nil
	}
	return judgement{f.root}, nil
}

func (facts) Read(_ context.Context, txn storage.Transaction, at storage.Path) (any, error) {
	var value ast.Value = txn.(judgement).root
	for _, name := range at {
		object, ok := value.(ast.Object)
		if !ok {
			return nil, notFound(at)
		}
		term := object.Get(ast.StringTerm(name))
		if term == nil {
			return nil, notFound(at)
		}
		value = term.Value
	}
	return value, nil
}

func notFound(at storage.Path) error {
	return &storage.Error{Code: storage.NotFoundErr, Message: at.String() + ": document does not exist"}
}

func (facts) Commit(context.Context, storage.Transaction) error { return nil }

func (facts) Abort(context.Context, storage.Transaction) {}

// Truncate belongs to writing, which facts cannot.
func (f facts) Truncate(ctx context.Context, txn storage.Transaction, _ storage.TransactionParams, _ storage.Iterator) error {
	return f.Write(ctx, txn, storage.AddOp, nil, nil)
}
